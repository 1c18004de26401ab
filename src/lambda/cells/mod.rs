//! Single values with Python's semantics, and how they are read from columns and written to them.

pub mod builtins;
pub mod cell;
pub mod collections;
pub mod compare;
pub mod dates;
pub mod digests;
pub mod document;
pub mod dumps;
pub mod encoded;
pub mod keys;
pub mod maps;
pub mod mathematics;
pub mod methods;
pub mod operate;
pub mod read;
pub mod records;
pub mod separated;
pub mod sets;
pub mod tables;
pub mod textual;
pub mod vectors;
pub mod web;
pub mod write;
