//! The operations of a task that run in a worker process, as their rows come back.

use std::time::Duration;

use crate::chunk::Chunk;
use crate::error::Result;
use crate::stage::RowInput;

use super::Session;

/// Rows that are no columns go in parcels of so many, so that the worker has begun while the next are pickled.
const PARCEL: usize = 1 << 14;

/// A session and the input that it is given chunk by chunk.
pub struct Away {
    session: Session,
    input: Option<Rest>,
}

/// What is left of a chunk that was begun here, then the input behind it.
struct Rest {
    first: Option<(Chunk, usize)>,
    input: Box<dyn RowInput>,
}

impl RowInput for Rest {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        let Some((chunk, start)) = self.first.take().map_or_else(|| self.input.next(), |first| Ok(Some(first)))? else {
            return Ok(None);
        };
        let len = chunk.len();
        if len <= PARCEL || matches!(chunk, Chunk::Columns(_)) {
            return Ok(Some((chunk, start)));
        }
        self.first = Some((chunk.slice(PARCEL, len - PARCEL), start));
        Ok(Some((chunk.slice(0, PARCEL), start)))
    }

    fn worked(&mut self, rows: usize, time: Duration) {
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
        let [first, second] = first;
        let behind = Rest { first: second, input };
        Self { session, input: Some(Rest { first, input: Box::new(behind) }) }
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
        let Rest { first, input } = self.input.take()?;
        let behind = Rest { first, input };
        Some(CameHome { input: Box::new(Rest { first: Some(back), input: Box::new(behind) }), functions })
    }
}
