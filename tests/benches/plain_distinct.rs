//! The plain Rust program that `make bench` measures distinct strings against: sets of string slices, put together.
//!
//! `plain-distinct ROWS RUNS` prints JSON: `answer`, how many there are, and the `seconds` of every run. The strings are
//! made first; only the sets are timed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use hashbrown::HashSet;
use rayon::prelude::*;

const THREADS: usize = 2;

fn main() -> ExitCode {
    let numbers: Vec<usize> = env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let &[rows, runs] = &numbers[..] else {
        eprintln!("usage: plain-distinct ROWS RUNS");
        return ExitCode::FAILURE;
    };
    match rayon::ThreadPoolBuilder::new().num_threads(THREADS).build() {
        Ok(pool) => {
            println!("{}", pool.install(|| measure(rows, runs)));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("plain-distinct: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure(rows: usize, runs: usize) -> String {
    // As tests/benchmarks/rdd_api_programs.py makes them.
    let strings: Vec<String> = (0..rows).map(|i| format!("user-{}", i * 7919 % (rows / 2))).collect();
    let (mut answer, mut seconds) = (0, Vec::new());
    for _ in 0..runs {
        let begin = Instant::now();
        answer = distinct(&strings);
        seconds.push(begin.elapsed().as_secs_f64());
    }
    format!("{{\"answer\": \"{answer}\", \"seconds\": {seconds:?}}}")
}

fn distinct(strings: &[String]) -> usize {
    strings
        .par_chunks(strings.len().div_ceil(THREADS).max(1))
        .map(|part| part.iter().map(String::as_str).collect::<HashSet<_>>())
        .reduce(HashSet::new, |a, b| {
            let (mut large, small) = if a.len() < b.len() { (b, a) } else { (a, b) };
            large.extend(small);
            large
        })
        .len()
}
