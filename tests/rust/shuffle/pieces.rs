//! A table that was handed out leaves one that declines what it would have declined; lumps go on where they were.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array};
use pyrite::chunk::{Columns, Type};
use pyrite::lambda::Reducer;
use pyrite::shuffle::repartition::Lumps;
use pyrite::shuffle::{NativeTable, cut_lists};

fn pairs(values: ArrayRef, kind: Type) -> Columns {
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(0..values.len() as i64));
    let len = keys.len();
    Columns::tuple(vec![Columns::new(keys, Type::Int), Columns::new(values, kind)], len)
}

#[test]
fn what_is_left_declines_other_types() {
    let ints = pairs(Arc::new(Int64Array::from(vec![1, 2, 3])), Type::Int);
    let floats = pairs(Arc::new(Float64Array::from(vec![0.5, 1.5, 2.5])), Type::Float);
    let mut table = NativeTable::new(Reducer::Sum);
    table.merge(&ints).unwrap();
    let full = table.hand_out();
    assert_eq!((full.len(), table.len()), (3, 0));
    assert!(table.merge(&floats).is_err());
    table.merge(&ints).unwrap();
    assert_eq!(table.len(), 3);
    assert!(table.is_exact());
}

#[test]
fn long_lists_are_cut_in_their_order() {
    let keys = Columns::new(
        Arc::new(Int64Array::from(vec![0; 4000].into_iter().chain([1, 2]).collect::<Vec<_>>())),
        Type::Int,
    );
    let values = Columns::new(Arc::new(Int64Array::from_iter_values(0..4002)), Type::Int);
    let mut table = NativeTable::new(Reducer::Collect);
    table.merge(&Columns::tuple(vec![keys, values], 4002)).unwrap();
    let lists = table.drain();
    let cut = cut_lists(&lists, 8 * 1000).unwrap();
    assert!((4..8).contains(&(cut.len() - 2)), "{}", cut.len());
    let mut again = NativeTable::new(Reducer::Sum);
    again.merge(&cut).unwrap();
    assert_eq!(again.to_columns().array().as_ref(), lists.array().as_ref());
    assert!(cut_lists(&lists, 1 << 20).is_none());
}

#[test]
fn lumps_are_the_same_however_they_are_asked_for() {
    let whole = Lumps::new(3, 7).next(1000);
    let mut lumps = Lumps::new(3, 7);
    let pieces: Vec<u32> = [1, 9, 15, 0, 975].into_iter().flat_map(|rows| lumps.next(rows)).collect();
    assert_eq!(pieces, whole);
}
