//! Stages of few rows are done by whoever waits for them: here nobody serves the pool.

use std::sync::Arc;
use std::time::Duration;

use pyrite::chunk::{Chunk, Type};
use pyrite::lambda::{BinaryOp, Expr};
use pyrite::memory::Memory;
use pyrite::plan::{Aggregator, NativeMode, Order, Partitioner, Plan, PlanRef};
use pyrite::stage::{Cores, Pool, Prepared, is_small};

use super::interpreter::{Lambda, Rows, Value};
use super::{Running, binary, int_chunk, ints, map, plus_one, shown};
use crate::shuffle::values::pairs;

fn unserved() -> Running {
    Running::new(0)
}

/// Counts by key, in order, in two partitions.
fn sorted_counts(source: &PlanRef) -> PlanRef {
    let sum = Lambda::compiled(binary(BinaryOp::Add, Expr::Param(0), Expr::Param(1)), |_| unreachable!());
    let sums = Plan::combine(source.clone(), Aggregator::Reduce(sum.shared()), Partitioner::hash(2), "reduceByKey");
    Plan::sort(sums, Order { key: None, by_key: false, ascending: true }, 2, "sortBy")
}

#[test]
fn an_empty_job_needs_no_other_thread() {
    let source = Plan::chunks(vec![Vec::new(), Vec::new()]);
    assert_eq!(unserved().run(&sorted_counts(&source)).unwrap(), shown([]));
    let interpreted = Lambda::new(|_| Err("nothing comes here".into()));
    assert_eq!(unserved().run(&map(&source, &interpreted)).unwrap(), shown([]));
}

#[test]
fn few_rows_of_compiled_functions_need_none() {
    let keys = ints([1, 2, 1]);
    let chunk = Chunk::Columns(pairs(&keys, &Type::Int, &ints([5, 6, 7]), &Type::Int));
    let found = unserved().run(&sorted_counts(&Plan::chunks(vec![vec![chunk.clone()], vec![chunk]]))).unwrap();
    assert_eq!(found, "[Tuple([Int(1), Int(24)]), Tuple([Int(2), Int(12)])]");
    let source = Plan::chunks(vec![vec![int_chunk([1])], vec![int_chunk([2])]]);
    assert_eq!(unserved().run(&map(&source, &plus_one())).unwrap(), shown([2, 3]));
}

#[test]
fn more_rows_and_functions_of_the_interpreter_go_to_the_pool() {
    let engine = Running::new(1);
    let small = |plan: &PlanRef| {
        let interpreter = engine.interpreter.clone();
        let cores = Arc::new(Cores::new(Pool::new(1)));
        let prepared = Prepared::new(plan, interpreter, NativeMode::Auto, cores, Memory::unlimited()).unwrap();
        is_small(plan, None, &prepared)
    };
    let few = Plan::chunks(vec![vec![int_chunk([1])]]);
    let many = Plan::chunks(vec![vec![int_chunk(0..1000)]]);
    let slow = Lambda::new(|args| {
        std::thread::sleep(Duration::from_millis(1));
        Ok(args[0].clone())
    });
    assert!(small(&map(&few, &plus_one())));
    assert!(!small(&map(&many, &plus_one())));
    assert!(!small(&map(&few, &slow)));
    assert!(!small(&map(&Plan::chunks(vec![vec![Rows::chunk(vec![Value::Int(1)])]]), &plus_one())));
}
