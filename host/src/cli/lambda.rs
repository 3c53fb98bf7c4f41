//! A JavaScript file as a bot, or as a function: the file as it is, with what a `.toml` of its name beside it says.

use std::path::Path;

use semver::Version;
use serde::Deserialize;
use toml::Table;

use super::{Ended, artifact};
use crate::chat::one_line;
use crate::registry::manifest::{BadManifest, Wants};
use crate::registry::{Manifest, manifest};
use crate::sandbox::World;
use crate::sandbox::script::{Head, Script};
use crate::tenant::BotName;

/// A version for who names none: a file is a version by itself, told by its digest.
const VERSION: &str = "0.0.0";

/// What may stand beside a file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Beside {
    name: Option<BotName>,
    version: Option<Version>,
    description: Option<String>,
    world: Option<World>,
    wants: Wants,
}

/// Whether this is such a file.
pub(super) fn is_script(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["js", "mjs", "cjs"].contains(&extension))
}

/// The component that a file is deployed as; a function, if its manifest does not say what it is and `world` does.
///
/// # Errors
/// [`Ended::Usage`] if it or its manifest cannot be read, [`Ended::NoBot`] if the manifest is wrong.
pub(super) fn read(path: &Path, world: Option<World>) -> Result<Vec<u8>, Ended> {
    let source = text(path)?;
    let beside = path.with_extension("toml");
    let manifest = match beside.is_file() {
        true => text(&beside)?,
        false => String::new(),
    };
    package(path, source, &manifest, world)
        .map_err(|error| Ended::NoBot(format!("in \"{}\" {error}", beside.display())))
}

/// The component that a script of that path travels as, with the text of its manifest, which may leave out everything.
///
/// # Errors
/// [`BadManifest`] if it is not one.
pub fn package(
    path: &Path,
    source: String,
    manifest: &str,
    world: Option<World>,
) -> Result<Vec<u8>, BadManifest> {
    let invalid = |error| BadManifest::Invalid(Box::new(error));
    // As it stands first: what is wrong is told with the author's own lines.
    toml::from_str::<Beside>(manifest).map_err(invalid)?;
    let mut table: Table = toml::from_str(manifest).map_err(invalid)?;
    let mut default = |key: &str, value: String| {
        table.entry(key).or_insert(value.into());
    };
    default("name", name(path));
    default("version", VERSION.to_owned());
    if let Some(world) = world {
        default("world", world.to_string());
    }
    let text = table.to_string();
    let manifest = Manifest::parse(&text)?;
    let script = Script {
        head: Head {
            file: file_name(path),
            name: manifest.name.to_string(),
            version: manifest.version.to_string(),
            world: manifest.world.unwrap_or_default(),
        },
        source,
    };
    Ok(manifest::embed(&script.package(), &text))
}

fn text(path: &Path) -> Result<String, Ended> {
    let text = String::from_utf8(artifact::read(path)?);
    text.map_err(|_| Ended::NoBot(format!("\"{}\" is not UTF-8 text", path.display())))
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    one_line(&name.to_string_lossy(), 100)
}

/// The file's own name, or its folder's where all files are called the same, as far as a bot may be called that.
fn name(path: &Path) -> String {
    let stem = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let allowed = |letter: char| match letter {
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '-',
        };
        let name: String = stem.chars().map(allowed).take(36).collect();
        name.trim_matches('-').to_owned()
    };
    let own = stem(path);
    let folder = std::path::absolute(path)
        .ok()
        .and_then(|path| path.parent().map(stem));
    match folder {
        Some(folder) if own == "index" && !folder.is_empty() => folder,
        _ if own.is_empty() => "lambda".to_owned(),
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_name_or_by_its_folders() {
        for (path, called) in [
            ("lambda.js", "lambda"),
            ("where is_my parcel?.mjs", "where-is-my-parcel"),
            ("functions/parcel/index.js", "parcel"),
            ("___.js", "lambda"),
        ] {
            assert_eq!(name(Path::new(path)), called);
        }
    }
}
