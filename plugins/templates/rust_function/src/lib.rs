//! Sums an order up. `retort invoke . --payload payloads/event.json` tries it.

use retort_sdk::{Fault, Function, Invocation, Value, json, log};
use serde::Deserialize;

#[derive(Deserialize)]
struct Order {
    name: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    price: u64,
    count: u64,
}

struct Sum;

impl Function for Sum {
    fn invoke(invocation: Invocation) -> Result<Value, Fault> {
        let order: Order = invocation.payload_as()?;
        let total: u64 = order.items.iter().map(|item| item.price * item.count).sum();
        log::info(format!("summed up {} items", order.items.len()));
        Ok(json!({ "message": format!("Thank you, {}!", order.name), "total": total }))
    }
}

retort_sdk::export_function!(Sum);
