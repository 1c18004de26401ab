//! Where a file is that a reader here reads: on this machine, or at an address that another system keeps. The readers see
//! bytes from a place on, unpacked where the name says so. `objects/` knows the other systems.

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

use crate::error::{Error, Kind, Result};
use crate::metrics::Usage;

/// Bytes of a file, from a place on.
pub type Bytes = Box<dyn Read + Send>;

/// Systems that keep files at addresses (`s3a://bucket/file`). What they do may take long and is foreign code: no lock is
/// held around it, and only threads that may run Python call it.
pub trait Storage: Send + Sync {
    /// The files that an address, a pattern or a directory (one level) names, in the order of their names.
    fn files(&self, address: &str) -> Result<Vec<Found>>;
    /// The bytes of a file from `start` on. Those before `end` are wanted for certain.
    fn open(&self, file: &Found, start: u64, end: u64) -> Result<Bytes>;
}

/// For readers, which share it.
pub type StorageRef = Arc<dyn Storage>;

/// A file that a system has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub address: String,
    /// Number of bytes, where that is known.
    pub len: Option<u64>,
    /// Whether it can be read from its middle.
    pub ranges: bool,
}

/// A file.
#[derive(Clone)]
pub enum Place {
    /// On this machine.
    Local(PathBuf),
    /// Elsewhere.
    Remote(StorageRef, Arc<Found>),
}

impl Place {
    /// A path or an address.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Local(path) => path.to_string_lossy(),
            Self::Remote(_, file) => Cow::Borrowed(&file.address),
        }
    }

    /// Whether the name says that the file must be read whole, through a decompressor.
    pub fn is_compressed(&self) -> bool {
        self.packing().is_some()
    }

    /// Whether several readers may share it, each from a place of its own.
    pub fn can_be_cut(&self) -> bool {
        !self.is_compressed() && self.has_ranges()
    }

    /// Whether it can be read from its middle.
    pub fn has_ranges(&self) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Remote(_, file) => file.ranges,
        }
    }

    /// Number of bytes; where that isn't known, enough not to count as empty.
    pub fn size(&self) -> Result<u64> {
        match self {
            Self::Local(path) => match fs::metadata(path) {
                Ok(found) => Ok(found.len()),
                Err(error) => Err(Error::io(path.display(), &error)),
            },
            Self::Remote(_, file) => Ok(file.len.unwrap_or(1)),
        }
    }

    /// The bytes from `start` on, as they are. Those before `end` are wanted for certain. The task that reads them has them
    /// counted.
    pub fn open(&self, start: u64, end: u64) -> Result<Bytes> {
        Ok(Box::new(Counted(self.open_uncounted(start, end)?)))
    }

    fn open_uncounted(&self, start: u64, end: u64) -> Result<Bytes> {
        match self {
            Self::Local(path) => {
                let failed = |e: std::io::Error| Error::io(path.display(), &e);
                let mut file = File::open(path).map_err(failed)?;
                if start > 0 {
                    file.seek(SeekFrom::Start(start)).map_err(failed)?;
                }
                Ok(Box::new(file))
            }
            Self::Remote(storage, file) => storage.open(file, start, end),
        }
    }

    /// All bytes, unpacked where the name says so.
    pub fn unpacked(&self) -> Result<Bytes> {
        let bytes = self.open(0, u64::MAX)?;
        Ok(match self.packing() {
            Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(bytes)),
            Some(Packing::Bzip2) => Box::new(MultiBzDecoder::new(bytes)),
            None => bytes,
        })
    }

    fn packing(&self) -> Option<Packing> {
        let name = self.name();
        let is_web = matches!(self, Self::Remote(..)) && name.starts_with("http");
        // What stands behind the name in an address of the web is a question.
        let name = if is_web { name.split(['?', '#']).next().unwrap_or_default() } else { &name };
        let name = name.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default();
        match name.rsplit_once('.') {
            // A file that is called `.gz` has no suffix.
            Some((stem, "gz")) if !stem.is_empty() => Some(Packing::Gzip),
            Some((stem, "bz2")) if !stem.is_empty() => Some(Packing::Bzip2),
            _ => None,
        }
    }
}

/// What is read is counted on the thread that reads it.
struct Counted(Bytes);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).inspect(|read| Usage::note_bytes(*read as u64))
    }

    fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.0.read_to_end(buffer).inspect(|read| Usage::note_bytes(*read as u64))
    }
}

enum Packing {
    Gzip,
    Bzip2,
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::Local(path)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Whether a path is an address that another system keeps.
pub(super) fn is_address(path: &str) -> bool {
    let Some((scheme, _)) = path.split_once("://") else { return false };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    named && scheme != "file"
}

/// The files at an address.
pub(super) fn files_at(storage: Option<&StorageRef>, address: &str) -> Result<Vec<Place>> {
    let Some(storage) = storage else {
        return Err(Error::new(Kind::Unsupported, format!("{address}: nobody here reads files elsewhere")));
    };
    let files = storage.files(address)?;
    Ok(files.into_iter().map(|file| Place::Remote(storage.clone(), Arc::new(file))).collect())
}
