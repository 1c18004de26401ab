//! Which files, and which bytes of them, `textFile` reads. Rules: Hadoop's `FileInputFormat` (contract 2.1).

use std::any::Any;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::chunk::{BoxStream, Cancel};
use crate::error::{Error, Kind, Result};
use crate::plan::{Plan, PlanRef, Scan};
use crate::sync::Mutex;

use super::place::{Place, StorageRef, files_at, is_address};
use super::slicing::mixed_file_splits;
use super::text_reader::{FileSplit, TextStream};

/// Paths as the user gave them; listed when their partitions are first asked for.
pub struct TextFiles {
    pattern: String,
    min_partitions: usize,
    /// Reads what isn't on this machine.
    storage: Option<StorageRef>,
    splits: Mutex<Option<Arc<Vec<FileSplit>>>>,
}

impl TextFiles {
    /// Comma-separated paths, globs or directories, cut into at least `min_partitions` splits where the sizes allow.
    pub fn new(pattern: &str, min_partitions: usize, storage: Option<StorageRef>) -> Self {
        Self { pattern: pattern.to_owned(), min_partitions, storage, splits: Mutex::default() }
    }

    /// Splits that are known.
    pub fn of_splits(splits: Vec<FileSplit>) -> Self {
        Self { pattern: String::new(), min_partitions: 0, storage: None, splits: Mutex::new(Some(Arc::new(splits))) }
    }

    /// The lines as a plan, a split a partition.
    pub fn plan(self) -> PlanRef {
        Plan::scan(Arc::new(self), "textFile")
    }

    /// The splits; the first call lists the files. Fails like Hadoop when a path names nothing.
    pub fn splits(&self) -> Result<Arc<Vec<FileSplit>>> {
        let known = self.splits.lock().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        // Without the lock: it may be another system that lists them. Who is first counts.
        let listed = Arc::new(self.list()?);
        Ok(self.splits.lock().get_or_insert(listed).clone())
    }

    /// The files themselves, whole, empty ones too.
    pub(super) fn files(&self) -> Result<Vec<FileSplit>> {
        let mut places = Vec::new();
        for path in split_paths(&self.pattern) {
            if is_address(path) {
                places.append(&mut files_at(self.storage.as_ref(), path)?);
            } else {
                let mut paths = Vec::new();
                expand(path, &mut paths)?;
                places.extend(paths.into_iter().map(Place::Local));
            }
        }
        places.into_iter().map(|place| Ok(FileSplit { len: place.size()?, place, start: 0 })).collect()
    }

    fn list(&self) -> Result<Vec<FileSplit>> {
        let mut files = self.files()?;
        // Spark leaves empty files out (spark.hadoopRDD.ignoreEmptySplits).
        files.retain(|file| file.len > 0);
        let sizes: Vec<_> = files.iter().map(|file| (file.len, file.place.can_be_cut())).collect();
        let splits = mixed_file_splits(&sizes, self.min_partitions);
        Ok(splits
            .into_iter()
            .map(|(file, start, len)| FileSplit { place: files[file].place.clone(), start, len })
            .collect())
    }
}

impl Scan for TextFiles {
    fn partitions(&self) -> Result<usize> {
        Ok(self.splits()?.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let splits = self.splits()?;
        let missing = || Error::new(Kind::IllegalArgument, format!("textFile has no partition {partition}"));
        Ok(Box::new(TextStream::new(splits.get(partition).ok_or_else(missing)?.clone())))
    }

    fn describe(&self) -> String {
        self.pattern.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Adds the files that one path, glob or directory (one level) names, in the order of their names.
fn expand(path: &str, files: &mut Vec<PathBuf>) -> Result<()> {
    let local = path.strip_prefix("file://").or_else(|| path.strip_prefix("file:")).unwrap_or(path);
    let missing = |what: &str| {
        let absolute = std::path::absolute(local).unwrap_or_else(|_| PathBuf::from(local));
        Err(Error::new(Kind::InvalidInput, format!("Input {what}: file:{}", absolute.display())))
    };
    let is_pattern = local.contains(['*', '?', '[', '{']);
    let mut named: Vec<PathBuf> = Vec::new();
    if is_pattern && !Path::new(local).exists() {
        for alternative in patterns(local) {
            let found = glob::glob(&alternative)
                .map_err(|e| Error::new(Kind::IllegalArgument, format!("Illegal file pattern: {alternative}: {e}")))?;
            named.extend(found.filter_map(std::result::Result::ok));
        }
        named.retain(|p| !is_hidden(p));
        named.sort();
        named.dedup();
        if named.is_empty() {
            return missing("Pattern matches 0 files").map_err(|e| rename_pattern(e, local));
        }
    } else if Path::new(local).exists() {
        named.push(PathBuf::from(local));
    } else {
        return missing("path does not exist");
    }
    for path in named {
        if path.is_dir() {
            files.append(&mut files_in(&path).map_err(|e| Error::io(path.display(), &e))?);
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn rename_pattern(error: Error, pattern: &str) -> Error {
    match error {
        Error::Engine { kind, .. } => {
            let absolute = std::path::absolute(pattern).unwrap_or_else(|_| PathBuf::from(pattern));
            Error::new(kind, format!("Input Pattern file:{} matches 0 files", absolute.display()))
        }
        other => other,
    }
}

/// The paths between commas; a comma within braces belongs to its path.
fn split_paths(paths: &str) -> Vec<&str> {
    let (mut from, mut depth, mut all) = (0, 0usize, Vec::new());
    for (i, c) in paths.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                all.push(&paths[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    all.push(&paths[from..]);
    all.retain(|p| !p.is_empty());
    all
}

/// The files right in a directory, without the hidden ones, in the order of their names.
pub(super) fn files_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(directory)?.map(|e| Ok(e?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|p| p.is_file() && !is_hidden(p));
    files.sort();
    Ok(files)
}

/// Whether Hadoop leaves a file out because of its name.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['_', '.']))
}

/// Hadoop's globs know `{a,b}`, also within each other, and `[^a]` for `[!a]`; the glob crate doesn't: each alternative
/// becomes a pattern of its own.
fn patterns(pattern: &str) -> Vec<String> {
    let innermost = |(close, _)| Some((pattern[..close].rfind('{')?, close));
    let Some((open, close)) = pattern.match_indices('}').find_map(innermost) else {
        return vec![pattern.replace("[^", "[!")];
    };
    let (before, after) = (&pattern[..open], &pattern[close + 1..]);
    pattern[open + 1..close].split(',').flat_map(|middle| patterns(&format!("{before}{middle}{after}"))).collect()
}
