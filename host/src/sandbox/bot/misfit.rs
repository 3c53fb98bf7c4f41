//! Why a component is neither a bot nor a function, in words that its author can do something with. The engine knows only
//! that it does not fit.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::sandbox::World;

/// The contract, and what it has a component of each world export.
const PACKAGE: &str = "retort:bot/";
const VERSION: &str = "1.0.0";
const HANDLER: &str = "retort:bot/handler@1.0.0";
const FUNCTION_HANDLER: &str = "retort:bot/function-handler@1.0.0";
const OF_HANDLER: [&str; 3] = ["describe", "check-config", "respond"];
const OF_FUNCTION_HANDLER: [&str; 3] = ["describe", "check-config", "invoke"];

/// The world that a component means to be of: a function, if it has that handler and no bot's.
pub(in crate::sandbox) fn world(engine: &Engine, component: &Component) -> World {
    let its = component.component_type();
    let has = |name| its.get_export(engine, name).is_some();
    match !has(HANDLER) && has(FUNCTION_HANDLER) {
        true => World::Function,
        false => World::Bot,
    }
}

/// That a component was built for another version of the contract, if it was.
pub(super) fn version(engine: &Engine, component: &Component) -> Option<String> {
    let its = component.component_type();
    let imports = its.imports(engine).map(|(name, _)| name);
    let exports = its.exports(engine).map(|(name, _)| name);
    let other = imports.chain(exports).find_map(other_version)?;
    Some(format!(
        "it was built for version {other} of the contract, and this host has {VERSION}: build it against the `wit/` of this \
         host, or give it to a host of that version"
    ))
}

/// What it does not export, if it lacks something.
pub(super) fn export(engine: &Engine, component: &Component) -> Option<String> {
    let its = component.component_type();
    let (name, functions) = match world(engine, component) {
        World::Bot => (HANDLER, OF_HANDLER),
        World::Function => (FUNCTION_HANDLER, OF_FUNCTION_HANDLER),
    };
    let Some(handler) = its.get_export(engine, name) else {
        let exports: Vec<&str> = its.exports(engine).map(|(name, _)| name).collect();
        let has = match exports.as_slice() {
            [] => "nothing".to_owned(),
            some => format!("`{}`", some.join("`, `")),
        };
        return Some(format!(
            "it has to export `{HANDLER}` or `{FUNCTION_HANDLER}`, and exports {has}"
        ));
    };
    let ComponentItem::ComponentInstance(handler) = handler.ty else {
        return Some(format!("its `{name}` is no interface"));
    };
    let is_missing = |name: &&&str| handler.get_export(engine, name).is_none();
    let missing = functions.iter().find(is_missing)?;
    Some(format!("its `{name}` has no function `{missing}`"))
}

/// The version of the contract that a name is of, if it is another one. Later ones of the same kind fit.
fn other_version(name: &str) -> Option<&str> {
    let (_, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    let (kind, _) = VERSION.split_once('.')?;
    let is_same = version.split_once('.').is_some_and(|(its, _)| its == kind);
    (!is_same).then_some(version)
}
