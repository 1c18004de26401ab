//! The shuffle's pure parts against naive models.

mod general;
mod hash;
mod join;
mod merge;
mod reducer;
mod scatter;
mod sort;
mod speed;
mod table;
pub mod values;
