//! One lambda in one instance: loaded, invoked, and waited for.

use std::time::Duration;

use rquickjs::convert::List;
use rquickjs::function::IntoArgs;
use rquickjs::{Ctx, FromJs, Function, Object};

use crate::bindings::exports::retort::engine::scripts::Program;
use crate::bindings::retort::bot::types::Fault;
use crate::fault::{MISSING, fault, thrown};
use crate::{compiled, host};

/// A lambda that is loaded.
pub struct Running<'a, 'js> {
    ctx: &'a Ctx<'js>,
    own: &'a Object<'js>,
    lambda: Function<'js>,
}

impl<'a, 'js> Running<'a, 'js> {
    /// Runs a program's own lines, which define the lambda.
    pub fn of(ctx: &'a Ctx<'js>, own: &'a Object<'js>, program: &Program) -> Result<Self, Fault> {
        let run = compiled::run(ctx, &program.code);
        let run = thrown(ctx, own, run)?;
        // A module's lines are done when their promise is.
        call::<_, ()>(ctx, own, "loading", (run.result, run.exports))?;
        while ctx.execute_pending_job() {}
        let lambda: Option<Function> = call(ctx, own, "loaded", ())?;
        let lambda = lambda.ok_or_else(|| {
            let file = &program.file;
            fault(
                MISSING,
                format!(
                    "{file} has no function `lambda`: write `function lambda(input, callback)`, \
                     `async function lambda(input)`, or `export default` one"
                ),
            )
        })?;
        Ok(Self { ctx, own, lambda })
    }

    /// What it calls back with or returns, as JSON, once it has done so.
    pub fn invoke(self, headers: &[(String, String)], payload: &str) -> Result<String, Fault> {
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<&str> = headers.iter().map(|(_, value)| value.as_str()).collect();
        let state: Object = self.call("invoke", (self.lambda.clone(), names, values, payload))?;
        loop {
            while self.ctx.execute_pending_job() {}
            if self.of_state(&state, "isDone")? {
                break;
            }
            let next: Option<f64> = self.call("nextTimer", ())?;
            let Some(ms) = next else {
                let List((code, message)) = self.call("silence", (self.lambda.clone(),))?;
                return Err(failure(code, message));
            };
            host::wait(Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX));
            self.call::<_, ()>("fireTimer", ())?;
        }
        match self.of_state(&state, "code")? {
            Some(code) => Err(failure(code, self.of_state(&state, "message")?)),
            None => self.of_state(&state, "result"),
        }
    }

    fn call<A: IntoArgs<'js>, R: FromJs<'js>>(&self, name: &str, args: A) -> Result<R, Fault> {
        call(self.ctx, self.own, name, args)
    }

    fn of_state<R: FromJs<'js>>(&self, state: &Object<'js>, name: &str) -> Result<R, Fault> {
        thrown(self.ctx, self.own, state.get(name))
    }
}

fn failure(code: String, message: String) -> Fault {
    Fault { code, message }
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
