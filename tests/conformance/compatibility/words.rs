//! Types in words, as a sentence has them.

use wit_parser::{Handle, Type, TypeDefKind, TypeId};

use super::members;
use super::text::Text;

/// How a type is put.
#[derive(Clone, Copy)]
struct Manner {
    /// Several of it, as in a list.
    many: bool,
    /// With the place where it is at home, for who has two of one name.
    placed: bool,
}

impl Text {
    /// A type, with its article.
    pub(super) fn words(&self, ty: Type) -> String {
        let manner = Manner {
            many: false,
            placed: false,
        };
        self.put(ty, manner)
    }

    /// The same, where names alone would not tell two types apart.
    pub(super) fn placed_words(&self, ty: Type) -> String {
        let manner = Manner {
            many: false,
            placed: true,
        };
        self.put(ty, manner)
    }

    /// What a type with a name is, without it.
    pub(super) fn sort(&self, id: TypeId) -> String {
        match members::of(self.kind(id)) {
            Some(members) if members.what == "enum" => "an enum".to_owned(),
            Some(members) if members.what == "flags" => "a set of flags".to_owned(),
            Some(members) => format!("a {}", members.what),
            None if self.kind(id) == &TypeDefKind::Resource => "a resource".to_owned(),
            None => self.words(Type::Id(id)),
        }
    }

    fn put(&self, ty: Type, manner: Manner) -> String {
        match self.bare(ty) {
            Type::Id(id) => self.compound(id, manner),
            Type::Bool => noun("bool", manner),
            Type::U8 => noun("u8", manner),
            Type::U16 => noun("u16", manner),
            Type::U32 => noun("u32", manner),
            Type::U64 => noun("u64", manner),
            Type::S8 => noun("s8", manner),
            Type::S16 => noun("s16", manner),
            Type::S32 => noun("s32", manner),
            Type::S64 => noun("s64", manner),
            Type::F32 => noun("f32", manner),
            Type::F64 => noun("f64", manner),
            Type::Char => noun("char", manner),
            Type::String => noun("string", manner),
            Type::ErrorContext => noun("error-context", manner),
        }
    }

    fn compound(&self, id: TypeId, manner: Manner) -> String {
        let many = |ty: &Type| {
            self.put(
                *ty,
                Manner {
                    many: true,
                    ..manner
                },
            )
        };
        let one = |ty: &Type| {
            self.put(
                *ty,
                Manner {
                    many: false,
                    ..manner
                },
            )
        };
        let perhaps = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "nothing".to_owned(), one);
        match self.kind(id) {
            TypeDefKind::Option(of) => format!("{} or none", self.put(*of, manner)),
            TypeDefKind::List(of) => format!("{} of {}", noun("list", manner), many(of)),
            TypeDefKind::FixedLengthList(of, length) => {
                format!("{} of {length} {}", noun("list", manner), many(of))
            }
            TypeDefKind::Map(key, value) => {
                format!(
                    "{} of {} to {}",
                    noun("map", manner),
                    many(key),
                    many(value)
                )
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(one).collect();
                format!("{} of {}", noun("tuple", manner), types.join(" and "))
            }
            TypeDefKind::Result(result) => {
                let (ok, err) = (perhaps(&result.ok), perhaps(&result.err));
                format!("{} of {ok}, or as error {err}", noun("result", manner))
            }
            TypeDefKind::Future(of) => format!("{} of {}", noun("future", manner), perhaps(of)),
            TypeDefKind::Stream(of) => format!("{} of {}", noun("stream", manner), perhaps(of)),
            TypeDefKind::Handle(Handle::Own(id)) => one(&Type::Id(*id)),
            TypeDefKind::Handle(Handle::Borrow(id)) => {
                format!("{} borrowed", one(&Type::Id(*id)))
            }
            kind => self.named(id, kind, manner),
        }
    }

    fn named(&self, id: TypeId, kind: &TypeDefKind, Manner { many, placed }: Manner) -> String {
        let what = members::of(kind).map_or("resource", |members| members.what);
        let name = match self.place(id) {
            Some(place) if placed => place,
            _ => self.wit.types[id].name.clone().unwrap_or_default(),
        };
        match many {
            true if what == "flags" => format!("flags \"{name}\""),
            true => format!("{what}s \"{name}\""),
            false => format!("the {what} \"{name}\""),
        }
    }
}

fn noun(name: &str, manner: Manner) -> String {
    let article = match name {
        "s8" | "s16" | "s32" | "s64" | "f32" | "f64" | "error-context" => "an",
        _ => "a",
    };
    match manner.many {
        true => format!("{name}s"),
        false => format!("{article} {name}"),
    }
}

/// A function's name as one would call it: of `[method]row.get`, `row.get`.
pub(super) fn call(name: &str) -> &str {
    name.split_once(']').map_or(name, |(_, name)| name)
}

/// What a function is.
pub(super) fn function(name: &str) -> &'static str {
    match name.split_once(']') {
        Some(("[constructor", _)) => "constructor",
        Some(_) => "method",
        None => "function",
    }
}
