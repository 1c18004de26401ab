//! State by key: versions stay as they are, and files hold what a checkpoint needs and no more.

mod recovery;
mod saving;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array};
use pyrite::chunk::{Chunk, Columns, Type};
use pyrite::error::Result;
use pyrite::memory::Memory;
use pyrite::state::{Change, Index, ObjectIndex, Opener, Pairs, Snapshot};

/// There are no opaque rows here.
pub struct NoObjects;

impl Opener for NoObjects {
    fn gather(&self, _: &[Chunk], _: &[(usize, usize)]) -> Result<Chunk> {
        panic!("columns of several types")
    }

    fn index(&self) -> Result<Arc<dyn ObjectIndex>> {
        panic!("opaque keys")
    }
}

pub fn ints(values: impl IntoIterator<Item = i64>) -> Chunk {
    let array: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    Chunk::Columns(Columns::new(array, Type::Int))
}

fn numbers(chunk: &Chunk) -> Vec<i64> {
    match chunk {
        Chunk::Columns(columns) => columns.array().as_primitive::<Int64Type>().values().to_vec(),
        Chunk::Objects(_) => panic!("opaque rows"),
    }
}

pub fn empty() -> Snapshot {
    Snapshot::new(Index::native(), &Memory::unlimited())
}

pub fn pairs(snapshot: &Snapshot) -> Vec<(i64, i64)> {
    let mut pairs = Pairs::new(snapshot.clone());
    let mut all = Vec::new();
    while let Some((keys, values)) = pairs.next(1000, &NoObjects).unwrap() {
        all.extend(numbers(&keys).into_iter().zip(numbers(&values)));
    }
    all
}

/// The state after keys were put or, with `None`, removed.
pub fn after(snapshot: &Snapshot, puts: &[(i64, Option<i64>)], time: Option<i64>) -> Snapshot {
    let slots = snapshot.index().slots(&ints(puts.iter().map(|put| put.0))).unwrap().unwrap();
    let known = snapshot.slots();
    let mut change = Change { time, ..Change::default() };
    let (mut fresh, mut values) = (Vec::new(), Vec::new());
    for ((key, value), slot) in puts.iter().zip(slots) {
        if slot as usize == known + fresh.len() {
            fresh.push(*key);
        }
        match value {
            Some(value) => {
                change.slots.push(slot);
                values.push(*value);
            }
            None => change.removed.push(slot),
        }
    }
    change.fresh = vec![ints(fresh)];
    change.values = vec![ints(values)];
    snapshot.with(change, &NoObjects).unwrap()
}

#[test]
fn a_version_stays_while_later_ones_are_made() {
    let first = after(&empty(), &[(5, Some(1)), (3, Some(2)), (9, Some(3))], None);
    let second = after(&first, &[(3, None), (5, Some(10)), (7, Some(4))], None);
    let third = after(&second, &[(3, Some(30)), (8, Some(5))], None);
    assert_eq!(pairs(&first), [(5, 1), (3, 2), (9, 3)]);
    assert_eq!(pairs(&second), [(5, 10), (9, 3), (7, 4)]);
    assert_eq!(pairs(&third), [(5, 10), (9, 3), (7, 4), (3, 30), (8, 5)]);
    assert_eq!((first.len(), second.len(), third.len()), (3, 3, 5));
}

#[test]
fn many_batches_equal_an_ordered_list() {
    let (mut snapshot, mut model): (Snapshot, Vec<(i64, i64)>) = (empty(), Vec::new());
    let mut random = 1_u64;
    for batch in 0..400 {
        let mut puts: HashMap<i64, Option<i64>> = HashMap::new();
        let mut order = Vec::new();
        for _ in 0..40 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = (random >> 33) as i64 % 700;
            let value = if (random >> 20).is_multiple_of(3) { None } else { Some(batch) };
            if let Entry::Vacant(free) = puts.entry(key) {
                free.insert(value);
                order.push((key, value));
            }
        }
        for (key, value) in &order {
            let known = model.iter().position(|entry| entry.0 == *key);
            match (known, value) {
                (Some(at), Some(value)) => model[at].1 = *value,
                (Some(at), None) => drop(model.remove(at)),
                (None, Some(value)) => model.push((*key, *value)),
                (None, None) => {}
            }
        }
        snapshot = after(&snapshot, &order, None);
        assert_eq!(pairs(&snapshot), model, "batch {batch}");
    }
}

#[test]
fn keys_time_out_in_the_order_in_which_they_were_touched() {
    let mut snapshot = empty();
    for time in 0..100 {
        snapshot = after(&snapshot, &[(time % 60, Some(time)), (1000 + time, Some(time))], Some(time));
    }
    let slots = snapshot.timed_out(50);
    let mut keys = Vec::new();
    for chunk in snapshot.keys_of(&slots, &NoObjects).unwrap() {
        keys.extend(numbers(&chunk));
    }
    let mut expected: Vec<i64> = (40..50).collect();
    expected.extend(1000..1050);
    keys.sort_unstable();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert!(snapshot.timed_out(50).is_empty(), "each is found once");
}
