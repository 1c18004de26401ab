//! The plain Rust program that `make bench` measures the access log by a regex against: bytes by path, the top ten.
//!
//! `plain-log-regex FILE RUNS` prints JSON: `answer`, the first path and the bytes of the ten, and the `seconds` of every
//! run, each of which reads the file, matches its lines and adds up.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

mod timed;

use std::cmp::Reverse;
use std::fs;
use std::process::ExitCode;

use hashbrown::HashMap;
use rayon::prelude::*;
use regex::Regex;
use timed::{Failure, halves};

type Bytes<'a> = HashMap<&'a str, i64>;

// The crate's `\d`, `\w` and `\S` know Unicode as Python's do.
const LINE: &str = r#"^(\S+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(\S+) (\S+) (\S+)" (\d{3}) (\d+)$"#;

fn main() -> ExitCode {
    timed::run("plain-log-regex", busiest, |top| {
        let sum: i64 = top.iter().map(|&(_, bytes)| bytes).sum();
        format!("'{}', {sum}", top.first().map_or("", |(path, _)| path))
    })
}

/// The ten paths with the most bytes.
fn busiest(path: &str) -> Result<Vec<(String, i64)>, Failure> {
    let text = fs::read_to_string(path)?;
    let line = Regex::new(LINE)?;
    let bytes = halves(&text)
        .into_par_iter()
        .map(|half| {
            // A thread has its own, so that they don't share what the matching needs.
            let line = line.clone();
            let mut bytes = Bytes::new();
            for (path, size) in half.lines().filter_map(|text| parse(&line, text)) {
                *bytes.entry(path).or_default() += size;
            }
            bytes
        })
        .reduce(Bytes::new, |mut a, b| {
            for (path, size) in b {
                *a.entry(path).or_default() += size;
            }
            a
        });
    let mut rows: Vec<(&str, i64)> = bytes.into_iter().collect();
    rows.sort_unstable_by_key(|&(path, bytes)| (Reverse(bytes), path));
    Ok(rows.into_iter().take(10).map(|(path, bytes)| (path.to_owned(), bytes)).collect())
}

fn parse<'a>(line: &Regex, text: &'a str) -> Option<(&'a str, i64)> {
    let found = line.captures(text)?;
    let group = |at: usize| found.get(at).map(|part| part.as_str());
    if group(8)?.parse::<i64>().ok()? != 200 {
        return None;
    }
    Some((group(6)?, group(9)?.parse().ok()?))
}
