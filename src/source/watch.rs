//! Which names of watched directories changed, where the system says so (Linux's inotify, on local file systems): a
//! directory of many old files need not be listed for every batch. It says "list it" whenever it can't be sure.

use std::path::{Path, PathBuf};

/// What is known of a directory since it was asked for last.
pub(super) enum Changes {
    /// Nothing is: list it.
    Unknown,
    /// These entries came or changed, and no others did.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only inotify says so"))]
    Paths(Vec<PathBuf>),
}

/// The directories of one stream.
#[derive(Default)]
pub(super) struct Watches {
    #[cfg(target_os = "linux")]
    inner: Option<linux::Inner>,
}

impl Watches {
    /// What changed in a directory. After `Unknown` what comes from now on is known, so list it now.
    pub fn changes(&mut self, directory: &Path) -> Changes {
        #[cfg(target_os = "linux")]
        return linux::changes(&mut self.inner, directory);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = directory;
            Changes::Unknown
        }
    }

    /// Everything is to be listed again.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeSet, HashMap};
    use std::ffi::{CString, OsStr};
    use std::fs::{self, File};
    use std::io::Read;
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    use super::Changes;

    /// Everything that changes a directory's entries, or the directory itself.
    const MASK: u32 = libc::IN_CREATE
        | libc::IN_MOVED_TO
        | libc::IN_MOVED_FROM
        | libc::IN_DELETE
        | libc::IN_CLOSE_WRITE
        | libc::IN_MODIFY
        | libc::IN_ATTRIB
        | libc::IN_DELETE_SELF
        | libc::IN_MOVE_SELF
        | libc::IN_ONLYDIR;

    /// The directory isn't what it was, or events were lost.
    const LOST: u32 =
        libc::IN_DELETE_SELF | libc::IN_MOVE_SELF | libc::IN_IGNORED | libc::IN_UNMOUNT | libc::IN_Q_OVERFLOW;

    /// File systems whose every change this machine makes: ext, xfs, btrfs, tmpfs, overlay, f2fs, zfs.
    const LOCAL: [i64; 7] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0xF2F5_2010, 0x2FC1_2FC1];

    /// The bytes before an event's name: descriptor, mask, cookie, length.
    const HEADER: usize = 16;

    pub(super) struct Inner {
        events: File,
        directories: HashMap<PathBuf, Watched>,
    }

    struct Watched {
        descriptor: i32,
        identity: Identity,
        changed: BTreeSet<PathBuf>,
        lost: bool,
    }

    /// Which directory it is, and when its entries last changed.
    #[derive(PartialEq, Eq, Clone, Copy)]
    struct Identity {
        device: u64,
        inode: u64,
        modified: (i64, i64),
    }

    pub(super) fn changes(inner: &mut Option<Inner>, directory: &Path) -> Changes {
        if inner.is_none() {
            *inner = Inner::new();
        }
        inner.as_mut().map_or(Changes::Unknown, |inner| inner.changes(directory))
    }

    impl Inner {
        fn new() -> Option<Self> {
            // SAFETY: a system call with plain numbers; what it gives back is a descriptor that nobody else has.
            let descriptor = unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) };
            // SAFETY: as above, and it is one.
            let events = (descriptor >= 0).then(|| unsafe { File::from_raw_fd(descriptor) })?;
            Some(Self { events, directories: HashMap::new() })
        }

        fn changes(&mut self, directory: &Path) -> Changes {
            // Asked before the events are read: what it shows they must explain.
            let Some(now) = identity(directory) else {
                self.forget(directory);
                return Changes::Unknown;
            };
            self.read();
            if let Some(watched) = self.directories.get_mut(directory) {
                let before = watched.identity;
                let explained = now.modified == before.modified || !watched.changed.is_empty();
                let is_same = (now.device, now.inode) == (before.device, before.inode);
                if is_same && explained && !watched.lost {
                    watched.identity = now;
                    return Changes::Paths(std::mem::take(&mut watched.changed).into_iter().collect());
                }
                self.forget(directory);
            }
            self.watch(directory, now);
            Changes::Unknown
        }

        fn watch(&mut self, directory: &Path, identity: Identity) {
            if !is_local(directory) {
                return;
            }
            let Ok(path) = CString::new(directory.as_os_str().as_bytes()) else { return };
            // SAFETY: a descriptor that is open, a path that ends with a zero and lives until the call returns.
            let descriptor = unsafe { libc::inotify_add_watch(self.events.as_raw_fd(), path.as_ptr(), MASK) };
            if descriptor >= 0 {
                let watched = Watched { descriptor, identity, changed: BTreeSet::new(), lost: false };
                self.directories.insert(directory.to_owned(), watched);
            }
        }

        fn forget(&mut self, directory: &Path) {
            if let Some(old) = self.directories.remove(directory) {
                // SAFETY: a system call with plain numbers. It may be gone already.
                unsafe { libc::inotify_rm_watch(self.events.as_raw_fd(), old.descriptor) };
            }
        }

        /// Sorts the events that wait to their directories.
        fn read(&mut self) {
            let mut room = vec![0; 64 << 10];
            while let Ok(got @ 1..) = self.events.read(&mut room) {
                let mut rest = &room[..got];
                while let Some((event, behind)) = rest.split_at_checked(HEADER) {
                    let number =
                        |at: usize| u32::from_ne_bytes([event[at], event[at + 1], event[at + 2], event[at + 3]]);
                    let (descriptor, mask) = (number(0).cast_signed(), number(4));
                    let Some((name, next)) = behind.split_at_checked(number(12) as usize) else { break };
                    rest = next;
                    for (directory, watched) in &mut self.directories {
                        if mask & libc::IN_Q_OVERFLOW == 0 && watched.descriptor != descriptor {
                            continue;
                        }
                        watched.lost |= mask & LOST != 0;
                        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                        if !name.is_empty() {
                            watched.changed.insert(directory.join(OsStr::from_bytes(name)));
                        }
                    }
                }
            }
        }
    }

    fn identity(directory: &Path) -> Option<Identity> {
        let metadata = fs::metadata(directory).ok().filter(fs::Metadata::is_dir)?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Some(Identity { device: metadata.dev(), inode: metadata.ino(), modified })
    }

    fn is_local(directory: &Path) -> bool {
        let Ok(path) = CString::new(directory.as_os_str().as_bytes()) else { return false };
        let mut about = std::mem::MaybeUninit::<libc::statfs>::zeroed();
        // SAFETY: a path that ends with a zero, room for the answer; both live until the call returns.
        let done = unsafe { libc::statfs(path.as_ptr(), about.as_mut_ptr()) };
        // SAFETY: plain numbers, which may be anything; they were zeroed.
        let kind = unsafe { about.assume_init() }.f_type;
        #[expect(clippy::useless_conversion, reason = "its width differs between systems")]
        let kind = i64::from(kind);
        done == 0 && LOCAL.contains(&kind)
    }
}
