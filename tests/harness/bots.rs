//! The bots that tests run: built once in each process, by the product's own build.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use retort::cli::attack::component::component_of;
use retort::cli::attack::corpus::CORPUS;
use retort::cli::build;
use retort::registry::manifest;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of one of the bots in `plugins/`.
pub fn plugin_dir(name: &str) -> PathBuf {
    root().join("plugins").join(name)
}

/// One of the bots in `plugins/`, as `retort build` makes it.
pub fn plugin(name: &str) -> Vec<u8> {
    build::build(&plugin_dir(name))
        .expect("it builds")
        .component
}

/// One of the bots in `tests/bots/examples/`. They carry no manifest.
pub fn misbehaving(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = root().join("tests/bots");
        let paths = build::compile(&folder, &manifest::Build::default(), &["--examples"])
            .expect("they build");
        paths.into_iter().map(|path| (stem(&path), path)).collect()
    });
    let path = built
        .get(name)
        .unwrap_or_else(|| panic!("there is no bot {name:?}"));
    std::fs::read(path).expect("it was built")
}

/// One of those, with a manifest that asks for what this says under `[wants]`.
pub fn wanting(name: &str, wants: &str) -> Vec<u8> {
    let manifest = format!("name = \"misbehaving\"\nversion = \"1.0.0\"\n[wants]\n{wants}\n");
    manifest::embed(&misbehaving(name), &manifest)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .expect("a file has a name")
        .to_string_lossy()
        .into_owned()
}

/// One of the bots in `tests/bots/attacks/`.
pub fn attack(name: &str) -> Vec<u8> {
    let found = CORPUS.iter().find(|attack| attack.name == name);
    let attack = found.unwrap_or_else(|| panic!("there is no attack {name:?}"));
    let silent = ([127, 0, 0, 1], 1).into();
    attack.component(silent).expect("it is a bot")
}

/// What a bot that is written by hand does, beside being as small as can be.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByHand {
    /// When it is given memory for what it is asked.
    pub realloc: &'static str,
    /// When it is asked.
    pub respond: &'static str,
    /// In the module itself.
    pub module: &'static str,
    /// What it imports.
    pub imports: &'static str,
}

/// A bot from WebAssembly text, for what no compiler emits.
pub fn by_hand(what: ByHand) -> Vec<u8> {
    let text = include_str!("../bots/frame.wat")
        .replace("(;REALLOC;)", what.realloc)
        .replace("(;RESPOND;)", what.respond)
        .replace("(;MODULE;)", what.module)
        .replace("(;IMPORTS;)", what.imports);
    component_of(&text).expect("it is a bot")
}

/// A component of a module, and others that each instantiate the one before twice: of so many doublings.
pub fn doublings(times: u32) -> Vec<u8> {
    let mut text =
        "(component (component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..=times {
        let before = level - 1;
        text += &format!(
            "(component $c{level} (alias outer 1 $c{before} (component $c)) \
             (instance (instantiate $c)) (instance (instantiate $c)))"
        );
    }
    text += &format!("(instance (instantiate $c{times})))");
    wat::parse_str(text).expect("a component")
}

/// A bot with a function that nobody calls and that is hard to compile: so many branches between 200 variables. 20,000
/// are 260 KB, and take many seconds.
pub fn with_huge_function(branches: usize) -> Vec<u8> {
    let branch = |n: usize| {
        let (asked, set, read) = (n * 7 % 200, n % 200, n * 13 % 200);
        format!("(if (local.get {asked}) (then (local.set {set} (i32.load (local.get {read})))))")
    };
    let body: String = (0..branches).map(branch).collect();
    let function = format!("(func (local {}) {body})", "i32 ".repeat(200));
    by_hand(ByHand {
        // A test's process is short.
        module: function.leak(),
        ..ByHand::default()
    })
}

/// A component with so many core instances more, each of a module and a table of its own and of no use.
pub fn with_core_instances(component: &[u8], more: u32) -> Vec<u8> {
    let modules = wasmparser::Parser::new(0)
        .parse_all(component)
        .filter(|payload| matches!(payload, Ok(wasmparser::Payload::ModuleSection { .. })));
    let index = u32::try_from(modules.count()).expect("a handful");
    let module = wat::parse_str("(module (table 1 funcref))").expect("a module");
    let mut larger = component.to_vec();
    let mut append =
        |section: &dyn wasm_encoder::ComponentSection| section.append_to_component(&mut larger);
    append(&wasm_encoder::RawSection {
        id: wasm_encoder::ComponentSectionId::CoreModule.into(),
        data: &module,
    });
    let mut instances = wasm_encoder::InstanceSection::new();
    for _ in 0..more {
        instances.instantiate(index, Vec::<(&str, wasm_encoder::ModuleArg)>::new());
    }
    append(&instances);
    larger
}

/// A component with the imports and exports of a contract, this one or one that was changed, which traps whatever it is
/// asked.
pub fn built_for(contract: &str) -> Vec<u8> {
    built_for_world(contract, "bot")
}

/// The same, of one of its worlds.
pub fn built_for_world(contract: &str, world: &str) -> Vec<u8> {
    let mut wit = Resolve::default();
    let package = wit.push_str("bot.wit", contract).expect("a contract");
    let world = wit
        .select_world(&[package], Some(world))
        .expect("its world");
    let mut module = dummy_module(&wit, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &wit, world, StringEncoding::UTF8).expect("its types");
    let encoder = ComponentEncoder::default()
        .module(&module)
        .expect("a module");
    encoder.validate(true).encode().expect("a component")
}

/// The contract that this host has.
pub const CONTRACT: &str = include_str!("../../wit/bot.wit");
