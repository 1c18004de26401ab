//! A fault at any access to a spill file is an error that says where and what to do. Nothing stays behind.

use pyrite::chunk::{Cancel, drain};
use pyrite::config::Config;
use pyrite::error::Error;
use pyrite::memory::Memory;
use pyrite::store::{Level, StoredRef, Writer};

use super::{first_items, objects, pairs};
use crate::memory::Folder;

/// Stores rows that don't fit and reads them; how many rows came.
fn run(memory: &std::sync::Arc<Memory>) -> Result<usize, Error> {
    let mut stored: Vec<StoredRef> = Vec::new();
    for part in 0..3 {
        let mut writer = Writer::new(memory, Level::MemoryAndDisk);
        for i in 0..4 {
            writer.push(if part == 1 { objects(i * 2000, 2000) } else { pairs(i * 2000, 2000) })?;
        }
        stored.push(writer.finish()?);
    }
    let mut rows = 0;
    for part in &stored {
        let cancel = Cancel::default();
        rows += first_items(&drain(part.open(&cancel).as_mut(), usize::MAX, &cancel)?).len();
    }
    Ok(rows)
}

#[test]
fn every_access_may_fail() {
    for kind in ["write", "tear", "read"] {
        let mut failures = 0;
        for n in 1.. {
            let folder = Folder::new();
            let config = Config::new([
                ("spark.local.dir".to_owned(), folder.0.display().to_string()),
                ("pyrite.memory.limit".to_owned(), "200k".to_owned()),
                ("pyrite.test.spill.fault".to_owned(), format!("{kind}:{n}")),
                ("spark.shuffle.spill.compress".to_owned(), (n % 2 == 0).to_string()),
            ]);
            let memory = Memory::new(&config).unwrap();
            let done = run(&memory);
            assert_eq!((memory.budget.used(), memory.dir.held()), (0, 0), "{kind}:{n}");
            assert!(folder.files().is_empty(), "{kind}:{n}");
            // After a fault all goes on.
            match done {
                Ok(rows) => {
                    assert_eq!(rows, 24_000);
                    break;
                }
                Err(e) => {
                    failures += 1;
                    let told = e.to_string();
                    // A file that can't be read back is no matter of room.
                    let why = if told.contains("is damaged") { "the file is damaged" } else { "pyrite.memory.limit" };
                    for part in [folder.0.to_str().unwrap(), "spark.local.dir", why, "on purpose"] {
                        assert!(told.contains(part), "{told}");
                    }
                    assert_eq!(told.contains("is damaged"), kind == "read", "{told}");
                    assert_eq!(run(&memory).unwrap(), 24_000, "{kind}:{n}");
                }
            }
        }
        assert!(failures > 5, "{kind}: {failures}");
    }
}

#[test]
fn what_was_stored_before_a_full_disk_is_not_lost() {
    let folder = Folder::new();
    let config = Config::new([
        ("spark.local.dir".to_owned(), folder.0.display().to_string()),
        ("pyrite.memory.limit".to_owned(), "300k".to_owned()),
        ("pyrite.test.spill.fault".to_owned(), "tear:5".to_owned()),
    ]);
    let memory = Memory::new(&config).unwrap();
    let first = super::store(&memory, Level::MemoryAndDisk, [pairs(0, 1500)]);
    let mut failed = 0;
    for i in 0..10 {
        let mut writer = Writer::new(&memory, Level::MemoryAndDisk);
        failed += usize::from(writer.push(pairs(i, 2500)).and_then(|()| writer.finish()).is_err());
    }
    assert_eq!(failed, 1);
    assert_eq!(super::read(&first), (0..1500).collect::<Vec<_>>());
}

#[test]
fn damage_on_the_disk_is_found() {
    let folder = Folder::new();
    let memory = super::memory(1 << 30, &folder);
    let stored = super::store(&memory, Level::Disk, [pairs(0, 1000)]);
    let path = &folder.files()[0];
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let told = stored.chunks().unwrap_err().to_string();
    assert!(told.contains("the file is damaged") && told.contains(folder.0.to_str().unwrap()), "{told}");
}
