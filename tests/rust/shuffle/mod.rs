//! The shuffle's pure parts against naive models.

mod aggregator;
mod general;
mod hash;
mod join;
mod merge;
mod pieces;
mod reducer;
mod scatter;
mod slide;
mod sort;
mod speed;
mod speed_of_tables;
mod table;
mod total;
pub mod values;
