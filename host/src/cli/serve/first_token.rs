//! A token for everything, in a file that its owner alone may read: with it, they make all others.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

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

fn write(path: &Path, token: &str) -> io::Result<()> {
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{token}")?;
    file.sync_all()
}
