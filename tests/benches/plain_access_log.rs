//! The plain Rust program that `make bench` measures the access log against: sum and mean of the sizes of every path.
//!
//! `plain-access-log FILE RUNS` prints JSON: `answer`, how many paths there are and the sum of all sizes, and the
//! `seconds` of every run, each of which reads the file, parses it and makes the means.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use hashbrown::HashMap;
use rayon::prelude::*;

/// Sum and count of the sizes of a path.
type Totals<'a> = HashMap<&'a str, (i64, i64)>;

type Failure = Box<dyn Error + Send + Sync>;

const THREADS: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, runs] = &arguments[..] else {
        eprintln!("usage: plain-access-log FILE RUNS");
        return ExitCode::FAILURE;
    };
    match measure(path, runs) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("plain-access-log: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure(path: &str, runs: &str) -> Result<String, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let (mut answer, mut seconds) = (String::new(), Vec::new());
    for _ in 0..runs.parse::<usize>()? {
        let begin = Instant::now();
        let means = pool.install(|| means(path))?;
        seconds.push(begin.elapsed().as_secs_f64());
        let sum: i64 = means.iter().map(|&(_, total, _)| total).sum();
        answer = format!("{}, {sum}", means.len());
    }
    Ok(format!("{{\"answer\": \"{answer}\", \"seconds\": {seconds:?}}}"))
}

/// Path, sum and mean of each path.
#[expect(clippy::cast_precision_loss, reason = "a mean of sizes")]
fn means(path: &str) -> Result<Vec<(String, i64, f64)>, Failure> {
    let text = fs::read_to_string(path)?;
    let totals = halves(&text)
        .into_par_iter()
        .map(|half| {
            let mut totals = Totals::new();
            for (path, size) in half.lines().filter_map(parse) {
                let entry = totals.entry(path).or_default();
                *entry = (entry.0 + size, entry.1 + 1);
            }
            totals
        })
        .reduce(Totals::new, |mut a, b| {
            for (path, (sum, count)) in b {
                let entry = a.entry(path).or_default();
                *entry = (entry.0 + sum, entry.1 + count);
            }
            a
        });
    Ok(totals.into_iter().map(|(path, (sum, count))| (path.to_owned(), sum, sum as f64 / count as f64)).collect())
}

fn halves(text: &str) -> Vec<&str> {
    let middle = text.len() / THREADS;
    let end = text.as_bytes()[middle..].iter().position(|&b| b == b'\n').map_or(text.len(), |at| middle + at + 1);
    let (first, second) = text.split_at(end);
    vec![first, second]
}

fn parse(line: &str) -> Option<(&str, i64)> {
    let parts: Vec<&str> = line.split(' ').collect();
    if parts.len() != 10 || parts[9] == "-" || parts[8].parse::<i64>().ok()? != 200 {
        return None;
    }
    Some((parts[6], parts[9].parse().ok()?))
}
