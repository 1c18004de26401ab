//! Stored partitions as the content of a file, for a later run of the program.

use std::io::{Read, Write};

use crate::chunk::{Chunk, Decode, compact, ipc};
use crate::error::{Error, Kind, Result};

use super::{Stored, StoredRef};

const COLUMNS: u8 = 1;
const OPAQUE: u8 = 2;

/// Writes partitions, chunk by chunk.
pub fn save_partitions(partitions: &[StoredRef], to: &mut dyn Write) -> Result<()> {
    number(to, partitions.len())?;
    for partition in partitions {
        let chunks = partition.chunks()?;
        number(to, chunks.len())?;
        for chunk in &chunks {
            let (kind, bytes) = match &chunk.opened()? {
                Chunk::Columns(columns) => {
                    (COLUMNS, ipc::encode(&compact(columns), Vec::new()).map_err(|e| broken(&e))?)
                }
                Chunk::Objects(objects) => (OPAQUE, objects.encode_lasting()?),
            };
            to.write_all(&[kind]).map_err(|e| failed(&e))?;
            number(to, chunk.len())?;
            number(to, bytes.len())?;
            to.write_all(&bytes).map_err(|e| failed(&e))?;
        }
    }
    Ok(())
}

/// Reads what `save_partitions` wrote; the reader has checked that it is whole. `decode` makes rows of the bytes of opaque
/// ones.
pub fn load_partitions(from: &mut dyn Read, decode: Option<Decode>) -> Result<Vec<StoredRef>> {
    let mut partitions = Vec::new();
    for _ in 0..read_number(from)? {
        let mut chunks = Vec::new();
        for _ in 0..read_number(from)? {
            let mut kind = [0];
            from.read_exact(&mut kind).map_err(|e| failed(&e))?;
            let (rows, len) = (read_number(from)?, read_number(from)?);
            let mut bytes = Vec::new();
            from.take(len as u64).read_to_end(&mut bytes).map_err(|e| failed(&e))?;
            chunks.push(match (kind[0], decode) {
                (COLUMNS, _) => Chunk::Columns(ipc::decode(&bytes).map_err(|e| broken(&e))?),
                (OPAQUE, Some(decode)) => decode(&bytes, rows)?,
                (kind, _) => return Err(broken(&format!("rows of kind {kind}"))),
            });
        }
        partitions.push(Stored::of(chunks));
    }
    Ok(partitions)
}

fn number(to: &mut dyn Write, number: usize) -> Result<()> {
    to.write_all(&(number as u64).to_le_bytes()).map_err(|e| failed(&e))
}

fn read_number(from: &mut dyn Read) -> Result<usize> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes).map_err(|e| failed(&e))?;
    Ok(u64::from_le_bytes(bytes) as usize)
}

fn failed(error: &std::io::Error) -> Error {
    Error::io("saved rows", error)
}

fn broken(what: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Spark, format!("saved rows can't be read or written: {what}"))
}
