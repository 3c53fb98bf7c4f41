//! QuickJS, with what a lambda may expect to be there: made once, and part of the image that turns begin from.

use std::cell::{Cell, RefCell};

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Function, Object, Persistent, Runtime};

use crate::{ending, host, modules};

/// What a lambda may take of the stack in memory. It is a twentieth at least of what the same calls take of the host's,
/// which has 2 MiB and is not to be full first: what runs out of this is JavaScript's own `RangeError`.
const STACK_BYTES: usize = 128 << 10;
/// Cycles are looked for from here on: a turn that is no larger never stops for it.
const GARBAGE_BYTES: usize = 16 << 20;

/// What a lambda may expect, in the order that they build on each other. Each is a function of `(host, own, global)`:
/// what the host offers, what these files share, and what the lambda sees.
const PRELUDE: [(&str, &str); 10] = [
    ("errors", include_str!("../js/errors.js")),
    ("console", include_str!("../js/console.js")),
    ("process", include_str!("../js/process.js")),
    ("random", include_str!("../js/random.js")),
    ("timers", include_str!("../js/timers.js")),
    ("web", include_str!("../js/web.js")),
    ("fetch", include_str!("../js/fetch.js")),
    ("modules", include_str!("../js/modules.js")),
    ("invoke", include_str!("../js/invoke.js")),
    ("ready", include_str!("../js/ready.js")),
];

thread_local! {
    /// What the files of the prelude share.
    static OWN: RefCell<Option<Persistent<Object<'static>>>> = const { RefCell::new(None) };
    static HAS_STARTED: Cell<bool> = const { Cell::new(false) };
    static ENGINE: Context = start().unwrap_or_else(|error| panic!("the engine does not start: {error}"));
}

/// Does something in the engine, which is started by who comes first.
pub fn with<T>(work: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> T) -> T {
    ENGINE.with(|context| {
        context.with(|ctx| {
            let own = own(&ctx).expect("the engine has started");
            work(&ctx, &own)
        })
    })
}

/// Whether there is a host to call yet.
pub fn has_started() -> bool {
    HAS_STARTED.get()
}

/// What the files of the prelude share.
pub fn own<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let own = OWN.with_borrow(Clone::clone);
    own.ok_or(rquickjs::Error::Unknown)?.restore(ctx)
}

fn start() -> rquickjs::Result<Context> {
    let runtime = Runtime::new()?;
    runtime.set_max_stack_size(STACK_BYTES);
    runtime.set_gc_threshold(GARBAGE_BYTES);
    runtime.set_loader(modules::Known, modules::Known);
    let context = Context::full(&runtime)?;
    context.with(|ctx| {
        let own = Object::new(ctx.clone())?;
        OWN.set(Some(Persistent::save(&ctx, own.clone())));
        let given = (host::object(&ctx)?, own.clone(), ctx.globals());
        for (name, source) in PRELUDE {
            let mut options = EvalOptions::default();
            options.filename = Some(format!("retort:{name}"));
            let file: Function = ctx.eval_with_options(source, options)?;
            file.call::<_, ()>(given.clone())?;
        }
        rquickjs::Result::Ok(())
    })?;
    host::tell_rejections(&runtime);
    ending::watch(&runtime, &context);
    HAS_STARTED.set(true);
    Ok(context)
}
