//! The shuffle's pure parts against naive models.

mod aggregator;
mod general;
mod hash;
mod reducer;
mod slicing;
mod sort;
mod speed;
mod table;
mod total;
pub mod values;
