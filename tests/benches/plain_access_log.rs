//! The plain Rust program that `make bench` measures the access log against: sum and mean of the sizes of every path.
//!
//! `plain-access-log FILE RUNS` prints JSON: `answer`, how many paths there are and the sum of all sizes, and the
//! `seconds` of every run, each of which reads the file, parses it and makes the means.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

mod timed;

use std::fs;
use std::process::ExitCode;

use hashbrown::HashMap;
use rayon::prelude::*;
use timed::{Failure, halves};

/// Sum and count of the sizes of a path.
type Totals<'a> = HashMap<&'a str, (i64, i64)>;

fn main() -> ExitCode {
    timed::run("plain-access-log", means, |means| {
        let sum: i64 = means.iter().map(|&(_, total, _)| total).sum();
        format!("{}, {sum}", means.len())
    })
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

fn parse(line: &str) -> Option<(&str, i64)> {
    let parts: Vec<&str> = line.split(' ').collect();
    if parts.len() != 10 || parts[9] == "-" || parts[8].parse::<i64>().ok()? != 200 {
        return None;
    }
    Some((parts[6], parts[9].parse().ok()?))
}
