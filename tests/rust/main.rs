//! Integration tests of the engine without an interpreter.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and measurements print")]

mod lambda;
