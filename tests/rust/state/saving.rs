//! Snapshots as files: only what changed is written, what is read is what was there.

use std::collections::HashMap;
use std::io::{Cursor, Read, Write};
use std::sync::Mutex;
use std::time::Instant;

use pyrite::chunk::Chunk;
use pyrite::error::{Error, Kind, Result};
use pyrite::memory::Memory;
use pyrite::state::{FileSource, Held, Manifest, Saver, Snapshot, restore};

use super::{NoObjects, after, empty, pairs};

#[derive(Default)]
struct Files(Mutex<HashMap<String, Vec<u8>>>);

impl Files {
    fn bytes(&self) -> usize {
        self.0.lock().unwrap().values().map(Vec::len).sum()
    }
}

impl Saver for Files {
    fn has(&self, name: &str) -> bool {
        self.0.lock().unwrap().contains_key(name)
    }

    fn put(&self, name: &str, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        self.0.lock().unwrap().insert(name.to_owned(), bytes);
        Ok(())
    }
}

impl FileSource for Files {
    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>> {
        let bytes = self.0.lock().unwrap().get(name).cloned();
        Ok(Box::new(Cursor::new(bytes.ok_or_else(|| Error::new(Kind::Spark, "no such file"))?)))
    }
}

fn no_objects(_: &[u8], _: usize) -> Result<Chunk> {
    panic!("opaque rows")
}

fn again(manifest: &Manifest, files: &Files) -> Result<Snapshot> {
    let mut held = restore(manifest, files, no_objects, &NoObjects, &Memory::unlimited())?;
    match held.pop() {
        Some(Held::Keyed(snapshot)) => Ok(snapshot),
        _ => panic!("not found by key"),
    }
}

#[test]
fn what_is_read_is_what_was_there_and_goes_on() {
    let files = Files::default();
    let mut snapshot = empty();
    for batch in 0..120_i64 {
        let puts: Vec<(i64, Option<i64>)> =
            (0..30).map(|i| ((batch * 17 + i * 7) % 400, ((batch + i) % 5 > 0).then_some(batch))).collect();
        snapshot = after(&snapshot, &puts, None);
        let manifest = Manifest::save(&[Held::Keyed(snapshot.clone())], &files).unwrap();
        if batch % 10 == 9 {
            let mut back = again(&manifest, &files).unwrap();
            assert_eq!(pairs(&back), pairs(&snapshot));
            assert_eq!(back.len(), snapshot.len());
            back = after(&back, &puts[..3], None);
            assert_eq!(pairs(&back), pairs(&after(&snapshot, &puts[..3], None)));
            snapshot = back;
        }
    }
}

#[test]
fn a_damaged_file_is_named() {
    let files = Files::default();
    let snapshot = after(&empty(), &[(1, Some(2))], None);
    let manifest = Manifest::save(&[Held::Keyed(snapshot)], &files).unwrap();
    let name = files.0.lock().unwrap().keys().next().unwrap().clone();
    files.0.lock().unwrap().get_mut(&name).unwrap()[40] ^= 1;
    let error = again(&manifest, &files).err().unwrap().to_string();
    assert!(error.contains(&name) && error.contains("damaged"), "{error}");
}

/// The bars of a checkpoint: 1 % of a million keys changed costs at most 5 % of the whole, on average over many.
#[test]
fn a_checkpoint_of_little_is_little() {
    const KEYS: i64 = 1_000_000;
    let files = Files::default();
    let all: Vec<(i64, Option<i64>)> = (0..KEYS).map(|key| (key, Some(0))).collect();
    let mut snapshot = after(&empty(), &all, None);
    let save = |snapshot: &Snapshot| Manifest::save(&[Held::Keyed(snapshot.clone())], &files).unwrap();
    save(&snapshot);
    let whole = files.bytes();
    let mut manifest = Manifest::default();
    for batch in 1..=60_i64 {
        let puts: Vec<(i64, Option<i64>)> =
            (0..KEYS / 100).map(|i| ((i * 97 + batch * 7919) % KEYS, Some(batch))).collect();
        snapshot = after(&snapshot, &puts, None);
        let before = files.bytes();
        manifest = save(&snapshot);
        if batch == 1 {
            assert!(files.bytes() - before <= whole / 50, "{} of {whole}", files.bytes() - before);
        }
    }
    let each = (files.bytes() - whole) / 60;
    let _ = writeln!(
        std::io::stderr(),
        "a checkpoint of 1 %: {:.2} % of {whole} bytes",
        100.0 * each as f64 / whole as f64
    );
    assert!(each <= whole / 20, "{each} of {whole}");
    let begun = Instant::now();
    let back = again(&manifest, &files).unwrap();
    let _ = writeln!(std::io::stderr(), "restored {} keys in {:?}", back.len(), begun.elapsed());
    assert_eq!(back.len(), KEYS as usize);
}
