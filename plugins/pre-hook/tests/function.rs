//! The hook, as it is deployed.

#![cfg(not(target_family = "wasm"))]

use retort_sdk::json;
use retort_sdk::testing::{Broken, Function};

#[test]
fn it_masks_card_numbers_and_returns_all_else_as_it_was() -> Result<(), Broken> {
    let hook = Function::built()?;
    let request = |message: &str| json!({ "message": message, "convId": "1", "context": {} });
    hook.invoke(request("it is 4111 1111 1111 1111"))
        .returns(request("it is •••• •••• •••• 1111"))
        .logs("masked 1 card numbers")
        .takes_at_most_fuel(500_000);
    let unmasked = hook.invoke(request("order 17"));
    assert_eq!(unmasked.returns(request("order 17")).log(), []);
    let welcome = json!({ "convId": "1", "context": {} });
    hook.invoke(welcome.clone()).returns(welcome);
    Ok(())
}

#[test]
fn what_is_no_request_is_a_fault() -> Result<(), Broken> {
    let returned = Function::built()?.invoke(json!([1]));
    returned.faults("no-request").ends_in("bot-fault");
    assert_eq!(returned.value(), None);
    Ok(())
}
