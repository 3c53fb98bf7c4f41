//! What is around a lambda: its log, its configuration, and what Node has that it may expect.

use std::path::Path;

use harness::javascript::{self, script};
use retort::cli::lambda;
use retort::sandbox::World;
use serde_json::{Value, json};

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

/// What the lambda of this source gives.
async fn gives(source: &str) -> String {
    let host = javascript::host().await;
    let host = host
        .with_bot("lambda", &script(source, "", World::Function))
        .await;
    host.returns("lambda", json!({})).await
}

#[tokio::test]
async fn half_an_emoji_is_told_as_what_it_is() {
    let source = "function lambda() { const half = '\u{1F600}!'.slice(0, 1); console.info(half, { half });\n\
                  return [half + '.', new TextEncoder().encode(half).length, '\\\\ud83d']; }";
    assert_eq!(gives(source).await, "[\"\u{fffd}.\",3,\"\\\\ud83d\"]");
}

#[tokio::test]
async fn a_callback_that_is_not_counted_is_waited_for() {
    for source in [
        "module.exports.lambda = (...all) => { Promise.resolve().then(() => all[1](null, 'x')); };",
        "function lambda(input, callback = () => {}) { setTimeout(() => callback(null, 'x'), 3); }",
        "function lambda() { return { then(done) { done({ then(inner) { inner('x'); } }); } }; }",
    ] {
        assert_eq!(gives(source).await, "\"x\"", "{source}");
    }
    assert_eq!(gives("function lambda() {}").await, "null");
}

#[tokio::test]
async fn only_a_module_is_waited_for_before_it_is_asked() {
    for last in [
        "(async () => { for (;;) await new Promise((r) => setTimeout(r, 60000)); })();",
        "new Promise(() => {});",
        "module.exports.ready = new Promise(() => {});",
    ] {
        let source = format!("function lambda() {{ return 'ok'; }}\n{last}");
        assert_eq!(gives(&source).await, "\"ok\"", "{last}");
    }
    let module = "export function lambda() { return ready; }\nconst ready = await new Promise((r) => setTimeout(r, 2, 'ready'));";
    assert_eq!(gives(module).await, "\"ready\"");
}

#[tokio::test]
async fn many_timers_are_called_in_their_order() {
    let source = "async function lambda() { const seen = [];\n\
        for (let n = 0; n < 2000; n++) setTimeout(() => seen.push(n), 1 + (n % 7));\n\
        const stopped = setTimeout(() => seen.push('stopped'), 2); clearTimeout(stopped);\n\
        await new Promise((r) => setTimeout(r, 30));\n\
        const inOrder = (k) => seen.filter((n) => n % 7 === k).every((n, at, all) => at === 0 || all[at - 1] < n);\n\
        return [seen.length, [0, 1, 2, 3, 4, 5, 6].every(inOrder)]; }";
    assert_eq!(gives(source).await, "[2000,true]");
}

#[tokio::test]
async fn each_import_gives_what_it_names() {
    let source = "import { Toolbelt } from 'core-functions-toolbelt';\nimport { format } from 'util';\n\
        import * as waits from 'timers/promises';\n\
        export default async () => [typeof Toolbelt, typeof format, typeof waits.setTimeout, typeof waits.default.format];";
    assert_eq!(
        gives(source).await,
        "[\"object\",\"function\",\"function\",\"undefined\"]"
    );
}

#[test]
fn what_is_wrong_in_its_manifest_is_told_with_its_own_line() {
    for (manifest, line) in [
        ("name = \"a\"\n\nbogus = 1\n", "line 3"),
        ("version = \"1.0.0\"\nworld = \"functon\"\n", "line 2"),
        ("\n\n[wants]\nhtp = []\n", "line 4"),
    ] {
        let packed = lambda::package(Path::new("lambda.js"), String::new(), manifest, None);
        let told = packed.expect_err("it is wrong").to_string();
        assert!(told.contains(line), "{manifest}: {told}");
    }
}

#[tokio::test]
async fn chance_and_the_clock_are_a_turns_own_whatever_libraries_are_named() {
    let source = "const _ = require('lodash'); const toolkit = require('es-toolkit');
        function lambda() {
            const url = new URL('https://a.example/?x=1');
            return [Math.random(), _.random(1, 1e12), toolkit.random(1, 1e12), crypto.randomUUID(), _.uniqueId(), Buffer.from(url.search).length];
        }";
    let host = javascript::host().await;
    let host = host
        .with_bot("lambda", &script(source, "", World::Function))
        .await;
    let mut turns: Vec<Vec<Value>> = Vec::new();
    for _ in 0..2 {
        let said = host.returns("lambda", json!({})).await;
        turns.push(serde_json::from_str(&said).expect("a list"));
    }
    for at in 0..4 {
        assert_ne!(turns[0][at], turns[1][at], "{turns:?}");
    }
    assert_eq!(turns[0][4..], turns[1][4..]);
}

#[tokio::test]
async fn names_of_every_object_are_no_modules() {
    for name in [
        "constructor",
        "toString",
        "lodash/__proto__",
        "lodash/constructor",
        "lodash/length",
        "lodash/nothing",
    ] {
        let source = format!("function lambda() {{ return require('{name}'); }}");
        let host = javascript::host().await;
        let host = host
            .with_bot("lambda", &script(&source, "", World::Function))
            .await;
        let refused = host.invoke("lambda", Vec::new(), json!({})).await.result;
        let told = refused.expect_err("no module").to_string();
        assert!(
            told.contains(&format!(
                "Cannot find module '{name}': it is not available here: there are "
            )),
            "{told}"
        );
    }
}
