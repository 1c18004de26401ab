//! The files of a log: one, or several in a directory of its own. While the program runs their name, or that of the file
//! which says so, ends in `.inprogress`. Lines are whole wherever the program is killed, up to the last flush.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zstd::stream::write::Encoder;

use super::lz4::Blocks;
use super::wanted::{Packing, Wanted};
use crate::error::{Error, Kind, Result};

/// A log that is being written.
pub struct Files {
    wanted: Wanted,
    id: String,
    place: PathBuf,
    /// Number of the file that is written, from 1; in one file alone it stays 1.
    number: usize,
    output: Output,
    /// Lines that were not given to `output`.
    lines: Vec<u8>,
    /// What the file has, before it is compressed.
    written: u64,
}

enum Output {
    Plain(File),
    Zstd(Encoder<'static, File>),
    Lz4(Blocks<File>),
}

const IN_PROGRESS: &str = ".inprogress";

impl Files {
    /// Makes a log for the program `id`. Fails where the directory isn't there, and where there is such a log.
    pub fn create(wanted: Wanted, id: &str) -> Result<Self> {
        let directory = &wanted.directory;
        let shown = directory.display();
        match fs::metadata(directory) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                let message = format!("Log directory {shown} is not a directory. spark.eventLog.dir names it.");
                return Err(Error::new(Kind::IllegalArgument, message));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let message = format!(
                    "File file:{shown} does not exist: it is the directory for event logs (spark.eventLog.dir). Make it first, \
                     name another one, or set spark.eventLog.enabled to false."
                );
                return Err(Error::new(Kind::NotFound, message));
            }
            Err(error) => return Err(Error::io(shown, &error)),
        }
        let (place, what) = match wanted.rolling {
            Some(_) => (directory.join(format!("eventlog_v2_{id}")), "directory"),
            None => (directory.join(file_name(id, &wanted)), "file"),
        };
        let made = match (wanted.rolling, wanted.overwrite) {
            (Some(_), true) => fs::remove_dir_all(&place).or_else(missing),
            (None, true) => fs::remove_file(&place).or_else(missing),
            (_, false) if place.exists() => {
                let message = format!(
                    "Target log {what} already exists ({}). Set spark.eventLog.overwrite to true to replace it.",
                    place.display()
                );
                return Err(Error::new(Kind::Io, message));
            }
            (_, false) => Ok(()),
        };
        let made = made.and_then(|()| {
            if wanted.rolling.is_some() {
                make_directory(&place)?;
                make_file(&place.join(format!("appstatus_{id}{IN_PROGRESS}")))?;
            }
            let first = path_of(&place, id, &wanted, 1);
            Output::open(&first, wanted.packing)
        });
        let output = made.map_err(|error| Error::io(format!("the event log {}", place.display()), &error))?;
        Ok(Self { wanted, id: id.to_owned(), place, number: 1, output, lines: Vec::new(), written: 0 })
    }

    /// Where the log is, or will be once it is complete.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Adds a line.
    pub fn add(&mut self, line: &str) -> io::Result<()> {
        let len = line.len() as u64 + 1;
        if self.wanted.rolling.is_some_and(|most| self.written > 0 && self.written + len > most) {
            self.roll()?;
        }
        self.written += len;
        self.lines.extend_from_slice(line.as_bytes());
        self.lines.push(b'\n');
        if self.lines.len() >= self.wanted.buffer { self.hand_over() } else { Ok(()) }
    }

    /// Gives all lines to the system: they are there whatever becomes of the program.
    pub fn flush(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.output.writer().flush()
    }

    /// The program has ended.
    pub fn finish(mut self) -> io::Result<()> {
        self.hand_over()?;
        self.output.finish()?;
        match self.wanted.rolling {
            Some(_) => {
                let status = self.place.join(format!("appstatus_{}", self.id));
                fs::rename(in_progress(&status), status)
            }
            None => fs::rename(in_progress(&self.place), &self.place),
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.output.writer().write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.number += 1;
        let next = Output::open(&path_of(&self.place, &self.id, &self.wanted, self.number), self.wanted.packing)?;
        std::mem::replace(&mut self.output, next).finish()?;
        self.written = 0;
        Ok(())
    }
}

impl Output {
    fn open(path: &Path, packing: Packing) -> io::Result<Self> {
        let file = make_file(path)?;
        Ok(match packing {
            Packing::Plain => Self::Plain(file),
            Packing::Zstd(level) => Self::Zstd(Encoder::new(file, level)?),
            Packing::Lz4(length) => Self::Lz4(Blocks::new(file, length)),
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(file) => file,
            Self::Zstd(encoder) => encoder,
            Self::Lz4(blocks) => blocks,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut file) => file.flush(),
            Self::Zstd(encoder) => encoder.finish()?.flush(),
            Self::Lz4(blocks) => blocks.finish()?.flush(),
        }
    }
}

fn file_name(name: &str, wanted: &Wanted) -> String {
    format!("{name}{}", wanted.packing.suffix())
}

fn path_of(place: &Path, id: &str, wanted: &Wanted, number: usize) -> PathBuf {
    match wanted.rolling {
        Some(_) => place.join(file_name(&format!("events_{number}_{id}"), wanted)),
        None => in_progress(place),
    }
}

fn in_progress(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(IN_PROGRESS);
    name.into()
}

fn missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn make_file(path: &Path) -> io::Result<File> {
    let file = File::create(path)?;
    for_the_group(path, 0o660)?;
    Ok(file)
}

fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    for_the_group(path, 0o770)
}

/// For the user and the group, as Spark's, whatever the umask: the history server may be another user of the group.
#[cfg(unix)]
fn for_the_group(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// The directory's own rules hold.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn for_the_group(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
