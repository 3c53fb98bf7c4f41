//! What can be imported by its name: what `require` gives, under the names that a module asks for.

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Function, Module, Object, Result};

use crate::engine;

/// The modules that there are.
pub struct Known;

impl Resolver for Known {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        _: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let unavailable: Function = engine::own(ctx)?.get("unavailable")?;
        let problem: Option<String> = unavailable.call((name,))?;
        match problem {
            None => Ok(name.to_owned()),
            Some(problem) => {
                let words = format!("Cannot find module '{name}': {problem}");
                Err(Exception::throw_reference(ctx, &words))
            }
        }
    }
}

impl Loader for Known {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        declare(ctx, &engine::own(ctx)?, name)
    }
}

/// A module of what `require` gives, which is found under its name from now on.
pub fn declare<'js>(
    ctx: &Ctx<'js>,
    own: &Object<'js>,
    name: &str,
) -> Result<Module<'js, Declared>> {
    let source: Function = own.get("moduleSource")?;
    Module::declare(ctx.clone(), name, source.call::<_, String>((name,))?)
}
