//! Reading text files: every cut into splits gives the same lines, and long lines cost what they are long.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use pyrite::chunk::Chunk;
use pyrite::job::JobOptions;
use pyrite::source::{FileSplit, TextFiles};

use super::Running;

/// A file that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("pyrite-text-{}-{name}", std::process::id())))
    }

    fn splits(&self, cuts: &[u64]) -> Vec<FileSplit> {
        let split = |w: &[u64]| FileSplit { place: self.0.clone().into(), start: w[0], len: w[1] - w[0] };
        cuts.windows(2).map(split).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn lines_of(chunks: &[Chunk]) -> Vec<String> {
    let texts = |chunk: &Chunk| match chunk {
        Chunk::Columns(c) => c.array().as_string_view().iter().map(|s| s.unwrap().to_owned()).collect::<Vec<_>>(),
        Chunk::Objects(_) => panic!("lines are columns"),
    };
    chunks.iter().flat_map(texts).collect()
}

fn read(splits: Vec<FileSplit>) -> Vec<String> {
    let engine = Running::new(1);
    lines_of(
        &engine.engine.run(&TextFiles::of_splits(splits).plan(), None, usize::MAX, &JobOptions::default()).unwrap(),
    )
}

/// Lines longer than a block of reading (512 KiB) and terminators at its borders, cut at every interesting place.
#[test]
fn every_line_is_in_one_split() {
    const BLOCK: u64 = 512 << 10;
    for terminator in ["\n", "\r\n", "\r"] {
        let scratch = Scratch::new(&format!("splits-{}", terminator.len() + usize::from(terminator == "\r") * 10));
        let lines: Vec<String> = [10, BLOCK - 12, 1, 0, 2 * BLOCK, 5, BLOCK - 7, 0, 3]
            .iter()
            .enumerate()
            .map(|(i, len)| char::from(b'a' + i as u8).to_string().repeat(*len as usize))
            .collect();
        let text = lines.join(terminator) + terminator;
        fs::write(&scratch.0, &text).unwrap();
        let size = text.len() as u64;
        for cut in
            [1, 9, 10, 11, 12, 13, BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, BLOCK + 3, 2 * BLOCK, size - 1]
        {
            let both = [&[0, cut, size][..], &[0, cut, cut + 1, size], &[0, cut, cut + BLOCK / 2, size]];
            for cuts in both.iter().filter(|cuts| cuts.is_sorted()) {
                assert!(read(scratch.splits(cuts)) == lines, "{terminator:?} cut at {cuts:?}");
            }
        }
    }
}

fn time_to_read(scratch: &Scratch, bytes: u64, cuts: &[u64]) -> Duration {
    File::create(&scratch.0).unwrap().set_len(bytes).unwrap();
    let started = Instant::now();
    let lines = read(scratch.splits(cuts));
    assert_eq!(lines.iter().map(|line| line.len() as u64).collect::<Vec<_>>(), [bytes]);
    started.elapsed()
}

/// A file without a line end; of two splits the second has nothing.
#[test]
fn a_long_line_is_looked_at_once() {
    const SIZE: u64 = 16 << 20;
    for parts in [1, 2] {
        let scratch = Scratch::new(&format!("long-{parts}"));
        let time = |bytes: u64| {
            let cuts: Vec<u64> = (0..=parts).map(|i| i * bytes / parts).collect();
            (0..2).map(|_| time_to_read(&scratch, bytes, &cuts)).min().unwrap()
        };
        let (short, long) = (time(SIZE), time(8 * SIZE));
        // Linear is 8 times, quadratic 64.
        assert!(long < 24 * short + Duration::from_millis(50), "{parts} splits: {short:?} and {long:?}");
    }
}
