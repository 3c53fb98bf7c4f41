// Answers by keywords. `retort dev .` serves it, and again on every save.
const ANSWERS = [
  { words: ['hours', 'open'], intent: 'opening-hours', messages: ['We are open from 9 to 17.'] },
  { words: ['thank'], intent: 'thanks', messages: ['You are welcome.'] },
];

async function lambda(input) {
  const { message = '', event, context = {} } = input.payload;
  if (isWelcome(message, event, context.lpEvent ?? {})) return { messages: ['Hello!', choices('What can I do for you?')] };
  // What the consumer sends that is no text, such as a file, comes by a name of the platform's.
  if (message.startsWith('com.liveperson.')) return { messages: [{ delay: 1, typing: false }] };

  const said = message.toLowerCase();
  if (said.includes('person')) return handOver('The consumer asked for a person');
  const found = ANSWERS.find(({ words }) => words.some((word) => said.includes(word)));
  if (found) return { messages: found.messages, context: { intentId: found.intent, confidenceScore: 0.9 } };

  console.info('not understood', { length: message.length });
  return { messages: ['I did not understand that.', choices('I know these:')] };
}

function isWelcome(message, event, lpEvent) {
  return event?.name === 'WELCOME' || lpEvent.isWelcomeEvent === true || lpEvent.content === 'welcome' || message === '';
}

function choices(text) {
  const buttons = ['Opening hours', 'A person'].map((title) => ({
    type: 'button',
    title,
    click: { actions: [{ type: 'publishText', text: title }] },
  }));
  return { structuredContent: { type: 'vertical', elements: [{ type: 'text', text }, ...buttons] } };
}

function handOver(note) {
  return {
    messages: ['I will find somebody.', { text: note, messageAudience: 'AGENTS_AND_MANAGERS' }],
    context: { action: 'TRANSFER', actionParameters: { skill: 'human_skill' } },
  };
}
