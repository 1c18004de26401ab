//! The shuffle's pure parts against naive models.

mod general;
mod hash;
mod reducer;
mod sort;
mod speed;
mod table;
pub mod values;
