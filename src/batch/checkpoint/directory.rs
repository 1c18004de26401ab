//! A directory of checkpoints: found newest first, written whole, the last ten kept with what belongs to them.

use std::collections::{BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::frame::Broken;
use crate::log::{Level, LogRef};

use super::content::{Content, Head, unreadable};
use super::log;
use super::pieces::Pieces;

const LOGGER: &str = "streaming.checkpoint";

const PREFIX: &str = "checkpoint-";

/// So many are kept: Spark's number.
const KEPT: usize = 10;

/// Where checkpoints are, and which of them are kept.
pub(super) struct Directory {
    path: PathBuf,
    kept: VecDeque<Head>,
}

impl Directory {
    /// The directory, which is made if it isn't there.
    pub fn new(path: &Path) -> Result<Self> {
        disk::private_directory(path).map_err(|error| {
            let remedy = "give ssc.checkpoint() a directory that this user may write";
            Error::new(Kind::Io, format!("no directory {} for checkpoints: {error}; {remedy}", path.display()))
        })?;
        let mut kept: VecDeque<Head> = VecDeque::new();
        for (_, path) in candidates(path) {
            kept.extend(File::open(path).ok().and_then(|file| Content::read_head(BufReader::new(file))));
        }
        // Oldest first; they were listed the other way.
        kept.make_contiguous().reverse();
        Ok(Self { path: path.to_owned(), kept })
    }

    /// Writes a checkpoint and removes what is too old. Gives the bytes of its file.
    pub fn write(&mut self, content: &Content, pieces: &Pieces) -> Result<u64> {
        let time = content.head.time;
        let path = self.path.join(format!("{PREFIX}{time}"));
        let failed = |error: std::io::Error| Error::io(path.display(), &error);
        disk::put(&path, "checkpoint", failed, |sink| content.write(sink).map_err(failed))?;
        let bytes = fs::metadata(&path).map_or(0, |file| file.len());
        self.kept.retain(|head| head.time != time);
        self.kept.push_back(content.head.clone());
        while self.kept.len() > KEPT
            && let Some(old) = self.kept.pop_front()
        {
            // What can't be removed hurts nobody.
            let _ = fs::remove_file(self.path.join(format!("{PREFIX}{}", old.time)));
        }
        disk::reached("checkpoint.remove.before");
        let needed: BTreeSet<String> = self.kept.iter().flat_map(|head| head.files.iter().cloned()).collect();
        pieces.retain(&needed);
        log::remove_before(&self.path, self.kept.iter().map(|head| head.log.0).min().unwrap_or(0));
        disk::reached("checkpoint.remove.after");
        Ok(bytes)
    }

    /// No kept checkpoint has records up to this time.
    pub fn floor(&self) -> Option<i64> {
        self.kept.iter().map(|head| head.floor).min()
    }
}

/// The newest checkpoint that can be read, older than `before` if that is given. `None` where there never was one; an error
/// where there are some and none of them can be read. What is passed over is logged.
pub(super) fn find(directory: &Path, before: Option<i64>, log: &LogRef) -> Result<Option<(PathBuf, Content)>> {
    let mut problems: Vec<Error> = Vec::new();
    for (time, path) in candidates(directory) {
        if before.is_some_and(|before| time >= before) {
            continue;
        }
        let read = File::open(&path).map_err(Broken::from).and_then(|file| Content::read(BufReader::new(file)));
        match read {
            Ok(content) => {
                for problem in problems {
                    let path = path.display();
                    log.write(Level::Warning, LOGGER, format!("Going on from {path}, an older checkpoint: {problem}"));
                }
                return Ok(Some((path, content)));
            }
            Err(broken) => problems.push(unreadable("the checkpoint", &path, &broken)),
        }
    }
    match problems.into_iter().next() {
        None => Ok(None),
        Some(newest) => {
            let what = match newest {
                Error::Engine { message, .. } => message,
                other => other.to_string(),
            };
            let directory = directory.display();
            let remedy = "To start anew, give another directory or remove this one";
            let message = format!("Failed to read checkpoint from directory {directory}: {what}. {remedy}.");
            Err(Error::new(Kind::Spark, message))
        }
    }
}

/// Files whose name says that they are checkpoints, newest first.
fn candidates(directory: &Path) -> Vec<(i64, PathBuf)> {
    let Ok(found) = fs::read_dir(directory) else { return Vec::new() };
    let mut candidates: Vec<(i64, PathBuf)> = found
        .filter_map(std::result::Result::ok)
        .filter_map(|entry| {
            let time = entry.file_name().to_str()?.strip_prefix(PREFIX)?.parse().ok()?;
            Some((time, entry.path()))
        })
        .collect();
    candidates.sort_unstable_by(|a, b| b.cmp(a));
    candidates
}
