//! One lambda in one instance: loaded, invoked, and waited for.

use std::time::Duration;

use rquickjs::convert::List;
use rquickjs::function::IntoArgs;
use rquickjs::{Ctx, FromJs, Function, Object, Persistent};

use crate::bindings::retort::bot::types::Fault;
use crate::compiled::{self, Read};
use crate::fault::{MISSING, fault, thrown};
use crate::host;

/// A lambda whose file's own lines have run.
pub struct Lambda(Persistent<Function<'static>>);

impl Lambda {
    /// Runs a file's own lines, which define the lambda.
    pub fn of<'js>(
        ctx: &Ctx<'js>,
        own: &Object<'js>,
        file: &str,
        code: Read,
    ) -> Result<Self, Fault> {
        let ran = compiled::run(ctx, code);
        let ran = thrown(ctx, own, ran)?;
        // A module's lines are done when their promise is.
        call::<_, ()>(ctx, own, "loading", (ran.result, ran.exports))?;
        while !call::<_, bool>(ctx, own, "hasLoaded", ())? {
            if !ctx.execute_pending_job() && !wait_for_timer(ctx, own)? {
                break;
            }
        }
        let lambda: Option<Function> = call(ctx, own, "loaded", ())?;
        let lambda = lambda.ok_or_else(|| {
            fault(
                MISSING,
                format!(
                    "{file} has no function `lambda`: write `function lambda(input, callback)`, \
                     `async function lambda(input)`, or `export default` one"
                ),
            )
        })?;
        Ok(Self(Persistent::save(ctx, lambda)))
    }

    /// What it calls back with or returns, as JSON, once it has done so.
    pub fn invoke<'js>(
        self,
        ctx: &Ctx<'js>,
        own: &Object<'js>,
        headers: &[(String, String)],
        payload: &str,
    ) -> Result<String, Fault> {
        let lambda = thrown(ctx, own, self.0.restore(ctx))?;
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<&str> = headers.iter().map(|(_, value)| value.as_str()).collect();
        let given = (lambda.clone(), names, values, payload);
        let state: Object = call(ctx, own, "invoke", given)?;
        while !thrown::<bool>(ctx, own, state.get("isDone"))? {
            if !ctx.execute_pending_job() && !wait_for_timer(ctx, own)? {
                let silence: Option<List<(String, String)>> =
                    call(ctx, own, "silence", (lambda.clone(),))?;
                if let Some(List((code, message))) = silence {
                    return Err(Fault { code, message });
                }
            }
        }
        match thrown(ctx, own, state.get("code"))? {
            Some(code) => Err(Fault {
                code,
                message: thrown(ctx, own, state.get("message"))?,
            }),
            None => thrown(ctx, own, state.get("result")),
        }
    }
}

/// Waits for the next timer and calls it; false if there is none, and so nothing left that could happen.
fn wait_for_timer<'js>(ctx: &Ctx<'js>, own: &Object<'js>) -> Result<bool, Fault> {
    let next: Option<f64> = call(ctx, own, "nextTimer", ())?;
    let Some(ms) = next else { return Ok(false) };
    host::wait(Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX));
    call::<_, ()>(ctx, own, "fireTimer", ())?;
    Ok(true)
}

/// Calls a function of the prelude.
fn call<'js, A: IntoArgs<'js>, R: FromJs<'js>>(
    ctx: &Ctx<'js>,
    own: &Object<'js>,
    name: &str,
    args: A,
) -> Result<R, Fault> {
    let function: rquickjs::Result<Function> = own.get(name);
    thrown(ctx, own, function.and_then(|function| function.call(args)))
}
