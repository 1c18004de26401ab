//! A directory that is written beside its final place and put there whole, on the disk. Where one is replaced there is a
//! complete one at every moment, as far as the platform can exchange two names; what a killed process left is removed.

use std::fs;
use std::io;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::disk::{reached, sync_directory};
use crate::sync::Mutex;

use super::process::{is_alive, machine};

/// Between a directory's name and whose it is.
const MARK: &str = "._temporary-";
/// What makes place for another in two steps, where one isn't possible.
const OLD: &str = "old";

/// A directory's neighbours are looked through this often at most: a stream may have a million outputs there.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Directories of which that is remembered.
const MOST_SWEPT: usize = 64;

static NEXT: AtomicU64 = AtomicU64::new(0);
static SWEPT: Mutex<Vec<(PathBuf, Instant)>> = Mutex::new(Vec::new());

/// Its name says which process it belongs to. Dropped before it is in its place it is removed.
pub(super) struct Staging {
    target: PathBuf,
    path: PathBuf,
    placed: bool,
}

/// Whose a staging directory is: `.name._temporary-machine-pid-number`, perhaps with `-old`.
struct Owner<'a> {
    target: &'a str,
    pid: u32,
    is_old: bool,
}

impl Staging {
    /// An empty directory that will be `target`.
    pub fn create(target: PathBuf) -> io::Result<Self> {
        if let Some(parent) = target.parent() {
            sweep(parent);
        }
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = target.with_file_name(format!(".{name}{MARK}{}-{}-{number}", machine(), std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self { target, path, placed: false })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts it in its place; what stood there is gone afterwards. Its files are on the disk already.
    pub fn place(mut self) -> io::Result<()> {
        sync_directory(&self.path)?;
        reached("output.place.before");
        let before = if self.target.symlink_metadata().is_err() {
            fs::rename(&self.path, &self.target)?;
            None
        } else {
            Some(self.replace()?)
        };
        self.placed = true;
        reached("output.place.after");
        if let Some(parent) = self.target.parent() {
            sync_directory(parent)?;
        }
        reached("output.sync.after");
        if let Some(before) = before {
            remove(&before);
        }
        Ok(())
    }

    /// Takes the target's place; says where that is now.
    fn replace(&self) -> io::Result<PathBuf> {
        if exchange(&self.path, &self.target).is_ok() {
            return Ok(self.path.clone());
        }
        // In two steps. Should the process die between them, the next save completes them: see `sweep`.
        let mut old = self.path.clone().into_os_string();
        old.push("-");
        old.push(OLD);
        let old = PathBuf::from(old);
        fs::rename(&self.target, &old)?;
        if let Err(error) = fs::rename(&self.path, &self.target) {
            // Half an exchange is worse than none; a second failure is told as the first.
            let _ = fs::rename(&old, &self.target);
            return Err(error);
        }
        Ok(old)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.placed {
            remove(&self.path);
        }
    }
}

impl<'a> Owner<'a> {
    /// `None` for what isn't of this machine, or nobody's staging directory.
    fn parse(name: &'a str) -> Option<Self> {
        let (target, whose) = name.strip_prefix('.')?.rsplit_once(MARK)?;
        let mut parts = whose.split('-');
        let (here, pid, _number) = (parts.next()?, parts.next()?, parts.next()?.parse::<u64>().ok()?);
        let is_old = match parts.next() {
            None => false,
            Some(OLD) => true,
            Some(_) => return None,
        };
        (here == machine()).then_some(Self { target, pid: pid.parse().ok()?, is_old })
    }
}

/// Removes what processes of this machine left that are no more. A replacement that one was in the middle of is undone.
fn sweep(parent: &Path) {
    {
        let mut swept = SWEPT.lock();
        swept.retain(|(_, at)| at.elapsed() < SWEEP_EVERY);
        if swept.iter().any(|(known, _)| known == parent) {
            return;
        }
        if swept.len() < MOST_SWEPT {
            swept.push((parent.to_owned(), Instant::now()));
        }
    }
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(owner) = name.to_str().and_then(Owner::parse) else { continue };
        if owner.pid == std::process::id() || is_alive(owner.pid) {
            continue;
        }
        let target = parent.join(owner.target);
        if owner.is_old && target.symlink_metadata().is_err() && fs::rename(entry.path(), target).is_ok() {
            continue;
        }
        remove(&entry.path());
    }
}

/// Leftovers are hidden: failing to remove them hurts nobody.
fn remove(path: &Path) {
    if fs::remove_dir_all(path).is_err() {
        let _ = fs::remove_file(path);
    }
}

/// Exchanges two names in one step.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    let (one, other) = (CString::new(one.as_os_str().as_bytes())?, CString::new(other.as_os_str().as_bytes())?);
    // SAFETY: two paths that end with a zero and live until the call returns. (By number: an old C library has no name
    // for it.)
    #[cfg(target_os = "linux")]
    let done = unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            one.as_ptr(),
            libc::AT_FDCWD,
            other.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    // SAFETY: as above.
    #[cfg(target_os = "macos")]
    let done = unsafe { libc::renamex_np(one.as_ptr(), other.as_ptr(), libc::RENAME_SWAP) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// No such call here.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
