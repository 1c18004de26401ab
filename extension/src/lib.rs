//! Pyrite's engine as a module of CPython's: `objects` runs what stays Python, `bindings` is what Python calls.

// The engine's modules are named here as they are there.
pub use pyrite::*;

pub mod bindings;
pub mod objects;
