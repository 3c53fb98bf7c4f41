//! What can be deployed, and what the operator is told of what cannot.

use harness::bots;
use harness::host;
use retort::registry::{FailurePolicy, Wanted, manifest};

async fn refused(component: &[u8]) -> String {
    let host = host();
    let error = host
        .deploy("bot", component)
        .await
        .expect_err("it is refused")
        .to_string();
    host.is_empty_again().await;
    error
}

async fn refused_under(wanted: impl FnOnce(&mut Wanted)) -> String {
    let host = host().wanting(wanted);
    let error = host.deploy("bot", &bots::misbehaving("probe")).await;
    error.expect_err("it is refused").to_string()
}

#[tokio::test]
async fn bytes_that_are_no_bot_are_told_what_they_are() {
    let not_wasm = "this is not a WebAssembly component: it does not begin as one";
    assert_eq!(refused(b"").await, not_wasm);
    assert_eq!(refused(b"#!/bin/sh\nexit 0\n").await, not_wasm);
    let core = refused(&wat::parse_str("(module)").expect("a module")).await;
    assert!(
        core.starts_with("this is a core WebAssembly module, not a component"),
        "{core}"
    );
    let empty = refused(&wat::parse_str("(component)").expect("a component")).await;
    assert!(empty.contains("retort:bot/handler@1.0.0"), "{empty}");
    let whole = bots::misbehaving("probe");
    let truncated = refused(&whole[..whole.len() / 2]).await;
    assert!(
        truncated.starts_with("the component is not valid"),
        "{truncated}"
    );
    let large = refused(&vec![0; (32 << 20) + 1]).await;
    assert!(
        large.starts_with("the component has 33554433 bytes and may have 33554432"),
        "{large}"
    );
}

#[tokio::test]
async fn machine_code_is_never_taken() {
    let engine = wasmtime::Engine::default();
    let code = engine.precompile_component(&wat::parse_str("(component)").expect("a component"));
    let error = refused(&code.expect("machine code")).await;
    assert!(
        error.starts_with("this is precompiled machine code"),
        "{error}"
    );
}

#[tokio::test]
async fn an_import_that_the_host_does_not_offer_is_named() {
    let import =
        "(component (import \"acme:orders/api@1.0.0\" (instance (export \"list\" (func)))))";
    let error = refused(&wat::parse_str(import).expect("a component")).await;
    assert!(error.contains("acme:orders/api@1.0.0"), "{error}");
}

#[tokio::test]
async fn a_bot_of_another_contract_is_told_which_and_what_to_do() {
    let changed = |from: &str, to: &str| {
        assert!(
            bots::CONTRACT.contains(from),
            "the contract has no {from:?}"
        );
        bots::CONTRACT.replace(from, to)
    };
    for (contract, told) in [
        (
            changed("@1.0.0", "@2.0.0"),
            "built for version 2.0.0 of the contract, and this host has 1.0.0",
        ),
        (
            changed("@1.0.0", "@0.9.0"),
            "built for version 0.9.0 of the contract",
        ),
        (
            changed("  describe: func() -> description;", ""),
            "has no function `describe`",
        ),
        (
            changed("  respond: func(", "  answer: func("),
            "has no function `respond`",
        ),
        (
            changed(
                "describe: func() -> description;",
                "describe: func() -> string;",
            ),
            "`describe`",
        ),
        (
            changed("  export handler;", ""),
            "has to export `retort:bot/handler@1.0.0`",
        ),
    ] {
        let error = refused(&bots::built_for(&contract)).await;
        assert!(error.contains(told), "{told}: {error}");
    }
    let error = refused(&bots::built_for(bots::CONTRACT)).await;
    assert!(
        error.starts_with("the bot failed at `describe`"),
        "the contract itself fits: {error}"
    );
}

