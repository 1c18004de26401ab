//! The operations of a task that run in a worker process, as their rows come back.

use std::collections::VecDeque;
use std::time::Duration;

use crate::chunk::Chunk;
use crate::error::Result;
use crate::stage::RowInput;

use super::super::rows::PyRows;
use super::Session;
use super::pace::Pace;

/// Rows that are no columns go in parcels that take so long, as far as that is known: the worker has begun while the next
/// are pickled, and there is enough for it to do meanwhile. Who makes them one waits for the interpreter, milliseconds
/// long while another task keeps it busy.
const TIME: Duration = Duration::from_millis(20);

/// And of so many rows and bytes at most.
const PARCEL: usize = 1 << 15;
const BYTES: usize = 4 << 20;

/// A session and the input that it is given parcel by parcel.
pub struct Away {
    session: Session,
    input: Option<Parcels>,
}

/// What is left of chunks that were read, then the input behind them, which may have failed.
struct Parcels {
    first: VecDeque<(Chunk, usize)>,
    input: Box<dyn RowInput>,
    behind: Option<Result<()>>,
    /// Of rows over there.
    pace: Option<Pace>,
}

impl Parcels {
    fn new(first: impl IntoIterator<Item = (Chunk, usize)>, input: Box<dyn RowInput>) -> Self {
        Self { first: first.into_iter().collect(), input, behind: None, pace: Some(Pace::default()) }
    }

    fn read(&mut self) -> Result<Option<(Chunk, usize)>> {
        if let Some(first) = self.first.pop_front() {
            return Ok(Some(first));
        }
        match &mut self.behind {
            Some(end) => std::mem::replace(end, Ok(())).map(|()| None),
            None => self.input.next(),
        }
    }

    /// A chunk of objects with those that follow, as far as they are in memory and make no more than `most` rows. What is in
    /// memory was weighed when it was kept.
    fn gather(&mut self, first: Chunk, start: usize, most: usize) -> Vec<Chunk> {
        let (mut len, mut bytes) = (first.len(), first.weight());
        let mut rows = vec![first];
        while len < most
            && bytes < BYTES
            && (!self.first.is_empty() || self.behind.is_none() && self.input.is_at_hand())
        {
            match self.read() {
                Ok(Some((next, at))) if at == start && PyRows::are_joined(&next) && len + next.len() <= most => {
                    len += next.len();
                    bytes += next.weight();
                    rows.push(next);
                }
                Ok(Some(next)) => {
                    self.first.push_front(next);
                    break;
                }
                end => {
                    self.behind = Some(end.map(drop));
                    break;
                }
            }
        }
        rows
    }
}

impl RowInput for Parcels {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        let Some((chunk, start)) = self.read()? else { return Ok(None) };
        let len = chunk.len();
        if matches!(chunk, Chunk::Columns(_)) {
            return Ok(Some((chunk, start)));
        }
        if len > PARCEL {
            self.first.push_front((chunk.slice(PARCEL, len - PARCEL), start));
            return Ok(Some((chunk.slice(0, PARCEL), start)));
        }
        let most = self.pace.as_ref().and_then(|pace| pace.rows_in(TIME)).map_or(0, |rows| rows.min(PARCEL));
        if len >= most || !PyRows::are_joined(&chunk) {
            return Ok(Some((chunk, start)));
        }
        let rows = self.gather(chunk, start, most);
        Ok(Some((PyRows::joined(rows)?, start)))
    }

    fn worked(&mut self, rows: usize, time: Duration) {
        if let Some(pace) = &mut self.pace {
            pace.note(rows, time);
        }
        self.input.worked(rows, time);
    }
}

/// What goes on at home: an input, and the functions, pickled, if they have changed meanwhile.
pub struct CameHome {
    /// The rows that came back, and those behind them.
    pub input: Box<dyn RowInput>,
    /// The functions of the operations and of the table, or nothing.
    pub functions: Vec<u8>,
}

impl Away {
    /// The session's rows over the `first` chunks and then `input`.
    pub fn new(session: Session, input: Box<dyn RowInput>, first: [Option<(Chunk, usize)>; 2]) -> Self {
        Self { session, input: Some(Parcels::new(first.into_iter().flatten(), input)) }
    }

    /// The next rows, about `want` at most. Called detached.
    pub fn pull(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.input.as_mut().map_or(Ok(None), |input| self.session.pull(input, want))
    }

    /// Whether a table went along: then the rows are its content.
    pub fn has_table(&self) -> bool {
        self.session.has_table()
    }

    /// Rows that the table over there took in, once its content has come.
    pub fn table_rows(&self) -> usize {
        self.session.taken()
    }

    /// How many more rows there are. Called detached.
    pub fn count(&mut self) -> Result<u64> {
        self.input.as_mut().map_or(Ok(0), |input| self.session.count(input))
    }

    /// Once the rows have ended: whether they go on at home, and how.
    pub fn came_home(&mut self) -> Option<CameHome> {
        let (back, functions) = self.session.came_home()?;
        let mut input = self.input.take()?;
        // Nobody waits there for parcels.
        input.pace = None;
        input.first.push_front(back);
        Some(CameHome { input: Box::new(input), functions })
    }
}
