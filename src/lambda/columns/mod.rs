//! Evaluation over whole columns: a kernel for the operands' types, or row by row where there is none.

pub mod comprehension;
pub mod dates;
pub mod dicts;
pub mod documents;
pub mod fast;
pub mod frame;
pub mod groups;
pub mod lists;
pub mod logic;
pub mod lookup;
pub mod loops;
pub mod machines;
pub mod matches;
pub mod merge;
pub mod numbers;
pub mod pieces;
pub mod records;
pub mod rows;
pub mod splits;
pub mod tables;
pub mod texts;
pub mod tries;
pub mod vector;
pub mod vectors;
