//! Stored partitions: the same rows in the same order, wherever they are.

mod faults;
mod saved_part;
mod slots;
mod speed;

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use pyrite::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, Columns, Type, drain, lines};
use pyrite::error::Error;
use pyrite::memory::Memory;
use pyrite::store::{Level, Stored, StoredRef, Writer};

use crate::memory::Folder;
use crate::shuffle::values::{Value, values};
use crate::stage::interpreter::Rows;

fn memory(limit: usize, folder: &Folder) -> Arc<Memory> {
    Memory::with_limit(limit, vec![folder.0.clone()])
}

/// Pairs (i, a text of 100 bytes).
fn pairs(from: i64, n: usize) -> Chunk {
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(from..from + n as i64));
    let texts: Vec<String> = (from..from + n as i64).map(|i| format!("{i:0>100}\n")).collect();
    Chunk::Columns(Columns::tuple(vec![Columns::new(keys, Type::Int), lines(texts.concat().into_bytes())], n))
}

fn objects(from: i64, n: usize) -> Chunk {
    Rows::chunk((from..from + n as i64).map(Value::Int).collect())
}

fn store(memory: &Arc<Memory>, level: Level, chunks: impl IntoIterator<Item = Chunk>) -> StoredRef {
    let mut writer = Writer::new(memory, level);
    for chunk in chunks {
        writer.push(chunk).unwrap();
    }
    writer.finish().unwrap()
}

fn first_items(chunks: &[Chunk]) -> Vec<i64> {
    let mut items = Vec::new();
    for chunk in chunks {
        let rows = match chunk {
            Chunk::Columns(columns) => values(columns),
            Chunk::Objects(objects) => objects.as_any().downcast_ref::<Rows>().unwrap().0.clone(),
        };
        items.extend(rows.into_iter().map(|row| match row {
            Value::Int(i) => i,
            Value::Tuple(items) => match (&items[0], &items[1]) {
                (Value::Int(i), Value::Str(text)) if *text == format!("{i:0>100}") => *i,
                other => panic!("strange row {other:?}"),
            },
            other => panic!("strange row {other:?}"),
        }));
    }
    items
}

fn read(stored: &StoredRef) -> Vec<i64> {
    let cancel = Cancel::default();
    first_items(&drain(stored.open(&cancel).as_mut(), usize::MAX, &cancel).unwrap())
}

#[test]
fn rows_come_back_in_order_at_every_level_and_limit() {
    for level in [Level::Memory, Level::MemoryAndDisk, Level::Disk] {
        for limit in [1, 100_000, 1 << 30] {
            let folder = Folder::new();
            let memory = memory(limit, &folder);
            let chunks = (0..40).map(|i| if i % 7 == 3 { objects(i * 500, 500) } else { pairs(i * 500, 500) });
            let stored = store(&memory, level, chunks);
            assert_eq!(stored.rows(), 20_000);
            assert_eq!(read(&stored), (0..20_000).collect::<Vec<_>>(), "{level:?} {limit}");
            assert_eq!(first_items(&stored.chunks().unwrap()), (0..20_000).collect::<Vec<_>>());
            assert_eq!(stored.open(&Cancel::default()).count(&Cancel::default()).unwrap(), 20_000);
            let in_memory = level == Level::Memory || (level == Level::MemoryAndDisk && limit == 1 << 30);
            assert_eq!(stored.is_in_memory(), in_memory, "{level:?} {limit}");
            assert_eq!(stored.weight(), memory.budget.used());
            assert_eq!(folder.files().is_empty(), in_memory);
            if level != Level::Memory {
                assert!(memory.budget.used() <= limit);
            }
            drop(stored);
            assert_eq!((memory.budget.used(), memory.dir.held(), folder.files().len()), (0, 0, 0));
        }
    }
}

#[test]
fn small_chunks_are_put_together_and_large_ones_cut() {
    let folder = Folder::new();
    let memory = memory(1 << 30, &folder);
    let stored = store(&memory, Level::MemoryAndDisk, (0..1000).map(|i| pairs(i * 10, 10)));
    assert!(stored.chunks().unwrap().len() <= 2);
    assert_eq!(read(&stored), (0..10_000).collect::<Vec<_>>());
    let large = store(&memory, Level::MemoryAndDisk, [pairs(0, 200_000)]);
    large.spill().unwrap();
    let chunks = large.chunks().unwrap();
    assert!(chunks.len() > 8 && chunks.iter().all(|c| c.weight() < 4 << 20));
    assert_eq!(read(&large), (0..200_000).collect::<Vec<_>>());
    let mut stream = large.open(&Cancel::default());
    assert!(stream.next(1).unwrap().unwrap().len() <= CHUNK_ROWS * 3 / 2);
}

