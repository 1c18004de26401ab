//! Chunks as bytes: columns as an Arrow IPC stream, other rows as the pickles that `rows` makes of them.

use pyo3::prelude::*;

use crate::chunk::compact;
use crate::chunk::{Chunk, ipc};
use crate::error::{Error, Kind, Result};

use super::super::gate::attached;
use super::super::raised::user_error;
use super::super::rows::{Pickled, load};
use super::wire::{number, sized};

const COLUMNS: u8 = 0;
const PICKLES: u8 = 1;

/// The chunk as bytes. Called detached; attaches only for rows that are objects.
pub fn pack(chunk: &Chunk) -> Result<Vec<u8>> {
    let columns = match chunk {
        Chunk::Columns(columns) => Some(columns.clone()),
        Chunk::Objects(objects) => objects.try_columns(),
    };
    if let Some(columns) = columns {
        return ipc::encode(&compact(&columns), vec![COLUMNS]).map_err(|e| broken(&e));
    }
    let Chunk::Objects(objects) = chunk else { return Err(broken(&"columns that are none")) };
    let whole = objects.as_any().downcast_ref::<Pickled>().and_then(Pickled::portable);
    let payloads = match whole {
        Some(payloads) => payloads,
        None => attached(|py| {
            let rows = load(py, chunk)?;
            let rows: Vec<Bound<'_, PyAny>> = rows.iter().map(|r| r.bind(py).clone()).collect();
            Pickled::dump_for_worker(py, &rows).map(Pickled::payloads)
        })
        .map_err(|e: PyErr| attached(|py| user_error(py, &e)))?,
    };
    let mut bytes = vec![PICKLES];
    bytes.extend((chunk.len() as u64).to_le_bytes());
    for payload in payloads.iter() {
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
    }
    Ok(bytes)
}

/// The chunk that `pack` made these bytes of.
pub fn unpack(bytes: &[u8]) -> Result<Chunk> {
    match bytes.split_first() {
        Some((&COLUMNS, stream)) => Ok(Chunk::Columns(ipc::decode(stream).map_err(|e| broken(&e))?)),
        Some((&PICKLES, rest)) => {
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
