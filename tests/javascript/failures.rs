//! A lambda that fails tells its author where, in their own lines; one that cannot be loaded is not deployed.

use harness::javascript::{self, script};
use retort::sandbox::World;
use serde_json::json;

/// How the lambda of this source fails: its outcome, the host's words, and what it logged.
async fn fails(source: &str) -> (String, String, Vec<String>) {
    let lambda = script(source, "", World::Function);
    let host = javascript::host().await.with_bot("lambda", &lambda).await;
    let invoked = host.invoke("lambda", Vec::new(), json!({})).await;
    let outcome = invoked.outcome().to_owned();
    let log = invoked.log.lines.into_iter().map(|line| line.message);
    let words = invoked.result.expect_err("it fails").to_string();
    (outcome, words, log.collect())
}

/// Why the lambda of this source is not deployed.
async fn refused(source: &str) -> (&'static str, String) {
    let lambda = script(source, "", World::Function);
    let deployed = javascript::host().await.deploy("lambda", &lambda).await;
    let error = deployed.expect_err("it is refused");
    (error.code(), error.to_string())
}

#[tokio::test]
async fn each_way_to_fail_points_at_its_line() {
    for (source, code, words) in [
        (
            "function lambda(input, callback) {\n  callback(null, input.payload.order.id);\n}",
            "lambda-threw",
            "TypeError: cannot read property 'id' of undefined (lambda.js:2:",
        ),
        (
            "function lambda(input, callback) {\n  callback(new Error('no such order'));\n}",
            "lambda-failed",
            "Error: no such order (lambda.js:2:",
        ),
        (
            "function lambda(input, callback) {\n  callback('no');\n}",
            "lambda-failed",
            "no",
        ),
        (
            "async function lambda(input) {\n  await null;\n\n  throw new RangeError('too far');\n}",
            "lambda-threw",
            "RangeError: too far (lambda.js:4:",
        ),
        (
            "function lambda(input, callback) {\n  setTimeout(() => {\n    nothing();\n  }, 1);\n}",
            "lambda-threw",
            "ReferenceError: nothing is not defined (lambda.js:3:",
        ),
        (
            "function lambda(input, callback) {\n  queueMicrotask(() => {\n    null.x;\n  });\n}",
            "lambda-threw",
            "TypeError: cannot read property 'x' of null (lambda.js:3:",
        ),
        (
            "function lambda(input, callback) {\n  Promise.reject(new Error('unseen'));\n}",
            "lambda-rejection-unhandled",
            "a promise was rejected and nobody handled it: Error: unseen (lambda.js:2:",
        ),
        (
            "function lambda(input, callback) {\n  if (input.payload.never) callback(null, 1);\n}",
            "lambda-never-called-back",
            "call `callback(null, result)` on every path",
        ),
        (
            "async function lambda(input) {\n  await new Promise(() => {});\n}",
            "lambda-never-called-back",
            "a promise that it waits for is settled by nobody",
        ),
        (
            "function lambda(input, callback) {\n  const a = {};\n  a.a = a;\n  callback(null, a);\n}",
            "lambda-answer-not-valid",
            "TypeError: circular reference",
        ),
        (
            "function deeper(n) {\n  return deeper(n + 1) + 1;\n}\nfunction lambda(input, callback) {\n  callback(null, deeper(0));\n}",
            "lambda-threw",
            "RangeError: Maximum call stack size exceeded (lambda.js:",
        ),
        (
            "function lambda(input) {\n  return require('axios');\n}",
            "lambda-threw",
            "Error: Cannot find module 'axios': it is not available here: use `fetch` (lambda.js:2:",
        ),
    ] {
        let (outcome, told, _) = fails(source).await;
        assert_eq!(outcome, "bot-fault", "{source}: {told}");
        assert!(told.contains(&format!("`{code}`: ")), "{source}: {told}");
        assert!(told.contains(words), "{source}: {told}");
    }
}

