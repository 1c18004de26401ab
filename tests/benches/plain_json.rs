//! The plain Rust program that `make bench` measures JSON lines against: events by kind.
//!
//! `plain-json FILE RUNS` prints JSON: `answer`, how many kinds there are and how many events, and the `seconds` of
//! every run, each of which reads the file, looks for the one field and counts.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

mod timed;

use std::borrow::Cow;
use std::fs;
use std::process::ExitCode;

use hashbrown::HashMap;
use rayon::prelude::*;
use serde::Deserialize;
use timed::{Failure, halves};

/// The field that is needed; serde skips the others without making anything of them.
#[derive(Deserialize)]
struct Event<'a> {
    // Borrowed where nothing is escaped.
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

type Counts<'a> = HashMap<Cow<'a, str>, u64>;

fn main() -> ExitCode {
    timed::run("plain-json", counts, |counts| {
        format!("{}, {}", counts.len(), counts.iter().map(|&(_, count)| count).sum::<u64>())
    })
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
