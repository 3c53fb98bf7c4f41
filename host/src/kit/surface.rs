//! What a component says of itself before anybody asks it anything: which world it is of, and what it imports, against what its
//! manifest asks for.

use std::collections::BTreeSet;

use wasmparser::{Parser, Payload};

use super::verdict::{Verdict, Wrong};
use crate::registry::{Grant, Grants, NotDeployable};
use crate::sandbox::{Failure, Unloadable, World};

/// The case that is about what a component offers.
pub const EXPORTS: &str = "what it exports";
/// What it asks of the host.
pub const IMPORTS: &str = "what it imports";
/// Who it says it is.
pub const DESCRIBE: &str = "who it says it is";
/// Whether it takes the configuration that it is given.
pub const CONFIG: &str = "the configuration that it is given";

/// All that the contract has to import.
const OFFERED: [&str; 6] = ["log", "config", "budget", "secrets", "state", "http"];
/// What of that has to be asked for.
const ASKED_FOR: [&str; 3] = ["http", "secrets", "state"];

/// A component's imports, by their names.
#[derive(Clone, Debug, Default)]
pub struct Surface(BTreeSet<String>);

impl Surface {
    /// Of a component; none of a script, whose engine has all there is.
    pub fn of(component: &[u8]) -> Option<Self> {
        let (mut imports, mut exports, mut depth) = (BTreeSet::new(), 0, 0_usize);
        for payload in Parser::new(0).parse_all(component) {
            match payload.ok()? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    let names = section.into_iter().flatten();
                    imports.extend(names.map(|import| import.name.name.to_owned()));
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    exports += section.count();
                }
                _ => {}
            }
        }
        (exports > 0).then_some(Self(imports))
    }

    /// Whether it imports this interface of the contract.
    fn has(&self, interface: &str) -> bool {
        let start = format!("retort:bot/{interface}@");
        self.0.iter().any(|name| name.starts_with(&start))
    }

    /// Whether it has all there is, as languages have that do not know what a bot will use.
    fn has_all(&self) -> bool {
        OFFERED.iter().all(|interface| self.has(interface))
    }

    /// Whether what it imports is what its manifest asks for.
    pub fn judged(&self, wants: &Grants) -> Verdict {
        let mut verdict = Verdict::new(IMPORTS);
        for interface in ASKED_FOR {
            let asks = wants.iter().find(|grant| needs(grant) == Some(interface));
            let told = match (self.has(interface), asks) {
                (true, Some(grant)) => format!("`{interface}` is imported, and asked for: {grant}"),
                (true, None) => {
                    format!("`{interface}` is imported, and not asked for: each call is denied")
                }
                (false, Some(grant)) => {
                    format!("`{interface}` is asked for and not imported: {grant}")
                }
                (false, None) => continue,
            };
            verdict.notes.push(told);
            verdict.wrong(self.wrong(interface, asks));
        }
        let systems = self.0.iter().filter(|name| name.starts_with("wasi:"));
        let refused: Vec<_> = systems.filter(|name| is_refused(name)).cloned().collect();
        if !refused.is_empty() {
            let told = format!(
                "imported by its language, and refused if it is used: {}",
                refused.join(", ")
            );
            verdict.notes.push(told);
        }
        verdict
    }

    fn wrong(&self, interface: &str, asks: Option<&Grant>) -> Option<Wrong> {
        match (self.has(interface), asks) {
            (true, None) if !self.has_all() => Some(Wrong::new(format!(
                "the bot imports `{interface}`, and its manifest does not ask for it, so each call is denied: ask for it under \
                 `[wants]` in its manifest, as {}, or leave the calls out",
                example(interface)
            ))),
            (false, Some(grant)) => Some(Wrong::new(format!(
                "the manifest asks for {grant}, and the component does not import `{interface}`: who deploys it would grant what it \
                 never uses, so take that out of `[wants]`"
            ))),
            _ => None,
        }
    }
}

