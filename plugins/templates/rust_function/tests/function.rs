//! Events for the function, as it is deployed: `cargo test`, with `retort` on the PATH.

#![cfg(not(target_family = "wasm"))]

use retort_sdk::json;
use retort_sdk::testing::{Broken, Function};

#[test]
fn it_sums_an_order_up() -> Result<(), Broken> {
    let function = Function::built()?;
    let items = json!([{ "price": 250, "count": 2 }, { "price": 99, "count": 1 }]);
    function
        .invoke(json!({ "name": "Ada", "items": items }))
        .returns(json!({ "message": "Thank you, Ada!", "total": 599 }))
        .logs("summed up 2 items");
    Ok(())
}

#[test]
fn what_is_no_order_is_a_fault() -> Result<(), Broken> {
    let function = Function::built()?;
    function
        .invoke(json!({ "name": "Ada" }))
        .faults("event-unreadable");
    Ok(())
}
