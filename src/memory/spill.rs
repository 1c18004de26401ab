//! The spill directory: made when the first file is, removed at the end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::fault::Faults;
use super::file::{Shared, SpillFile, SpillSink, failed};
use super::sweep::OwnDir;
use crate::error::{Error, Kind, Result};
use crate::sync::{Guard, Mutex};

/// A file that is longer gets no more rows: a file goes when the last of its rows do.
const FULL: u64 = 64 << 20;

/// Makes spill files in directories of our own, one below each given directory, in turns.
pub struct SpillDir {
    parents: Vec<PathBuf>,
    dirs: Mutex<Vec<Option<Arc<OwnDir>>>>,
    /// Files that have room and that nobody is writing to. Weak: one that nobody reads any more is gone.
    idle: Mutex<Vec<(Weak<SpillFile>, u64)>>,
    next: AtomicUsize,
    removed: AtomicBool,
    shared: Arc<Shared>,
}

/// The directories that `spark.local.dir` names between commas; the system's temporary one by default.
pub(super) fn parents(setting: Option<&str>) -> Vec<PathBuf> {
    let given = setting.unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty());
    let parents: Vec<PathBuf> = given.map(PathBuf::from).collect();
    if parents.is_empty() { vec![std::env::temp_dir()] } else { parents }
}

impl SpillDir {
    /// Below these directories. Nothing is made yet.
    pub fn new(mut parents: Vec<PathBuf>, faults: Faults) -> Arc<Self> {
        if parents.is_empty() {
            parents.push(std::env::temp_dir());
        }
        let dirs = Mutex::new(vec![None; parents.len()]);
        let shared = Arc::new(Shared { faults, ..Shared::default() });
        let (next, removed) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { parents, dirs, idle: Mutex::default(), next, removed, shared })
    }

    /// An empty file of its own.
    pub fn create(&self) -> Result<SpillSink> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut first = None;
        // A directory that can't be used is left to the others.
        for turn in 0..self.parents.len() {
            let at = (number + turn) % self.parents.len();
            match self.create_in(at, number) {
                Ok(file) => return Ok(SpillSink { file, at: 0 }),
                Err(e) => first = first.or(Some(e)),
            }
        }
        Err(first.unwrap_or(Error::Cancelled))
    }

    /// A file with room for more rows, which this caller alone writes to until `give_back`.
    pub fn sink(&self) -> Result<SpillSink> {
        loop {
            let Some((file, at)) = lock(&self.idle).pop() else { return self.create() };
            if let Some(file) = file.upgrade() {
                return Ok(SpillSink { file, at });
            }
        }
    }

    /// Others may write on. Not after an error: the file goes when those that are in it do.
    pub fn give_back(&self, sink: SpillSink) {
        let SpillSink { file, at } = sink;
        if at < FULL {
            lock(&self.idle).push((Arc::downgrade(&file), at));
        }
    }

    /// Bytes that were written so far.
    pub fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Relaxed)
    }

    /// Bytes that were read so far.
    pub fn read(&self) -> u64 {
        self.shared.read.load(Ordering::Relaxed)
    }

    /// Bytes in files that exist.
    pub fn held(&self) -> u64 {
        self.shared.held.load(Ordering::Relaxed)
    }

    /// The directories of our own, as far as they were made.
    pub fn paths(&self) -> Vec<PathBuf> {
        lock(&self.dirs).iter().flatten().map(|dir| dir.path().to_path_buf()).collect()
    }

    /// A directory of our own, for files that others write; what is left there goes with it.
    pub fn folder(&self) -> Result<PathBuf> {
        let mut first = None;
        for at in 0..self.parents.len() {
            match self.dir(at) {
                Ok(dir) => return Ok(dir.path().to_path_buf()),
                Err(Ok(stopped)) => return Err(stopped),
                Err(Err(error)) => first = first.or(Some(failed(&self.parents[at], "make a directory", &error))),
            }
        }
        Err(first.unwrap_or(Error::Cancelled))
    }

    /// Removes the directories and all that is in them: the engine has stopped. Making another file fails.
    pub fn remove(&self) {
        self.removed.store(true, Ordering::Release);
        lock(&self.idle).clear();
        let dirs: Vec<Arc<OwnDir>> = lock(&self.dirs).iter_mut().filter_map(Option::take).collect();
        for dir in dirs {
            dir.remove();
        }
    }

    fn create_in(&self, at: usize, number: usize) -> Result<Arc<SpillFile>> {
        let parent = &self.parents[at];
        let dir = self.dir(at).map_err(|e| e.unwrap_or_else(|e| failed(parent, "make a directory", &e)))?;
        let file = SpillFile::create(dir.clone(), &format!("rows-{number}"), self.shared.clone());
        file.map_err(|e| failed(dir.path(), "make a file", &e))
    }

    /// Our directory below the given one. Made without the lock: two threads may make two, and one goes again.
    fn dir(&self, at: usize) -> Result<Arc<OwnDir>, Result<Error, std::io::Error>> {
        if self.removed.load(Ordering::Acquire) {
            return Err(Ok(Error::new(Kind::IllegalState, "the context was stopped: its spill files are gone")));
        }
        if let Some(dir) = &lock(&self.dirs)[at] {
            return Ok(dir.clone());
        }
        let made = Arc::new(OwnDir::create(&self.parents[at]).map_err(Err)?);
        Ok(lock(&self.dirs)[at].get_or_insert(made).clone())
    }
}

/// Where spill files would go, for messages.
impl AsRef<Path> for SpillDir {
    fn as_ref(&self) -> &Path {
        &self.parents[0]
    }
}

#[track_caller]
fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
    mutex.lock()
}
