//! Types: whether two have the same shape, and where it is told that they have not.

use wit_parser::{Type, TypeDefKind, TypeId};

use super::members::{self, Member};
use super::{Comparison, Outcome, text};

impl Comparison<'_> {
    /// Says what a type was and is, if it is not the same.
    pub(super) fn same(&mut self, place: &str, whose: &str, was: Type, is: Type) {
        if self.differs(was, is) {
            let (mut before, mut after) = (self.released.words(was), self.now.words(is));
            if before == after {
                (before, after) = (self.released.placed_words(was), self.now.placed_words(is));
            }
            let what = format!("{whose} was {before} and is now {after}");
            self.broken(place, &what, Outcome::NoLongerLoads);
        }
    }

    /// Whether two types have different shapes. What differs within a type that has the same name in both is told at that
    /// type's own place instead, once.
    fn differs(&mut self, was: Type, is: Type) -> bool {
        let (released, now) = (self.released, self.now);
        let (was, is) = (released.origin(was), now.origin(is));
        if let (Type::Id(before), Type::Id(after)) = (was, is)
            && let Some(place) = released.place(before)
            && now.place(after).as_ref() == Some(&place)
        {
            if self.seen.insert(place.clone()) {
                self.definition(&place, before, after);
            }
            return false;
        }
        self.bare_differ(released.bare(was), now.bare(is))
    }

    /// The same of types that no name stands for.
    fn bare_differ(&mut self, was: Type, is: Type) -> bool {
        match (was, is) {
            (Type::Id(was), Type::Id(is)) => self.shapes_differ(was, is),
            _ => was != is,
        }
    }

    fn all_differ(&mut self, was: &[Option<Type>], is: &[Option<Type>]) -> bool {
        let pairs = was.iter().zip(is);
        was.len() != is.len()
            // Each is compared, for what is told at the places of its parts.
            || pairs.filter(|(was, is)| match (was, is) {
                (Some(was), Some(is)) => self.differs(*was, *is),
                (was, is) => was.is_some() != is.is_some(),
            }).count() > 0
    }

    fn shapes_differ(&mut self, was: TypeId, is: TypeId) -> bool {
        let (released, now) = (self.released, self.now);
        let (was, is) = (released.kind(was), now.kind(is));
        if let (Some(was), Some(is)) = (members::of(was), members::of(is)) {
            let names = |members: &[Member]| -> Vec<String> {
                members.iter().map(|member| member.name.clone()).collect()
            };
            let types = |members: &[Member]| -> Vec<Option<Type>> {
                members.iter().map(|member| member.ty).collect()
            };
            return was.what != is.what
                || names(&was.members) != names(&is.members)
                || self.all_differ(&types(&was.members), &types(&is.members));
        }
        let (Some(before), Some(after)) = (text::parts(was), text::parts(is)) else {
            return true;
        };
        std::mem::discriminant(was) != std::mem::discriminant(is)
            || text::detail(was) != text::detail(is)
            || self.all_differ(&before, &after)
    }

    /// A type that has the same place in both.
    fn definition(&mut self, place: &str, was: TypeId, is: TypeId) {
        let (released, now) = (self.released, self.now);
        let kinds = (members::of(released.kind(was)), members::of(now.kind(is)));
        match kinds {
            (Some(was), Some(is)) if was.what == is.what => {
                self.members(place, was.member, &was.members, &is.members);
            }
            // A resource has no shape: it is told by its place.
            (None, None)
                if released.kind(was) == &TypeDefKind::Resource
                    && now.kind(is) == &TypeDefKind::Resource => {}
            (None, None) => {
                let (was, is) = (Type::Id(was), Type::Id(is));
                if self.bare_differ(released.bare(was), now.bare(is)) {
                    self.redefined(place, released.words(was), now.words(is));
                }
            }
            _ => self.redefined(place, released.sort(was), now.sort(is)),
        }
    }

    fn redefined(&mut self, place: &str, was: String, is: String) {
        let what = format!("it was {was} and is now {is}");
        self.broken(place, &what, Outcome::NoLongerLoads);
    }
}
