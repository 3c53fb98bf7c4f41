//! What has parts with names in an order: parameters, fields, cases, flags.

use std::collections::BTreeMap;

use wit_parser::{Type, TypeDefKind};

use super::{Comparison, Outcome};

/// One part of it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) ty: Option<Type>,
}

impl Member {
    pub(super) fn new(name: &str, ty: Option<Type>) -> Self {
        Self {
            name: name.to_owned(),
            ty,
        }
    }
}

/// All parts of a type.
pub(super) struct Members {
    /// What the type is.
    pub(super) what: &'static str,
    /// What each part of it is.
    pub(super) member: &'static str,
    pub(super) members: Vec<Member>,
}

/// The parts of a type, if they have names.
pub(super) fn of(kind: &TypeDefKind) -> Option<Members> {
    let (what, member, members) = match kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            let members = fields.map(|field| Member::new(&field.name, Some(field.ty)));
            ("record", "field", members.collect())
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            let members = cases.map(|case| Member::new(&case.name, case.ty));
            ("variant", "case", members.collect())
        }
        TypeDefKind::Enum(cases) => {
            let cases = cases.cases.iter();
            let members = cases.map(|case| Member::new(&case.name, None));
            ("enum", "case", members.collect())
        }
        TypeDefKind::Flags(flags) => {
            let flags = flags.flags.iter();
            let members = flags.map(|flag| Member::new(&flag.name, None));
            ("flags", "flag", members.collect())
        }
        _ => return None,
    };
    Some(Members {
        what,
        member,
        members,
    })
}

fn find<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.name == name)
}

/// Those that are in both, in the order of the first.
fn common<'a>(members: &'a [Member], others: &[Member]) -> Vec<&'a str> {
    let names = members.iter().map(|member| member.name.as_str());
    names.filter(|name| find(others, name).is_some()).collect()
}

/// Those that have another name in the same place, by that place.
fn renamed<'a>(was: &[Member], is: &'a [Member]) -> BTreeMap<usize, &'a Member> {
    if was.len() != is.len() {
        return BTreeMap::new();
    }
    let pairs = was.iter().zip(is).enumerate();
    let renamed = pairs.filter(|(_, (before, after))| {
        find(is, &before.name).is_none() && find(was, &after.name).is_none()
    });
    renamed.map(|(index, (_, after))| (index, after)).collect()
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

impl Comparison<'_> {
    /// Says what has become of each part.
    pub(super) fn members(&mut self, place: &str, what: &str, was: &[Member], is: &[Member]) {
        let renamed = renamed(was, is);
        for (index, before) in was.iter().enumerate() {
            let name = &before.name;
            if let Some(after) = find(is, name) {
                self.member(place, what, before, after);
            } else if let Some(after) = renamed.get(&index) {
                let told = format!("its {what} \"{name}\" is now called \"{}\"", after.name);
                let outcome = match what {
                    "parameter" => Outcome::OfAnotherType,
                    _ => Outcome::NoLongerLoads,
                };
                self.broken(place, &told, outcome);
                self.member(place, what, before, after);
            } else {
                let told = format!("its {what} \"{name}\" is gone");
                self.broken(place, &told, Outcome::NoLongerLoads);
            }
        }
        for (index, after) in is.iter().enumerate() {
            if find(was, &after.name).is_none() && !renamed.contains_key(&index) {
                let told = format!("its {what} \"{}\" is new", after.name);
                self.broken(place, &told, Outcome::NoLongerLoads);
            }
        }
        let (before, after) = (common(was, is), common(is, was));
        if before != after {
            let (before, after) = (listed(&before), listed(&after));
            let told = format!("its {what}s were in the order {before} and are now {after}");
            self.broken(place, &told, Outcome::NoLongerLoads);
        }
    }

    /// One part that is in both.
    fn member(&mut self, place: &str, what: &str, was: &Member, is: &Member) {
        let whose = format!("its {what} \"{}\"", is.name);
        let carries = |carried: String, carries: String| {
            format!("{whose} carried {carried} and now carries {carries}")
        };
        let nothing = || "nothing".to_owned();
        let told = match (was.ty, is.ty) {
            (None, None) => return,
            (Some(was), Some(is)) => return self.same(place, &whose, was, is),
            (Some(was), None) => carries(self.released.words(was), nothing()),
            (None, Some(is)) => carries(nothing(), self.now.words(is)),
        };
        self.broken(place, &told, Outcome::NoLongerLoads);
    }
}
