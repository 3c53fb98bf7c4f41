//! What a bot says of itself and asks for: `bot.toml`, which travels inside its component.

use std::borrow::Cow;

use semver::Version;
use serde::Deserialize;
use wasm_encoder::{ComponentSection, CustomSection, Encode};

use super::grant::{Grant, Grants};
use crate::chat::one_line;
use crate::egress::Rule;
use crate::sandbox::World;
use crate::state::Scope;
use crate::tenant::{BotName, SecretName};

/// The custom section of a component that holds the text of its `bot.toml`.
const SECTION: &str = "retort:manifest";
/// A manifest is a page, not a book.
const MOST_BYTES: usize = 64 << 10;

/// A bot's manifest.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The bot's name. Its `describe` must say the same.
    pub name: BotName,
    /// The bot's own version. Its `describe` must say the same.
    pub version: Version,
    /// What it does, in a sentence.
    #[serde(default)]
    pub description: String,
    /// What it is: a component says so by itself, and must not disagree; a script without it is a bot.
    #[serde(default)]
    pub world: Option<World>,
    /// What it asks for.
    #[serde(default)]
    pub wants: Wants,
    /// How it is built. Of no interest once it is.
    #[serde(default)]
    pub build: Build,
}

/// What a bot asks for. It gets what is also granted to its deployment.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Wants {
    /// The platform's own event, the visitor's data and the engagement attributes.
    pub personal_data: bool,
    /// The memories that it keeps: `conversation`, `bot`.
    pub state: Vec<Scope>,
    /// The secrets that it reads, by their names.
    pub secrets: Vec<SecretName>,
    /// What it sends out: `METHODS ORIGIN`, or `METHODS ORIGIN HEADER: VALUE` with a secret in the value.
    pub http: Vec<Rule>,
}

/// What a bot may ask for: a person has to read it before they agree to it.
const MOST_WANTS: usize = 100;

impl Wants {
    /// Each of it, as it can be granted.
    pub fn grants(&self) -> Grants {
        let personal_data = self.personal_data.then_some(Grant::PersonalData);
        let state = self.state.iter().copied().map(Grant::State);
        let secrets = self.secrets.iter().cloned().map(Grant::Secret);
        let http = self.http.iter().cloned().map(Grant::Http);
        personal_data
            .into_iter()
            .chain(state)
            .chain(secrets)
            .chain(http)
            .collect()
    }
}

/// How `retort build` links a bot.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Build {
    /// The stack. Small, since a turn pays for every page that its instance starts with; raise it for a bot
    /// that recurses deeply.
    pub stack_bytes: u32,
    /// The memory to start with. Has to hold the stack and the static data; what the bot allocates beyond it
    /// is added while it runs.
    pub initial_memory_bytes: u32,
}

impl Default for Build {
    fn default() -> Self {
        Self {
            stack_bytes: 64 << 10,
            initial_memory_bytes: 256 << 10,
        }
    }
}

impl Build {
    /// What the linker would refuse, in words that name the key.
    fn check(&self) -> Result<(), BadManifest> {
        const PAGE: u32 = 64 << 10;
        if !self.stack_bytes.is_multiple_of(16) || self.stack_bytes < 4096 {
            return Err(BadManifest::Build(
                "stack-bytes` has to be a multiple of 16, and at least 4096",
            ));
        }
        if !self.initial_memory_bytes.is_multiple_of(PAGE)
            || self.initial_memory_bytes <= self.stack_bytes
        {
            let problem = "initial-memory-bytes` has to be a multiple of 65536, and larger than `stack-bytes`";
            return Err(BadManifest::Build(problem));
        }
        Ok(())
    }
}

