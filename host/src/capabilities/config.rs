//! `config`: the values that the operator gave a deployment, for its bot to read.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::Result;

use crate::bindings::config::Host;

/// A deployment's configuration: text by key. Shared by all of the deployment's turns.
pub type Values = Arc<BTreeMap<String, String>>;

/// One turn's view of it.
#[derive(Debug)]
pub struct Config(pub Values);

impl Host for Config {
    fn get(&mut self, key: String) -> Result<Option<String>> {
        Ok(self.0.get(&key).cloned())
    }

    fn keys(&mut self) -> Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }
}
