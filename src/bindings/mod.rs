//! The extension module `pyrite._engine`: one thin class a file. Convert, run the engine, wrap; nothing else.

use pyo3::prelude::*;

/// Pyrite's engine.
#[pymodule]
mod _engine {
    /// The package's version.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
