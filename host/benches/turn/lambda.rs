//! A LivePerson Function of the size and the shape of the templates that accounts begin with: 20 KB, most of it the
//! rich content of its answers.

use std::path::Path;

use retort::cli::lambda;

/// A bot that answers any text but a few with that text; each number's is another one.
pub(crate) fn echo(number: usize) -> anyhow::Result<Vec<u8>> {
    let mut source = format!("// Number {number}.\n{HEAD}");
    for topic in 0.. {
        if source.len() + TAIL.len() >= 20_000 {
            break;
        }
        source.push_str(&TOPIC.replace("TOPIC", &topic.to_string()));
    }
    source.push_str(TAIL);
    Ok(lambda::package(Path::new("lambda.js"), source, "", None)?)
}

const HEAD: &str = r#"
function lambda(input, callback) {
  var payload = input.payload || {};
  var message = payload.message || '';
  var lpEvent = (payload.context && payload.context.lpEvent) || {};
  var response = { messages: [], context: {} };
  switch (message.toLowerCase()) {
"#;

const TOPIC: &str = r#"
    case 'topic TOPIC':
      response.messages.push('This is about topic TOPIC.', { delay: 1, typing: true });
      response.messages.push({
        structuredContent: { type: 'vertical', tag: 'list', elements: [
          { type: 'text', text: 'Topic TOPIC', tooltip: 'Topic TOPIC', style: { bold: true, size: 'large' } },
          { type: 'image', url: 'https://images.example.com/TOPIC.png', caption: 'A picture of it', tooltip: 'Picture' },
          { type: 'button', title: 'More', click: { actions: [{ type: 'publishText', text: 'more of topic TOPIC' }] } }
        ] },
        metadata: [{ type: 'ExternalId', id: 'topic-TOPIC' }]
      });
      response.context = { intentId: 'topic-TOPIC', intentName: 'Topic TOPIC', confidenceScore: 0.9 };
      break;
"#;

const TAIL: &str = r#"
    default:
      response.messages.push('You said ' + message, { delay: 1, typing: true });
      response.messages.push({ structuredContent: { type: 'vertical', elements: [
        { type: 'text', text: 'What else?' },
        { type: 'button', title: 'Yes', click: { actions: [{ type: 'publishText', text: 'yes' }] } },
        { type: 'button', title: 'No', click: { actions: [{ type: 'publishText', text: 'no' }] } }
      ] } });
      response.context = { intentId: 'echo', intentName: 'Echo', confidenceScore: 0.5 };
  }
  console.debug('answered', { sequence: lpEvent.sequence });
  callback(null, response);
}
"#;
