//! What the files of a bot's source are called in its component: as seen from its workspace, and what it depends on by the
//! package's folder. So a trap and a panic tell paths that their author knows, the same ones wherever it is built, and nothing
//! of the machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// What cargo says of a workspace, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
}

/// The flags for the compiler. The same for all bots of a workspace, or each would build anew what they share.
pub(super) fn flags(folder: &Path) -> Vec<String> {
    // The last one that fits counts. Home comes first, for what nobody has foreseen.
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let home = home.filter(|home| home.is_absolute());
    let mut renamed: Vec<_> = home.map(|home| (home, "~")).into_iter().collect();
    // A folder for which cargo has no answer does not build either, and is told so there.
    if let Some(metadata) = metadata(folder) {
        let outside = metadata.outside().into_iter();
        renamed.extend(outside.map(|folder| (folder, "")));
        renamed.push((metadata.workspace_root, ""));
    }
    let flags = renamed.iter().filter_map(|(from, to)| {
        // Of the root everything is a part.
        let from = from.parent().and(from.to_str())?;
        Some(format!("--remap-path-prefix={from}={to}"))
    });
    flags.collect()
}

fn metadata(folder: &Path) -> Option<Metadata> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--format-version", "1"])
        .args(["--filter-platform", super::TARGET])
        .current_dir(folder);
    for variable in super::NOT_INHERITED {
        cargo.env_remove(variable);
    }
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::null()).output();
    serde_json::from_slice(&output.ok()?.stdout).ok()
}

impl Metadata {
    /// The folders that have the folders of packages in them which are not the workspace's own, the outer ones first.
    fn outside(&self) -> BTreeSet<PathBuf> {
        let folders = self
            .packages
            .iter()
            .filter_map(|package| package.manifest_path.parent());
        folders
            .filter(|folder| !folder.starts_with(&self.workspace_root))
            .filter_map(Path::parent)
            .map(Path::to_path_buf)
            .collect()
    }
}
