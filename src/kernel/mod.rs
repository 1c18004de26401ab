//! Functions over Arrow arrays and single values with Python's semantics. A function that can't do exactly what
//! `CPython` does answers with a `Decline` or with nothing; none raises and none guesses.

pub mod calendar;
pub mod case;
pub mod class;
pub mod cuts;
mod draws;
pub mod filter;
pub mod format;
pub mod hashes;
pub mod hyperloglog;
pub mod json;
pub mod length;
pub mod letters;
pub mod messages;
pub mod number;
pub mod parse;
pub mod repr;
pub mod split;
pub mod strftime;
pub mod strings;
pub mod strptime;
pub mod text;
pub mod translate;
mod twister;
pub mod unicode;
pub mod vector;
pub mod views;

pub use draws::{Draws, Poisson};
pub use twister::Twister;
