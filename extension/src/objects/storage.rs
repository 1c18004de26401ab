//! Files of other systems, which `pyrite._elsewhere` reaches through fsspec. Its code runs attached on the thread that asks:
//! a task's, or the program's own while it lists files. It waits for answers without the interpreter.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{Error, Kind, Result};
use crate::sink::Carrier;
use crate::source::{Bytes, Found, Storage, StorageRef};

use super::attached;
use super::owned::Owned;

/// A `pyrite._elsewhere.Systems`.
struct Systems(Owned<PyAny>);

/// What it says of a file: its address, its size, and whether it can be read from its middle.
pub type Told = (String, Option<u64>, bool);

/// The storage that a `pyrite._elsewhere.Systems` is.
pub fn storage_of(systems: Py<PyAny>) -> StorageRef {
    Arc::new(Systems(Owned::new(systems)))
}

/// A file as `Systems.files` tells of it.
pub fn found((address, len, ranges): Told) -> Found {
    Found { address, len, ranges }
}

impl Storage for Systems {
    fn files(&self, address: &str) -> Result<Vec<Found>> {
        let told: std::result::Result<Vec<Told>, String> = attached(|py| {
            let answer = self.0.bind(py).call_method1(intern!(py, "files"), (address,))?;
            // What is missing has an exception of each reader's own; the words are the same.
            match answer.extract::<String>() {
                Ok(missing) => Ok(Err(missing)),
                Err(_) => answer.extract().map(Ok),
            }
        })?;
        match told {
            Ok(files) => Ok(files.into_iter().map(found).collect()),
            Err(missing) => Err(Error::new(Kind::InvalidInput, missing)),
        }
    }

    fn open(&self, file: &Found, start: u64, end: u64) -> Result<Bytes> {
        attached(|py| {
            let told = (&file.address, file.len, file.ranges);
            let end = if end == u64::MAX { None } else { Some(end) };
            let reader = self.0.bind(py).call_method1(intern!(py, "reader"), (told, start, end))?;
            Ok(Box::new(Pieces { reader: Owned::new(reader.unbind()), piece: Vec::new(), at: 0 }) as Bytes)
        })
    }
}

/// The pieces of a `pyrite._elsewhere.Reader`, one after the other.
struct Pieces {
    reader: Owned<PyAny>,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() && !into.is_empty() {
            let next = attached(|py| {
                let bytes = self.reader.bind(py).call_method0(intern!(py, "next_piece"))?;
                Ok(bytes.cast::<pyo3::types::PyBytes>()?.as_bytes().to_vec())
            });
            // The exception goes through the decompressors as it is.
            self.piece = next.map_err(io::Error::other)?;
            self.at = 0;
        }
        let rest = &self.piece[self.at..];
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

/// A `pyrite._elsewhere.Output`.
struct Output(Owned<PyAny>);

/// The carrier that a `pyrite._elsewhere.Output` is.
pub fn carrier_of(output: Py<PyAny>) -> Arc<dyn Carrier> {
    Arc::new(Output(Owned::new(output)))
}

impl Carrier for Output {
    fn take(&self, file: &Path, name: &str) -> Result<()> {
        attached(|py| self.0.bind(py).call_method1(intern!(py, "put"), (file, name)).map(drop))
    }
}
