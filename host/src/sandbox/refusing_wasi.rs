//! File system and sockets of WASI, for bots whose runtime imports them: importing is allowed, using is
//! refused. Made from what the component itself imports, so any 0.2 version of the interfaces fits.

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType, Val};
use wasmtime::{Engine, Result, bail};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable};

use super::instance::TurnState;

const REFUSED: [&str; 2] = ["wasi:filesystem/", "wasi:sockets/"];

/// What stands for a descriptor or a socket. No bot ever holds one.
struct Unreachable;

pub(super) fn link(
    linker: &mut Linker<TurnState>,
    engine: &Engine,
    component: &Component,
) -> Result<()> {
    for (interface, import) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(instance) = import.ty else {
            continue;
        };
        if !REFUSED.iter().any(|prefix| interface.starts_with(prefix)) {
            continue;
        }
        let mut stub = linker.instance(interface)?;
        for (name, export) in instance.exports(engine) {
            match export.ty {
                ComponentItem::ComponentFunc(_) => refuse(&mut stub, interface, name)?,
                ComponentItem::Resource(_) => stub.resource(name, resource(name), |_, _| Ok(()))?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Some resources are `wasi:io`'s own, under the same name.
fn resource(name: &str) -> ResourceType {
    match name {
        "input-stream" => ResourceType::host::<DynInputStream>(),
        "output-stream" => ResourceType::host::<DynOutputStream>(),
        "pollable" => ResourceType::host::<DynPollable>(),
        "error" => ResourceType::host::<wasmtime::Error>(),
        _ => ResourceType::host::<Unreachable>(),
    }
}

fn refuse(stub: &mut LinkerInstance<'_, TurnState>, interface: &str, name: &str) -> Result<()> {
    let called = format!("{interface}#{name}");
    stub.func_new(name, move |_, function, _, results| {
        for (result, wanted) in results.iter_mut().zip(result_types(&function)) {
            match refusal(&wanted) {
                Some(refusal) => *result = refusal,
                None => bail!("the bot called `{called}`, which bots may not use"),
            }
        }
        Ok(())
    })
}

fn result_types(function: &ComponentFunc) -> Vec<Type> {
    function.results().collect()
}

/// "No", in the words of the interface: an error code, an empty list, nothing. None if it has no such word.
fn refusal(wanted: &Type) -> Option<Val> {
    match wanted {
        Type::Result(result) => {
            let Some(Type::Enum(codes)) = result.err() else {
                return None;
            };
            let denied = codes
                .names()
                .find(|code| matches!(*code, "access" | "access-denied"))?;
            Some(Val::Result(Err(Some(Box::new(Val::Enum(
                denied.to_owned(),
            ))))))
        }
        Type::List(_) => Some(Val::List(Vec::new())),
        Type::Option(_) => Some(Val::Option(None)),
        _ => None,
    }
}
