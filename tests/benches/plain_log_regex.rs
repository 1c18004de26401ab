//! The plain Rust program that `make bench` measures the access log by a regex against: bytes by path, the top ten.
//!
//! `plain-log-regex FILE RUNS` prints JSON: `answer`, the first path and the bytes of the ten, and the `seconds` of every
//! run, each of which reads the file, matches its lines and adds up.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::cmp::Reverse;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use hashbrown::HashMap;
use rayon::prelude::*;
use regex::Regex;

type Bytes<'a> = HashMap<&'a str, i64>;

type Failure = Box<dyn Error + Send + Sync>;

const THREADS: usize = 2;
// The crate's `\d`, `\w` and `\S` know Unicode as Python's do.
const LINE: &str = r#"^(\S+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(\S+) (\S+) (\S+)" (\d{3}) (\d+)$"#;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, runs] = &arguments[..] else {
        eprintln!("usage: plain-log-regex FILE RUNS");
        return ExitCode::FAILURE;
    };
    match measure(path, runs) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("plain-log-regex: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure(path: &str, runs: &str) -> Result<String, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let (mut answer, mut seconds) = (String::new(), Vec::new());
    for _ in 0..runs.parse::<usize>()? {
        let begin = Instant::now();
        let top = pool.install(|| busiest(path))?;
        seconds.push(begin.elapsed().as_secs_f64());
        let sum: i64 = top.iter().map(|&(_, bytes)| bytes).sum();
        answer = format!("'{}', {sum}", top.first().map_or("", |(path, _)| path));
    }
    Ok(format!("{{\"answer\": \"{answer}\", \"seconds\": {seconds:?}}}"))
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

fn halves(text: &str) -> Vec<&str> {
    let middle = text.len() / THREADS;
    let end = text.as_bytes()[middle..].iter().position(|&b| b == b'\n').map_or(text.len(), |at| middle + at + 1);
    let (first, second) = text.split_at(end);
    vec![first, second]
}

fn parse<'a>(line: &Regex, text: &'a str) -> Option<(&'a str, i64)> {
    let found = line.captures(text)?;
    let group = |at: usize| found.get(at).map(|part| part.as_str());
    if group(8)?.parse::<i64>().ok()? != 200 {
        return None;
    }
    Some((group(6)?, group(9)?.parse().ok()?))
}
