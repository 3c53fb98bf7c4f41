//! File system and sockets of WASI, for bots whose runtime imports them: importing is allowed, using is
//! refused. Made from what the component itself imports, so any 0.2 version of the interfaces fits.

use std::sync::Arc;

use wasmtime::component::types::{ComponentItem, ResultType, Type};
use wasmtime::component::{Component, Linker, LinkerInstance, Resource, ResourceType, Val};
use wasmtime::{Engine, Result, StoreContextMut, bail};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable};

use super::instance::TurnState;

const REFUSED: [&str; 2] = ["wasi:filesystem/", "wasi:sockets/"];

/// What stands for a descriptor, a socket or the network. It can do nothing.
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
    let called: Arc<str> = format!("{interface}#{name}").into();
    stub.func_new_async(name, move |mut turn, function, given, results| {
        let called = Arc::clone(&called);
        Box::new(async move {
            // What the bot lent for the call has to be given back before it ends.
            for given in given {
                if let Val::Resource(handle) = given {
                    handle.resource_drop_async(&mut turn).await?;
                }
            }
            for (result, wanted) in results.iter_mut().zip(function.results()) {
                match refusal(&wanted, &mut turn)? {
                    Some(refusal) => *result = refusal,
                    None => bail!("the bot called `{called}`, which bots may not use"),
                }
            }
            Ok(())
        })
    })
}

/// "No", in the words of the interface: an error code, an empty list, nothing, a handle to what is good for
/// nothing. None if it has no such word.
fn refusal(wanted: &Type, turn: &mut StoreContextMut<'_, TurnState>) -> Result<Option<Val>> {
    Ok(match wanted {
        Type::Result(result) => {
            denied(result).map(|denied| Val::Result(Err(Some(Box::new(denied)))))
        }
        Type::List(_) => Some(Val::List(Vec::new())),
        Type::Option(_) => Some(Val::Option(None)),
        Type::Own(_) => {
            let handle = Resource::<Unreachable>::new_own(0);
            Some(Val::Resource(handle.try_into_resource_any(turn)?))
        }
        _ => None,
    })
}

fn denied(result: &ResultType) -> Option<Val> {
    let Some(Type::Enum(codes)) = result.err() else {
        return None;
    };
    let denied = codes
        .names()
        .find(|code| matches!(*code, "access" | "access-denied"))?;
    Some(Val::Enum(denied.to_owned()))
}
