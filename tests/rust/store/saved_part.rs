//! A partition in a file: it comes back as it was, and what isn't whole is an error.

use std::fs;
use std::sync::Mutex;

use pyrite::chunk::{Cancel, Chunk, drain};
use pyrite::error::{Error, Result};
use pyrite::store::{PartWriter, open_part};

use super::{first_items, objects, pairs};
use crate::memory::Folder;
use crate::shuffle::values::Value;
use crate::stage::interpreter::Rows;

/// What the test's opaque rows decode to: they are only counted.
static DECODED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

#[expect(clippy::unnecessary_wraps, reason = "as a reader of rows is")]
fn decode(_: &[u8], rows: usize) -> Result<Chunk> {
    DECODED.lock().unwrap().push(rows);
    Ok(Rows::chunk((0..rows as i64).map(Value::Int).collect()))
}

fn written(folder: &Folder, chunks: &[Chunk]) -> std::path::PathBuf {
    let path = folder.0.join("part-00000");
    let mut part = PartWriter::create(path.clone(), 7).unwrap();
    for chunk in chunks {
        part.push(chunk).unwrap();
    }
    assert!(!path.exists());
    part.finish().unwrap();
    path
}

fn read(path: &std::path::Path) -> Result<usize> {
    let cancel = Cancel::default();
    let chunks = drain(open_part(path, decode, &cancel)?.as_mut(), usize::MAX, &cancel)?;
    Ok(first_items(&chunks).len())
}

#[test]
fn it_comes_back() {
    let folder = Folder::new();
    let path = written(&folder, &[pairs(0, 3000), pairs(3000, 10)]);
    let cancel = Cancel::default();
    let rows = first_items(&drain(open_part(&path, decode, &cancel).unwrap().as_mut(), usize::MAX, &cancel).unwrap());
    assert_eq!(rows.len(), 3010);
    assert_eq!(folder.files().len(), 1);
}

#[test]
fn opaque_rows_are_decoded_by_the_chunk() {
    let folder = Folder::new();
    let path = written(&folder, &[objects(0, 5), objects(5, 0), objects(5, 3)]);
    let cancel = Cancel::default();
    let chunks = drain(open_part(&path, decode, &cancel).unwrap().as_mut(), usize::MAX, &cancel).unwrap();
    assert_eq!(chunks.iter().map(Chunk::len).sum::<usize>(), 8);
    assert_eq!(*DECODED.lock().unwrap(), [5, 3]);
}

#[test]
fn no_rows_are_a_part_too() {
    let folder = Folder::new();
    assert_eq!(read(&written(&folder, &[])).unwrap(), 0);
}

#[test]
fn what_is_cut_or_changed_is_an_error() {
    let folder = Folder::new();
    let path = written(&folder, &[pairs(0, 100)]);
    let whole = fs::read(&path).unwrap();
    for cut in [0, 5, 8, 30, whole.len() / 2, whole.len() - 21, whole.len() - 20, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("checkpointed rows can't be read from"), "{cut}: {error}");
    }
    let mut changed = whole.clone();
    changed[40] ^= 1;
    fs::write(&path, changed).unwrap();
    assert!(matches!(read(&path), Err(Error::Engine { .. })));
}

#[test]
fn an_unfinished_one_leaves_nothing() {
    let folder = Folder::new();
    let mut part = PartWriter::create(folder.0.join("part-00000"), 1).unwrap();
    part.push(&pairs(0, 10)).unwrap();
    drop(part);
    assert!(folder.files().is_empty());
}
