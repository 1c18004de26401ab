//! The files of states in `state/` below a checkpoint directory: checksummed, whole, never changed. Each run of a program
//! has names of its own, so that it doesn't take another run's file for its own.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::frame::{self, Reader, Writer};
use crate::sync::Mutex;

use super::super::stateful::Files;

/// What these files are, in their headers.
const TAG: u16 = 4;

const BYTES: u8 = 1;
const END: u8 = 9;

/// A frame of bytes is about this large.
const FRAME: usize = 256 << 10;

/// The folder's name.
pub(super) const FOLDER: &str = "state";

/// The files of one run.
pub(super) struct Pieces {
    folder: PathBuf,
    run: String,
    names: Mutex<Names>,
    /// Bytes that were written since that was last asked.
    written: AtomicU64,
}

#[derive(Default)]
struct Names {
    /// What is there, by the streams' names for it.
    there: HashMap<String, String>,
    /// What was asked for or written since `begin`.
    touched: BTreeSet<String>,
}

impl Pieces {
    /// The files of this run, and those that the checkpoint which it goes on from names.
    pub fn new(directory: &Path, run: String, inherited: &[String]) -> Self {
        let mut names = Names::default();
        for stored in inherited {
            if let Some((_, name)) = stored.split_once('.') {
                names.there.insert(name.to_owned(), stored.clone());
            }
        }
        Self { folder: directory.join(FOLDER), run, names: Mutex::new(names), written: AtomicU64::new(0) }
    }

    /// What is touched from now on belongs to what is saved next.
    pub fn begin(&self) {
        self.names.lock().touched.clear();
    }

    /// Bytes that were written since this was last asked.
    pub fn take_written(&self) -> u64 {
        self.written.swap(0, Ordering::Relaxed)
    }

    /// What was touched since `begin`.
    pub fn touched(&self) -> BTreeSet<String> {
        self.names.lock().touched.clone()
    }

    /// Removes every file of this run that isn't needed, and other runs' that `theirs` doesn't name.
    pub fn retain(&self, needed: &BTreeSet<String>) {
        self.names.lock().there.retain(|_, stored| needed.contains(stored));
        let Ok(found) = fs::read_dir(&self.folder) else { return };
        for name in found.filter_map(std::result::Result::ok).filter_map(|e| e.file_name().into_string().ok()) {
            if !needed.contains(&name) {
                // What can't be removed hurts nobody.
                let _ = fs::remove_file(self.folder.join(name));
            }
        }
    }

    fn known(&self, name: &str) -> Option<String> {
        let mut names = self.names.lock();
        let stored = names.there.get(name)?.clone();
        names.touched.insert(stored.clone());
        Some(stored)
    }
}

impl Files for Pieces {
    fn has(&self, name: &str) -> bool {
        self.known(name).is_some()
    }

    fn put(&self, name: &str, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        let stored = format!("{}.{name}", self.run);
        let path = self.folder.join(&stored);
        if name.is_empty() || name.contains(['/', '\\']) {
            return Err(Error::new(Kind::IllegalArgument, format!("'{name}' is no name of a checkpoint's file")));
        }
        let failed = |error: io::Error| Error::io(path.display(), &error);
        disk::private_directory(&self.folder).map_err(failed)?;
        disk::put(&path, "state", failed, |sink| {
            let mut frames = Framing { writer: Writer::create(sink, TAG).map_err(failed)?, bytes: Vec::new() };
            write(&mut frames)?;
            frames.finish().map_err(failed)
        })?;
        self.written.fetch_add(fs::metadata(&path).map_or(0, |file| file.len()), Ordering::Relaxed);
        let mut names = self.names.lock();
        names.touched.insert(stored.clone());
        names.there.insert(name.to_owned(), stored);
        Ok(())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>> {
        let stored = self.known(name).unwrap_or_else(|| format!("{}.{name}", self.run));
        let path = self.folder.join(stored);
        let damaged = |broken: &dyn std::fmt::Display| {
            let remedy = "remove the checkpoint that needs it, to go on from an older one";
            Error::new(Kind::Spark, format!("{} can't be read: {broken}; {remedy}", path.display()))
        };
        let file = File::open(&path).map_err(|error| damaged(&error))?;
        let reader = Reader::open(BufReader::new(file), TAG).map_err(|broken| damaged(&broken))?;
        Ok(Box::new(Unframing { reader, path: path.clone(), frame: Vec::new(), at: 0, over: false }))
    }
}

/// Bytes become frames.
struct Framing<'a> {
    writer: Writer<&'a mut BufWriter<File>>,
    bytes: Vec<u8>,
}

impl Framing<'_> {
    fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.writer.append(END, &[]).map(drop)
    }
}

impl Write for Framing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= FRAME {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.bytes.is_empty() {
            self.writer.append(BYTES, &self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }
}

/// Frames become bytes; a file that ends without an end is an error.
struct Unframing {
    reader: Reader<BufReader<File>>,
    path: PathBuf,
    frame: Vec<u8>,
    at: usize,
    over: bool,
}

impl Read for Unframing {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let damaged = |path: &Path, broken: frame::Broken| {
            let remedy = "remove the checkpoint that needs it, to go on from an older one";
            io::Error::other(format!("{} can't be read: {broken}; {remedy}", path.display()))
        };
        while self.at == self.frame.len() && !self.over {
            let at = self.reader.position();
            match self.reader.next() {
                Ok(Some(next)) if next.kind == BYTES => {
                    self.frame = next.payload;
                    self.at = 0;
                }
                Ok(Some(next)) if next.kind == END => self.over = true,
                Ok(_) => return Err(damaged(&self.path, frame::Broken::Torn { at })),
                Err(broken) => return Err(damaged(&self.path, broken)),
            }
        }
        let count = room.len().min(self.frame.len() - self.at);
        room[..count].copy_from_slice(&self.frame[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
