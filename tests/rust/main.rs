//! Integration tests of the engine without an interpreter.

mod lambda;
