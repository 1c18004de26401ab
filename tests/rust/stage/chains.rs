//! Chains: what runs natively, what is given back, in which order rows and errors come out.

use pyrite::plan::{FunctionKind, Plan};

use super::interpreter::{Lambda, Rows, Value};
use super::{Running, hundredth, int, int_chunk, ints, map, narrow, plus_one, shown};

#[test]
fn a_chunk_that_declines_is_run_again_alone() {
    let engine = Running::new(1);
    let big = i64::MAX;
    let source = Plan::chunks(vec![vec![int_chunk([1, 2]), int_chunk([3, big]), int_chunk([5])]]);
    let careful = Lambda::compiled(
        super::binary(pyrite::lambda::BinaryOp::Add, pyrite::lambda::Expr::Param(0), pyrite::lambda::Expr::Int(1)),
        |args| Ok(int(&args[0]).checked_add(1).map_or(Value::Str("too large".into()), Value::Int)),
    );
    let plan = map(&source, &careful);
    let expected = r#"[Int(2), Int(3), Int(4), Str("too large"), Int(6)]"#;
    assert_eq!(engine.run(&plan).unwrap(), expected);
    assert_eq!(careful.called(), 2);
    let (native, declined, python, reason) = pyrite::plan::UserFunction::counters(&*careful).read();
    assert_eq!((native, declined, python), (3, 2, 2));
    assert!(reason.is_some());
}

#[test]
fn rows_before_the_error_come_out_and_those_behind_are_not_touched() {
    let engine = Running::new(1);
    let source = Plan::chunks(vec![vec![int_chunk([1, 2, 0, 4]), int_chunk([5])]]);
    let step = hundredth();
    let plan = map(&source, &step);
    assert_eq!(engine.take(&plan, 2).unwrap(), shown([100, 50]));
    assert_eq!(step.called(), 2);
    assert_eq!(engine.take(&plan, 3).unwrap_err().to_string(), "division by zero");
    assert_eq!(step.called(), 5);
}

#[test]
fn interpreted_steps_see_only_the_rows_that_are_asked_for() {
    let engine = Running::new(1);
    let source = Plan::chunks(vec![vec![int_chunk(0..100)]]);
    let slow = Lambda::new(|args| Ok(args[0].clone()));
    let plan = map(&map(&source, &plus_one()), &slow);
    assert_eq!(engine.take(&plan, 3).unwrap(), shown([1, 2, 3]));
    assert_eq!(slow.called(), 3);
}

#[test]
fn opaque_rows_go_through_compiled_steps_by_the_interpreter() {
    let engine = Running::new(1);
    let source = Plan::chunks(vec![vec![Rows::chunk(ints([1, 2]))]]);
    let step = plus_one();
    assert_eq!(engine.run(&map(&source, &step)).unwrap(), shown([2, 3]));
    assert_eq!(step.called(), 2);
}

#[test]
fn filters_and_flat_maps_may_leave_nothing() {
    let engine = Running::new(2);
    let source = Plan::chunks(vec![vec![int_chunk(0..10)], vec![], vec![int_chunk([7])]]);
    let none = Lambda::new(|_| Ok(Value::Bool(false)));
    assert_eq!(engine.run(&narrow(&source, FunctionKind::Filter, &none)).unwrap(), "[]");
    let twice = Lambda::new(|args| Ok(Value::List(vec![args[0].clone(); (int(&args[0]) == 7).into()])));
    assert_eq!(engine.run(&narrow(&source, FunctionKind::FlatMap, &twice)).unwrap(), shown([7, 7]));
}

#[test]
fn deep_unions_and_long_chains_need_no_deep_stack() {
    let engine = Running::new(1);
    let one = Plan::chunks(vec![vec![int_chunk([0])]]);
    let (mut union, mut chain, step) = (one.clone(), one.clone(), plus_one());
    for _ in 0..20_000 {
        union = Plan::union(vec![union, one.clone()]).unwrap();
        chain = map(&chain, &step);
    }
    let first = engine.engine.run(&union, Some(&[0, 20_000]), usize::MAX, &pyrite::job::JobOptions::default());
    assert_eq!(first.unwrap().len(), 2);
    assert_eq!(engine.run(&chain).unwrap(), shown([20_000]));
    assert!(pyrite::stage::explain::describe(&chain, true).unwrap().lines().count() > 20_000);
}

/// Each joint pulls the next one on the same stack; Spark's scheduler has a `StackOverflowError` for it.
#[test]
fn too_many_joints_one_below_the_other_are_an_error() {
    let engine = Running::new(1);
    let joints = |n: usize| {
        let mut plan = Plan::chunks(vec![vec![int_chunk([0])]]);
        for _ in 0..n {
            plan = map(&Plan::coalesce(plan, 1).unwrap(), &plus_one());
        }
        plan
    };
    assert_eq!(engine.run(&joints(300)).unwrap(), shown([300]));
    let message = engine.run(&joints(20_000)).unwrap_err().to_string();
    assert!(message.contains("java.lang.StackOverflowError") && message.contains("persist()"), "{message}");
}

/// Loops make unions of unions, and diamonds: what was shown is named, and nothing is walked twice.
#[test]
fn explaining_deep_unions_and_diamonds_is_short() {
    let one = Plan::chunks(vec![vec![int_chunk([0])]]);
    let mut deep = one.clone();
    for _ in 0..30_000 {
        deep = Plan::union(vec![deep, one.clone()]).unwrap();
    }
    let text = pyrite::stage::explain::describe(&deep, true).unwrap();
    assert!(text.contains("union of 30001") && text.len() < 4_000_000, "{}", text.len());
    let (mut diamond, step) = (one, plus_one());
    for _ in 0..40 {
        let mapped = map(&diamond, &step);
        diamond = Plan::union(vec![mapped.clone(), mapped]).unwrap();
    }
    let text = pyrite::stage::explain::describe(&diamond, true).unwrap();
    assert!(text.len() < 100_000, "{}", text.len());
}
