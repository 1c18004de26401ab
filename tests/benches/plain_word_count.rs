//! The plain Rust program that `make bench` measures Pyrite against: the notebook's word count over one file.
//!
//! `plain-word-count FILE [--tuned]` prints the ten most frequent words, one `word<tab>count` a line. The plain mode is
//! what one writes with the regex crate, hashbrown and rayon; the tuned one scans bytes through a table instead.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::borrow::Cow;
use std::cmp::Reverse;
use std::process::ExitCode;
use std::{env, fs};

use hashbrown::HashMap;
use rayon::prelude::*;
use regex::Regex;

type Counts = HashMap<String, u64>;

const THREADS: usize = 2;
/// Pieces a thread, so that a thread which is held up leaves work to the other.
const PIECES: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some(path) = arguments.iter().find(|a| !a.starts_with("--")) else {
        eprintln!("usage: plain-word-count FILE [--tuned]");
        return ExitCode::FAILURE;
    };
    let tuned = arguments.iter().any(|a| a == "--tuned");
    match top_words(path, tuned) {
        Ok(top) => {
            for (word, count) in top {
                println!("{word}\t{count}");
            }
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("plain-word-count: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn top_words(path: &str, tuned: bool) -> Result<Vec<(String, u64)>, Box<dyn std::error::Error>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let counts = if tuned {
        let bytes = fs::read(path)?;
        pool.install(|| count(pieces(&bytes), &|piece, counts| scan(piece, counts)))?
    } else {
        let text = fs::read_to_string(path)?;
        let not_word = Regex::new(r"\W+")?;
        pool.install(|| count(pieces(text.as_bytes()), &|piece, counts| split(&not_word.clone(), piece, counts)))?
    };
    let mut sorted: Vec<(String, u64)> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, count)| Reverse(*count));
    sorted.truncate(10);
    Ok(sorted)
}

/// Cuts at line ends, into a few pieces a thread.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let goal = text.len() / (THREADS * PIECES) + 1;
    let mut rest = text;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let from = goal.min(rest.len()) - 1;
        let end = rest[from..].iter().position(|&b| b == b'\n').map_or(rest.len(), |at| from + at + 1);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Counts every piece into its thread's map and adds the maps up.
fn count<F>(pieces: Vec<&[u8]>, add: &F) -> Result<Counts, std::str::Utf8Error>
where
    F: Fn(&str, &mut Counts) + Sync,
{
    pieces
        .into_par_iter()
        .try_fold(Counts::new, |mut counts, piece| {
            add(str::from_utf8(piece)?, &mut counts);
            Ok(counts)
        })
        .try_reduce(Counts::new, |a, b| {
            let (mut large, small) = if a.len() < b.len() { (b, a) } else { (a, b) };
            for (word, count) in small {
                *large.entry(word).or_insert(0) += count;
            }
            Ok(large)
        })
}

fn split(not_word: &Regex, text: &str, counts: &mut Counts) {
    for line in text.lines() {
        for word in not_word.split(line).filter(|w| !w.is_empty()) {
            *counts.entry(word.to_lowercase()).or_insert(0) += 1;
        }
    }
}

/// Bytes of an ASCII word in lower case, 0 for the others that end one, 1 for the start of a character beyond ASCII.
const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' => byte,
            b'A'..=b'Z' => byte + 32,
            0x80.. => 1,
            _ => 0,
        };
        b += 1;
    }
    table
};

fn scan(text: &str, counts: &mut Counts) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut lower = Vec::new();
    while at < bytes.len() {
        let from = at;
        let (mut folded, mut ascii) = (true, true);
        while at < bytes.len() {
            match TABLE[bytes[at] as usize] {
                0 => break,
                1 => match text[at..].chars().next() {
                    Some(c) if c.is_alphanumeric() => {
                        at += c.len_utf8();
                        ascii = false;
                    }
                    _ => break,
                },
                byte => {
                    folded &= byte == bytes[at];
                    at += 1;
                }
            }
        }
        if at > from {
            let word = &text[from..at];
            if !ascii {
                add(counts, &Cow::Owned(word.to_lowercase()));
            } else if folded {
                add(counts, &Cow::Borrowed(word));
            } else {
                lower.clear();
                lower.extend(word.bytes().map(|b| TABLE[b as usize]));
                add(counts, &String::from_utf8_lossy(&lower));
            }
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
}

/// Makes a key only for a word not met before.
fn add(counts: &mut Counts, word: &str) {
    *counts.entry_ref(word).or_insert(0) += 1;
}
