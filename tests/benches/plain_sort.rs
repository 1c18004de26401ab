//! The plain Rust program that `make bench` measures sortByKey against: the same pairs of integers, rayon's stable sort.
//!
//! `plain-sort ROWS RUNS` prints the seconds of every run as a JSON list. It parses nothing: the rows are made first, and
//! a run's own copy of them too; only the sort and a look at both ends are timed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use rayon::prelude::*;

const THREADS: usize = 2;

fn main() -> ExitCode {
    let numbers: Vec<i64> = env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let &[rows, runs] = &numbers[..] else {
        eprintln!("usage: plain-sort ROWS RUNS");
        return ExitCode::FAILURE;
    };
    match rayon::ThreadPoolBuilder::new().num_threads(THREADS).build() {
        Ok(pool) => {
            println!("{:?}", pool.install(|| seconds(rows, runs)));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("plain-sort: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn seconds(rows: i64, runs: i64) -> Vec<f64> {
    let pairs: Vec<(i64, i64)> = (0..rows).map(|i| (key(i), i)).collect();
    let run = |_| {
        let mut sorted = pairs.clone();
        let begin = Instant::now();
        sorted.par_sort_by_key(|&(key, _)| key);
        std::hint::black_box((sorted.first(), sorted.last()));
        begin.elapsed().as_secs_f64()
    };
    (0..runs).map(run).collect()
}

/// As tests/benchmarks/sorting.py makes them: no product passes 64 bits.
fn key(i: i64) -> i64 {
    i * 2_654_435_761 % 4_294_967_291 * 40_503 % 2_147_483_647
}
