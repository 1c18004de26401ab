//! Lines of one split of a file. Rules: Hadoop's `LineRecordReader`: a split that doesn't begin the file leaves its first
//! line to the split before, and reads on past its end to finish the last line that begins within it (or right at it).

use std::io::Read;

use crate::chunk::{Chunk, ChunkStream, complete_prefix, lines};
use crate::error::{Error, Kind, Result};
use crate::metrics::Usage;

use super::place::{Bytes, Place};

/// Bytes that make one chunk of lines.
const BLOCK: usize = 512 * 1024;

/// The longest line. Repairing bytes that are not UTF-8 can make them three times as many, and a view's offset has 32 bits.
const LONGEST: usize = 1 << 30;

/// A byte order mark at the beginning of a file is not text.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A run of bytes of a file that one task reads. A file that can't be cut has one split.
#[derive(Clone, Debug)]
pub struct FileSplit {
    /// The file.
    pub place: Place,
    /// First byte.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

/// The lines of a split, one block of bytes at a time.
pub(super) struct TextStream {
    split: FileSplit,
    reader: Option<Bytes>,
    /// Bytes from the start of the pending text to the end of the split; `None` for a file that is read whole: no end.
    left: Option<u64>,
    pending: Vec<u8>,
    /// Pending bytes that were looked at and end no line, so that a long line isn't looked at again with every block.
    seen: usize,
    skip_first: bool,
    begun: bool,
    done: bool,
}

impl TextStream {
    pub(super) fn new(split: FileSplit) -> Self {
        let skip_first = split.start > 0;
        let left = Some(split.len);
        Self { split, reader: None, left, pending: Vec::new(), seen: 0, skip_first, begun: false, done: false }
    }

    fn open(&mut self) -> Result<&mut (dyn Read + Send)> {
        if self.reader.is_none() {
            let FileSplit { place, start, len } = &self.split;
            if place.can_be_cut() {
                self.reader = Some(place.open(*start, start + len)?);
            } else {
                self.reader = Some(place.unpacked()?);
                self.left = None;
            }
        }
        match &mut self.reader {
            Some(reader) => Ok(reader.as_mut()),
            None => Err(Error::Cancelled),
        }
    }

    /// Reads up to one block more; false at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        let place = self.split.place.clone();
        if self.pending.len() > LONGEST {
            let message = format!("{}: a line longer than 1 GiB; is it a text file?", place.name());
            return Err(Error::new(Kind::Io, message));
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.reserve(BLOCK + 1024);
        let reader = self.open()?;
        let read = reader.take(BLOCK as u64).read_to_end(&mut pending).map_err(|e| Error::io(place.name(), &e))?;
        self.pending = pending;
        Ok(read > 0)
    }

    /// Cuts the first `n` pending bytes off, with the split's end that much nearer.
    fn cut(&mut self, n: usize) -> Vec<u8> {
        let rest = self.pending.split_off(n);
        self.seen = 0;
        if let Some(left) = &mut self.left {
            // Once a line began past the end nothing more is cut.
            *left = left.saturating_sub(n as u64);
        }
        std::mem::replace(&mut self.pending, rest)
    }

    /// Leaves the first line, however long, to the split before.
    fn skip_line(&mut self) -> Result<()> {
        loop {
            let more = self.fill()?;
            if let Some(end) = line_end(&self.pending, !more) {
                self.done = self.left.is_some_and(|left| end as u64 > left);
                self.cut(end);
                return Ok(());
            }
            if !more {
                self.done = true;
                return Ok(());
            }
            let waits = usize::from(self.pending.ends_with(b"\r"));
            self.cut(self.pending.len() - waits);
        }
    }

    /// Where the complete lines among the pending bytes end.
    fn complete(&mut self) -> usize {
        let end = complete_prefix(&self.pending[self.seen..]);
        if end > 0 {
            return self.seen + end;
        }
        // A final `\r` has to be looked at again.
        self.seen = self.pending.len() - usize::from(self.pending.ends_with(b"\r"));
        0
    }
}

impl ChunkStream for TextStream {
    fn next(&mut self, _want: usize) -> Result<Option<Chunk>> {
        if self.skip_first {
            self.skip_first = false;
            self.skip_line()?;
        }
        while !self.done {
            let more = self.fill()?;
            if !self.begun {
                self.begun = true;
                if self.split.start == 0 && self.pending.starts_with(BOM) {
                    self.cut(BOM.len());
                }
            }
            let mut end = if more { self.complete() } else { self.pending.len() };
            if let Some(left) = self.left
                && end as u64 > left
            {
                // The last line of this split is the one that begins at or before its end.
                let from = left as usize;
                let Some(last) = end_of_last(&self.pending, from, !more) else { continue };
                end = last;
                self.done = true;
            }
            if !more {
                self.done = true;
            }
            if end > 0 {
                let lines = lines(self.cut(end));
                Usage::note_rows(lines.len());
                return Ok(Some(Chunk::Columns(lines)));
            }
        }
        Ok(None)
    }
}

/// The end, terminator included, of the first line; at the end of the file a tail counts. A `\r` at the very end waits
/// for what follows.
fn line_end(bytes: &[u8], at_end: bool) -> Option<usize> {
    match memchr::memchr2(b'\n', b'\r', bytes) {
        Some(i) if bytes[i] == b'\n' => Some(i + 1),
        Some(i) if i + 1 < bytes.len() => Some(if bytes[i + 1] == b'\n' { i + 2 } else { i + 1 }),
        Some(i) if at_end => Some(i + 1),
        None if at_end && !bytes.is_empty() => Some(bytes.len()),
        _ => None,
    }
}

/// The end of the last line that begins at or before `limit`, if it is in `bytes`.
fn end_of_last(bytes: &[u8], limit: usize, at_end: bool) -> Option<usize> {
    let before = &bytes[..limit.min(bytes.len())];
    let mut start = complete_prefix(before);
    // A `\r` right before the limit ends a line, unless its `\n` is at the limit: then the line ends after that.
    if before.last() == Some(&b'\r') && start < before.len() {
        start = if bytes.get(limit) == Some(&b'\n') { limit + 1 } else { limit };
        if start > limit {
            return Some(start);
        }
    }
    if start >= bytes.len() {
        return at_end.then_some(start);
    }
    line_end(&bytes[start..], at_end).map(|n| start + n)
}
