//! A directory of this process's own below a given one, and what processes that ended without removing theirs left.
//!
//! Who lives holds its directory's file `lock` locked; the system unlocks it however a process ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::disk::private;

const PREFIX: &str = "pyrite-spill-";
const LOCK: &str = "lock";
/// A directory without a lock may be a process's that is making it, if it is younger.
const YOUNG: Duration = Duration::from_secs(600);

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A directory that is removed with everything in it when this is dropped.
pub(super) struct OwnDir {
    path: PathBuf,
    lock: Option<File>,
    pid: u32,
}

impl OwnDir {
    /// Makes one in `parent`, which is made too, after removing what dead processes left there.
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        sweep(parent);
        let pid = std::process::id();
        loop {
            let path = parent.join(format!("{PREFIX}{pid}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
            match private().create(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let mut dir = Self { lock: None, path, pid };
            let file = File::create(dir.path.join(LOCK))?;
            // Another process may have taken it for a dead one's before it was locked.
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => continue,
                Ok(()) => dir.lock = Some(file),
                // The file system knows no locks.
                Err(TryLockError::Error(_)) => {}
            }
            if dir.path.join(LOCK).exists() {
                return Ok(dir);
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A forked child has what its parent made, and must leave it alone.
    pub(super) fn is_ours(&self) -> bool {
        std::process::id() == self.pid
    }

    /// Removes it, also while its files are open.
    pub(super) fn remove(&self) {
        if self.is_ours() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

impl Drop for OwnDir {
    fn drop(&mut self) {
        self.remove();
        if self.lock.take().is_some() && self.path.exists() {
            self.remove();
        }
    }
}

/// Removes the directories of processes that are no more. What can't be removed (another user's) stays.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_dir = entry.file_type().is_ok_and(|t| t.is_dir());
        if is_dir && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            remove_if_left(&entry.path());
        }
    }
}

fn remove_if_left(dir: &Path) {
    let lock = match File::options().write(true).open(dir.join(LOCK)) {
        Ok(file) if file.try_lock().is_ok() => Some(file),
        Err(e) if e.kind() == io::ErrorKind::NotFound && is_old(dir) => None,
        _ => return,
    };
    // Locked while it goes, so that its maker sees it if it lives and was slow.
    let _ = fs::remove_dir_all(dir);
    drop(lock);
    // Where open files keep their directory (Windows).
    let _ = fs::remove_dir_all(dir);
}

fn is_old(dir: &Path) -> bool {
    let age = fs::metadata(dir).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
    age.is_some_and(|age| age > YOUNG)
}
