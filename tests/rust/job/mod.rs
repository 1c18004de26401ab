//! Jobs as data, and how their tasks are tried.

mod registry;
mod tries;
