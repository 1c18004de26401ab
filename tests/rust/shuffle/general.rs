//! Functions without a special shape, folded by rounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::Int64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use pyrite::chunk::{Columns, Type};
use pyrite::error::Decline;
use pyrite::lambda::{BinaryFn, Reducer};
use pyrite::shuffle::NativeTable;

use super::values::{Random, Value, pairs, text, values};

/// `2 * a - b`, which no regrouping leaves alone; declines when it reads 13.
struct Twice;

impl BinaryFn for Twice {
    fn apply(&self, left: &Columns, right: &Columns) -> Result<Columns, Decline> {
        let (a, b) = (left.array().as_primitive::<Int64Type>(), right.array().as_primitive::<Int64Type>());
        assert_eq!(left.len(), right.len());
        let fold = |(a, b): (&i64, &i64)| if *b == 13 { None } else { Some((2 * a - b) % 1_000_003) };
        let folded: Option<Vec<i64>> = a.values().iter().zip(b.values()).map(fold).collect();
        let folded = folded.ok_or_else(|| Decline::new("13"))?;
        Ok(Columns::new(Arc::new(Int64Array::from(folded)), Type::Int))
    }
}

#[test]
fn folds_from_the_left_and_declines_as_a_whole() {
    let mut random = Random(4242);
    for _ in 0..200 {
        let mut table = NativeTable::new(Reducer::General(Arc::new(Twice)));
        let mut model: Vec<(i64, i64)> = Vec::new();
        for _ in 0..4 {
            let len = 1 + random.below(60);
            let keys: Vec<i64> = (0..len).map(|_| (random.below(6) * random.below(6)) as i64).collect();
            let rows: Vec<i64> = (0..len).map(|_| random.below(300) as i64).collect();
            let mut next = model.clone();
            let mut declines = false;
            for (key, value) in keys.iter().zip(&rows) {
                if let Some(slot) = next.iter_mut().find(|(k, _)| k == key) {
                    declines |= *value == 13;
                    slot.1 = (2 * slot.1 - value) % 1_000_003;
                } else {
                    next.push((*key, *value));
                }
            }
            let ints = |values: &[i64]| values.iter().map(|v| Value::Int(*v)).collect::<Vec<_>>();
            let merged = table.merge(&pairs(&ints(&keys), &Type::Int, &ints(&rows), &Type::Int));
            assert_eq!(merged.is_err(), declines);
            if !declines {
                model = next;
            }
            if table.is_empty() {
                assert!(model.is_empty());
                continue;
            }
            let items = table.to_columns().items().unwrap();
            let (model_keys, model_values): (Vec<i64>, Vec<i64>) = model.iter().copied().unzip();
            assert_eq!(text(&values(&items[0])), text(&ints(&model_keys)));
            assert_eq!(text(&values(&items[1])), text(&ints(&model_values)));
        }
    }
}

/// `(a + b) % 1000003`, counting how it is called.
#[derive(Default)]
struct Counted {
    applied: AtomicUsize,
    folded: AtomicUsize,
}

impl BinaryFn for Counted {
    fn apply(&self, left: &Columns, right: &Columns) -> Result<Columns, Decline> {
        self.applied.fetch_add(1, Ordering::Relaxed);
        let (a, b) = (left.array().as_primitive::<Int64Type>(), right.array().as_primitive::<Int64Type>());
        let folded = a.values().iter().zip(b.values()).map(|(a, b)| (a + b) % 1_000_003);
        Ok(Columns::new(Arc::new(Int64Array::from_iter_values(folded)), Type::Int))
    }

    fn fold(&self, states: &Columns, values: &Columns, runs: &[&[u32]]) -> Result<Columns, Decline> {
        self.folded.fetch_add(runs.iter().map(|run| run.len()).sum(), Ordering::Relaxed);
        let (a, b) = (states.array().as_primitive::<Int64Type>(), values.array().as_primitive::<Int64Type>());
        let fold = |(a, run): (&i64, &&[u32])| run.iter().fold(*a, |a, row| (a + b.value(*row as usize)) % 1_000_003);
        let folded = a.values().iter().zip(runs).map(fold);
        Ok(Columns::new(Arc::new(Int64Array::from_iter_values(folded)), Type::Int))
    }
}

fn ints(values: impl IntoIterator<Item = i64>) -> Columns {
    Columns::new(Arc::new(Int64Array::from_iter_values(values)), Type::Int)
}

#[test]
fn a_hot_key_costs_no_round_per_row() {
    for (keys, hottest) in [(1, 10_000), (5, 2_000), (31, 400)] {
        let function = Arc::new(Counted::default());
        let mut table = NativeTable::new(Reducer::General(function.clone()));
        let len = keys * hottest;
        table.merge(&Columns::tuple(vec![ints((0..len).map(|i| i % keys)), ints(0..len)], len as usize)).unwrap();
        assert_eq!(function.applied.load(Ordering::Relaxed), 0);
        assert_eq!(function.folded.load(Ordering::Relaxed), (len - keys) as usize);
        let items = table.to_columns().items().unwrap();
        let sums = items[1].array().as_primitive::<Int64Type>().values().to_vec();
        let expected: Vec<i64> = (0..keys).map(|k| (k..len).step_by(keys as usize).sum::<i64>() % 1_000_003).collect();
        assert_eq!(sums, expected);
    }
}

#[test]
fn one_hot_key_among_many_takes_rounds_only_while_many_are_busy() {
    let function = Arc::new(Counted::default());
    let mut table = NativeTable::new(Reducer::General(function.clone()));
    // 100 keys come three times, and key 0 a thousand times more.
    let keys: Vec<i64> = (0..300).map(|i| i % 100).chain(std::iter::repeat_n(0, 1000)).collect();
    table.merge(&Columns::tuple(vec![ints(keys.iter().copied()), ints(keys.iter().map(|_| 1))], keys.len())).unwrap();
    assert_eq!(function.applied.load(Ordering::Relaxed), 2);
    assert_eq!(function.folded.load(Ordering::Relaxed), 1000);
    let items = table.drain().items().unwrap();
    assert_eq!(items[1].array().as_primitive::<Int64Type>().value(0), 1003);
}
