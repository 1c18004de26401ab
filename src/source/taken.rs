//! Paths with a number each, as bytes for a checkpoint: number (i64), length (u32), the path as the system has it.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// Adds a path.
pub(super) fn write(bytes: &mut Vec<u8>, number: i64, path: &Path) {
    let path = encoded(path);
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&(path.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&path);
}

/// What was added, in order.
pub(super) fn read(mut bytes: &[u8]) -> Result<Vec<(i64, PathBuf)>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let Some((number, path, rest)) = next(bytes) else {
            return Err(Error::new(Kind::Spark, "a checkpoint says of a directory's files what can't be understood"));
        };
        all.push((number, decoded(path)));
        bytes = rest;
    }
    Ok(all)
}

fn next(bytes: &[u8]) -> Option<(i64, &[u8], &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (path, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    Some((i64::from_le_bytes(*number), path, rest))
}

#[cfg(unix)]
fn encoded(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().into()
}

#[cfg(unix)]
fn decoded(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn encoded(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    path.to_string_lossy().into_owned().into_bytes().into()
}

#[cfg(not(unix))]
fn decoded(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
