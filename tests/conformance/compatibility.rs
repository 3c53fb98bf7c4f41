//! Whether components that were built for a released contract still go with the one there is now. All that has broken is
//! told at once, each as a sentence with its place and the remedy. Knows the component model's rules, and nothing of hosts.
//!
//! What a released component may import has to be there still, and may have become more. What the host calls of it has to be
//! the same, since it can offer no more than it did. Types count as far as a function has them: by their shape, with the names
//! and the order of their fields and cases.

mod members;
mod tests;
mod text;
mod types;
mod words;

use std::collections::BTreeSet;

use wit_parser::{Function, FunctionKind, InterfaceId, TypeDefKind, WorldItem, WorldKey};

use members::Member;
use text::Text;

/// All that keeps components which were built for the released contract from going with this one.
pub(crate) fn breaks(released: &str, now: &str) -> Vec<String> {
    let (released, now) = (Text::parse(released), Text::parse(now));
    if released.package_name() != now.package_name() {
        let version = released.version();
        return vec![format!(
            "{}: it is gone, and this is {}: bots that were built for {version} no longer load; keep it, and put the next \
             version into a folder of its own below wit/",
            released.package_name(),
            now.package_name(),
        )];
    }
    let mut comparison = Comparison {
        released: &released,
        now: &now,
        seen: BTreeSet::new(),
        breaks: Vec::new(),
    };
    comparison.worlds();
    comparison.breaks
}

/// A contract in which one thing was changed.
pub(crate) fn edited(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

/// Which side of a component something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Import,
    Export,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
        }
    }

    /// What becomes of a bot if nobody knows any more what it has there.
    fn without(self) -> Outcome {
        match self {
            Self::Import => Outcome::NoLongerLoads,
            Self::Export => Outcome::NoLongerCalled,
        }
    }
}

/// What a change does to a bot that was built before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It cannot be linked any more.
    NoLongerLoads,
    /// It is linked, and nobody asks for what it offers.
    NoLongerCalled,
    /// Hosts go by positions; whatever else reads components need not.
    OfAnotherType,
}

struct Comparison<'a> {
    released: &'a Text,
    now: &'a Text,
    /// Places that were compared already: many functions share a type.
    seen: BTreeSet<String>,
    breaks: Vec<String>,
}

