//! Chunks as bytes: columns as an Arrow IPC stream, ints of a range as what it is made of, other rows as the pickles that
//! `rows` makes of them.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chunk::compact;
use crate::chunk::{Chunk, Progression, ipc};
use crate::error::{Error, Kind, Result};

use super::super::gate::attached;
use super::super::raised::user_error;
use super::super::rows::{Pickled, bound, load};
use super::wire::{number, sized};

const COLUMNS: u8 = 0;
const PICKLES: u8 = 1;
const RANGE: u8 = 2;

/// Rows on their way to another process.
pub enum Rows {
    /// A parcel already.
    Columns(Vec<u8>),
    /// As this process pickles them, where it can.
    Pickles(Option<Pickles>),
}

/// Some rows each.
pub type Pickles = Arc<Vec<Vec<u8>>>;

/// The chunk's rows. Called detached; attaches only for rows that are objects.
pub fn rows(chunk: &Chunk) -> Result<Rows> {
    let chunk = &chunk.opened()?;
    let columns = match chunk {
        Chunk::Columns(columns) => Some(columns.clone()),
        Chunk::Objects(objects) => objects.try_columns().filter(|columns| !columns.kind().holds_records()),
    };
    if let Some(columns) = columns {
        if let Some(Progression { first, step, len }) = Progression::of(&columns) {
            let numbers = [first.to_le_bytes(), step.to_le_bytes(), (len as u64).to_le_bytes()];
            return Ok(Rows::Columns([&[RANGE], numbers.as_flattened()].concat()));
        }
        return ipc::encode(&compact(&columns), vec![COLUMNS]).map(Rows::Columns).map_err(|e| broken(&e));
    }
    let Chunk::Objects(objects) = chunk else { return Err(broken(&"columns that are none")) };
    match objects.as_any().downcast_ref::<Pickled>().and_then(Pickled::portable) {
        Some(whole) => Ok(Rows::Pickles(Some(whole))),
        None => Ok(Rows::Pickles(dumped(chunk, "dump_plain")?)),
    }
}

/// The chunk's rows as pickles that load where its classes aren't found by name.
pub fn by_value(chunk: &Chunk) -> Result<Pickles> {
    dumped(chunk, "dump_by_value")?.ok_or_else(|| broken(&"rows that give no pickle"))
}

fn dumped(chunk: &Chunk, by: &str) -> Result<Option<Pickles>> {
    attached(|py| {
        let rows = bound(py, &load(py, chunk)?);
        let pickles = Pickled::dump_by(&rows, &py.import(intern!(py, "pyrite._worker"))?.getattr(by)?)?.payloads();
        Ok((!pickles.iter().any(Vec::is_empty)).then_some(pickles))
    })
    .map_err(|e: PyErr| attached(|py| user_error(py, &e)))
}

/// A parcel of `len` rows, and of classes that must be found there first.
pub fn seal(len: usize, pickles: &[Vec<u8>], classes: &[u8]) -> Vec<u8> {
    let size: usize = pickles.iter().map(|p| 8 + p.len()).sum();
    let mut bytes = Vec::with_capacity(17 + classes.len() + size);
    bytes.push(PICKLES);
    bytes.extend((classes.len() as u64).to_le_bytes());
    bytes.extend(classes);
    bytes.extend((len as u64).to_le_bytes());
    for pickle in pickles {
        bytes.extend((pickle.len() as u64).to_le_bytes());
        bytes.extend(pickle);
    }
    bytes
}

/// The chunk as a worker sends it home, where the classes are. Called detached.
pub fn pack(chunk: &Chunk) -> Result<Vec<u8>> {
    match rows(chunk)? {
        Rows::Columns(bytes) => Ok(bytes),
        Rows::Pickles(Some(pickles)) => Ok(seal(chunk.len(), &pickles, &[])),
        Rows::Pickles(None) => Ok(seal(chunk.len(), &by_value(chunk)?, &[])),
    }
}

/// The chunk of a parcel.
pub fn unpack(bytes: &[u8]) -> Result<Chunk> {
    match bytes.split_first() {
        Some((&COLUMNS, stream)) => Ok(Chunk::Columns(ipc::decode(stream).map_err(|e| broken(&e))?)),
        Some((&RANGE, rest)) => {
            let at = |from: usize| number(rest.get(from..).unwrap_or_default());
            let range = Progression { first: at(0).cast_signed(), step: at(8).cast_signed(), len: at(16) as usize };
            range.columns().map(Chunk::Columns).ok_or_else(|| broken(&"a range that is none"))
        }
        Some((&PICKLES, rest)) => {
            let (classes, rest) = sized(rest).ok_or_else(|| broken(&"a parcel that is cut short"))?;
            if !classes.is_empty() {
                attached(|py| {
                    let module = py.import(intern!(py, "pyrite._worker"))?;
                    module.call_method1(intern!(py, "install"), (PyBytes::new(py, classes),)).map(drop)
                })
                .map_err(|e: PyErr| attached(|py| user_error(py, &e)))?;
            }
            let len = number(rest) as usize;
            let mut rest = rest.get(8..).unwrap_or_default();
            let mut payloads = Vec::new();
            while let Some((payload, after)) = sized(rest) {
                payloads.push(payload.to_vec());
                rest = after;
            }
            Ok(Pickled::chunk(payloads, len))
        }
        _ => Err(broken(&"an unknown parcel")),
    }
}

fn broken(what: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Spark, format!("a bug in Pyrite's worker processes: {what}; please report it"))
}
