//! Text files: a directory with a part for each partition and an empty `_SUCCESS`, complete or not there at all. Parts for
//! another system are written to a file here and handed over, each when it is done.
//! Layout: Hadoop's `TextOutputFormat` (contract 2.2).

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::write::BzEncoder;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::disk::reached;
use crate::error::{Error, Kind, Result};

use super::staging::Staging;

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

/// Takes parts to a directory of another system. Foreign code: no lock is held around it. Whoever made it also commits.
pub trait Carrier: Send + Sync {
    /// Stores the file as a part of this name.
    fn take(&self, file: &Path, name: &str) -> Result<()>;
}

/// A directory being written beside its final place; `commit` puts it there, dropping it uncommitted removes it.
pub struct TextOutput {
    target: Target,
    codec: Codec,
}

enum Target {
    /// On this machine.
    Here(Staging),
    /// Elsewhere; parts are written into this directory first.
    Elsewhere(PathBuf, Arc<dyn Carrier>),
}

/// Outputs may share a directory for their parts.
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
        let shown = target.display().to_string();
        let staging = Staging::create(target).map_err(|e| Error::io(shown, &e))?;
        Ok(Self { target: Target::Here(staging), codec })
    }

    /// Parts that `carrier` takes, each out of a file in `folder`.
    pub fn elsewhere(folder: PathBuf, carrier: Arc<dyn Carrier>, codec: Codec) -> Self {
        Self { target: Target::Elsewhere(folder, carrier), codec }
    }

    /// A writer for one partition's part. Close it with [`Part::finish`].
    pub fn part(&self, partition: usize) -> Result<Part> {
        let name = format!("part-{partition:05}{}", self.codec.suffix());
        let (path, handed) = match &self.target {
            Target::Here(staging) => (staging.path().join(name), None),
            Target::Elsewhere(folder, carrier) => {
                let path = folder.join(format!("out-{}-{name}", NEXT.fetch_add(1, Ordering::Relaxed)));
                (path.clone(), Some(Handed { path, name, carrier: carrier.clone() }))
            }
        };
        let file = BufWriter::new(File::create(&path).map_err(|e| Error::io(path.display(), &e))?);
        let sink = match self.codec {
            Codec::Plain => Sink::Plain(file),
            Codec::Gzip => Sink::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Codec::Bzip2 => Sink::Bzip2(BzEncoder::new(file, bzip2::Compression::default())),
            Codec::Deflate => Sink::Deflate(ZlibEncoder::new(file, flate2::Compression::default())),
        };
        Ok(Part { sink, path, handed })
    }

    /// Marks the output complete and moves it to its place; what stood there is replaced. Then it is on the disk. Elsewhere
    /// who made the carrier does that.
    pub fn commit(self) -> Result<()> {
        let Target::Here(staging) = self.target else { return Ok(()) };
        let shown = staging.target().display().to_string();
        File::create(staging.path().join("_SUCCESS"))
            .and_then(|success| success.sync_all())
            .and_then(|()| staging.place())
            .map_err(|e| Error::io(shown, &e))
    }
}

/// One part of a text output.
pub struct Part {
    sink: Sink,
    path: PathBuf,
    handed: Option<Handed>,
}

/// A part for another system. Its file goes with it.
struct Handed {
    path: PathBuf,
    name: String,
    carrier: Arc<dyn Carrier>,
}

impl Drop for Handed {
    fn drop(&mut self) {
        // It lies in a directory of temporary files, which goes as a whole later.
        let _ = fs::remove_file(&self.path);
    }
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

    /// Puts everything on the disk, or where it is to go.
    pub fn finish(self) -> Result<()> {
        let written = match self.sink {
            Sink::Plain(w) => Ok(w),
            Sink::Gzip(w) => w.finish(),
            Sink::Bzip2(w) => w.finish(),
            Sink::Deflate(w) => w.finish(),
        };
        reached("output.write.before");
        let file = written.and_then(|buffered| buffered.into_inner().map_err(io::IntoInnerError::into_error));
        reached("output.write.after");
        let failed = |e: io::Error| Error::io(self.path.display(), &e);
        match self.handed {
            None => file.and_then(|file| file.sync_all()).map_err(failed),
            Some(handed) => {
                drop(file.map_err(failed)?);
                handed.carrier.take(&handed.path, &handed.name)
            }
        }
    }
}
