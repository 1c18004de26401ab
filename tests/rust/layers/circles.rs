//! Files and folders side by side don't import each other in a circle, save those listed here.
//!
//! A `mod.rs` is its folder's own: what it re-exports counts as the child's that has it, what it defines is everybody's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::paths::{absolute, tokens, uses};
use super::{module_path, rust_files, sources};

/// The folder, who may import each other in it, and why.
const ALLOWED: &[(&str, &[&str], &str)] = &[
    (
        "batch",
        &["context", "graph", "history", "job", "life", "recording"],
        "a context has the graph, the jobs and the history of its batches, and they ask it for its engine, its clock and \
         its state",
    ),
    (
        "batch",
        &["stateful", "stream"],
        "a stream asks its memory for a plan, and that asks the stream for its parents' and its own earlier ones",
    ),
    (
        "lambda",
        &["backtrack", "cells", "pattern", "tree"],
        "a tree holds its compiled patterns, cells run trees, patterns make cells",
    ),
    ("lambda", &["compiled", "partition"], "a function of an iterator holds the functions of its rows"),
    (
        "lambda/cells",
        &["builtins", "collections", "compare", "maps", "mathematics", "methods", "operate", "sets", "tables"],
        "dicts and sets are values that hold values: what compares, iterates and adds asks them, and they ask it of theirs",
    ),
    ("lambda/cells", &["encoded", "read"], "a column's values are encoded, and what is encoded is read from columns"),
    (
        "lambda/columns",
        &["comprehension", "logic", "loops", "tries", "vector"],
        "one evaluator: expressions hold expressions",
    ),
    (
        "lambda/machine",
        &["arena", "build", "each", "emit", "index", "loops", "made", "output", "scan", "words"],
        "one translator: loops hold expressions, which hold loops, and lists hold what the code puts out",
    ),
    (
        "objects",
        &["chain", "machine", "partition", "table", "worker"],
        "a machine's rows may come from a worker or from a partition function, which reads another machine; a worker \
         serves the same chains and tables",
    ),
    (
        "shuffle/table",
        &["concat", "extreme", "general", "lists", "picked", "states", "sums", "values", "vectors"],
        "`values` is the enum of all kinds of them",
    ),
    (
        "stage",
        &["keys", "op", "prepared", "runs", "seam", "sort", "task", "write"],
        "an operator opens its inputs, which are operators, and hands its task to the interpreter, whom the task holds",
    ),
    (
        "sql",
        &[
            "aggregate",
            "event_time",
            "expr",
            "functions",
            "join",
            "missing",
            "planner",
            "python",
            "radix",
            "reach",
            "reach_join",
            "relation",
            "reshape",
            "statistics",
            "stream",
            "stream_join",
            "stream_rules",
            "subquery",
            "text",
            "window",
        ],
        "one planner: relations hold expressions, which call functions and hold queries, which are relations",
    ),
    (
        "sql/functions",
        &["aggregates", "partials"],
        "an aggregate over a stream is made of what it is over all rows, and of what can be kept of that",
    ),
    ("objects", &["convert", "mixed"], "a column holds values of any type, and those are made as a column's are"),
];

