//! The operations of a task that run in a worker process, as their rows come back.

use crate::chunk::Chunk;
use crate::error::Result;
use crate::stage::RowInput;

use super::Session;

/// A session and the input that it is given chunk by chunk.
pub struct Away {
    session: Session,
    input: Rest,
}

/// What is left of a chunk that was begun here, then the input behind it.
struct Rest {
    first: Option<(Chunk, usize)>,
    input: Box<dyn RowInput>,
}

impl RowInput for Rest {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.input.next(),
        }
    }
}

impl Away {
    /// The session's rows over `first` and then `input`.
    pub fn new(session: Session, input: Box<dyn RowInput>, first: Option<(Chunk, usize)>) -> Self {
        Self { session, input: Rest { first, input } }
    }

    /// The next rows, about `want` at most. Called detached.
    pub fn pull(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.session.pull(&mut self.input, want)
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
        self.session.count(&mut self.input)
    }
}
