//! Python rows and the arrays of other libraries, both ways, for what has no columns of our own: dates, decimals, dicts,
//! Rows. What Python objects are made of or come to is in `pyrite._arrow`.

mod inference;
mod values;

pub use inference::{Piece, piece};
pub use values::{rows_of_table, values_of};