impl Comparison<'_> {
    fn broken(&mut self, place: &str, what: &str, outcome: Outcome) {
        let version = self.released.version();
        let outcome = match outcome {
            Outcome::NoLongerLoads => "no longer load",
            Outcome::NoLongerCalled => "load, and are no longer asked it",
            Outcome::OfAnotherType => {
                "load here, and are of another type for whatever else goes by the names"
            }
        };
        let sentence = format!(
            "{place}: {what}: bots that were built for {version} {outcome}; put the change into a version of its own (a \
             folder of wit/)"
        );
        // Worlds that include one another say the same.
        if !self.breaks.contains(&sentence) {
            self.breaks.push(sentence);
        }
    }

    fn worlds(&mut self) {
        let (released, now) = (self.released, self.now);
        for world in released.worlds() {
            let place = format!("{}/{}", released.package(), world.name);
            let Some(other) = now.worlds().find(|other| other.name == world.name) else {
                self.broken(&place, "the world is gone", Outcome::NoLongerLoads);
                continue;
            };
            for (key, item) in &world.imports {
                let there = now.item(&other.imports, &released.key(key));
                self.item(&place, key, item, there, Side::Import);
            }
            for (key, item) in &world.exports {
                let there = now.item(&other.exports, &released.key(key));
                self.item(&place, key, item, there, Side::Export);
            }
            for key in other.exports.keys() {
                let name = now.key(key);
                if released.item(&world.exports, &name).is_none() {
                    let what = format!("it newly demands the export `{name}`");
                    self.broken(&place, &what, Outcome::NoLongerLoads);
                }
            }
        }
    }

    /// One of a world's imports or exports, and what there is of it now.
    fn item(
        &mut self,
        world: &str,
        key: &WorldKey,
        was: &WorldItem,
        is: Option<&WorldItem>,
        side: Side,
    ) {
        let name = self.released.key(key);
        match (was, is) {
            (WorldItem::Interface { id: was, .. }, Some(WorldItem::Interface { id: is, .. })) => {
                self.interface(&name, *was, *is, side);
            }
            (WorldItem::Function(was), Some(WorldItem::Function(is))) => {
                self.function(&format!("{world}.{}", was.name), was, is);
            }
            // A world's own types count where its functions have them.
            (WorldItem::Type { .. }, _) => {}
            (WorldItem::Interface { .. }, None) if self.is_for_types_alone(was) => {}
            (WorldItem::Interface { .. }, None) if !self.now.has_interface(&name) => {
                self.broken(&name, "the interface is gone", side.without());
            }
            (_, None) => {
                let what = format!("it no longer has the {} `{name}`", side.word());
                self.broken(world, &what, side.without());
            }
            _ => self.broken(
                world,
                &format!("`{name}` is something else now"),
                Outcome::NoLongerLoads,
            ),
        }
    }

    /// Whether nothing is called or made there, so that a component does without it once its types are elsewhere.
    fn is_for_types_alone(&self, item: &WorldItem) -> bool {
        let WorldItem::Interface { id, .. } = item else {
            return false;
        };
        let interface = &self.released.wit.interfaces[*id];
        interface.functions.is_empty() && self.released.resources(*id).next().is_none()
    }

    fn interface(&mut self, place: &str, was: InterfaceId, is: InterfaceId, side: Side) {
        if !self.seen.insert(format!("{place} {side:?}")) {
            return;
        }
        let (released, now) = (self.released, self.now);
        let mut gone = Vec::new();
        for resource in released.resources(was) {
            let other = now.wit.interfaces[is].types.get(resource);
            if !other.is_some_and(|id| now.kind(*id) == &TypeDefKind::Resource) {
                let what = "the resource is gone, with all that it offers";
                self.broken(&format!("{place}.{resource}"), what, Outcome::NoLongerLoads);
                gone.push(resource);
            }
        }
        let others = &now.wit.interfaces[is].functions;
        for (name, function) in &released.wit.interfaces[was].functions {
            let place = format!("{place}.{}", words::call(name));
            match others.get(name) {
                Some(other) => self.function(&place, function, other),
                None if released
                    .resource_of(function)
                    .is_some_and(|of| gone.contains(&of)) => {}
                None => {
                    let what = format!("the {} is gone", words::function(name));
                    self.broken(&place, &what, side.without());
                }
            }
        }
        if side == Side::Import {
            return;
        }
        let functions = &released.wit.interfaces[was].functions;
        for name in others.keys().filter(|name| !functions.contains_key(*name)) {
            let what = format!(
                "the {} is new, and bots have to export it",
                words::function(name)
            );
            let place = format!("{place}.{}", words::call(name));
            self.broken(&place, &what, Outcome::NoLongerLoads);
        }
    }

    fn function(&mut self, place: &str, was: &Function, is: &Function) {
        let is_async = |function: &Function| {
            matches!(
                function.kind,
                FunctionKind::AsyncFreestanding
                    | FunctionKind::AsyncMethod(_)
                    | FunctionKind::AsyncStatic(_)
            )
        };
        match (is_async(was), is_async(is)) {
            (false, true) => self.broken(place, "it has become async", Outcome::NoLongerLoads),
            (true, false) => self.broken(place, "it is no longer async", Outcome::NoLongerLoads),
            _ => {}
        }
        let members = |function: &Function| -> Vec<Member> {
            let params = function.params.iter();
            params
                .map(|param| Member::new(&param.name, Some(param.ty)))
                .collect()
        };
        self.members(place, "parameter", &members(was), &members(is));
        match (was.result, is.result) {
            (None, None) => {}
            (Some(was), Some(is)) => self.same(place, "its result", was, is),
            (Some(was), None) => {
                let what = format!(
                    "it returned {} and now returns nothing",
                    self.released.words(was)
                );
                self.broken(place, &what, Outcome::NoLongerLoads);
            }
            (None, Some(is)) => {
                let what = format!("it returned nothing and now returns {}", self.now.words(is));
                self.broken(place, &what, Outcome::NoLongerLoads);
            }
        }
    }
}
