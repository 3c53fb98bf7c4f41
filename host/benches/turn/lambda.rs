//! A LivePerson Function of the size that those of a real account have: 20 KB.

use std::path::Path;

use retort::cli::lambda;

/// A bot that answers a text with that text, in the middle of what it can do besides; each number's is another one.
pub(crate) fn echo(number: usize) -> anyhow::Result<Vec<u8>> {
    let mut source = format!("// Number {number}.\n{LAMBDA}");
    for topic in 0.. {
        if source.len() >= 20_000 {
            break;
        }
        source.push_str(&TOPIC.replace("TOPIC", &topic.to_string()));
    }
    Ok(lambda::package(Path::new("lambda.js"), source, "", None)?)
}

const LAMBDA: &str = r#"
var topics = [];
function lambda(input, callback) {
  var payload = input.payload || {};
  var message = payload.message || '';
  var lpEvent = (payload.context && payload.context.lpEvent) || {};
  var response = { messages: [], context: {} };
  for (var i = 0; i < topics.length; i++) {
    if (topics[i].matches(message)) { return callback(null, topics[i].answer(message, lpEvent)); }
  }
  response.messages.push('You said ' + message, { delay: 1, typing: true });
  response.messages.push({ structuredContent: { type: 'vertical', elements: [
    { type: 'text', text: 'What else?' },
    { type: 'button', title: 'Yes', click: { actions: [{ type: 'publishText', text: 'yes' }] } },
    { type: 'button', title: 'No', click: { actions: [{ type: 'publishText', text: 'no' }] } }
  ] } });
  response.context = { intentId: 'echo', intentName: 'Echo', confidenceScore: 0.5 };
  callback(null, response);
}
"#;

const TOPIC: &str = r#"
topics.push({
  matches: function (message) { return /\btopic TOPIC\b/i.test(message); },
  answer: function (message, lpEvent) {
    var visitor = (lpEvent.conversationContext || {}).visitor || {};
    var greeting = visitor.language === 'de-DE' ? 'Guten Tag' : 'Hello';
    return {
      messages: [greeting + ', this is about topic TOPIC.', { structuredContent: { type: 'vertical', elements: [
        { type: 'text', text: 'Topic TOPIC', tooltip: 'Topic TOPIC' },
        { type: 'button', title: 'More', click: { actions: [{ type: 'publishText', text: 'more of topic TOPIC' }] } }
      ] } }],
      context: { intentId: 'topic-TOPIC', confidenceScore: 0.9 }
    };
  }
});
"#;
