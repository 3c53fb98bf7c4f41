/*
 * Says whether the shop is open, in the style of LivePerson's first Functions: a callback, and no modules.
 * The hours are the configuration's: OPENS and CLOSES in whole hours, and TIME_OFFSET in hours from UTC.
 */
var WORDS = ['open', 'hours', 'closed', 'when'];

function lambda(input, callback) {
  var payload = input.payload;
  var message = (payload.message || '').toLowerCase();
  var lpEvent = (payload.context && payload.context.lpEvent) || {};

  if (isWelcome(payload, lpEvent)) {
    return callback(null, answer(['Hello! Ask me when we are open.'], 'welcome', 1));
  }
  // What the consumer sends that is no text, such as a file, comes by a name of the platform's.
  if (message.indexOf('com.liveperson.') === 0) {
    return callback(null, { messages: [{ delay: 1, typing: false }] });
  }
  if (message.indexOf('person') >= 0) {
    return callback(null, {
      messages: [
        'I will find somebody.',
        { text: 'Asked the opening hours bot for a person', messageAudience: 'AGENTS_AND_MANAGERS' }
      ],
      context: { action: 'TRANSFER', actionParameters: { skill: 'human_skill' } }
    });
  }
  if (!WORDS.some(function (word) { return message.indexOf(word) >= 0; })) {
    return callback(null, answer(['I only know our opening hours.', choices(lpEvent)], 'unknown', 0.2));
  }
  console.info('asked for the hours', { conversation: payload.convId });
  callback(null, answer([sentence(new Date()), { delay: 1, typing: true }, choices(lpEvent)], 'opening-hours', 0.9));
}

function isWelcome(payload, lpEvent) {
  var event = payload.event || {};
  return (event.name || '').toLowerCase() === 'welcome' || lpEvent.isWelcomeEvent === true || lpEvent.content === 'welcome';
}

function setting(name, otherwise) {
  var value = process.env[name];
  return value === undefined ? otherwise : Number(value);
}

function sentence(now) {
  var opens = setting('OPENS', 9);
  var closes = setting('CLOSES', 17);
  var hour = (now.getUTCHours() + setting('TIME_OFFSET', 0) + 24) % 24;
  var state = hour >= opens && hour < closes ? 'We are open now' : 'We are closed now';
  return state + '. Our hours are ' + opens + ' to ' + closes + '.';
}

function answer(messages, intentId, confidenceScore) {
  return { messages: messages, context: { intentId: intentId, confidenceScore: confidenceScore } };
}

function choices(lpEvent) {
  // A live chat takes no quick replies.
  if ((lpEvent.conversationContext || {}).type === 'CHAT') {
    return 'What else? You can ask for our opening hours, or for a person.';
  }
  var button = function (title) {
    return { type: 'button', title: title, click: { actions: [{ type: 'publishText', text: title }] } };
  };
  return {
    structuredContent: {
      message: 'What else?',
      quickReplies: { type: 'quickReplies', itemsPerRow: 8, replies: [button('Opening hours'), button('A person')] }
    }
  };
}
