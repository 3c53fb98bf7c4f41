//! The walk itself: what each part makes when it is instantiated, counted once where the part is defined, and added
//! wherever it is instantiated. Knows nothing of types and names.

use wasmparser::{
    ComponentAlias, ComponentAliasSectionReader, ComponentExternalKind as Kind, ComponentInstance,
    ComponentInstanceSectionReader, ComponentOuterAliasKind, ComponentTypeRef, FromReader,
    Instance, InstanceSectionReader, Payload, SectionLimited,
};

use super::{Counted, Limits, Refused, at_most};

/// What one instance of a part makes, with all that it instantiates in turn. Saturating: thirty doublings are more
/// than any limit, and no reason to count on.
#[derive(Clone, Copy, Debug, Default)]
struct Makes {
    instances: u32,
    nested_instances: u32,
    memories: u32,
    tables: u32,
}

impl Makes {
    fn add(&mut self, more: Makes) {
        self.instances = self.instances.saturating_add(more.instances);
        self.nested_instances = self.nested_instances.saturating_add(more.nested_instances);
        self.memories = self.memories.saturating_add(more.memories);
        self.tables = self.tables.saturating_add(more.tables);
    }
}

/// The number of a part, in the order in which their ends are met. An index is a quarter of what it stands for:
/// aliases cost four bytes each, and should cost no more here.
type Part = u32;

/// A part whose end has not been met.
struct Open {
    is_component: bool,
    makes: Makes,
    /// Its index spaces, as far as they have come.
    modules: Vec<Part>,
    components: Vec<Part>,
}

impl Open {
    fn module() -> Self {
        let makes = Makes {
            instances: 1,
            ..Makes::default()
        };
        Self::new(false, makes)
    }

    fn component() -> Self {
        let makes = Makes {
            nested_instances: 1,
            ..Makes::default()
        };
        Self::new(true, makes)
    }

    fn new(is_component: bool, makes: Makes) -> Self {
        Self {
            is_component,
            makes,
            modules: Vec::new(),
            components: Vec::new(),
        }
    }
}

