//! A stable merge of sorted runs, chunk by chunk.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::gather::{Gather, Stretch, gather};
use super::keys::SortKeys;
use crate::chunk::{CHUNK_ROWS, Chunk, ChunkStream, Columns};
use crate::error::{Error, Kind, Result};

/// So many rows in a row of one run are handed on as they are, without a copy.
const LONG: usize = 1024;
/// Rows that are looked at one by one before the end of a stretch is searched in leaps.
const NEAR: usize = 8;

/// Reads a sorted run, or a part of it, wherever it lies.
pub trait RunReader: Send {
    /// The next chunk: keys and rows, the same number of both.
    fn next(&mut self) -> Result<Option<(Columns, Chunk)>>;
}

/// The rows of all runs in order. Rows with equal keys come in the order of the runs, in both directions. The keys must
/// be such as `cut_runs` accepts together.
pub struct Merge {
    ascending: bool,
    with: Option<Gather>,
    /// Runs that were not looked at yet.
    waiting: Vec<Box<dyn RunReader>>,
    runs: Vec<Option<Cursor>>,
    /// The runs that have rows, as a heap: the one whose row comes first is at the front.
    heap: Vec<usize>,
    /// What is to be handed out next, and the chunks that it refers to.
    stretches: Vec<Stretch>,
    sources: Vec<Chunk>,
    rows: usize,
    ready: VecDeque<Chunk>,
}

/// A place in a run.
struct Cursor {
    reader: Box<dyn RunReader>,
    keys: SortKeys,
    chunk: Chunk,
    at: usize,
    /// A number for the row at `at` that is never in another order, in the direction of the merge.
    word: u64,
    /// Where the chunk is among the merge's sources.
    source: Option<usize>,
}

impl Merge {
    /// Merges runs that were sorted in the given direction. `with` puts rows together that are not columns of one type;
    /// without it they come out in as many chunks as it takes.
    pub fn new(runs: Vec<Box<dyn RunReader>>, ascending: bool, with: Option<Gather>) -> Self {
        Self {
            ascending,
            with,
            waiting: runs,
            runs: Vec::new(),
            heap: Vec::new(),
            stretches: Vec::new(),
            sources: Vec::new(),
            rows: 0,
            ready: VecDeque::new(),
        }
    }

    /// Opens the runs. A single one needs no keys.
    fn open(&mut self) -> Result<()> {
        let mut first = Vec::with_capacity(self.waiting.len());
        for mut reader in self.waiting.drain(..) {
            if let Some((keys, chunk)) = next_filled(reader.as_mut())? {
                first.push((reader, keys, chunk));
            }
        }
        let alone = first.len() == 1;
        for (reader, keys, chunk) in first {
            let keys = if alone { SortKeys::Words(Vec::new()) } else { sort_keys(&keys)? };
            let mut cursor = Cursor { reader, keys, chunk, at: 0, word: 0, source: None };
            if !alone {
                cursor.look(self.ascending);
            }
            self.heap.push(self.runs.len());
            self.runs.push(Some(cursor));
        }
        for place in (0..self.heap.len() / 2).rev() {
            self.sift(place);
        }
        Ok(())
    }

    /// Whether the row that run `a` has next comes before the one of run `b`.
    fn comes_first(&self, a: usize, b: usize) -> bool {
        let (Some(x), Some(y)) = (&self.runs[a], &self.runs[b]) else { return false };
        x.compare(x.at, y, self.ascending).then(a.cmp(&b)).is_lt()
    }

    /// Lets the run at `place` of the heap sink to where it belongs.
    fn sift(&mut self, mut place: usize) {
        loop {
            let mut first = place;
            for child in [2 * place + 1, 2 * place + 2] {
                if child < self.heap.len() && self.comes_first(self.heap[child], self.heap[first]) {
                    first = child;
                }
            }
            if first == place {
                return;
            }
            self.heap.swap(place, first);
            place = first;
        }
    }

    /// The run whose row is the second to come.
    fn runner_up(&self) -> Option<usize> {
        match *self.heap.as_slice() {
            [_, left, right, ..] => Some(if self.comes_first(right, left) { right } else { left }),
            [_, left] => Some(left),
            _ => None,
        }
    }

