//! Files and directories in their place.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, ErrorKind};
use std::path::Path;

use super::kill::reached;

/// Before a file's name while it is written.
const UNFINISHED: &str = ".unfinished-";

/// Puts a file in its place: all of it and on the disk, or not at all. What stood there is replaced. `what` names the
/// places where tests kill.
pub fn put<E>(
    path: &Path,
    what: &str,
    failed: impl Fn(io::Error) -> E,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!("{UNFINISHED}{name}"));
    let at = |step: &str| reached(&format!("{what}.{step}"));
    let written = || {
        at("write.before");
        let mut sink = BufWriter::new(File::create(&beside).map_err(&failed)?);
        write(&mut sink)?;
        let file = sink.into_inner().map_err(|e| failed(e.into_error()))?;
        at("write.after");
        file.sync_all().map_err(&failed)?;
        at("sync.after");
        drop(file);
        fs::rename(&beside, path).map_err(&failed)?;
        at("rename.after");
        if let Some(parent) = path.parent() {
            sync_directory(parent).map_err(&failed)?;
        }
        at("done");
        Ok(())
    };
    let done = written();
    if done.is_err() {
        // It may not be there at all.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// Puts the names in a directory on the disk. Windows does that by itself.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(path).and_then(|directory| directory.sync_all()) {
        // Not every file system can, and a directory may be written that can't be read.
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Makes a directory, and those above it, that only their owner may read. One that is there stays as it is.
pub fn private_directory(path: &Path) -> io::Result<()> {
    private().recursive(true).create(path)
}

/// Makes directories that only their owner may read.
#[cfg(unix)]
pub fn private() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Makes directories.
#[cfg(not(unix))]
pub fn private() -> DirBuilder {
    DirBuilder::new()
}
