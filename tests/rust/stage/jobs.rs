//! Jobs: tables that change hands, errors of several partitions, caches, shuffles that fail, cancellation.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pyrite::chunk::{Cancel, Type};
use pyrite::error::Error;
use pyrite::job::JobOptions;
use pyrite::lambda::{BinaryOp, Expr};
use pyrite::memory::Memory;
use pyrite::plan::{Aggregator, Laid, NativeMode, Order, OutputRef, Partitioner, Plan, PlanRef, ShuffleCell};
use pyrite::stage::{Cores, Pool, Prepared, Task, write_partition};
use pyrite::store::{Level, Stored};

use super::interpreter::{Lambda, Value};
use super::{Running, binary, int, int_chunk, ints, map, plus_one, shown};
use crate::shuffle::values::pairs;

/// `a + b` that goes on as text where an int has no 64 bits.
fn sum() -> Arc<Lambda> {
    Lambda::compiled(binary(BinaryOp::Add, Expr::Param(0), Expr::Param(1)), |args| match (&args[0], &args[1]) {
        (Value::Int(a), Value::Int(b)) => {
            Ok(a.checked_add(*b).map_or_else(|| Value::Str(format!("{}", i128::from(*a) + i128::from(*b))), Value::Int))
        }
        (a, b) => Ok(Value::Str(format!("{a:?}+{b:?}"))),
    })
}

fn reduce(parent: &PlanRef, function: &Arc<Lambda>, n: usize) -> PlanRef {
    Plan::combine(parent.clone(), Aggregator::Reduce(function.shared()), Partitioner::hash(n), "reduceByKey")
}

fn pair_chunk(keys: &[i64], values: &[i64]) -> pyrite::chunk::Chunk {
    let (keys, values) = (ints(keys.iter().copied()), ints(values.iter().copied()));
    pyrite::chunk::Chunk::Columns(pairs(&keys, &Type::Int, &values, &Type::Int))
}

#[test]
fn a_table_that_declines_is_converted_where_it_stands() {
    let engine = Running::new(2);
    let first = vec![pair_chunk(&[1, 2, 1], &[10, 20, 30]), pair_chunk(&[2, 3], &[i64::MAX, 5])];
    let source = Plan::chunks(vec![first, vec![pair_chunk(&[3], &[1])]]);
    let step = sum();
    let found = engine.run(&reduce(&source, &step, 1)).unwrap();
    let expected = concat!(
        "[Tuple([Int(1), Int(40)]), Tuple([Int(2), Str(\"9223372036854775827\")]), ",
        "Tuple([Int(3), Int(6)])]"
    );
    assert_eq!(found, expected);
    // The rows that were merged natively are not merged again: one call for key 2, one on the reduce side for key 3.
    assert_eq!(step.called(), 2);
}

#[test]
fn the_lowest_partition_that_fails_tells_why() {
    let engine = Running::new(2);
    let source = Plan::chunks((0..6).map(|i| vec![int_chunk([i])]).collect());
    let step = Lambda::new(|args| {
        let i = int(&args[0]);
        if i == 1 {
            std::thread::sleep(Duration::from_millis(60));
        }
        if i >= 1 { Err(format!("partition {i}")) } else { Ok(Value::Int(i)) }
    });
    assert_eq!(engine.run(&map(&source, &step)).unwrap_err().to_string(), "partition 1");
}

#[test]
fn a_shuffle_that_failed_runs_again_and_one_that_ran_does_not() {
    let engine = Running::new(2);
    let source = Plan::chunks(vec![vec![pair_chunk(&[1, 1], &[1, 2])]]);
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let step = Lambda::new(move |args| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Err("the first time".into()),
        _ => Ok(args[0].clone()),
    });
    let plan = reduce(&map(&source, &step), &sum(), 1);
    assert_eq!(engine.run(&plan).unwrap_err().to_string(), "the first time");
    for _ in 0..2 {
        assert_eq!(engine.run(&plan).unwrap(), "[Tuple([Int(1), Int(3)])]");
    }
    assert_eq!(step.called(), 3);
}

#[test]
fn two_tasks_of_a_job_compute_a_cached_partition_once() {
    let engine = Running::new(2);
    let step = Lambda::new(|args| {
        std::thread::sleep(Duration::from_millis(5));
        Ok(args[0].clone())
    });
    let kept = map(&Plan::chunks(vec![vec![int_chunk(0..4)]]), &step);
    kept.persist(Level::Memory).unwrap();
    let both = Plan::union(vec![kept.clone(), kept.clone()]).unwrap();
    assert_eq!(engine.run(&both).unwrap(), shown([0, 1, 2, 3, 0, 1, 2, 3]));
    assert_eq!(step.called(), 4);
    kept.unpersist();
    assert_eq!(engine.run(&kept).unwrap(), shown(0..4));
    assert_eq!(step.called(), 8);
}