/// The interface that something which is asked for is used by.
fn needs(grant: &Grant) -> Option<&'static str> {
    match grant {
        Grant::State(_) => Some("state"),
        Grant::Secret(_) => Some("secrets"),
        Grant::Http(_) => Some("http"),
        Grant::PersonalData => None,
    }
}

fn example(interface: &str) -> &'static str {
    match interface {
        "http" => "`http = [\"GET https://api.example.com\"]`",
        "secrets" => "`secrets = [\"api-key\"]`",
        _ => "`state = [\"conversation\"]`",
    }
}

/// What a runtime's library brings along, and no bot gets.
fn is_refused(name: &str) -> bool {
    ["wasi:filesystem/", "wasi:sockets/", "wasi:http/"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The world that it is of, said in words.
pub fn exports(world: World) -> Verdict {
    let mut verdict = Verdict::new(EXPORTS);
    verdict.notes.push(match world {
        World::Bot => "it is a bot: it answers turns".to_owned(),
        World::Function => "it is a function: JSON in, JSON out".to_owned(),
    });
    verdict
}

/// The case that one fails which cannot even be deployed; none if that is not the bot's doing, or not what a case is about.
pub fn refused(error: &NotDeployable) -> Option<Verdict> {
    let (name, remedy) = match error {
        NotDeployable::Unloadable(Unloadable::Import(_)) => (
            IMPORTS,
            "import nothing but `retort:bot` and what WASI 0.2 has, and leave out the library that brings it",
        ),
        NotDeployable::Unloadable(Unloadable::Export(_) | Unloadable::Contract(_)) => (
            EXPORTS,
            "build it against the contract in `wit/`, as `retort new` begins a bot",
        ),
        NotDeployable::Failed {
            failure: Failure::Host(_),
            ..
        } => return None,
        NotDeployable::Failed {
            failure: Failure::Trapped { starting: true, .. },
            ..
        } => (
            DESCRIBE,
            "let nothing that may fail run while it starts, and build it against the contract in `wit/`",
        ),
        NotDeployable::Failed {
            asked: "describe", ..
        } => (
            DESCRIBE,
            "return a name and a version that are written into it",
        ),
        NotDeployable::Failed { .. } => (CONFIG, "return what is wrong as problems, or nothing"),
        NotDeployable::BadDescription(_) | NotDeployable::Disagrees { .. } => (
            DESCRIBE,
            "return the name and the version that its manifest has, such as `1.2.3`",
        ),
        NotDeployable::ConfigRefused(_) => (
            CONFIG,
            "give what it asks for with --set KEY=VALUE, or have `check-config` take what it is given",
        ),
        _ => return None,
    };
    let mut verdict = Verdict::new(name);
    verdict.wrong(Some(Wrong::new(format!("{error}: {remedy}"))));
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(interfaces: &[&str]) -> Surface {
        let name = |interface: &&str| format!("retort:bot/{interface}@1.0.0");
        Surface(interfaces.iter().map(name).collect())
    }

    fn wants(grants: &[&str]) -> Grants {
        let grant = |text: &&str| text.parse().expect("a grant");
        grants.iter().map(grant).collect()
    }

    #[test]
    fn what_is_imported_and_what_is_asked_for_have_to_agree() {
        for (imports, asks, told) in [
            (&["state"][..], &["state:conversation"][..], None),
            (&["log"], &["personal-data"], None),
            (&["http"], &[], Some("imports `http`, and its manifest")),
            (
                &["log"],
                &["secret:api-key"],
                Some("does not import `secrets`"),
            ),
            (&OFFERED, &[], None),
        ] {
            let wrong = surface(imports).judged(&wants(asks)).wrong;
            let what = wrong.map(|wrong| wrong.what);
            match told {
                None => assert_eq!(what, None),
                Some(told) => assert!(what.is_some_and(|what| what.contains(told)), "{told}"),
            }
        }
    }
}
