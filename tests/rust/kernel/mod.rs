//! Kernels over arrays and single values, without an interpreter.

mod numbers;
mod strings;
