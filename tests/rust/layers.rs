//! A folder of `src/` imports only folders of lower layers, and only `objects` and `bindings` know Python.
//!
//! The source is read as tokens: every path that starts with `crate` or `super`, in `use` trees and elsewhere, counts.

use std::fs;
use std::path::{Path, PathBuf};

/// The design's table, lowest layer first.
const LAYERS: &[&[&str]] = &[
    &["sync"],
    &["error", "id", "time"],
    &["config", "log", "metrics", "frame"],
    &["fault", "memory"],
    &["kernel"],
    &["chunk"],
    &["store", "lambda"],
    &["block", "shuffle", "state", "sink"],
    &["plan"],
    &["source"],
    &["stage"],
    &["job"],
    &["batch"],
    &["ui"],
    &["objects"],
    &["bindings"],
];

const KNOW_PYTHON: &[&str] = &["objects", "bindings"];

#[test]
fn folders_import_only_lower_layers() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for file in rust_files(&source) {
        let module = module_path(file.strip_prefix(&source).unwrap());
        let text = fs::read_to_string(&file).unwrap();
        faults.extend(faults_of(&module, &text).into_iter().map(|fault| format!("{}: {fault}", file.display())));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What is wrong in the file that holds `module` (empty for `lib.rs`).
fn faults_of(module: &[String], text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let Some(own) = module.first() else { return Vec::new() };
    let Some(layer) = layer_of(own) else { return vec![format!("`{own}` has no layer: add it to the table")] };
    let mut faults = Vec::new();
    if !KNOW_PYTHON.contains(&own.as_str()) && tokens.iter().any(|token| token == "pyo3") {
        faults.push(format!("`{own}` names pyo3, which only {} may", KNOW_PYTHON.join(" and ")));
    }
    for used in imports(module, &tokens) {
        match layer_of(&used) {
            _ if used == *own => {}
            None => faults.push(format!("`{own}` uses `{used}`, which has no layer: add it to the table")),
            Some(other) if other >= layer => {
                faults.push(format!("`{own}` (layer {layer}) uses `{used}` (layer {other})"));
            }
            Some(_) => {}
        }
    }
    faults
}

fn layer_of(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&folder))
}

/// The top-level modules that paths in this file lead to.
fn imports(module: &[String], tokens: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    // Modules written inside the file, each with the brace depth at which it ends: `super` in them leads here.
    let mut inline: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inline.retain(|opened| *opened < depth + 1);
            }
            "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => inline.push(depth + 1),
            word @ ("crate" | "super")
                if tokens.get(at + 1).is_some_and(|token| token == "::") && starts(tokens, at) =>
            {
                let mut up = usize::from(word == "super");
                let mut next = at + 2;
                while word == "super" && tokens[next] == "super" {
                    up += 1;
                    next += 2;
                }
                let inside = module.len() + inline.len();
                // A `super` that doesn't reach the crate's root stays in its own folder.
                if word == "crate" || up >= inside {
                    found.extend(first_names(&tokens[next..]));
                }
                at = next;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// `pub(crate)` and `$crate::` are no imports; neither is a `super` in the middle of a path.
fn starts(tokens: &[String], at: usize) -> bool {
    at == 0 || !matches!(tokens[at - 1].as_str(), "::" | "$")
}

/// `a` of `a::b`, or `a` and `c` of `{a::b, c}`.
fn first_names(tokens: &[String]) -> Vec<String> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first != "{" {
        return vec![first.clone()];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    for pair in tokens.windows(2) {
        match pair[0].as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0].as_str(), "{" | ",") && pair[1] != "}" {
            names.push(pair[1].clone());
        }
    }
    names
}

/// Words, `::` and single signs; comments, strings and characters are left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        at += match rest {
            ['/', '/', ..] => until(rest, &['\n']),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] => raw_string(rest),
            ['"', ..] => quoted(rest),
            ['\'', '\\', ..] => 3 + until(&rest[3..], &['\'']) + 1,
            ['\'', _, '\'', ..] => 3,
            [':', ':', ..] => {
                tokens.push("::".to_owned());
                2
            }
            [first, ..] if first.is_alphanumeric() || *first == '_' => {
                let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                let length = word.chars().count();
                tokens.push(word);
                length
            }
            [first, ..] => {
                if !first.is_whitespace() {
                    tokens.push(first.to_string());
                }
                1
            }
            [] => 1,
        };
    }
    tokens
}

fn until(chars: &[char], end: &[char]) -> usize {
    chars.windows(end.len()).position(|window| window == end).unwrap_or(chars.len())
}

fn block_comment(chars: &[char]) -> usize {
    until(chars, &['*', '/']) + 2
}

fn quoted(chars: &[char]) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string(chars: &[char]) -> usize {
    let hashes = chars[1..].iter().take_while(|c| **c == '#').count();
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let start = hashes + 2;
    // `r#type` is a word, not a string.
    if chars.get(hashes + 1) == Some(&'"') { start + until(&chars[start..], &end) + end.len() } else { 1 }
}

fn module_path(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn used(module: &[&str], text: &str) -> Vec<String> {
    imports(&module.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>(), &tokens(text))
}

#[test]
fn paths_are_found_wherever_they_stand() {
    assert_eq!(used(&["plan"], "use crate::{chunk::{Chunk, kind::Kind}, error};"), ["chunk", "error"]);
    assert_eq!(used(&["plan"], "fn f(c: &crate::chunk::Chunk) { crate::job::run() }"), ["chunk", "job"]);
    assert_eq!(used(&["plan", "rdd"], "use super::super::stage::Task;"), ["stage"]);
    assert_eq!(used(&["plan"], "use super::{stage, job::run};"), ["stage", "job"]);
    assert_eq!(
        used(&["plan"], "pub use r#\"crate::job\"#; // crate::job\n let s = \"crate::job\"; let c = '\"';").len(),
        0
    );
}

#[test]
fn paths_inside_the_folder_are_no_imports() {
    assert_eq!(used(&["plan", "rdd"], "use super::dependency; pub(crate) fn f() {} $crate::job!();").len(), 0);
    assert_eq!(used(&["plan"], "mod tests { use super::*; } fn g() {}").len(), 0);
    assert_eq!(used(&["plan"], "mod tests { fn f() {} } use super::job;"), ["job"]);
}

#[test]
fn faults_name_what_is_wrong() {
    let module = ["plan".to_owned()];
    assert_eq!(faults_of(&module, "use crate::job::run;"), ["`plan` (layer 8) uses `job` (layer 11)"]);
    assert_eq!(faults_of(&module, "use pyo3::prelude::*;"), ["`plan` names pyo3, which only objects and bindings may"]);
    assert_eq!(faults_of(&module, "use crate::chunk::Chunk;").len(), 0);
    assert_eq!(faults_of(&["misc".to_owned()], ""), ["`misc` has no layer: add it to the table"]);
}
