//! Single values with Python's semantics, and how they are read from columns and written to them.

pub mod builtins;
pub mod cell;
pub mod collections;
pub mod compare;
pub mod dates;
pub mod document;
pub mod encoded;
pub mod keys;
pub mod maps;
pub mod mathematics;
pub mod methods;
pub mod operate;
pub mod read;
pub mod sets;
pub mod textual;
pub mod vectors;
pub mod write;
