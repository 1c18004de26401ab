//! What the plain Rust programs over a file have in common: their arguments, two threads, and what they print.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

/// Whatever goes wrong.
pub type Failure = Box<dyn Error + Send + Sync>;

const THREADS: usize = 2;

/// `name FILE RUNS`: works on the file so many times and prints JSON, the `answer` and the `seconds` of every run.
pub fn run<T: Send>(
    name: &str,
    work: impl Fn(&str) -> Result<T, Failure> + Sync,
    answer: impl Fn(&T) -> String,
) -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, runs] = &arguments[..] else {
        eprintln!("usage: {name} FILE RUNS");
        return ExitCode::FAILURE;
    };
    match measure(path, runs, work, answer) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{name}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure<T: Send>(
    path: &str,
    runs: &str,
    work: impl Fn(&str) -> Result<T, Failure> + Sync,
    answer: impl Fn(&T) -> String,
) -> Result<String, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let (mut told, mut seconds) = (String::new(), Vec::new());
    for _ in 0..runs.parse::<usize>()? {
        let begin = Instant::now();
        let made = pool.install(|| work(path))?;
        seconds.push(begin.elapsed().as_secs_f64());
        told = answer(&made);
    }
    Ok(format!("{{\"answer\": \"{told}\", \"seconds\": {seconds:?}}}"))
}

/// A text in two parts, cut at a line's end.
pub fn halves(text: &str) -> Vec<&str> {
    let middle = text.len() / THREADS;
    let end = text.as_bytes()[middle..].iter().position(|&b| b == b'\n').map_or(text.len(), |at| middle + at + 1);
    let (first, second) = text.split_at(end);
    vec![first, second]
}
