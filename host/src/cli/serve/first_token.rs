//! A token for everything, in a file that its owner alone may read: with it, they make all others.

use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::cli::Ended;
use crate::control::Control;

const FILE: &str = "admin.token";

/// Makes it if no valid token may do everything, or if another one is wanted in place of one that is lost.
pub(super) async fn see_to_it(control: &Control, data: &Path, anew: bool) -> Result<(), Ended> {
    if control.access().has_admin() && !anew {
        return Ok(());
    }
    let path = data.join(FILE);
    let written = control
        .access()
        .make_first(|token| write(&path, token))
        .await;
    written.map_err(|error| {
        let path = path.display();
        Ended::Host(format!(
            "a token for everything cannot be put into \"{path}\": {error}"
        ))
    })?;
    tracing::info!("a token for everything is in \"{}\"", path.display());
    Ok(())
}

/// In a file of its own, which takes the place of whatever has the name: a link is not followed, and a file that others
/// may read is not written to.
fn write(path: &Path, token: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{token}")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
