//! Prints how fast rows go to files and back: `cargo test --release -- --ignored --nocapture spill_speed`.

use std::time::Instant;

use pyrite::chunk::{Cancel, Chunk, ipc};
use pyrite::store::Level;

use super::{memory, pairs, store};
use crate::memory::Folder;

/// 500 MB of (int, 100-byte text).
const BYTES: usize = 500 << 20;

#[test]
#[ignore = "prints a measurement"]
fn spill_speed() {
    let folder = Folder::new();
    let memory = memory(32 << 20, &folder);
    let chunk = pairs(0, 8192);
    let n = BYTES / chunk.weight();
    let speed = |begun: Instant| (BYTES >> 20) as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let stored = store(&memory, Level::MemoryAndDisk, (0..n).map(|_| chunk.clone()));
    let write = speed(begun);
    let cancel = Cancel::default();
    let begun = Instant::now();
    let mut stream = stored.open(&cancel);
    let mut rows = 0;
    while let Some(chunk) = stream.next(usize::MAX).unwrap() {
        rows += chunk.len();
    }
    assert_eq!(rows, n * 8192);
    let read = speed(begun);
    println!("spilled {write:.0} MB/s, read {read:.0} MB/s, {} MB in files", memory.dir.held() >> 20);
    let Chunk::Columns(columns) = &chunk else { panic!("columns") };
    for small in [false, true] {
        let begun = Instant::now();
        let packed: Vec<_> = (0..n).map(|_| ipc::pack(columns, small).unwrap()).collect();
        let pack = speed(begun);
        let size = packed[0].len();
        let begun = Instant::now();
        for bytes in packed {
            // SAFETY: packed above.
            unsafe { ipc::unpack(bytes) }.unwrap();
        }
        println!("small {small}: {size} bytes a chunk, packed {pack:.0} MB/s, unpacked {:.0} MB/s", speed(begun));
    }
}
