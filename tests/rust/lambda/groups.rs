//! Groups, the values of one key: what may be done with them, and what it costs.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::{Int64Array, ListArray};
use arrow_buffer::OffsetBuffer;
use pyrite::chunk::{Columns, Type};
use pyrite::lambda::{Compiled, Expr};

use super::{compiled, show};

/// `lens.len()` lists of the ints from 0 on, as groups.
fn groups(lens: &[usize]) -> Columns {
    let values: Vec<i64> = (0..lens.iter().sum::<usize>() as i64).collect();
    let field = Arc::new(Type::Int.field("item"));
    let offsets = OffsetBuffer::from_lengths(lens.iter().copied());
    let lists = ListArray::new(field, offsets, Arc::new(Int64Array::from(values)), None);
    Columns::new(Arc::new(lists), Type::List(Box::new(Type::Int))).list_as_group().unwrap()
}

fn call(function: &str) -> Compiled {
    compiled(Expr::Call { function: function.into(), args: vec![Expr::Param(0)] })
}

#[test]
fn groups_are_counted_summed_and_listed() {
    let rows = groups(&[1, 2, 3]).slice(1, 2);
    let of = |function: &str| show(&call(function).map(std::slice::from_ref(&rows)).unwrap());
    assert_eq!(of("len"), ["2", "3"]);
    assert_eq!(of("sum"), ["3", "12"]);
    assert_eq!(of("max"), ["2", "5"]);
    assert_eq!(of("min"), ["1", "3"]);
    assert_eq!(of("list"), ["[1, 2]", "[3, 4, 5]"]);
    assert_eq!(of("any"), ["true", "true"].map(|b| format!("BooleanArray\n[\n  {b},\n]")));
    let listed = call("list").map(std::slice::from_ref(&rows)).unwrap();
    assert_eq!(*listed.kind(), Type::List(Box::new(Type::Int)));
    let itself = compiled(Expr::Param(0));
    assert_eq!(show(&itself.flat(std::slice::from_ref(&rows)).unwrap()), ["1", "2", "3", "4", "5"]);
    assert_eq!(*itself.map(&[rows]).unwrap().kind(), Type::Group(Box::new(Type::Int)));
}

#[test]
fn groups_are_not_indexed_nor_compared() {
    let rows = groups(&[1, 2]);
    let index = Box::new(Expr::Int(0));
    assert!(compiled(Expr::Item { of: super::param(0), index }).map(std::slice::from_ref(&rows)).is_err());
    assert!(call("str").map(&[rows]).is_err());
}

/// `cargo test --profile ci -- --ignored --nocapture group_speed` prints what groups cost.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn group_speed() {
    let rows = groups(&vec![10; 100_000]);
    for function in ["len", "sum", "max", "list", "sorted"] {
        let compiled = call(function);
        let begin = Instant::now();
        let made = compiled.map(std::slice::from_ref(&rows)).unwrap();
        println!("{function} of 100,000 groups of 10: {:.2} ms", begin.elapsed().as_secs_f64() * 1e3);
        assert_eq!(made.len(), 100_000);
    }
}