/// Who imports whom among the children of a folder, each import with the file that has it.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn files_import_each_other_in_no_circle() {
    let read = |source: &PathBuf, file: PathBuf| {
        (module_path(file.strip_prefix(source).unwrap()), fs::read_to_string(&file).unwrap())
    };
    let files: Vec<(Vec<String>, String)> = sources()
        .iter()
        .flat_map(|source| rust_files(source).into_iter().map(move |file| read(source, file)))
        .collect();
    let mut faults = Vec::new();
    let mut met = BTreeSet::new();
    for (folder, graph) in graphs(&files) {
        for circle in circles(&graph) {
            let known = ALLOWED
                .iter()
                .position(|(of, who, _)| *of == folder && circle.iter().all(|child| who.contains(&child.as_str())));
            match known {
                Some(known) => drop(met.insert(known)),
                None => faults.push(format!("{folder}: {}", told(&graph, &circle))),
            }
        }
    }
    for (index, (folder, who, _)) in ALLOWED.iter().enumerate() {
        if !met.contains(&index) {
            faults.push(format!("{folder}: {} are no circle any more: take them off the list", who.join(" ")));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// For each folder of `files` (module path and text) who imports whom in it.
fn graphs(files: &[(Vec<String>, String)]) -> BTreeMap<String, Graph> {
    let modules: BTreeSet<&[String]> = files.iter().map(|(module, _)| module.as_slice()).collect();
    let reexports: BTreeMap<&[String], BTreeMap<String, String>> =
        files.iter().map(|(module, text)| (module.as_slice(), reexports(&modules, module, text))).collect();
    let mut graphs: BTreeMap<String, Graph> = BTreeMap::new();
    for (module, text) in files {
        for path in absolute(module, &tokens(text)) {
            let shared = module.iter().zip(&path).take_while(|(a, b)| a == b).count();
            let (Some(from), Some(name)) = (module.get(shared), path.get(shared)) else { continue };
            let folder = &module[..shared];
            let child: Vec<String> = folder.iter().chain([name]).cloned().collect();
            let to = if modules.contains(child.as_slice()) { Some(name) } else { reexports[folder].get(name) };
            if let Some(to) = to.filter(|to| shared > 0 && *to != from) {
                let graph = graphs.entry(folder.join("/")).or_default();
                graph.entry(from.clone()).or_default().entry(to.clone()).or_insert_with(|| module.join("::"));
            }
        }
    }
    graphs
}

/// The names that a `mod.rs` has from a child, each with the child.
fn reexports(modules: &BTreeSet<&[String]>, module: &[String], text: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (path, name) in uses(&tokens(text)) {
        let first = path.iter().find(|part| *part != "self").cloned().unwrap_or_default();
        let child: Vec<String> = module.iter().cloned().chain([first.clone()]).collect();
        if modules.contains(child.as_slice()) {
            names.insert(name, first);
        }
    }
    names
}

/// Children that reach each other.
fn circles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|from| (from, reach(graph, from))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (from, to) in &reached {
        if to.contains(from) && !found.iter().any(|circle| circle.contains(*from)) {
            let back = |other: &&&String| reached.get(**other).is_some_and(|to| to.contains(from));
            found.push(to.iter().filter(back).map(|child| (*child).clone()).collect());
        }
    }
    found
}

fn reach<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut left = vec![from];
    while let Some(at) = left.pop() {
        for (to, _) in graph.get(at).into_iter().flatten() {
            if seen.insert(to) {
                left.push(to);
            }
        }
    }
    seen
}

fn told(graph: &Graph, circle: &BTreeSet<String>) -> String {
    let mut imports = Vec::new();
    for from in circle {
        for (to, file) in graph[from].iter().filter(|(to, _)| circle.contains(*to)) {
            imports.push(format!("{from} -> {to} (in {file})"));
        }
    }
    imports.join(", ")
}

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let owned = |path: &str| path.split('/').map(str::to_owned).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (owned(path), (*text).to_owned())).collect();
    let all = graphs(&files);
    all.iter().flat_map(|(folder, graph)| circles(graph).into_iter().map(move |c| format!("{folder}: {c:?}"))).collect()
}

#[test]
fn circles_are_found_through_reexports_and_folders() {
    let folder = ("a", "mod x; pub use x::{Up, Down as Under}; mod y; mod z;");
    let none: [&str; 0] = [];
    assert_eq!(found(&[folder, ("a/x", "use super::y::f;"), ("a/y", "")]), none);
    assert_eq!(found(&[folder, ("a/x", "use super::y::f;"), ("a/y", "use super::Other;")]), none);
    assert_eq!(found(&[folder, ("a/x", "use super::y::f;"), ("a/y", "use super::Under;")]), ["a: {\"x\", \"y\"}"]);
    assert_eq!(
        found(&[
            folder,
            ("a/x", "fn f() { crate::a::y::f() }"),
            ("a/y", "use super::z::b;"),
            ("a/z", ""),
            ("a/z/b", "use super::super::x;")
        ]),
        ["a: {\"x\", \"y\", \"z\"}"]
    );
}
