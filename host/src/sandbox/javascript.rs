//! The engine that JavaScript bots run on: one component for all of them, built from `plugins/javascript-engine/`. What
//! turns begin from is an image of it, made once it has started: starting is most of what a short script would cost.

use std::sync::LazyLock;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use wasmtime::component::{Component, Instance, Lift, Linker, WasmList};
use wasmtime::{Config, Engine, OptLevel, Result, Store};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use super::bot::digest;
use super::loaded::{Source, Wasm};

/// The component as it was built.
static ENGINE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/javascript-engine.wasm"));

/// Which engine scripts run on here, as a digest: another build of it takes another fuel for the same script.
pub fn script_engine() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| digest(ENGINE));
    &DIGEST
}

/// Its export that starts it.
const START: &str = "start";

/// Where the image comes from. It is made of the component and of nothing else, so that the component's digest is its.
#[derive(Debug)]
pub(super) struct Image;

impl Image {
    /// What it is made of.
    pub(super) fn component() -> &'static [u8] {
        ENGINE
    }
}

impl Source for Image {
    fn wasm(&self) -> Wasm<'_> {
        Box::pin(async {
            let runtime = Handle::current();
            let made = spawn_blocking(move || runtime.block_on(image())).await;
            let made = made.map_err(|panicked| panicked.to_string())?;
            let cannot = |error| format!("the engine for JavaScript does not start: {error:#}");
            made.map(Into::into).map_err(cannot)
        })
    }
}

/// Starts the engine, with nothing to call, and gives the component with the memory that it then has.
async fn image() -> Result<Vec<u8>> {
    let mut wizer = Wizer::new();
    // The component goes on naming it.
    wizer.init_func(START).keep_init_func(true);
    let (context, instrumented) = wizer.instrument_component(ENGINE)?;
    // Runs for a millisecond: the sooner it is compiled, the better.
    let engine = Engine::new(Config::new().cranelift_opt_level(OptLevel::None))?;
    let component = Component::new(&engine, instrumented)?;
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, START)?;
    start.call(&mut store, ())?;
    wizer
        .snapshot_component(&context, &mut Started { store, instance })
        .await
}

/// An engine that has started, for who reads its memory.
struct Started {
    store: Store<()>,
    instance: Instance,
}

impl Started {
    fn call<R: Lift + Send + Sync + 'static>(
        &mut self,
        interface: &str,
        function: &str,
    ) -> Result<R> {
        let missing = || wasmtime::format_err!("it has no `{interface}` with `{function}`");
        let its = self.instance.get_export(&mut self.store, None, interface);
        let (_, its) = its.ok_or_else(missing)?;
        let function = self
            .instance
            .get_export(&mut self.store, Some(&its), function);
        let (_, function) = function.ok_or_else(missing)?;
        let function = self
            .instance
            .get_typed_func::<(), (R,)>(&mut self.store, function)?;
        Ok(function.call(&mut self.store, ())?.0)
    }

    fn read<R: Lift + Send + Sync + 'static>(&mut self, interface: &str, function: &str) -> R {
        let read = self.call(interface, function);
        read.expect("what was added to read its memory is there and cannot fail")
    }
}

impl ComponentInstanceState for Started {
    async fn call_func_ret_list_u8(
        &mut self,
        interface: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let list: WasmList<u8> = self.read(interface, function);
        contents(list.as_le_slice(&self.store));
    }

    async fn call_func_ret_s32(&mut self, interface: &str, function: &str) -> i32 {
        self.read(interface, function)
    }

    async fn call_func_ret_s64(&mut self, interface: &str, function: &str) -> i64 {
        self.read(interface, function)
    }

    async fn call_func_ret_f32(&mut self, interface: &str, function: &str) -> u32 {
        self.read::<f32>(interface, function).to_bits()
    }

    async fn call_func_ret_f64(&mut self, interface: &str, function: &str) -> u64 {
        self.read::<f64>(interface, function).to_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_image_is_the_same_each_time() {
        let image = Image.wasm().await.expect("an image");
        assert_ne!(&*image, ENGINE);
        assert_eq!(image, Image.wasm().await.expect("another"));
    }
}