#[test]
fn a_cancelled_job_ends_though_a_task_does_not() {
    let engine = Running::new(1);
    let step = Lambda::new(|args| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(args[0].clone())
    });
    let plan = map(&Plan::chunks(vec![vec![int_chunk(0..1000)]]), &step);
    let options = JobOptions::default();
    let (cancel, start) = (options.cancel.clone(), Instant::now());
    let ended = std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            cancel.set();
        });
        engine.engine.run(&plan, None, usize::MAX, &options)
    });
    assert!(matches!(ended, Err(Error::Cancelled)));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(step.called() < 100);
}

#[test]
fn an_interrupt_is_seen_while_tasks_end_one_after_the_other() {
    let engine = Running::new(1);
    let step = Lambda::new(|args| {
        std::thread::sleep(Duration::from_micros(500));
        Ok(args[0].clone())
    });
    let plan = map(&Plan::chunks((0..20_000).map(|i| vec![int_chunk([i])]).collect()), &step);
    engine.interpreter.interrupted.store(true, Ordering::SeqCst);
    assert_eq!(engine.run(&plan).unwrap_err().to_string(), "interrupt");
    assert!(step.called() < 2000);
}

#[test]
fn an_action_within_a_task_is_refused() {
    let engine = Running::new(1);
    let (inner, source) = (engine.engine.clone(), Plan::chunks(vec![vec![int_chunk([1])]]));
    let other = source.clone();
    let step = Lambda::new(move |_| {
        let counted = inner.count(&other, &JobOptions::default());
        counted.map(|n| Value::Int(n as i64)).map_err(|e| e.to_string())
    });
    assert!(engine.run(&map(&source, &step)).unwrap_err().to_string().contains("inside a function"));
}

#[test]
fn a_panic_is_an_error_of_the_job_and_the_thread_lives_on() {
    let engine = Running::new(1);
    let source = Plan::chunks(vec![vec![int_chunk([1])]]);
    let step = Lambda::new(|_| panic!("a bug"));
    assert!(engine.run(&map(&source, &step)).unwrap_err().to_string().contains("a bug in Pyrite's engine: a bug"));
    assert_eq!(engine.run(&source).unwrap(), shown([1]));
}

#[test]
fn opaque_rows_are_sorted_by_the_interpreter() {
    let engine = Running::new(2);
    let source = Plan::chunks(vec![vec![int_chunk([3, 1])], vec![int_chunk([2])]]);
    let key = Lambda::new(|args| Ok(Value::Int(-int(&args[0]))));
    let order = Order { key: Some(key.shared()), by_key: false, ascending: true };
    let sorted = Plan::sort(source, order, 2, "sortBy");
    assert_eq!(engine.run(&sorted).unwrap(), shown([3, 2, 1]));
}

/// The interpreter would sort all over again what nobody waits for.
#[test]
fn a_cancelled_sort_is_not_begun_again() {
    let engine = Running::new(1);
    let source = Plan::chunks(vec![vec![int_chunk([3, 1, 2])]]);
    let by_value = Order { key: Some(plus_one().shared()), by_key: false, ascending: true };
    let plan = Plan::sort(source, by_value, 1, "sortBy");
    let cores = Arc::new(Cores::new(Pool::new(1)));
    let (interpreter, memory) = (engine.interpreter.clone(), Memory::unlimited());
    let prepared = Arc::new(Prepared::new(&plan, interpreter, NativeMode::Auto, cores, memory).unwrap());
    let task =
        Task { prepared: prepared.clone(), context: Arc::default(), partition: 0, cancel: Cancel::default(), depth: 0 };
    let input = plan.inputs()[0].plan.clone();
    let shuffle = plan.inputs()[0].shuffle().unwrap().clone();
    let sort = || write_partition(&input, &shuffle, &plan, &task);
    assert!(sort().is_ok());
    task.cancel.set();
    assert!(matches!(sort(), Err(Error::Cancelled)));
}

/// Who waits looks for interrupts, which needs the interpreter; its holder may look into the cell at that time.
#[test]
fn the_wait_for_another_jobs_shuffle_holds_no_lock() {
    let cell = Arc::new(ShuffleCell::default());
    let (begun, running) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let first = {
        let cell = cell.clone();
        std::thread::spawn(move || {
            cell.get_or_run(
                || Ok(()),
                || {
                    begun.send(()).unwrap();
                    ended.recv().unwrap();
                    Ok(Arc::new(Laid(vec![Stored::of(vec![int_chunk([1])])])) as OutputRef)
                },
            )
        })
    };
    running.recv().unwrap();
    let (looked, looks) = std::sync::mpsc::channel();
    let second = {
        let cell = cell.clone();
        std::thread::spawn(move || {
            let look = || {
                let _ = cell.get();
                looked.send(()).unwrap();
                Ok(())
            };
            cell.get_or_run(look, || panic!("it runs once"))
        })
    };
    looks.recv_timeout(Duration::from_secs(20)).expect("a wait that holds the lock");
    end.send(()).unwrap();
    for output in [first.join().unwrap().unwrap(), second.join().unwrap().unwrap()] {
        assert_eq!(output.open(0, &Cancel::default()).unwrap().next(9).unwrap().unwrap().len(), 1);
    }
}
