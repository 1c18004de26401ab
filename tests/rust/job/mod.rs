//! Jobs as data.

mod registry;
