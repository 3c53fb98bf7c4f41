//! A lambda's source as the engine's own code, and back. The code is made and read by one and the same engine, and kept by
//! the host meanwhile.

#![allow(
    unsafe_code,
    reason = "the engine's crate has no safe way to its code of a script"
)]

use std::ffi::CString;

use rquickjs::{CatchResultExt, CaughtError, Ctx, Value, qjs};

/// What is added to a module, whose names nobody else sees: no new line, so that lines stay the author's.
const TAIL: &str = ";globalThis.__lambda=typeof lambda==='function'?lambda:undefined;";

/// Not the source of each function, which would be most of what a turn has to read: lines are told without it, and only
/// `toString` of a function is not what was written.
const WRITTEN: u32 = qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE;

/// The two kinds of source that there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sloppy, and its names are everybody's.
    Script,
    /// One with `import` or `export`.
    Module,
}

/// Makes code of a source: a module if a line of it begins as only one of a module can, a script if not; the other one,
/// if it is none.
pub fn compile(ctx: &Ctx<'_>, file: &str, source: &str) -> Result<Vec<u8>, String> {
    let looks = if has_module_line(source) {
        [Kind::Module, Kind::Script]
    } else {
        [Kind::Script, Kind::Module]
    };
    let first = compile_as(ctx, looks[0], file, source);
    let either =
        first.or_else(|problem| compile_as(ctx, looks[1], file, source).map_err(|_| problem));
    either.map_err(|problem| with_line_of_import(problem, file, source))
}

/// Of a module that is missing the engine tells the name, and not who asked for it.
fn with_line_of_import(problem: String, file: &str, source: &str) -> String {
    let name = problem.split_once("Cannot find module '");
    let name = name.and_then(|(_, rest)| rest.split_once('\''));
    let Some((name, _)) = name.filter(|_| !problem.ends_with(')')) else {
        return problem;
    };
    let quoted = ["'", "\""].map(|quote| format!("{quote}{name}{quote}"));
    let asks = |line: &str| quoted.iter().any(|quoted| line.contains(quoted));
    match source.lines().position(asks) {
        Some(at) => format!("{problem} ({file}:{})", at + 1),
        None => problem,
    }
}

fn has_module_line(source: &str) -> bool {
    let is_of_module = |line: &str| {
        let line = line.trim_start();
        ["import", "export"].iter().any(|word| {
            let rest = line.strip_prefix(word);
            rest.is_some_and(|rest| rest.starts_with([' ', '{', '"', '\'', '*']))
        })
    };
    source.lines().any(is_of_module)
}

fn compile_as(ctx: &Ctx<'_>, kind: Kind, file: &str, source: &str) -> Result<Vec<u8>, String> {
    let text = match kind {
        Kind::Script => CString::new(source),
        Kind::Module => CString::new(format!("{source}\n{TAIL}")),
    };
    let text = text.map_err(|nul| {
        let line = source[..nul.nul_position()].lines().count().max(1);
        format!("SyntaxError: a character U+0000 ({file}:{line})")
    })?;
    let name = CString::new(file.replace('\0', "")).unwrap_or_default();
    let scope = match kind {
        Kind::Script => qjs::JS_EVAL_TYPE_GLOBAL,
        Kind::Module => qjs::JS_EVAL_TYPE_MODULE,
    };
    let flags = scope | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: both texts end in a zero and outlive the calls, and all values are of this context: the compiled one is
    // freed once, its code is copied before it is freed.
    unsafe {
        let length = text.as_bytes().len();
        let value = qjs::JS_Eval(raw, text.as_ptr(), length as _, name.as_ptr(), flags as _);
        if qjs::JS_IsException(value) {
            return Err(problem(ctx));
        }
        let mut size = 0;
        let code = qjs::JS_WriteObject(raw, &mut size, value, WRITTEN as _);
        qjs::JS_FreeValue(raw, value);
        if code.is_null() {
            return Err(problem(ctx));
        }
        let mut kept = vec![kind as u8];
        kept.extend_from_slice(std::slice::from_raw_parts(code, size as usize));
        qjs::js_free(raw, code.cast());
        Ok(kept)
    }
}

/// What the engine has to say of source that it does not take.
fn problem(ctx: &Ctx<'_>) -> String {
    in_words(ctx, rquickjs::Error::Exception)
}

/// What was thrown before any lambda was there.
pub fn in_words(ctx: &Ctx<'_>, error: rquickjs::Error) -> String {
    let result: rquickjs::Result<()> = Err(error);
    match result.catch(ctx) {
        Err(CaughtError::Exception(exception)) => {
            let message = exception.message().unwrap_or_default();
            let stack = exception.stack().unwrap_or_default();
            let at = stack.trim().trim_start_matches("at ");
            let name: String = exception.get("name").unwrap_or_default();
            match at {
                "" => format!("{name}: {message}"),
                at => format!("{name}: {message} ({at})"),
            }
        }
        Err(other) => other.to_string(),
        Ok(()) => unreachable!("it was an error"),
    }
}

/// Code that is in memory, and has not run.
#[derive(Clone, Copy)]
pub struct Read {
    kind: Kind,
    value: qjs::JSValue,
}

/// Takes code into memory.
pub fn read(ctx: &Ctx<'_>, code: &[u8]) -> rquickjs::Result<Read> {
    let (kind, code) = code.split_first().ok_or(rquickjs::Error::Unknown)?;
    let kind = match *kind == Kind::Module as u8 {
        true => Kind::Module,
        false => Kind::Script,
    };
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: the code is what this engine wrote, and outlives the call.
    let value = unsafe {
        let flags = qjs::JS_READ_OBJ_BYTECODE as _;
        qjs::JS_ReadObject(raw, code.as_ptr(), code.len() as _, flags)
    };
    match unsafe { qjs::JS_IsException(value) } {
        true => Err(rquickjs::Error::Exception),
        false => Ok(Read { kind, value }),
    }
}

/// Code that runs, or has run.
pub struct Ran<'js> {
    /// Of a module a promise, that is settled when its last line has run.
    pub result: Value<'js>,
    /// What it exports, if it is a module.
    pub exports: Option<Value<'js>>,
}

/// Runs code from its first line on. Once: that uses it up.
pub fn run<'js>(ctx: &Ctx<'js>, code: Read) -> rquickjs::Result<Ran<'js>> {
    let is_module = code.kind == Kind::Module;
    let (raw, value) = (ctx.as_raw().as_ptr(), code.value);
    // SAFETY: the value is of this context, the only one there is. Evaluation uses it up; a module that it stands for is
    // its context's, and stays.
    unsafe {
        if is_module && qjs::JS_ResolveModule(raw, value) < 0 {
            qjs::JS_FreeValue(raw, value);
            return Err(rquickjs::Error::Exception);
        }
        let module = qjs::JS_VALUE_GET_PTR(value);
        let result = owned(ctx, qjs::JS_EvalFunction(raw, value))?;
        let exports = is_module.then(|| owned(ctx, qjs::JS_GetModuleNamespace(raw, module.cast())));
        Ok(Ran {
            result,
            exports: exports.transpose()?,
        })
    }
}

/// # Safety
/// The value has to be of this context, and nobody else's.
unsafe fn owned<'js>(ctx: &Ctx<'js>, value: qjs::JSValue) -> rquickjs::Result<Value<'js>> {
    // SAFETY: as the caller promises.
    unsafe {
        match qjs::JS_IsException(value) {
            true => Err(rquickjs::Error::Exception),
            false => Ok(Value::from_raw(ctx.clone(), value)),
        }
    }
}
