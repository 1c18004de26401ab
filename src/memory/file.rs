//! One spill file: written at its end by one thread at a time, read anywhere by many.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::{Faults, fault};
use super::sweep::OwnDir;
use crate::error::{Error, Kind};

/// What the files of a `SpillDir` share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) faults: Faults,
    pub(super) written: AtomicU64,
    pub(super) read: AtomicU64,
    pub(super) held: AtomicU64,
}

thread_local! {
    static WRITTEN_HERE: Cell<u64> = const { Cell::new(0) };
}

/// Bytes that the calling thread has written to spill files so far, its own rows and those it made room with.
pub fn written_here() -> u64 {
    WRITTEN_HERE.get()
}

/// A file that is deleted when its last user lets go of it.
pub struct SpillFile {
    file: File,
    path: PathBuf,
    len: AtomicU64,
    dir: Arc<OwnDir>,
    shared: Arc<Shared>,
}

impl SpillFile {
    pub(super) fn create(dir: Arc<OwnDir>, name: &str, shared: Arc<Shared>) -> io::Result<Arc<Self>> {
        let path = dir.path().join(name);
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok(Arc::new(Self { file, path, len: AtomicU64::new(0), dir, shared }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A reader that begins at byte `at`.
    pub fn reader(self: &Arc<Self>, at: u64) -> SpillReader {
        SpillReader { file: self.clone(), at }
    }

    /// What the user is told when `attempted` ("write 3 MB of rows") failed.
    pub fn error(&self, attempted: &str, error: &dyn std::fmt::Display) -> Error {
        failed(self.dir.path(), attempted, error)
    }

    /// What the user is told when rows can't be read back.
    pub fn damaged(&self, error: &dyn std::fmt::Display) -> Error {
        let path = self.path.display();
        let remedy = "check that disk, set spark.local.dir to a directory on another one, and run the program again";
        Error::new(
            Kind::Io,
            format!("rows beyond the memory limit lie in {path}, but the file is damaged: {error}; {remedy}"),
        )
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let whole = self.shared.faults.at_write(bytes.len());
        let mut rest = &bytes[..whole.unwrap_or(bytes.len())];
        let mut place = at;
        while !rest.is_empty() {
            match positioned::write(&self.file, rest, place) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    rest = &rest[n..];
                    place += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if whole.is_some() {
            return Err(fault());
        }
        let before = self.len.fetch_max(place, Ordering::Relaxed);
        self.shared.held.fetch_add(place.saturating_sub(before), Ordering::Relaxed);
        self.shared.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        WRITTEN_HERE.set(WRITTEN_HERE.get() + bytes.len() as u64);
        Ok(())
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        self.shared.held.fetch_sub(*self.len.get_mut(), Ordering::Relaxed);
        // A forked child's copy is not its own. What can't be deleted goes with the directory.
        if self.dir.is_ours() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Appends to a spill file. There is one for a file.
pub struct SpillSink {
    pub(super) file: Arc<SpillFile>,
    pub(super) at: u64,
}

impl SpillSink {
    /// What is written to.
    pub fn file(&self) -> &Arc<SpillFile> {
        &self.file
    }

    /// Where the next byte goes.
    pub fn position(&self) -> u64 {
        self.at
    }
}

impl Write for SpillSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a spill file onwards from a place.
pub struct SpillReader {
    file: Arc<SpillFile>,
    at: u64,
}

impl Read for SpillReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let shared = &self.file.shared;
        shared.faults.at_read()?;
        let n = positioned::read(&self.file.file, room, self.at)?;
        shared.read.fetch_add(n as u64, Ordering::Relaxed);
        self.at += n as u64;
        Ok(n)
    }
}

/// The user's error for something that failed in a spill directory.
pub(super) fn failed(dir: &Path, attempted: &str, error: &dyn std::fmt::Display) -> Error {
    let dir = dir.display();
    let remedy = "free space there, set spark.local.dir to a directory on a larger disk, or raise pyrite.memory.limit";
    Error::new(Kind::Io, format!("rows beyond the memory limit go to {dir}, but can't {attempted}: {error}; {remedy}"))
}

#[cfg(unix)]
mod positioned {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::FileExt;

    pub(super) fn write(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
        file.write_at(bytes, at)
    }

    pub(super) fn read(file: &File, room: &mut [u8], at: u64) -> io::Result<usize> {
        file.read_at(room, at)
    }
}

/// These move the file's place, which nobody uses.
#[cfg(windows)]
mod positioned {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::FileExt;

    pub(super) fn write(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
        file.seek_write(bytes, at)
    }

    pub(super) fn read(file: &File, room: &mut [u8], at: u64) -> io::Result<usize> {
        file.seek_read(room, at)
    }
}
