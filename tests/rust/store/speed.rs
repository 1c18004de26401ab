//! Prints how fast rows go to files and back: `cargo test --release -- --ignored --nocapture spill_speed`.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Int64Array};
use pyrite::chunk::{Cancel, Chunk, Columns, Type, ipc, lines};
use pyrite::store::Level;

use super::{memory, store};
use crate::memory::Folder;

/// 500 MB of (int, 100-byte text).
const BYTES: usize = 500 << 20;

/// Texts of 100 bytes: words of a vocabulary of 5,000.
fn pairs(n: usize) -> Chunk {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let words: Vec<String> = (0..5000)
        .map(|_| (0..2 + random() % 9).map(|_| char::from(b'a' + (random() % 26) as u8)).collect::<String>())
        .collect();
    let mut text = String::new();
    for _ in 0..n {
        let mut line = String::new();
        while line.len() < 100 {
            line.push_str(&words[random() % words.len()]);
            line.push(' ');
        }
        text.push_str(&line[..100]);
        text.push('\n');
    }
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values((0..n).map(|_| random() as i64)));
    Chunk::Columns(Columns::tuple(vec![Columns::new(keys, Type::Int), lines(text.into_bytes())], n))
}

#[test]
#[ignore = "prints a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn spill_speed() {
    let folder = Folder::new();
    let memory = memory(32 << 20, &folder);
    let chunk = pairs(8192);
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
