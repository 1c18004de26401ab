//! Text files: a directory with a part for each partition and an empty `_SUCCESS`, complete or not there at all.
//! Layout: Hadoop's `TextOutputFormat` (contract 2.2).

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::write::BzEncoder;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::error::{Error, Kind, Result};

/// How parts are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Not at all.
    Plain,
    /// `part-00000.gz`
    Gzip,
    /// `part-00000.bz2`
    Bzip2,
    /// `part-00000.deflate`
    Deflate,
}

impl Codec {
    /// From a Hadoop codec's class name.
    pub fn parse(class: Option<&str>) -> Result<Self> {
        match class.map(|c| c.rsplit('.').next().unwrap_or(c)) {
            None => Ok(Self::Plain),
            Some("GzipCodec") => Ok(Self::Gzip),
            Some("BZip2Codec") => Ok(Self::Bzip2),
            Some("DefaultCodec" | "DeflateCodec") => Ok(Self::Deflate),
            Some(_) => Err(Error::new(
                Kind::IllegalArgument,
                format!(
                    "Compression codec {} is not one of Pyrite's: org.apache.hadoop.io.compress.GzipCodec, \
                     BZip2Codec, DefaultCodec",
                    class.unwrap_or_default()
                ),
            )),
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Deflate => ".deflate",
        }
    }
}

/// A directory being written beside its final place; `commit` puts it there, dropping it uncommitted removes it.
pub struct TextOutput {
    target: PathBuf,
    staging: PathBuf,
    codec: Codec,
    committed: bool,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl TextOutput {
    /// Begins the output directory `path`. One that exists is an error unless `overwrite`.
    pub fn create(path: &str, codec: Codec, overwrite: bool) -> Result<Self> {
        let local = path.strip_prefix("file://").or_else(|| path.strip_prefix("file:")).unwrap_or(path);
        let target = std::path::absolute(local).map_err(|e| Error::io(path, &e))?;
        if target.exists() && !overwrite {
            return Err(Error::new(
                Kind::FileAlreadyExists,
                format!("Output directory file:{} already exists", target.display()),
            ));
        }
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let staging = target.with_file_name(format!(".{name}._temporary-{}-{number}", std::process::id()));
        fs::create_dir_all(&staging).map_err(|e| Error::io(target.display(), &e))?;
        Ok(Self { target, staging, codec, committed: false })
    }

    /// A writer for one partition's part. Close it with [`Part::finish`].
    pub fn part(&self, partition: usize) -> Result<Part> {
        let path = self.staging.join(format!("part-{partition:05}{}", self.codec.suffix()));
        let file = BufWriter::new(File::create(&path).map_err(|e| Error::io(path.display(), &e))?);
        let sink = match self.codec {
            Codec::Plain => Sink::Plain(file),
            Codec::Gzip => Sink::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Codec::Bzip2 => Sink::Bzip2(BzEncoder::new(file, bzip2::Compression::default())),
            Codec::Deflate => Sink::Deflate(ZlibEncoder::new(file, flate2::Compression::default())),
        };
        Ok(Part { sink, path })
    }

    /// Marks the output complete and moves it to its place; what stood there is replaced.
    pub fn commit(mut self) -> Result<()> {
        let failed = |e: &io::Error| Error::io(self.target.display(), e);
        File::create(self.staging.join("_SUCCESS")).map_err(|e| failed(&e))?;
        // As unique as the staging directory: what a crash left behind is in nobody's way.
        let mut old = self.staging.clone().into_os_string();
        old.push("-old");
        let old = PathBuf::from(old);
        let replaced = self.target.exists();
        if replaced {
            fs::rename(&self.target, &old).map_err(|e| failed(&e))?;
        }
        if let Err(error) = fs::rename(&self.staging, &self.target) {
            if replaced {
                // Half an exchange is worse than none; a second failure is told as the first.
                let _ = fs::rename(&old, &self.target);
            }
            return Err(failed(&error));
        }
        self.committed = true;
        if replaced {
            remove(&old);
        }
        Ok(())
    }
}

impl Drop for TextOutput {
    fn drop(&mut self) {
        if !self.committed {
            remove(&self.staging);
        }
    }
}

/// Leftovers are hidden files: failing to remove them hurts nobody.
fn remove(path: &Path) {
    let _ = fs::remove_dir_all(path);
}

/// One part of a text output.
pub struct Part {
    sink: Sink,
    path: PathBuf,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Bzip2(BzEncoder<BufWriter<File>>),
    Deflate(ZlibEncoder<BufWriter<File>>),
}

impl Part {
    /// Writes one line and its terminator.
    pub fn line(&mut self, text: &[u8]) -> Result<()> {
        let sink: &mut dyn Write = match &mut self.sink {
            Sink::Plain(w) => w,
            Sink::Gzip(w) => w,
            Sink::Bzip2(w) => w,
            Sink::Deflate(w) => w,
        };
        sink.write_all(text).and_then(|()| sink.write_all(b"\n")).map_err(|e| Error::io(self.path.display(), &e))
    }

    /// Flushes everything to the file.
    pub fn finish(self) -> Result<()> {
        let done = match self.sink {
            Sink::Plain(mut w) => w.flush(),
            Sink::Gzip(w) => w.finish().and_then(|mut w| w.flush()),
            Sink::Bzip2(w) => w.finish().and_then(|mut w| w.flush()),
            Sink::Deflate(w) => w.finish().and_then(|mut w| w.flush()),
        };
        done.map_err(|e| Error::io(self.path.display(), &e))
    }
}
