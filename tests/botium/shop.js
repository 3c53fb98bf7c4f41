// A shop's bot, which says something of each kind that a conversation can claim something of.
const PICTURE = 'https://shop.example/pictures/';

async function lambda(input) {
  const { message, event } = input.payload;
  if (event?.name?.toUpperCase() === 'WELCOME' || !message) return answer('welcome', 1, 'Welcome to the shop.', menu());
  const text = message.trim();
  const order = text.match(/^order (\d+)$/i);
  if (order) return answer('track-order', 0.9, `Order ${order[1]} is on its way.`, 'It comes on Friday.');
  const said = ANSWERS[text.toLowerCase()];
  return said ? said() : answer('unknown', 0.2, `I did not get that: ${text}`);
}

const ANSWERS = {
  hello: () => answer('greeting', 0.8, 'Hello, what can I do for you?'),
  menu: () => answer('menu', 1, menu()),
  sizes: () => answer('sizes', 1, choices('Which size?', button('36', 'small'), button('38', '{ "size": 38 }'))),
  hours: () => answer('hours', 0.75, 'We are open from 9 to 17.', 'On Sundays we are closed.', 'Anything else?'),
  terms: () => answer('terms', 1, '<p>Terms &amp; <b>conditions</b></p>are   sent<br/>by post'),
  sale: () => answer('sale', 1, '!Sale: everything must go'),
  quiz: () => answer('quiz', 1, '?Who knows the price of 5 * 3 shoes'),
  shoe: () => answer('product', 1, 'Here it is.', content(card('Red shoe', '59 euros', 'red.png'))),
  shoes: () => answer('products', 1, content({
    type: 'carousel',
    elements: [card('Red shoe', '59 euros', 'red.png'), card('Blue shoe', '49 euros', 'blue.png')],
  })),
  person: () => ({
    messages: [
      'I will find somebody.',
      { text: 'Wants to talk about *shoes*', messageAudience: 'AGENTS_AND_MANAGERS' },
      { delay: 2, typing: true },
    ],
    context: { action: 'TRANSFER', actionParameters: { skill: 'human' } },
  }),
  silence: () => ({ messages: [{ delay: 1, typing: false }] }),
  accident: () => { throw new Error('there is no such shelf'); },
};

function answer(intentId, confidenceScore, ...messages) {
  return { messages, context: { intentId, confidenceScore } };
}

const content = structuredContent => ({ structuredContent });

const button = (title, text) => ({ type: 'button', title, click: { actions: [{ type: 'publishText', text }] } });

function menu() {
  const buttons = [button('Opening hours', 'hours'), button('Our shoes', 'shoes'), button('A person', 'person')];
  return choices('What would you like?', ...buttons);
}

function choices(message, ...replies) {
  return content({ message, quickReplies: { type: 'quickReplies', itemsPerRow: 8, replies } });
}

function card(name, price, picture) {
  return {
    type: 'vertical',
    elements: [
      { type: 'image', url: PICTURE + picture },
      { type: 'text', text: name },
      { type: 'text', text: price },
      button(`Buy the ${name.toLowerCase()}`, `buy ${name.toLowerCase()}`),
    ],
  };
}
