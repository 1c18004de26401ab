//! Columns: what can't be one column is declined, never lost. Lists of `None` are long and weigh nothing.

mod weight;

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, NullArray};
use arrow_buffer::OffsetBuffer;
use pyrite::chunk::{Chunk, Columns, Type};
use pyrite::lambda::{Reducer, Ties};
use pyrite::shuffle::NativeTable;

use crate::shuffle::values::{Value, columns};

const HUGE: usize = 1 << 30;

/// One list of `len` times `None` a row.
fn lists(lens: &[usize]) -> Columns {
    let values: ArrayRef = Arc::new(NullArray::new(lens.iter().sum()));
    let field = Arc::new(Type::Null.field("item"));
    let array = ListArray::new(field, OffsetBuffer::from_lengths(lens.iter().copied()), values, None);
    Columns::new(Arc::new(array), Type::List(Box::new(Type::Null)))
}

/// Lists of one list each.
fn nested(lens: &[usize]) -> Columns {
    let inner = lists(lens);
    let field = Arc::new(inner.kind().field("item"));
    let array = ListArray::new(field, OffsetBuffer::from_lengths(lens.iter().map(|_| 1)), inner.array().clone(), None);
    Columns::new(Arc::new(array), Type::List(Box::new(inner.kind().clone())))
}

fn pairs(keys: &[i64], values: Columns) -> Columns {
    let keys: Vec<Value> = keys.iter().copied().map(Value::Int).collect();
    let len = keys.len();
    Columns::tuple(vec![columns(&keys, &Type::Int), values], len)
}

#[test]
fn rows_that_are_taken_too_often_decline() {
    for column in [lists(&[1, HUGE]), nested(&[1, HUGE])] {
        assert_eq!(column.take(&[1, 0]).unwrap().len(), 2);
        assert!(column.take(&[1, 1, 1]).is_err());
        let all = Columns::tuple(vec![column.clone()], 2);
        assert!(Chunk::Columns(all).take(&[1, 1]).is_err());
        assert!(Columns::concat(&[column.clone(), column.clone(), column]).is_none());
    }
}

#[test]
fn list_items_are_those_of_the_deepest_heap() {
    assert_eq!(lists(&[3, 4]).list_items(), 7);
    assert_eq!(lists(&[3, 4]).slice(1, 1).list_items(), 4);
    assert_eq!(nested(&[3, 4]).list_items(), 7);
    assert_eq!(nested(&[3, 4]).slice(1, 1).list_items(), 4);
    assert_eq!(nested(&[0, 0]).list_items(), 2);
    assert_eq!(Columns::tuple(vec![lists(&[5, 0]), nested(&[1, 9])], 2).list_items(), 10);
    assert_eq!(columns(&[Value::Int(1)], &Type::Int).list_items(), 0);
}

/// The third list of 2^30 items can't join the others; the table stays as it was.
#[test]
fn a_table_declines_before_its_lists_are_too_many() {
    let reducers = [
        Reducer::First,
        Reducer::Last,
        Reducer::Sum,
        Reducer::Collect,
        Reducer::Tuple(vec![Reducer::Last, Reducer::Last]),
    ];
    for (reducer, column) in reducers.iter().flat_map(|r| [(r, lists as fn(&[usize]) -> Columns), (r, nested)]) {
        let value = |len| {
            let column = column(&[len]);
            match reducer {
                Reducer::Tuple(_) => Columns::tuple(vec![column.clone(), column], 1),
                _ => column,
            }
        };
        let mut table = NativeTable::new(reducer.clone());
        table.merge(&pairs(&[1], value(HUGE - 10))).unwrap();
        table.merge(&pairs(&[2], value(HUGE))).unwrap();
        let decline = table.merge(&pairs(&[3], value(HUGE))).unwrap_err();
        assert_eq!(decline.to_string(), "lists of more than 2^31 items in all", "{reducer:?}");
        assert_eq!(table.len(), 2);
        table.merge(&pairs(&[4], value(1))).unwrap();
        assert_eq!(table.len(), 3);
    }
    let mut least = NativeTable::new(Reducer::Min(Ties::First));
    assert!(least.merge(&pairs(&[1], lists(&[1]))).is_err());
}
