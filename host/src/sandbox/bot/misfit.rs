//! Why a component is no bot, in words that its author can do something with. The engine knows only that it does not fit.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// The contract, and what it has a bot export.
const PACKAGE: &str = "retort:bot/";
const VERSION: &str = "1.0.0";
const HANDLER: &str = "retort:bot/handler@1.0.0";
const FUNCTIONS: [&str; 3] = ["describe", "check-config", "respond"];

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
    let Some(handler) = its.get_export(engine, HANDLER) else {
        let exports: Vec<&str> = its.exports(engine).map(|(name, _)| name).collect();
        let has = match exports.as_slice() {
            [] => "nothing".to_owned(),
            some => format!("`{}`", some.join("`, `")),
        };
        return Some(format!("it has to export `{HANDLER}`, and exports {has}"));
    };
    let ComponentItem::ComponentInstance(handler) = handler.ty else {
        return Some(format!("its `{HANDLER}` is no interface"));
    };
    let is_missing = |name: &&&str| handler.get_export(engine, name).is_none();
    let missing = FUNCTIONS.iter().find(is_missing)?;
    Some(format!("its `{HANDLER}` has no function `{missing}`"))
}

/// The version of the contract that a name is of, if it is another one. Later ones of the same kind fit.
fn other_version(name: &str) -> Option<&str> {
    let (_, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    let (kind, _) = VERSION.split_once('.')?;
    let is_same = version.split_once('.').is_some_and(|(its, _)| its == kind);
    (!is_same).then_some(version)
}
