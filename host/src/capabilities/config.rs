//! `config`: the values that the operator gave a deployment, for its bot to read.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::Result;

use super::moved::Moved;
use crate::bindings::config::Host;

/// A deployment's configuration: text by key. Shared by all of the deployment's turns.
pub type Values = Arc<BTreeMap<String, String>>;

/// One turn's view of it.
#[derive(Debug)]
pub struct Config {
    /// The values.
    pub values: Values,
    /// Where what is read of them is counted.
    pub moved: Moved,
}

impl Host for Config {
    fn get(&mut self, key: String) -> Result<Option<String>> {
        let value = self.values.get(&key);
        self.moved.add(key.len() + value.map_or(0, String::len));
        Ok(value.cloned())
    }

    fn keys(&mut self) -> Result<Vec<String>> {
        self.moved.add(self.values.keys().map(String::len).sum());
        Ok(self.values.keys().cloned().collect())
    }
}
