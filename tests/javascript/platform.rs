//! What is around a lambda: its log, its configuration, and what Node has that it may expect.

use harness::javascript::{self, script};
use retort::sandbox::World;
use serde_json::json;

#[tokio::test]
async fn the_console_writes_the_log_a_message_and_extras() {
    let source = "function lambda(input, callback) {
        console.debug('seen', { order: 7 });
        console.info('%s of %d%%', 'half', 50);
        console.warn(new RangeError('odd'));
        console.error('two\\nlines', undefined, null, [1, 'a'], new Map([[1, 2]]));
        console.count(); console.count('x'); console.assert(false, 'claimed');
        callback(null, 1);
    }";
    let host = javascript::host().await;
    let host = host
        .with_bot("lambda", &script(source, "", World::Function))
        .await;
    let invoked = host.invoke("lambda", Vec::new(), json!({})).await;
    let log: Vec<String> = invoked
        .log
        .lines
        .iter()
        .map(|line| format!("{} {}", line.level, line.message))
        .collect();
    let expected = [
        "debug seen {\"order\":7}",
        "info half of 50%",
        "warn RangeError: odd (lambda.js:4:",
        "warn     at lambda (lambda.js:4:",
        "error two",
        "error lines undefined null [1,\"a\"] Map [[1,2]]",
        "info default: 1",
        "info x: 1",
        "error Assertion failed: claimed",
    ];
    assert_eq!(log.len(), expected.len(), "{log:#?}");
    for (line, expected) in log.iter().zip(expected) {
        assert!(line.starts_with(expected), "{expected}: {log:#?}");
    }
}

#[tokio::test]
async fn the_environment_is_the_configuration() {
    let source = "const GREETING = process.env.GREETING;\nfunction lambda() { return [GREETING, Object.keys(process.env).sort(), process.env.NONE === undefined]; }";
    let host = javascript::host().await.wanting(|wanted| {
        wanted.config.insert("GREETING".to_owned(), "hi".to_owned());
        wanted.config.insert("LIMIT".to_owned(), "7".to_owned());
    });
    let host = host
        .with_bot("lambda", &script(source, "", World::Function))
        .await;
    assert_eq!(
        host.returns("lambda", json!({})).await,
        "[\"hi\",[\"GREETING\",\"LIMIT\"],true]"
    );
}

#[tokio::test]
async fn small_modules_of_node_are_there() {
    let source = "const util = require('node:util');\nconst { setTimeout: wait } = require('timers/promises');\n\
        async function lambda() {\n  return [util.format('%s-%d', 'a', 1), await wait(2, 'waited'), require('process') === process, typeof util.promisify];\n}";
    let host = javascript::host().await;
    let host = host
        .with_bot("lambda", &script(source, "", World::Function))
        .await;
    assert_eq!(
        host.returns("lambda", json!({})).await,
        "[\"a-1\",\"waited\",true,\"function\"]"
    );
}
