//! Functions without a special shape, folded by rounds.

use std::sync::Arc;

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