#[tokio::test]
async fn webassembly_that_no_bot_needs_is_refused() {
    let zero = "(v128.const i64x2 0 0)";
    let swizzle = format!("(func (drop (i8x16.relaxed_swizzle {zero} {zero})))");
    for (feature, module) in [
        ("threads", "(memory 1 1 shared)"),
        ("memory64", "(memory i64 1)"),
        ("exceptions", "(tag $t)"),
        ("tail calls", "(func $f (return_call $f))"),
        ("gc", "(type $s (struct (field i32)))"),
        (
            "function references",
            "(type $f (func)) (func (param (ref null $f)))",
        ),
        ("multi-memory", "(memory 1) (memory 1)"),
        ("custom page sizes", "(memory 1 (pagesize 1))"),
        (
            "wide arithmetic",
            "(func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 1)))",
        ),
        ("relaxed simd", &swizzle),
    ] {
        let component = format!("(component (core module {module}))");
        let component =
            wat::parse_str(&component).unwrap_or_else(|error| panic!("{feature}: {error}"));
        let error = refused(&component).await;
        assert!(
            error.starts_with("the component is not valid"),
            "{feature}: {error}"
        );
    }
}

#[tokio::test]
async fn a_manifest_and_a_bot_that_disagree_are_told_apart() {
    let bare = bots::misbehaving("probe");
    let with = |text: &str| manifest::embed(&bare, text);
    let name = refused(&with("name = \"probe\"\nversion = \"1.0.0\"\n")).await;
    assert_eq!(
        name,
        "the manifest says name \"probe\" and the component says \"misbehaving\"; make them agree"
    );
    let version = refused(&with("name = \"misbehaving\"\nversion = \"1.0.1\"\n")).await;
    assert_eq!(
        version,
        "the manifest says version \"1.0.1\" and the component says \"1.0.0\"; make them agree"
    );
    let invalid = refused(&with("name = \"misbehaving\"\n")).await;
    assert!(invalid.contains("missing field `version`"), "{invalid}");
}

#[tokio::test]
async fn a_bot_that_refuses_its_configuration_is_not_deployed() {
    let error = refused_under(|wanted| {
        wanted
            .config
            .insert("wrong".to_owned(), "is wrong".to_owned());
    });
    assert_eq!(
        error.await,
        "the bot refuses its configuration: `wrong` is wrong; `and` this too"
    );
}

#[tokio::test]
async fn a_limit_above_the_hosts_ceiling_is_refused() {
    let memory = refused_under(|wanted| wanted.limits.memory_bytes = (256 << 20) + 1).await;
    assert!(
        memory.contains("`limits.memory_bytes` is 268435457, above the host's ceiling"),
        "{memory}"
    );
    let table = refused_under(|wanted| wanted.limits.table_elements = 100_001).await;
    assert!(
        table.contains("`limits.table_elements` is 100001"),
        "{table}"
    );
    for deadline_ms in [0, 1001] {
        let deadline = refused_under(|wanted| wanted.limits.deadline_ms = deadline_ms).await;
        assert!(deadline.contains("1 to 1000 are possible"), "{deadline}");
    }
    let policy = refused_under(|wanted| {
        wanted.failure = FailurePolicy::Reply {
            text: " ".to_owned(),
        }
    })
    .await;
    assert!(policy.contains("`text` is empty"), "{policy}");
}

#[tokio::test]
async fn what_was_served_goes_on_when_its_successor_is_refused() {
    let host = host().with_bot("echo", &bots::plugin("echo")).await;
    host.deploy("echo", &bots::attack("trap-at-start"))
        .await
        .expect_err("it traps while starting");
    assert_eq!(host.says("echo", "hello").await, "hello");
}

#[tokio::test]
async fn a_bot_that_does_not_get_through_a_first_turn_does_not_serve() {
    for (bot, told) in [
        ("trap", "the bot failed at `respond`"),
        ("panic", "the bot failed at `respond`"),
        ("spin", "the bot failed at `respond`"),
        ("invalid_reply", "the bot was asked a first turn"),
    ] {
        let host = host().wanting(|wanted| wanted.smoke_turn = true);
        let component = bots::misbehaving(bot);
        let refused = host.deploy("bot", &component).await;
        let error = refused.expect_err("it is refused").to_string();
        assert!(error.starts_with(told), "{bot}: {error}");
        assert!(host.host.registry().is_empty(), "{bot} serves");
        host.is_empty_again().await;
    }
    // A fault is an answer: the bot's other half may not be there yet.
    let host = host().wanting(|wanted| wanted.smoke_turn = true);
    let deployed = host.deploy("bot", &bots::misbehaving("fault")).await;
    deployed.expect("it is deployed");
}
