//! Rows that are marked are saved after the first job that uses them; stages whose tasks wait for each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pyrite::chunk::Chunk;
use pyrite::error::Result;
use pyrite::plan::{FunctionKind, Mark, Plan, PlanRef};

use super::interpreter::{Lambda, Value};
use super::{Running, int, int_chunk, map, plus_one, shown};
use crate::memory::Folder;

fn decode(_: &[u8], _: usize) -> Result<Chunk> {
    panic!("these rows are columns")
}

fn files(folder: &Folder, name: &str) -> Mark {
    Mark::Files(folder.0.join(name), decode)
}

fn parts(path: PathBuf) -> usize {
    std::fs::read_dir(path).map_or(0, Iterator::count)
}

#[test]
fn a_marked_plan_is_saved_once_and_ends_the_lineage() {
    let (engine, folder) = (Running::new(2), Folder::new());
    let source = Plan::chunks(vec![vec![int_chunk(0..5)], vec![int_chunk(5..10)]]);
    let step = plus_one();
    let marked = map(&source, &step);
    let child = map(&marked, &plus_one());
    marked.mark(files(&folder, "rdd"));
    assert!(marked.saved().is_none() && Plan::any_marked());
    assert_eq!(engine.run(&child).unwrap(), shown(2..12));
    assert!(marked.saved().is_some());
    assert_eq!(parts(folder.0.join("rdd")), 2);
    let weak = Arc::downgrade(&source);
    drop(source);
    assert!(weak.upgrade().is_none());
    assert_eq!(marked.partitions().unwrap(), 2);
    assert_eq!(engine.run(&child).unwrap(), shown(2..12));
    assert_eq!(engine.run(&marked).unwrap(), shown(1..11));
    assert!(marked.functions().is_empty());
}

#[test]
fn the_nearest_one_is_saved() {
    let (engine, folder) = (Running::new(2), Folder::new());
    let first = map(&Plan::chunks(vec![vec![int_chunk(0..5)]]), &plus_one());
    let second = map(&first, &plus_one());
    first.mark(files(&folder, "first"));
    second.mark(files(&folder, "second"));
    engine.run(&second).unwrap();
    assert!(first.saved().is_none() && second.saved().is_some());
    assert_eq!((parts(folder.0.join("first")), parts(folder.0.join("second"))), (0, 1));
}

#[test]
fn who_fails_puts_the_mark_back() {
    let (engine, folder) = (Running::new(1), Folder::new());
    let blocked = folder.0.join("file");
    std::fs::write(&blocked, "no folder").unwrap();
    let marked = map(&Plan::chunks(vec![vec![int_chunk(0..5)]]), &plus_one());
    marked.mark(Mark::Files(blocked.join("rdd"), decode));
    assert!(engine.run(&marked).is_err());
    assert!(marked.saved().is_none() && marked.take_mark().is_some());
}

fn barrier(parent: &PlanRef, step: &Arc<Lambda>) -> PlanRef {
    Plan::barrier(parent.clone(), FunctionKind::Map, step.shared(), false, "barrier")
}

#[test]
fn tasks_of_a_barrier_stage_run_at_once() {
    let engine = Running::new(3);
    let here = Arc::new(AtomicUsize::new(0));
    let came = here.clone();
    let step = Lambda::new(move |args| {
        came.fetch_add(1, Ordering::SeqCst);
        while came.load(Ordering::SeqCst) < 3 {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(Value::Int(int(&args[0])))
    });
    let source = Plan::chunks((0..3).map(|i| vec![int_chunk([i])]).collect());
    assert_eq!(engine.run(&barrier(&source, &step)).unwrap(), shown(0..3));
}

#[test]
fn chains_that_barriers_do_not_suit() {
    let engine = Running::new(2);
    let source = |n: i64| Plan::chunks((0..n).map(|i| vec![int_chunk([i])]).collect());
    let two = barrier(&source(2), &plus_one());
    let said = |plan: &PlanRef| engine.run(plan).unwrap_err().to_string();
    assert!(said(&barrier(&source(3), &plus_one())).contains("SPARK-24819"));
    assert!(said(&Plan::coalesce(two.clone(), 1).unwrap()).contains("SPARK-24820"));
    assert!(said(&Plan::zip(two.clone(), two.clone())).contains("SPARK-24821"));
    // One after the other, and behind a shuffle, is well.
    assert_eq!(engine.run(&barrier(&two, &plus_one())).unwrap(), shown(2..4));
    assert!(engine.run(&Plan::repartition(two, 5)).is_ok());
}