pub(super) struct Walk<'a> {
    limits: &'a Limits,
    /// The innermost is the last.
    open: Vec<Open>,
    /// The part that the payloads at hand belong to.
    current: Open,
    ended: Vec<Makes>,
    parts: u64,
    functions: u64,
    imports: u64,
    custom_section_bytes: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            open: Vec::new(),
            // The component itself is no nested one.
            current: Open::new(true, Makes::default()),
            ended: Vec::new(),
            parts: 0,
            functions: 0,
            imports: 0,
            custom_section_bytes: 0,
        }
    }

    pub(super) fn see(&mut self, payload: &Payload<'_>) -> Result<(), Refused> {
        match payload {
            Payload::ModuleSection { .. } => self.enter(Open::module()),
            Payload::ComponentSection { .. } => self.enter(Open::component()),
            Payload::End(_) => self.leave(),
            Payload::InstanceSection(section) => self.core_instances(section),
            Payload::ComponentInstanceSection(section) => self.instances(section),
            Payload::ComponentAliasSection(section) => self.aliases(section),
            Payload::ComponentImportSection(section) => {
                self.imports(section.count())?;
                each(section, |import| match import.ty {
                    ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_) => {
                        Err(Refused::Uncountable("imports a core module or a component"))
                    }
                    _ => Ok(()),
                })
            }
            Payload::ComponentExportSection(section) => each(section, |export| {
                is_countable(export.kind, "exports a core module or a component")
            }),
            Payload::ImportSection(section) => self.imports(section.count()),
            Payload::FunctionSection(section) => self.functions(section.count()),
            Payload::MemorySection(section) => {
                let memories = &mut self.current.makes.memories;
                *memories = memories.saturating_add(section.count());
                Ok(())
            }
            Payload::TableSection(section) => {
                let tables = &mut self.current.makes.tables;
                *tables = tables.saturating_add(section.count());
                Ok(())
            }
            Payload::CustomSection(section) => self.custom_section(section.range().len()),
            _ => Ok(()),
        }
    }

    fn enter(&mut self, part: Open) -> Result<(), Refused> {
        self.parts += 1;
        at_most(Counted::Parts, self.parts, self.limits.parts.into())?;
        if part.is_component {
            let depth = self.open.len() as u64 + 1;
            at_most(Counted::Nesting, depth, self.limits.nesting.into())?;
        }
        self.open.push(std::mem::replace(&mut self.current, part));
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Refused> {
        let Some(outer) = self.open.pop() else {
            return self.check_whole();
        };
        let part = self.ended.len() as Part;
        let inner = std::mem::replace(&mut self.current, outer);
        self.ended.push(inner.makes);
        if inner.is_component {
            self.current.components.push(part);
        } else {
            self.current.modules.push(part);
        }
        Ok(())
    }

    /// What is defined and never instantiated costs its bytes and no more, so only the whole is compared.
    fn check_whole(&self) -> Result<(), Refused> {
        let (makes, limits) = (&self.current.makes, self.limits);
        for (what, made, limit) in [
            (Counted::Instances, makes.instances, limits.instances),
            (
                Counted::NestedInstances,
                makes.nested_instances,
                limits.nested_instances,
            ),
            (Counted::Memories, makes.memories, limits.memories),
            (Counted::Tables, makes.tables, limits.tables),
        ] {
            at_most(what, made.into(), limit.into())?;
        }
        Ok(())
    }

    fn core_instances(&mut self, section: &InstanceSectionReader<'_>) -> Result<(), Refused> {
        each(section, |instance| match instance {
            Instance::Instantiate { module_index, .. } => {
                let part = at(&self.current.modules, module_index)?;
                self.instantiate(part)
            }
            Instance::FromExports(_) => Ok(()),
        })
    }

    fn instances(&mut self, section: &ComponentInstanceSectionReader<'_>) -> Result<(), Refused> {
        each(section, |instance| match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => {
                for arg in &args {
                    is_countable(arg.kind, "hands on a core module or a component")?;
                }
                let part = at(&self.current.components, component_index)?;
                self.instantiate(part)
            }
            ComponentInstance::FromExports(_) => Ok(()),
        })
    }

    fn instantiate(&mut self, part: Part) -> Result<(), Refused> {
        let makes = at(&self.ended, part)?;
        self.current.makes.add(makes);
        Ok(())
    }

    fn aliases(&mut self, section: &ComponentAliasSectionReader<'_>) -> Result<(), Refused> {
        each(section, |alias| match alias {
            ComponentAlias::InstanceExport { kind, .. } => is_countable(
                kind,
                "takes a core module or a component out of an instance",
            ),
            ComponentAlias::CoreInstanceExport { .. } => Ok(()),
            ComponentAlias::Outer { kind, count, index } => self.outer_alias(kind, count, index),
        })
    }

    fn outer_alias(
        &mut self,
        kind: ComponentOuterAliasKind,
        outward: u32,
        index: u32,
    ) -> Result<(), Refused> {
        let missing = || Refused::Broken("an alias leads out of the component".to_owned());
        let outward = outward as usize;
        let from = match outward {
            0 => &self.current,
            _ => {
                let place = self.open.len().checked_sub(outward);
                place
                    .and_then(|place| self.open.get(place))
                    .ok_or_else(missing)?
            }
        };
        match kind {
            ComponentOuterAliasKind::CoreModule => {
                let part = at(&from.modules, index)?;
                self.current.modules.push(part);
            }
            ComponentOuterAliasKind::Component => {
                let part = at(&from.components, index)?;
                self.current.components.push(part);
            }
            ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
        }
        Ok(())
    }

    fn functions(&mut self, more: u32) -> Result<(), Refused> {
        self.functions += u64::from(more);
        at_most(
            Counted::Functions,
            self.functions,
            self.limits.functions.into(),
        )
    }

    fn imports(&mut self, more: u32) -> Result<(), Refused> {
        self.imports += u64::from(more);
        at_most(Counted::Imports, self.imports, self.limits.imports.into())
    }

    fn custom_section(&mut self, bytes: usize) -> Result<(), Refused> {
        self.custom_section_bytes += bytes as u64;
        at_most(
            Counted::CustomSectionBytes,
            self.custom_section_bytes,
            self.limits.custom_section_bytes as u64,
        )
    }
}

/// What is at an index; a component that instantiates what is not there breaks the format.
fn at<T: Copy>(space: &[T], index: u32) -> Result<T, Refused> {
    let missing = || Refused::Broken(format!("there is no module or component {index} to use"));
    space.get(index as usize).copied().ok_or_else(missing)
}

fn is_countable(kind: Kind, what_it_does: &'static str) -> Result<(), Refused> {
    match kind {
        Kind::Module | Kind::Component => Err(Refused::Uncountable(what_it_does)),
        Kind::Func | Kind::Value | Kind::Type | Kind::Instance => Ok(()),
    }
}

fn each<'b, T: FromReader<'b>>(
    section: &SectionLimited<'b, T>,
    mut see: impl FnMut(T) -> Result<(), Refused>,
) -> Result<(), Refused> {
    for item in section.clone() {
        see(item.map_err(|error| Refused::broken(&error))?)?;
    }
    Ok(())
}