#[test]
fn rows_move_while_they_are_read() {
    let folder = Folder::new();
    let memory = memory(1 << 30, &folder);
    let stored = store(&memory, Level::MemoryAndDisk, (0..100).map(|i| pairs(i * 1000, 1000)));
    let cancel = Cancel::default();
    let mut stream: BoxStream = stored.open(&cancel);
    let mut rows = vec![stream.next(usize::MAX).unwrap().unwrap()];
    let weight = stored.weight();
    assert_eq!(stored.spill().unwrap(), weight);
    assert_eq!(stored.spill().unwrap(), 0);
    assert_eq!((stored.weight(), memory.budget.used()), (0, 0));
    assert_eq!(stored.bytes(), weight);
    rows.extend(drain(stream.as_mut(), usize::MAX, &cancel).unwrap());
    assert_eq!(first_items(&rows), (0..100_000).collect::<Vec<_>>());
    drop((stream, stored));
    assert!(folder.files().is_empty());
}

#[test]
fn what_is_older_moves_for_what_is_new() {
    let folder = Folder::new();
    let memory = memory(3 << 20, &folder);
    let old = store(&memory, Level::MemoryAndDisk, [pairs(0, 10_000)]);
    assert!(old.is_in_memory());
    let _held = memory.budget.reserve(3 << 20);
    let new = store(&memory, Level::Memory, [objects(0, 10)]);
    assert!(!old.is_in_memory() && new.is_in_memory());
    assert_eq!(read(&old), (0..10_000).collect::<Vec<_>>());
}

#[test]
fn parts_together_share_their_rows() {
    let folder = Folder::new();
    let memory = memory(1 << 30, &folder);
    let parts: Vec<_> = (0..5).map(|i| store(&memory, Level::MemoryAndDisk, [pairs(i * 1000, 1000)])).collect();
    let used = memory.budget.used();
    let whole = Stored::concat(&parts);
    assert_eq!(memory.budget.used(), used);
    parts[2].spill().unwrap();
    assert!(!whole.is_in_memory());
    drop(parts);
    let _held = memory.budget.reserve(1 << 30);
    // The rows of parts that are gone can still be asked for.
    memory.budget.make_room(0).unwrap();
    assert_eq!(whole.weight(), 0);
    assert_eq!(read(&whole), (0..5000).collect::<Vec<_>>());
    assert_eq!(Stored::concat(&[]).rows(), 0);
    assert_eq!(read(&Stored::of(vec![objects(3, 2)])), [3, 4]);
}

#[test]
fn reading_ends_when_told() {
    let folder = Folder::new();
    let memory = memory(1, &folder);
    let stored = store(&memory, Level::MemoryAndDisk, [pairs(0, 1000)]);
    let cancel = Cancel::default();
    let mut stream = stored.open(&cancel);
    cancel.set();
    assert!(matches!(stream.next(usize::MAX), Err(Error::Cancelled)));
}

#[test]
fn many_outputs_keep_to_the_limit() {
    let folder = Folder::new();
    let memory = memory(4 << 20, &folder);
    let mut writers: Vec<Writer> = (0..50).map(|_| Writer::new(&memory, Level::MemoryAndDisk)).collect();
    for i in 0..100 {
        for writer in &mut writers {
            writer.push(pairs(i * 40, 40)).unwrap();
        }
    }
    // 25 MB went through.
    assert!(memory.budget.peak() < 5 << 20, "{}", memory.budget.peak());
    for writer in writers {
        assert_eq!(writer.rows(), 4000);
        assert_eq!(read(&writer.finish().unwrap()), (0..4000).collect::<Vec<_>>());
    }
    assert_eq!((memory.budget.used(), folder.files().len()), (0, 0));
}

#[test]
fn many_threads_write_and_read_in_little_memory() {
    let folder = Folder::new();
    let memory = memory(2 << 20, &folder);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let memory = &memory;
            scope.spawn(move || {
                let mut kept: Vec<(i64, StoredRef)> = Vec::new();
                for round in 0..10 {
                    let from = thread * 1000 + round;
                    let chunks = (0..10).map(|i| {
                        let at = from + i * 300;
                        if round % 3 == 0 { objects(at, 300) } else { pairs(at, 300) }
                    });
                    kept.push((from, store(memory, Level::MemoryAndDisk, chunks)));
                    for (from, stored) in &kept {
                        assert_eq!(read(stored), (*from..from + 3000).collect::<Vec<_>>());
                    }
                    if round % 4 == 3 {
                        kept.remove(0);
                    }
                }
            });
        }
    });
    assert!(memory.budget.peak() < 16 << 20, "{}", memory.budget.peak());
    assert_eq!((memory.budget.used(), memory.dir.held(), folder.files().len()), (0, 0, 0));
    let _: Vec<PathBuf> = memory.dir.paths();
}
