//! The plain Rust program that `make bench` measures CSV against: the mean price of every city.
//!
//! `plain-csv FILE RUNS` prints JSON: `answer`, how many cities there are and the first of them, and the `seconds` of
//! every run, each of which reads the file, parses it and makes the means.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

mod timed;

use std::fs;
use std::process::ExitCode;

use hashbrown::HashMap;
use rayon::prelude::*;
use timed::{Failure, halves};

/// Sum and count of the prices of a city.
type Totals<'a> = HashMap<&'a str, (f64, u32)>;

fn main() -> ExitCode {
    timed::run("plain-csv", means, |means| format!("{}, '{}'", means.len(), means.first().map_or("", |(city, _)| city)))
}

/// The mean price of each city, by name.
fn means(path: &str) -> Result<Vec<(String, f64)>, Failure> {
    let text = fs::read_to_string(path)?;
    let totals = halves(&text)
        .into_par_iter()
        .map(|half| {
            let mut totals = Totals::new();
            for (city, price) in half.lines().filter_map(parse) {
                let entry = totals.entry(city).or_default();
                *entry = (entry.0 + price, entry.1 + 1);
            }
            totals
        })
        .reduce(Totals::new, |mut a, b| {
            for (city, (sum, count)) in b {
                let entry = a.entry(city).or_default();
                *entry = (entry.0 + sum, entry.1 + count);
            }
            a
        });
    let mut means: Vec<(String, f64)> =
        totals.into_iter().map(|(city, (sum, count))| (city.to_owned(), sum / f64::from(count))).collect();
    means.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(means)
}

/// City and price of a line.
fn parse(line: &str) -> Option<(&str, f64)> {
    let mut fields = line.split(',').skip(1);
    let city = fields.next()?;
    Some((city, fields.nth(1)?.parse().ok()?))
}
