//! `deploy` and `bots`: what an operator is told of what serves, and what a deployment keeps of the one before.

use harness::bots::misbehaving;

use crate::operate::{does, to};
use crate::running::{Running, file, run};
use crate::serve::{folder, serve};

const HOOK: &str = "async function lambda(input) { return input.payload; }";

#[tokio::test]
async fn a_bot_that_answers_its_first_turn_with_a_fault_serves_and_its_operator_is_warned() {
    let folder = folder("");
    let at = folder.path();
    file(at, "fault.wasm", misbehaving("fault"));
    let serving = Running::start(&mut serve(at));
    let deploy = |more: &str| {
        let words = format!("deploy fault.wasm --tenant acme --bot bot {more}");
        let deployed = run(&mut to(&serving, at, &words), "");
        assert_eq!(deployed.code, 0, "{}", deployed.stderr);
        deployed
    };
    let told = deploy("").stderr;
    let warning = "warning: it serves, and did not answer its first turn: the bot gave a fault, \
                   `order-service-down`: ";
    assert!(told.contains(warning), "{told}");
    let json = deploy("--json").stdout;
    assert!(json.contains("\"warnings\":[\"it serves, and "), "{json}");
    file(at, "unasked.toml", "smoke_turn = false\n");
    let unasked = deploy("--settings unasked.toml").stderr;
    assert!(!unasked.contains("warning: it serves"), "{unasked}");
}

#[tokio::test]
async fn a_function_that_is_deployed_again_goes_on_to_listen_and_is_no_bot_by_accident() {
    let folder = folder("");
    let at = folder.path();
    file(at, "lambda.js", HOOK);
    file(at, "bot.wasm", misbehaving("count"));
    let serving = Running::start(&mut serve(at));
    let of = "--tenant acme --bot hook --environment production";
    let served = || does(&serving, at, "bots --tenant acme");
    let hook = "function  bot_connectors_pre_hook ";
    does(
        &serving,
        at,
        &format!("deploy lambda.js {of} --event bot_connectors_pre_hook"),
    );
    assert!(served().contains(hook), "{}", served());

    file(at, "lambda.js", HOOK.replace("input.payload", "null"));
    let again = run(&mut to(&serving, at, &format!("deploy lambda.js {of}")), "");
    let told = "it goes on to be invoked by bot_connectors_pre_hook";
    assert!(again.code == 0 && again.stderr.contains(told), "{again:?}");
    assert!(again.stdout.contains("#2"), "{}", again.stdout);
    assert!(served().contains(hook), "{}", served());

    let bot = run(&mut to(&serving, at, &format!("deploy bot.wasm {of}")), "");
    let refused =
        "is invoked by bot_connectors_pre_hook, which is for functions, and this is a bot";
    assert!(bot.code == 2 && bot.stderr.contains(refused), "{bot:?}");
    let words = format!("deploy bot.wasm {of} --event bot_connectors_custom_integration");
    does(&serving, at, &words);
    let bot = "bot    bot_connectors_custom_integration ";
    assert!(served().contains(bot), "{}", served());
}
