//! The libraries that are bundled, from their packages. One that a script names goes with its code, and has run before the
//! script's own lines: then it is part of the script's image. Any other one runs when it is first asked for.

use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Exception, Function, Object, Result};

use crate::{compiled, modules};

struct Library {
    /// What `own.library` knows it by.
    name: &'static str,
    /// What a source has in it that is bound to use it.
    signs: &'static [&'static str],
    source: &'static str,
}

macro_rules! bundled {
    ($file:literal) => {
        include_str!(concat!(env!("RETORT_JAVASCRIPT_LIBRARIES"), "/", $file))
    };
}

const LIBRARIES: [Library; 4] = [
    Library {
        name: "lodash",
        signs: &["'lodash", "\"lodash"],
        source: bundled!("lodash.js"),
    },
    Library {
        name: "es-toolkit",
        signs: &["'es-toolkit'", "\"es-toolkit\""],
        source: bundled!("es-toolkit.js"),
    },
    Library {
        name: "buffer",
        signs: &["Buffer.", "new Buffer("],
        source: bundled!("buffer.js"),
    },
    Library {
        name: "url",
        signs: &["URLSearchParams", "new URL(", "URL.canParse(", "URL.parse("],
        source: bundled!("url.js"),
    },
];

impl Library {
    /// A function that takes what a module of Node has: itself, and its exports.
    fn function(&self) -> String {
        format!("(function (module, exports) {{{}\n}})", self.source)
    }

    fn file(&self) -> String {
        format!("retort:{}", self.name)
    }

    fn is_named_in(&self, source: &str) -> bool {
        self.signs.iter().any(|sign| source.contains(sign))
    }
}

/// The code of the libraries that a source names, to go with the source's own: how many they are, and of each which it is,
/// the length of its code, and its code.
pub fn compile_named(ctx: &Ctx<'_>, source: &str) -> std::result::Result<Vec<u8>, String> {
    let mut all = vec![0];
    for (at, library) in LIBRARIES.iter().enumerate() {
        if library.is_named_in(source) {
            let code = compiled::compile(ctx, &library.file(), &library.function())?;
            all[0] += 1;
            all.push(at as u8);
            all.extend((code.len() as u32).to_le_bytes());
            all.extend(code);
        }
    }
    Ok(all)
}

/// Runs the libraries whose code goes with a source's, and gives the source's own. Those that can be imported are modules
/// from then on: their names are many.
pub fn run_named<'js, 'a>(ctx: &Ctx<'js>, own: &Object<'js>, bytes: &'a [u8]) -> Result<&'a [u8]> {
    let cut = || Exception::throw_message(ctx, "the code of a library is cut");
    let (count, mut rest) = bytes.split_first().ok_or_else(cut)?;
    for _ in 0..*count {
        let ([at, length @ ..], after) = rest.split_first_chunk::<5>().ok_or_else(cut)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (code, after) = after.split_at_checked(length).ok_or_else(cut)?;
        rest = after;
        let library = LIBRARIES.get(usize::from(*at)).ok_or_else(cut)?;
        let code = compiled::read(ctx, code)?;
        let function = compiled::run(ctx, code)?.result;
        let keep: Function = own.get("library")?;
        keep.call::<_, ()>((library.name, function))?;
        modules::declare(ctx, own, library.name)?.eval()?;
    }
    own.get::<_, Function>("forget")?.call::<_, ()>(())?;
    Ok(rest)
}

/// The function that a library is, for a script that has not named it so that it was seen.
pub fn function(ctx: Ctx<'_>, name: String) -> Result<Function<'_>> {
    let library = LIBRARIES.iter().find(|library| library.name == name);
    let missing = || Exception::throw_message(&ctx, "there is no such library");
    let library = library.ok_or_else(missing)?;
    let mut options = EvalOptions::default();
    options.filename = Some(library.file());
    ctx.eval_with_options(library.function(), options)
}
