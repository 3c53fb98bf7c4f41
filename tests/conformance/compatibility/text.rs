//! A contract as it is written: its worlds, where its types are at home, and what they are once all aliases are followed.

use wit_parser::{
    Function, Handle, IndexMap, InterfaceId, PackageId, PackageName, Resolve, Type, TypeDefKind,
    TypeId, TypeOwner, World, WorldItem, WorldKey,
};

/// A contract, of one package.
pub(super) struct Text {
    pub(super) wit: Resolve,
    package: PackageId,
}

impl Text {
    pub(super) fn parse(text: &str) -> Self {
        let mut wit = Resolve::default();
        let package = wit.push_str("contract.wit", text);
        let package = package.unwrap_or_else(|error| panic!("it is no contract: {error:?}"));
        Self { wit, package }
    }

    pub(super) fn package_name(&self) -> &PackageName {
        &self.wit.packages[self.package].name
    }

    /// Its name without a version, as places begin.
    pub(super) fn package(&self) -> String {
        let PackageName {
            namespace, name, ..
        } = self.package_name();
        format!("{namespace}:{name}")
    }

    pub(super) fn version(&self) -> String {
        let version = self.package_name().version.as_ref();
        version.map_or_else(|| "no version".to_owned(), ToString::to_string)
    }

    pub(super) fn worlds(&self) -> impl Iterator<Item = &World> {
        let worlds = self.wit.packages[self.package].worlds.values();
        worlds.map(|id| &self.wit.worlds[*id])
    }

    /// What a world's import or export is called.
    pub(super) fn key(&self, key: &WorldKey) -> String {
        match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => self.interface(*id),
        }
    }

    /// What a world has under that name.
    pub(super) fn item<'a>(
        &self,
        items: &'a IndexMap<WorldKey, WorldItem>,
        name: &str,
    ) -> Option<&'a WorldItem> {
        let found = items.iter().find(|(key, _)| self.key(key) == name);
        found.map(|(_, item)| item)
    }

    pub(super) fn has_interface(&self, name: &str) -> bool {
        let mut interfaces = self.wit.packages[self.package].interfaces.values();
        interfaces.any(|id| self.interface(*id) == name)
    }

    fn interface(&self, id: InterfaceId) -> String {
        let name = self.wit.id_of(id).unwrap_or_default();
        let name = name.split('@').next().unwrap_or_default();
        name.to_owned()
    }

    /// The names of an interface's own resources.
    pub(super) fn resources(&self, id: InterfaceId) -> impl Iterator<Item = &String> {
        let types = self.wit.interfaces[id].types.iter();
        let resources = types.filter(|(_, id)| self.kind(**id) == &TypeDefKind::Resource);
        resources.map(|(name, _)| name)
    }

    /// The resource that a function belongs to.
    pub(super) fn resource_of(&self, function: &Function) -> Option<&String> {
        let id = function.kind.resource()?;
        self.wit.types[id].name.as_ref()
    }

    pub(super) fn kind(&self, id: TypeId) -> &TypeDefKind {
        &self.wit.types[id].kind
    }

    /// Where a type is at home, past all that use it under a name of their own.
    pub(super) fn origin(&self, ty: Type) -> Type {
        match ty {
            Type::Id(id) => match self.kind(id) {
                TypeDefKind::Type(next @ Type::Id(_)) => self.origin(*next),
                _ => ty,
            },
            _ => ty,
        }
    }

    /// What a type is, without the names that stand for others.
    pub(super) fn bare(&self, ty: Type) -> Type {
        match ty {
            Type::Id(id) => match self.kind(id) {
                TypeDefKind::Type(next) => self.bare(*next),
                _ => ty,
            },
            _ => ty,
        }
    }

    /// Where a type with a name is at home.
    pub(super) fn place(&self, id: TypeId) -> Option<String> {
        let ty = &self.wit.types[id];
        let owner = match ty.owner {
            TypeOwner::Interface(id) => self.interface(id),
            TypeOwner::World(id) => format!("{}/{}", self.package(), self.wit.worlds[id].name),
            TypeOwner::None => return None,
        };
        ty.name.as_ref().map(|name| format!("{owner}.{name}"))
    }
}

/// What a type without named parts is made of.
pub(super) fn parts(kind: &TypeDefKind) -> Option<Vec<Option<Type>>> {
    Some(match kind {
        TypeDefKind::Option(of) | TypeDefKind::List(of) | TypeDefKind::FixedLengthList(of, _) => {
            vec![Some(*of)]
        }
        TypeDefKind::Future(of) | TypeDefKind::Stream(of) => vec![*of],
        TypeDefKind::Map(key, value) => vec![Some(*key), Some(*value)],
        TypeDefKind::Tuple(tuple) => tuple.types.iter().copied().map(Some).collect(),
        TypeDefKind::Result(result) => vec![result.ok, result.err],
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => vec![Some(Type::Id(*id))],
        _ => return None,
    })
}

/// What else sets two types of one kind apart.
pub(super) fn detail(kind: &TypeDefKind) -> u32 {
    match kind {
        TypeDefKind::FixedLengthList(_, length) => *length,
        TypeDefKind::Handle(Handle::Borrow(_)) => 1,
        _ => 0,
    }
}