#[tokio::test]
async fn the_way_to_where_it_failed_and_its_cause_are_in_the_log() {
    let source = "function price(order) {\n  return order.price.net;\n}\n\
                  function lambda(input, callback) {\n  try {\n    price({});\n  } catch (cause) {\n    \
                  callback(new Error('no price', { cause }));\n  }\n}";
    let (_, told, log) = fails(source).await;
    assert!(
        told.contains("Error: no price: cannot read property 'net' of undefined (lambda.js:8:"),
        "{told}"
    );
    let log = log.join("\n");
    for line in [
        "    at lambda (lambda.js:8:",
        "caused by TypeError: cannot read property 'net' of undefined (lambda.js:2:",
        "    at price (lambda.js:2:",
        "    at lambda (lambda.js:6:",
    ] {
        assert!(log.contains(line), "{line} in {log}");
    }
    assert!(!log.contains("retort:"), "{log}");
}

#[tokio::test]
async fn what_cannot_be_loaded_is_not_deployed() {
    let (code, told) = refused("function lambda(input) {\n  const x = ;\n}").await;
    assert_eq!(code, "script-not-valid");
    assert!(
        told.contains("SyntaxError: ") && told.contains("(lambda.js:2:"),
        "{told}"
    );
    let (code, told) = refused("const x = 1;\nnull.x;\nfunction lambda() {}").await;
    assert_eq!(code, "failed-when-asked");
    assert!(
        told.contains("cannot read property 'x' of null (lambda.js:2:"),
        "{told}"
    );
    let (_, told) = refused("function handler() {}").await;
    assert!(told.contains("has no function `lambda`"), "{told}");
    let (_, told) = refused("import axios from 'axios';\nfunction lambda() {}").await;
    assert!(
        told.contains(
            "ReferenceError: Cannot find module 'axios': it is not available here: use `fetch` (lambda.js:1)"
        ),
        "{told}"
    );
    let (_, told) =
        refused("export async function lambda() {}\nawait 0;\nthrow new Error('late');").await;
    assert!(told.contains("Error: late (lambda.js:3:"), "{told}");
    let (code, told) = refused(&format!("function lambda() {{}} //{}", "x".repeat(1 << 20))).await;
    assert_eq!(code, "script-not-valid");
    assert!(told.contains("and may have 1048576"), "{told}");
}

#[tokio::test]
async fn source_that_is_hostile_to_its_parser_is_refused() {
    for source in [
        "(".repeat(200_000),
        format!("function lambda() {{ {} }}", "if (1) ".repeat(100_000)),
        format!("var a = {}1{};", "[".repeat(100_000), "]".repeat(100_000)),
        "`${".repeat(50_000),
        format!("/{}/", "(".repeat(50_000)),
        "\0".to_owned(),
        String::new(),
    ] {
        let (code, told) = refused(&source).await;
        let known = ["script-not-valid", "failed-when-asked"];
        assert!(known.contains(&code), "{code}: {told}");
    }
}

#[tokio::test]
async fn errors_that_are_hard_to_tell_are_told() {
    for (source, words) in [
        (
            "function lambda() { const e = new Error('a'); e.cause = e; throw e; }",
            "Error: a: a (lambda.js:1:",
        ),
        (
            "async function lambda() { const a = new Error('a'); a.cause = new Error('b', { cause: a }); throw a; }",
            "Error: a: b (lambda.js:1:",
        ),
        (
            "function lambda() { throw new Error('half \\ud83d'); }",
            "Error: half \u{fffd} (lambda.js:1:",
        ),
        (
            "function lambda() { throw { get message() { throw 1; } }; }",
            "[object Object]",
        ),
        (
            "function lambda() {\n return new Intl.NumberFormat('de').format(1); }",
            "Intl is not defined: there is one language and one time zone, UTC (lambda.js:2:",
        ),
        (
            "function lambda() {\n return JSON.parse('<html>'); }",
            "(lambda.js:2:",
        ),
        (
            "async function lambda() {\n await fetch('http://127.0.0.1/', { method: 'POST', body: '{}' }); }",
            "(lambda.js:2:",
        ),
        (
            "async function lambda() {\n return new Response('<html>').json(); }",
            "(lambda.js:2:",
        ),
        ("function lambda() { throw null; }", "null"),
        ("function lambda() { throw Symbol('x'); }", "Symbol(x)"),
    ] {
        let (outcome, told, _) = fails(source).await;
        assert_eq!(outcome, "bot-fault", "{source}: {told}");
        assert!(told.contains(words), "{source}: {told}");
    }
}
