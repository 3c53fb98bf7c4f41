// How botium's connector for REST asks a host, and what it makes of an answer: a message for each text and each structured
// content, as `retort test` has them.

// Of a conversation that begins with `#bot`, the welcome's answer is a part as well.
export function capabilities({ respond, token, folder }, { welcome }) {
  const headers = { authorization: `Bearer ${token}` };
  const begun = { convId: '{{botium.conversationId}}', event: { name: 'WELCOME' } };
  return {
    PROJECTNAME: 'retort',
    TEMPDIR: folder,
    CONTAINERMODE: 'simplerest',
    SCRIPTING_ENABLE_MEMORY: true,
    // An answer is there as a whole, so nothing more comes later.
    WAITFORBOTTIMEOUT: 100,
    ASSERTERS: ['ACTION', 'NOTE', 'DELAY'].map(ref => ({ ref, src: OURS[ref] })),
    LOGIC_HOOKS: [{ ref: 'ARRIVED', src: { onConvoBegin: arrived, onMeEnd: arrived }, global: true }],
    SIMPLEREST_URL: respond,
    SIMPLEREST_METHOD: 'POST',
    SIMPLEREST_HEADERS_TEMPLATE: headers,
    SIMPLEREST_BODY_TEMPLATE: { convId: '{{botium.conversationId}}', message: '{{msg.messageText}}' },
    ...(welcome && {
      SIMPLEREST_START_URL: respond,
      SIMPLEREST_START_VERB: 'POST',
      SIMPLEREST_START_HEADERS: headers,
      SIMPLEREST_START_BODY: begun,
      SIMPLEREST_START_PROCESS_RESPONSE: true,
    }),
    SIMPLEREST_PARSER_HOOK: ({ body, changeBody }) => changeBody(told(body)),
    SIMPLEREST_BODY_JSONPATH: '$.shown[*]',
    SIMPLEREST_IGNORE_EMPTY: true,
    SIMPLEREST_RESPONSE_HOOK: read,
    SIMPLEREST_BUTTONS_JSONPATH: '$..[?(@.type=="button")]',
    SIMPLEREST_BUTTONS_TEXT_SUBJSONPATH: '$.title',
    SIMPLEREST_BUTTONS_PAYLOAD_SUBJSONPATH: '$.click.actions[?(@.type=="publishText")].text',
    SIMPLEREST_MEDIA_JSONPATH: '$..[?(@.type=="image")].url',
    SIMPLEREST_NLP_INTENT_JSONPATH: '$.context.intentId',
    SIMPLEREST_NLP_CONFIDENCE_JSONPATH: '$.context.confidenceScore',
  };
}

// The connector looks for messages among objects, and texts are none. What agents alone see and what is waited is no message.
function told(body) {
  const { context, messages } = typeof body === 'string' ? JSON.parse(body) : body;
  const shown = messages
    .filter(message => typeof message === 'string' || message.structuredContent)
    .map(message => ({ ...(typeof message === 'string' ? { text: message } : message), context }));
  return { context, messages, shown };
}

function read({ botMsg, botMsgRoot }) {
  const { text, structuredContent } = botMsgRoot;
  if (!structuredContent) return void (botMsg.messageText = text);
  const { type, message, elements } = structuredContent;
  const cards = type === 'carousel' ? elements : type ? [structuredContent] : [];
  botMsg.cards = cards.map(texts).map(([text, subtext, ...more]) => ({ text, subtext, content: more.join(' ') }));
  botMsg.messageText = [message ?? [], ...cards.map(texts)].flat().join(' ');
}

function texts({ type, text, elements = [] }) {
  return [...(type === 'text' ? [text] : []), ...elements.flatMap(texts)];
}

// The connector hands messages over by timers that it sets before it next waits for anything. One that is set afterwards comes
// after them, and then whoever counts what is unread counts all of it.
async function arrived() {
  await new Promise(setImmediate);
  await new Promise(resolve => setTimeout(resolve));
}

// Our own asserters, by what LivePerson's answer has.
const OURS = {
  ACTION: asserter(({ context }, [kind, ...to]) => {
    const { action, actionParameters = {} } = context;
    const named = { TRANSFER: 'transfer', CLOSE_CONVERSATION: 'close', CHANGE_TTR: 'time-to-response', INVOCATION: 'function' };
    const whom = actionParameters.withoutPcs ? ['without-survey'] : Object.values(actionParameters).map(String);
    return Boolean(action) && (!kind || kind === named[action]) && to.every(one => whom.includes(one));
  }),
  NOTE: asserter(({ messages }, [text], match) => {
    const notes = messages.filter(message => message.messageAudience).map(message => message.text);
    return notes.some(note => match(note, text ?? ''));
  }),
  DELAY: asserter(({ messages }, [claim = '>0']) => {
    const delay = messages.reduce((sum, message) => sum + (message.delay ?? 0), 0);
    const [, sign, seconds] = claim.match(/^(<=|>=|<|>|=|)(\d+)$/);
    const compared = { '<': delay < +seconds, '<=': delay <= +seconds, '>': delay > +seconds, '>=': delay >= +seconds };
    return compared[sign] ?? delay === +seconds;
  }),
};

function asserter(holds) {
  const claim = is => async ({ args, botMsg, convoStep, match }) => {
    if (holds(botMsg.sourceData, args ?? [], match) !== is) throw new Error(`${convoStep.stepTag}: ${args} does not hold`);
  };
  return ({ Match }) => {
    const matched = held => given => held({ ...given, match: Match });
    return { assertConvoStep: matched(claim(true)), assertNotConvoStep: matched(claim(false)) };
  };
}
