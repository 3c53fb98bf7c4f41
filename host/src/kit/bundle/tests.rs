//! Folders as they are found, and what of them is told and not left out.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use tempfile::{TempDir, tempdir};

use super::*;

const CONVO: &str = "a\n#me\nhello\n#bot\n*\n";

/// A folder with a conversation in each of these folders.
fn with(folders: &[&str]) -> TempDir {
    let folder = tempdir().expect("a folder");
    for name in folders {
        let inner = folder.path().join(name);
        fs::create_dir_all(&inner).expect("a folder");
        fs::write(inner.join("a.convo.txt"), CONVO).expect("a file");
    }
    folder
}

fn refused(folder: &Path) -> String {
    let read = Bundle::read(folder, true);
    read.expect_err("something is left out").to_string()
}

#[test]
fn scripts_that_lie_too_deep_are_told_and_not_left_out() {
    let deep = |depth: usize| vec!["d"; depth].join("/");
    let folder = with(&["", &deep(MOST_DEPTH)]);
    let bundle = Bundle::read(folder.path(), true).expect("a bundle");
    assert_eq!(bundle.conversations().count(), 2);
    for depth in [MOST_DEPTH + 1, MOST_DEPTH + 3] {
        let folder = with(&["", &deep(depth)]);
        let told = refused(folder.path());
        let words = "cannot be read: there are scripts in it, such as \"a.convo.txt\", and it lies more than 16 folders deep; move";
        assert!(told.contains(words), "{told}");
        assert!(
            Bundle::read(folder.path(), false).is_ok(),
            "they are not meant"
        );
    }
}

#[test]
fn scripts_in_a_folder_that_is_a_link_are_told_and_not_left_out() {
    let folder = with(&["here", "elsewhere/deeper", "elsewhere/.hidden"]);
    let here = folder.path().join("here");
    let link = here.join("linked");
    symlink(folder.path().join("elsewhere/.hidden"), here.join(".git")).expect("a link");
    assert!(Bundle::read(&here, true).is_ok(), "nobody looks there");
    symlink(folder.path().join("elsewhere"), &link).expect("a link");
    let told = refused(&here);
    assert!(
        told.starts_with(&format!("{link:?} cannot be read: ")),
        "{told}"
    );
    assert!(told.contains("links to folders are not followed"), "{told}");
    fs::remove_dir_all(folder.path().join("elsewhere/deeper")).expect("it is there");
    assert!(Bundle::read(&here, true).is_ok(), "there is nothing in it");
    assert!(Bundle::read(&link, true).is_ok(), "it was named itself");
}

#[test]
fn two_names_that_come_to_the_same_are_told() {
    let folder = with(&[""]);
    for byte in [b"\xfe", b"\xff"] {
        let name = [byte.as_slice(), b".convo.txt"].concat();
        fs::write(folder.path().join(OsStr::from_bytes(&name)), CONVO).expect("a file");
    }
    let told = refused(folder.path());
    let words = "another file's name comes to \"\u{fffd}.convo.txt\" as well: rename one";
    assert!(told.ends_with(words), "{told}");
}
