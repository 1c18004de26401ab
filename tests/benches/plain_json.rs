//! The plain Rust program that `make bench` measures JSON lines against: events by kind.
//!
//! `plain-json FILE RUNS` prints JSON: `answer`, how many kinds there are and how many events, and the `seconds` of
//! every run, each of which reads the file, looks for the one field and counts.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::borrow::Cow;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use hashbrown::HashMap;
use rayon::prelude::*;
use serde::Deserialize;

/// The field that is needed; serde skips the others without making anything of them.
#[derive(Deserialize)]
struct Event<'a> {
    // Borrowed where nothing is escaped.
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

type Counts<'a> = HashMap<Cow<'a, str>, u64>;

type Failure = Box<dyn Error + Send + Sync>;

const THREADS: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, runs] = &arguments[..] else {
        eprintln!("usage: plain-json FILE RUNS");
        return ExitCode::FAILURE;
    };
    match measure(path, runs) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("plain-json: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure(path: &str, runs: &str) -> Result<String, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let (mut answer, mut seconds) = (String::new(), Vec::new());
    for _ in 0..runs.parse::<usize>()? {
        let begin = Instant::now();
        let counts = pool.install(|| counts(path))?;
        seconds.push(begin.elapsed().as_secs_f64());
        answer = format!("{}, {}", counts.len(), counts.iter().map(|&(_, count)| count).sum::<u64>());
    }
    Ok(format!("{{\"answer\": \"{answer}\", \"seconds\": {seconds:?}}}"))
}

/// How many events there are of each kind, by name.
fn counts(path: &str) -> Result<Vec<(String, u64)>, Failure> {
    let text = fs::read_to_string(path)?;
    let counts = halves(&text)
        .into_par_iter()
        .map(|half| {
            let mut counts = Counts::new();
            for line in half.lines() {
                let event: Event = serde_json::from_str(line)?;
                *counts.entry(event.kind).or_default() += 1;
            }
            Ok(counts)
        })
        .try_reduce(Counts::new, |mut a, b| {
            for (kind, count) in b {
                *a.entry(kind).or_default() += count;
            }
            Ok::<_, serde_json::Error>(a)
        })?;
    let mut rows: Vec<(String, u64)> = counts.into_iter().map(|(kind, count)| (kind.into_owned(), count)).collect();
    rows.sort_unstable();
    Ok(rows)
}

fn halves(text: &str) -> Vec<&str> {
    let middle = text.len() / THREADS;
    let end = text.as_bytes()[middle..].iter().position(|&b| b == b'\n').map_or(text.len(), |at| middle + at + 1);
    let (first, second) = text.split_at(end);
    vec![first, second]
}
