//! Rows the engine can't look into. The engine owns this seam; `objects/` implements it for Python.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::{Chunk, Columns};
use crate::error::Result;

/// Makes rows of the bytes that `Objects::encode` made of that many rows. Called by any thread, attached or not.
pub type Decode = fn(&[u8], usize) -> Result<Chunk>;

/// Opaque rows on their way to a file and back.
pub struct Encoded {
    /// The rows.
    pub bytes: Vec<u8>,
    /// The way back.
    pub decode: Decode,
}

/// Shared opaque rows.
pub type ObjectsRef = Arc<dyn Objects>;

/// A run of opaque rows. Every method may be called without the interpreter attached.
pub trait Objects: Any + Send + Sync + fmt::Debug {
    /// Number of rows.
    fn len(&self) -> usize;
    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Rows `from .. from + len`.
    fn slice(&self, from: usize, len: usize) -> ObjectsRef;
    /// The rows at `indices`, in that order.
    fn take(&self, indices: &[u32]) -> ObjectsRef;
    /// The same rows as columns, where every row has exactly one type that columns have.
    fn try_columns(&self) -> Option<Columns>;
    /// Whether they are encoded rows, which are loaded to be looked at: `try_columns` never gives any.
    fn is_encoded(&self) -> bool {
        false
    }
    /// Bytes that keeping these rows keeps alive, approximately.
    fn weight(&self) -> usize;
    /// The rows as bytes that `Encoded::decode` makes the same rows of, for readers in this process.
    fn encode(&self) -> Result<Encoded>;
    /// The same bytes for a later run of the program.
    fn encode_lasting(&self) -> Result<Vec<u8>> {
        Ok(self.encode()?.bytes)
    }
    /// For the layer that made it to take it back.
    fn as_any(&self) -> &dyn Any;
}
