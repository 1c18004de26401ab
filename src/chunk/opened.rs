//! Columns of records as objects, for who doesn't know the classes of this process.

use std::sync::OnceLock;

use super::{Chunk, Columns, ObjectsRef};
use crate::error::Result;

/// Makes objects of columns of records; `objects/` gives it.
static OPENER: OnceLock<fn(&Columns) -> Result<ObjectsRef>> = OnceLock::new();

/// Says how records become objects.
pub fn open_records_by(opener: fn(&Columns) -> Result<ObjectsRef>) {
    // The first one stays: there is one interpreter.
    let _ = OPENER.set(opener);
}

impl Chunk {
    /// The same rows without columns of records: for who gives them to another process, another library or a later run of
    /// the program, where a class has no such number.
    pub fn opened(&self) -> Result<Self> {
        match (self, OPENER.get()) {
            (Self::Columns(columns), Some(open)) if columns.kind().holds_records() => open(columns).map(Self::Objects),
            _ => Ok(self.clone()),
        }
    }
}
