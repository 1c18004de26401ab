//! The engine's tests, one folder a source folder. They need no interpreter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may")]

mod shuffle;
