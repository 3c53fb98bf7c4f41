/*
 * Looks up an order over HTTP, in the style of LivePerson's second Functions: a module, and a promise.
 * ORDERS is where the orders are, where it is not as below; the rule in lambda.toml, and an operator's grant of it, let it go
 * there.
 */
import { Toolbelt } from 'core-functions-toolbelt';

const secrets = Toolbelt.SecretClient();
const ORDERS = process.env.ORDERS ?? 'https://orders.example.com';

async function order(number) {
  const { value: key } = await secrets.readSecret('ORDERS_KEY');
  const answer = await fetch(`${ORDERS}/orders/${encodeURIComponent(number)}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`the order service answered ${answer.status}`);
  return answer.json();
}

const button = (title) => ({ type: 'button', title, click: { actions: [{ type: 'publishText', text: title }] } });

const card = ({ number, state, expected }) => ({
  structuredContent: {
    type: 'vertical',
    elements: [
      { type: 'text', text: `Order ${number}` },
      { type: 'text', text: `${state}, expected ${expected}` },
      button('A person'),
    ],
  },
});

const transfer = (reason) => ({
  messages: ['I will find somebody who knows.', { text: reason, messageAudience: 'AGENTS_AND_MANAGERS' }],
  context: { action: 'TRANSFER', actionParameters: { skill: 'human_skill' } },
});

export async function lambda(input) {
  const { message = '', event } = input.payload;
  if (event?.name === 'WELCOME' || message === '') return { messages: ['Hello! What is the number of your order?'] };
  // What the consumer sends that is no text, such as a file, comes by a name of the platform's.
  if (message.startsWith('com.liveperson.')) return { messages: [{ delay: 1, typing: false }] };
  if (/person/i.test(message)) return transfer('The consumer asked for a person');

  const [number] = message.match(/\b[A-Z]-\d+\b/) ?? [];
  if (number === undefined) return { messages: ['An order has a number such as A-1234.'] };
  try {
    const found = await order(number);
    return { messages: found === undefined ? [`There is no order ${number}.`] : ['Here it is.', card(found)] };
  } catch (problem) {
    console.error('the order could not be looked up', problem);
    return transfer(`Order ${number} could not be looked up`);
  }
}