    /// Moves the front run's next rows to what is handed out, at most `most` unless they are many.
    fn advance(&mut self, most: usize) -> Result<()> {
        let Some(front) = self.heap.first().copied() else { return Ok(()) };
        let rival = self.runner_up();
        let rival_cursor = rival.and_then(|rival| self.runs[rival].as_ref().map(|cursor| (rival, cursor)));
        let Some(cursor) = &self.runs[front] else { return Ok(()) };
        let len = match rival_cursor {
            Some((rival, other)) => cursor.stretch(other, front < rival, self.ascending),
            None => cursor.chunk.len() - cursor.at,
        };
        if len >= LONG && self.rows > 0 {
            return self.hand_out();
        }
        let len = if len >= LONG { len } else { len.min(most) };
        let (ascending, alone) = (self.ascending, rival.is_none());
        let Some(cursor) = &mut self.runs[front] else { return Ok(()) };
        let source = *cursor.source.get_or_insert_with(|| {
            self.sources.push(cursor.chunk.clone());
            self.sources.len() - 1
        });
        self.stretches.push(Stretch { chunk: source, rows: cursor.at..cursor.at + len });
        self.rows += len;
        if cursor.step(len, ascending, alone)? {
            if !alone {
                self.sift(0);
            }
        } else {
            self.runs[front] = None;
            self.heap.swap_remove(0);
            self.sift(0);
        }
        if len >= LONG { self.hand_out() } else { Ok(()) }
    }

    /// Makes chunks of what has come together.
    fn hand_out(&mut self) -> Result<()> {
        if self.rows > 0 {
            self.ready.extend(gather(&self.sources, &self.stretches, self.with.as_ref())?);
            self.stretches.clear();
            self.sources.clear();
            self.rows = 0;
            for cursor in self.runs.iter_mut().flatten() {
                cursor.source = None;
            }
        }
        Ok(())
    }
}

impl ChunkStream for Merge {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if !self.waiting.is_empty() {
            self.open()?;
        }
        let want = want.clamp(1, CHUNK_ROWS);
        while self.ready.is_empty() && !self.heap.is_empty() {
            self.advance(want - self.rows.min(want - 1))?;
            if self.rows >= want {
                self.hand_out()?;
            }
        }
        if self.ready.is_empty() {
            self.hand_out()?;
        }
        Ok(self.ready.pop_front())
    }
}

impl Cursor {
    /// Looks at the row it stands at.
    fn look(&mut self, ascending: bool) {
        self.word = self.keys.word(self.at, 0) ^ if ascending { 0 } else { u64::MAX };
    }

    /// Goes on by `len` rows; false at the end of the run. Alone, it needs no keys any more.
    fn step(&mut self, len: usize, ascending: bool, alone: bool) -> Result<bool> {
        self.at += len;
        if self.at == self.chunk.len() {
            let Some((keys, chunk)) = next_filled(self.reader.as_mut())? else { return Ok(false) };
            if !alone {
                self.keys = sort_keys(&keys)?;
            }
            self.chunk = chunk;
            self.at = 0;
            self.source = None;
        }
        if !alone {
            self.look(ascending);
        }
        Ok(true)
    }

    /// How the key of `row` compares with the one that `other` stands at, in the direction of the merge.
    fn compare(&self, row: usize, other: &Self, ascending: bool) -> Ordering {
        let flip = if ascending { 0 } else { u64::MAX };
        let word = if row == self.at { self.word } else { self.keys.word(row, 0) ^ flip };
        let by_word = word.cmp(&other.word);
        if by_word.is_ne() || self.keys.are_words() {
            return by_word;
        }
        let rest = self.keys.compare_with(row, &other.keys, other.at);
        if ascending { rest } else { rest.reverse() }
    }

    /// How many rows from here on come before the one that `other` stands at; the first does.
    fn stretch(&self, other: &Self, wins_ties: bool, ascending: bool) -> usize {
        let before = |row: usize| {
            let order = self.compare(row, other, ascending);
            order.is_lt() || wins_ties && order.is_eq()
        };
        let end = self.chunk.len();
        let mut known = self.at + 1;
        while known < end && known <= self.at + NEAR {
            if !before(known) {
                return known - self.at;
            }
            known += 1;
        }
        let mut leap = NEAR;
        let mut limit = end;
        while known < end {
            let row = known + leap;
            if row >= end {
                break;
            }
            if !before(row) {
                limit = row;
                break;
            }
            known = row + 1;
            leap *= 2;
        }
        while known < limit {
            let middle = known.midpoint(limit);
            if before(middle) {
                known = middle + 1;
            } else {
                limit = middle;
            }
        }
        known - self.at
    }
}

fn next_filled(reader: &mut dyn RunReader) -> Result<Option<(Columns, Chunk)>> {
    loop {
        match reader.next()? {
            Some((_, chunk)) if chunk.is_empty() => {}
            other => return Ok(other),
        }
    }
}

fn sort_keys(keys: &Columns) -> Result<SortKeys> {
    SortKeys::new(keys).map_err(|decline| Error::new(Kind::Spark, format!("a sort: {decline}")))
}
