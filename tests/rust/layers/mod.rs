//! A folder of `src/` or `extension/src/` imports only folders of lower layers, and only `objects` and `bindings` know Python. Inside a
//! folder files don't import each other in a circle.
//!
//! The source is read as tokens: every path that starts with `crate` or `super`, in `use` trees and elsewhere, counts.

mod circles;
mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use paths::{absolute, tokens};

/// The design's table, lowest layer first.
const LAYERS: &[&[&str]] = &[
    &["sync"],
    &["error", "id", "time"],
    &["config", "log", "metrics", "frame", "disk"],
    &["fault", "kafka", "memory"],
    &["kernel"],
    &["chunk"],
    &["store", "lambda"],
    &["block", "shuffle", "sink"],
    &["state"],
    &["plan"],
    &["sql"],
    &["source"],
    &["stage"],
    &["job"],
    &["batch"],
    &["ui"],
    &["history"],
    &["objects"],
    &["bindings"],
];

const KNOW_PYTHON: &[&str] = &["objects", "bindings"];

/// Who may have a mutex of the standard library's, which the debug check of `sync` doesn't see: `sync` itself, and the
/// rows that a partition function pulls, where user code runs by design and nobody ever waits for the lock.
const OWN_LOCKS: &[&[&str]] = &[&["sync"], &["objects", "partition"]];

#[test]
fn folders_import_only_lower_layers() {
    let mut faults = Vec::new();
    for source in sources() {
        for file in rust_files(&source) {
            let module = module_path(file.strip_prefix(&source).unwrap());
            let text = fs::read_to_string(&file).unwrap();
            faults.extend(faults_of(&module, &text).into_iter().map(|fault| format!("{}: {fault}", file.display())));
        }
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
    if !OWN_LOCKS.iter().any(|file| module == *file) && has_unchecked_lock(&tokens) {
        faults.push(format!("`{}` has a mutex that isn't `crate::sync`'s", module.join("::")));
    }
    for used in imports(module, &tokens) {
        match layer_of(&used) {
            None => faults.push(format!("`{own}` uses `{used}`, which has no layer: add it to the table")),
            Some(other) if other >= layer => {
                faults.push(format!("`{own}` (layer {layer}) uses `{used}` (layer {other})"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// Whether a path from `std` leads to `Mutex`.
fn has_unchecked_lock(tokens: &[String]) -> bool {
    let paths = tokens.iter().enumerate().filter(|(_, token)| *token == "std").map(|(at, _)| &tokens[at..]);
    let ends = |token: &&String| !matches!(token.as_str(), ";" | "(" | ")" | "<");
    paths.into_iter().any(|path| path.iter().take_while(ends).any(|token| token == "Mutex"))
}

fn layer_of(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&folder))
}

/// The other top-level modules that paths in this file lead to.
fn imports(module: &[String], tokens: &[String]) -> Vec<String> {
    let first = absolute(module, tokens).into_iter().filter_map(|path| path.into_iter().next());
    let mut others: Vec<String> = first.filter(|first| Some(first) != module.first()).collect();
    others.dedup();
    others
}

/// The engine's source, and the extension's, which calls the engine's folders by the names that they have there.
fn sources() -> [PathBuf; 2] {
    ["src", "extension/src"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
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
    assert_eq!(faults_of(&module, "use crate::job::run;"), ["`plan` (layer 9) uses `job` (layer 13)"]);
    assert_eq!(faults_of(&module, "use pyo3::prelude::*;"), ["`plan` names pyo3, which only objects and bindings may"]);
    assert_eq!(faults_of(&module, "use crate::chunk::Chunk;").len(), 0);
    let lock = ["`plan` has a mutex that isn't `crate::sync`'s"];
    assert_eq!(faults_of(&module, "use std::sync::{Arc, Mutex};"), lock);
    assert_eq!(faults_of(&module, "struct A(std::sync::Mutex<u8>);"), lock);
    assert_eq!(faults_of(&module, "use crate::sync::Mutex; use std::sync::Arc;").len(), 0);
    assert_eq!(faults_of(&["misc".to_owned()], ""), ["`misc` has no layer: add it to the table"]);
}