/// A manifest that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadManifest {
    /// Not TOML, or not a manifest.
    #[error("the manifest is not valid: {0}")]
    Invalid(Box<toml::de::Error>),
    /// Not text, too long, or there twice.
    #[error("the component's section `{SECTION}` {0}")]
    Section(&'static str),
    /// The manifest that a component carries is no manifest.
    #[error("the manifest that the component carries is not valid: {0}")]
    Carried(String),
    /// It asks for too much.
    #[error("the manifest is not valid: `wants` has {0} things, and may have {MOST_WANTS}")]
    Wants(usize),
    /// A number under `[build]` cannot be linked with.
    #[error("the manifest is not valid: `build.{0}")]
    Build(&'static str),
    /// The component itself cannot be read.
    #[error("the component is not valid: {0}")]
    Component(wasmparser::BinaryReaderError),
}

impl Manifest {
    /// Reads the text of a `bot.toml`.
    ///
    /// # Errors
    /// [`BadManifest::Invalid`] with the line and what would be right.
    pub fn parse(text: &str) -> Result<Self, BadManifest> {
        let manifest: Self =
            toml::from_str(text).map_err(|error| BadManifest::Invalid(Box::new(error)))?;
        manifest.build.check()?;
        let wants = manifest.wants.grants().len();
        if wants > MOST_WANTS {
            return Err(BadManifest::Wants(wants));
        }
        Ok(manifest)
    }

    /// Reads the manifest that a component carries. None if it carries none: such a bot asks for nothing.
    ///
    /// # Errors
    /// [`BadManifest`] if it carries one that cannot be read.
    pub fn of_component(component: &[u8]) -> Result<Option<Self>, BadManifest> {
        match section(component)? {
            None => Ok(None),
            Some(bytes) if bytes.len() > MOST_BYTES => Err(BadManifest::Section("is too long")),
            Some(bytes) => {
                let text =
                    std::str::from_utf8(bytes).map_err(|_| BadManifest::Section("is not text"))?;
                let carried =
                    |error: BadManifest| BadManifest::Carried(one_line(&error.to_string(), 500));
                Self::parse(text).map(Some).map_err(carried)
            }
        }
    }
}

/// A component with the text of a `bot.toml` added.
pub fn embed(component: &[u8], manifest: &str) -> Vec<u8> {
    let section = CustomSection {
        name: Cow::Borrowed(SECTION),
        data: Cow::Borrowed(manifest.as_bytes()),
    };
    let mut embedded = component.to_vec();
    embedded.push(ComponentSection::id(&section));
    section.encode(&mut embedded);
    embedded
}

/// The section of the component itself; those of modules and components inside it do not count.
fn section(component: &[u8]) -> Result<Option<&[u8]>, BadManifest> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        use wasmparser::Payload;
        match payload.map_err(BadManifest::Component)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                found.push(section.data());
            }
            _ => {}
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [manifest] => Ok(Some(manifest)),
        _ => Err(BadManifest::Section("is there more than once")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty component.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn what_was_embedded_is_read_again() {
        let text = "name = \"echo\"\nversion = \"1.2.3\"\n[wants]\npersonal-data = true\n";
        let manifest = Manifest::of_component(&embed(COMPONENT, text))
            .expect("it is valid")
            .expect("it is there");
        assert_eq!(
            (manifest.name.as_str(), manifest.version),
            ("echo", Version::new(1, 2, 3))
        );
        assert!(manifest.wants.personal_data);
        assert_eq!(
            Manifest::of_component(COMPONENT).expect("it is valid"),
            None
        );
    }

    #[test]
    fn a_section_that_cannot_be_one_manifest_is_refused() {
        let text = "name = \"echo\"\nversion = \"1.2.3\"\n";
        let twice = embed(&embed(COMPONENT, text), text);
        let long = embed(COMPONENT, &"#".repeat(MOST_BYTES + 1));
        for (component, words) in [
            (twice, "is there more than once"),
            (long, "is too long"),
            (COMPONENT[..5].to_vec(), "not valid"),
        ] {
            let error = Manifest::of_component(&component)
                .expect_err("it is refused")
                .to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_and_a_wrong_value_are_told_by_line() {
        let error = Manifest::parse("name = \"echo\"\nversion = \"1\"\n")
            .expect_err("1 is no version")
            .to_string();
        assert!(error.contains("line 2"), "{error}");
        let error = Manifest::parse("name = \"e\"\nversion = \"1.0.0\"\nwant = 1\n")
            .expect_err("unknown")
            .to_string();
        assert!(error.contains("unknown field `want`"), "{error}");
    }
}
