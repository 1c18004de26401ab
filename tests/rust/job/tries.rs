//! Tasks that fail are tried again; what attempts tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyrite::chunk::drain;
use pyrite::error::{Error, Kind};
use pyrite::job::{Engine, JobOptions};
use pyrite::memory::Memory;
use pyrite::metrics::{Event, Outcome};
use pyrite::plan::{NativeMode, Order, Plan};
use pyrite::stage::{Pool, TaskContext, open};

use crate::stage::interpreter::Rust;

/// Runs 3 tasks, of which the middle one fails `failures` times; the rows of each, and how its attempts ended.
/// Partition, attempt, outcome and rows of a task.
type Ended = (usize, usize, Outcome, u64);

fn run(tries: usize, failures: usize) -> (Result<Vec<usize>, String>, Vec<Ended>) {
    let pool = Pool::new(2);
    let engine =
        Engine::new(pool.clone(), Arc::new(Rust::default()), NativeMode::Auto, Memory::unlimited()).with_tries(tries);
    let threads: Vec<_> = (0..2u64)
        .map(|ident| {
            let pool = pool.clone();
            std::thread::spawn(move || pool.serve(ident))
        })
        .collect();
    let left = AtomicUsize::new(failures);
    let plan = Plan::chunks((0..3).map(|i| vec![crate::stage::int_chunk(0..=i)]).collect());
    let rows = engine.run_tasks(&plan, None, &JobOptions::default(), move |plan, task| {
        let current = TaskContext::current().unwrap();
        assert_eq!((current.task, task.context.partition), (task.context.task, task.partition));
        let fails = |n: usize| n.checked_sub(1);
        if task.partition == 1 && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err(Error::new(Kind::Spark, format!("attempt {}", task.context.attempt)));
        }
        let chunks = drain(open(plan, task)?.as_mut(), usize::MAX, &task.cancel)?;
        Ok(chunks)
    });
    engine.stop();
    for thread in threads {
        thread.join().unwrap();
    }
    let told = engine.jobs().bus().read(0).events.into_iter().filter_map(|event| match event {
        Event::TaskEnded { partition, attempt, outcome, rows, .. } => Some((partition, attempt, outcome, rows)),
        _ => None,
    });
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(|ended| (ended.0, ended.1));
    let count = |chunks: Vec<pyrite::chunk::Chunk>| chunks.iter().map(pyrite::chunk::Chunk::len).sum();
    (rows.map(|parts| parts.into_iter().map(count).collect()).map_err(|e| e.to_string()), told)
}

#[test]
fn a_task_is_tried_until_it_succeeds() {
    let (rows, told) = run(3, 2);
    assert_eq!(rows, Ok(vec![1, 2, 3]));
    let ended = [
        (0, 0, Outcome::Succeeded, 1),
        (1, 0, Outcome::Failed, 0),
        (1, 1, Outcome::Failed, 0),
        (1, 2, Outcome::Succeeded, 2),
        (2, 0, Outcome::Succeeded, 3),
    ];
    assert_eq!(told, ended);
}

#[test]
fn the_last_error_is_raised() {
    assert!(run(1, 9).0.unwrap_err().ends_with("attempt 0"));
    assert!(run(3, 9).0.unwrap_err().ends_with("attempt 2"));
}

/// The first attempt has used the runs up: what it failed with is what is told.
#[test]
fn a_panic_while_runs_are_cut_is_told_by_the_last_attempt() {
    let pool = Pool::new(1);
    let interpreter = Arc::new(Rust::default());
    interpreter.sorts_badly.store(true, Ordering::SeqCst);
    let engine = Engine::new(pool.clone(), interpreter, NativeMode::Auto, Memory::unlimited()).with_tries(3);
    let thread = std::thread::spawn(move || pool.serve(0));
    let key = crate::stage::interpreter::Lambda::new(|args| Ok(args[0].clone()));
    let order = Order { key: Some(key.shared()), by_key: false, ascending: true };
    let rows = Plan::chunks(vec![vec![crate::stage::int_chunk([3, 1])]]);
    let sorted = Plan::sort(rows, order, 2, "sortBy");
    let told = engine.count(&sorted, &JobOptions::default()).unwrap_err().to_string();
    engine.stop();
    thread.join().unwrap();
    assert!(told.contains("it sorts badly"), "{told}");
}
