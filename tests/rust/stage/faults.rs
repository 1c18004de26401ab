//! A kernel that panics: its chunk goes to the interpreter, the reason is shown, and nothing is printed.

use std::process::Command;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, StructArray};
use pyrite::chunk::{Chunk, Columns, Type, tuple_fields};
use pyrite::fault::{caught, declining, guarded};
use pyrite::lambda::{BinaryOp, Expr};
use pyrite::plan::{FunctionKind, Plan, UserFunction};
use pyrite::stage::explain::describe;

use super::interpreter::{Lambda, Value};
use super::{Running, binary, int, narrow};
use crate::shuffle::values::columns;

/// Pairs whose values are one more than the keys, which no kernel expects.
fn broken_pairs() -> Chunk {
    let (keys, values): (ArrayRef, ArrayRef) =
        (Arc::new(Int64Array::from(vec![1, 2])), Arc::new(Int64Array::from(vec![10, 20, 30])));
    let kinds = [Type::Int, Type::Int];
    // SAFETY: not valid, which is the point; only safe code reads it.
    let array = unsafe { StructArray::new_unchecked(tuple_fields(&kinds), vec![keys, values], None) };
    assert_eq!(array.len(), 2);
    Chunk::Columns(Columns::new(Arc::new(array), Type::Tuple(kinds.to_vec())))
}

fn add_one() -> Arc<Lambda> {
    let expr = binary(BinaryOp::Add, Expr::Param(0), Expr::Int(1));
    Lambda::compiled(expr, |args| Ok(Value::Int(int(&args[0]) + 1)))
}

/// Run by the test below in a process of its own.
#[test]
#[ignore = "prints nothing: the next test looks"]
fn a_chunk_whose_kernel_panics_is_run_again() {
    let ints = |value| columns(&[Value::Int(value)], &Type::Int);
    let good = Columns::tuple(vec![ints(3), ints(30)], 1);
    for threads in [1, 2] {
        let engine = Running::new(threads);
        let source = Plan::chunks(vec![vec![broken_pairs(), Chunk::Columns(good.clone())]]);
        let step = add_one();
        let plan = narrow(&source, FunctionKind::MapValues, &step);
        let expected = "[Tuple([Int(1), Int(11)]), Tuple([Int(2), Int(21)]), Tuple([Int(3), Int(31)])]";
        assert_eq!(engine.run(&plan).unwrap(), expected);
        let (native, declined, python, reason) = step.counters().read();
        assert_eq!((native, declined, python), (1, 2, 2));
        let reason = reason.unwrap().clone();
        assert!(reason.contains("a bug in Pyrite's engine: ") && reason.contains(".rs:"), "{reason}");
        assert!(describe(&plan, true).unwrap().contains(&reason));
    }
}

#[test]
fn a_panic_prints_nothing() {
    let name = "stage::faults::a_chunk_whose_kernel_panics_is_run_again";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{printed}");
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
    assert_eq!(printed, "");
}

#[test]
fn a_panic_becomes_what_the_caller_needs() {
    let fails = || -> usize { Vec::<usize>::new()[std::hint::black_box(3)] };
    let text = caught(fails).unwrap_err();
    assert!(text.contains("the len is 0 but the index is 3") && text.contains("faults.rs:"), "{text}");
    assert_eq!(guarded(|| Ok(fails())).unwrap_err().to_string(), format!("org.apache.spark.SparkException: {text}"));
    assert_eq!(declining(|| Ok(fails())).unwrap_err().to_string(), text);
    assert_eq!(caught(|| 1), Ok(1));
    // An inner guard is enough, and the outer one goes on.
    let outer = caught(|| caught(fails).unwrap_err());
    assert_eq!(outer, Ok(text));
}
