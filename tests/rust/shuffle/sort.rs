//! Sorting and cutting against the standard library's stable sort and `bisect_left`.

use std::cmp::Ordering;

use pyrite::chunk::Type;
use pyrite::shuffle::sort::{cuts, order};

use super::values::{Random, Value, columns};

fn compare(a: &Value, b: &Value) -> Ordering {
    if a.less(b) {
        Ordering::Less
    } else if b.less(a) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

#[test]
fn equals_a_stable_sort() {
    let mut random = Random(99);
    for _ in 0..1500 {
        let kind = random.kind(2, true);
        let len = random.below(60);
        let rows = random.rows(&kind, len);
        let keys = columns(&rows, &kind);
        for ascending in [true, false] {
            let mut expected: Vec<u32> = (0..len as u32).collect();
            expected.sort_by(|a, b| {
                let by_key = compare(&rows[*a as usize], &rows[*b as usize]);
                if ascending { by_key } else { by_key.reverse() }
            });
            let sorted = order(&keys, ascending).unwrap();
            assert_eq!(sorted, expected, "{kind} {rows:?}");
            check_cuts(&mut random, &rows, &kind, &sorted, ascending);
        }
    }
}

/// Each row's partition by `PySpark`'s rule is the one that the cuts put it into.
fn check_cuts(random: &mut Random, rows: &[Value], kind: &Type, sorted: &[u32], ascending: bool) {
    let partitions = 1 + random.below(6);
    let cuts = cuts(&columns(rows, kind), sorted, ascending, partitions);
    assert_eq!((cuts.len(), cuts[0], cuts[partitions]), (partitions + 1, 0, rows.len()));
    let mut samples: Vec<&Value> = rows.iter().collect();
    samples.sort_by(|a, b| compare(a, b));
    for partition in 0..partitions {
        for row in &sorted[cuts[partition]..cuts[partition + 1]] {
            let key = &rows[*row as usize];
            let bounds = (0..partitions - 1).map(|i| samples[samples.len() * (i + 1) / partitions]);
            let left = bounds.filter(|bound| bound.less(key)).count();
            let expected = if ascending { left } else { partitions - 1 - left };
            assert_eq!(partition, expected, "{kind} {key:?} of {rows:?}, {partitions} partitions");
        }
    }
}

#[test]
fn equal_keys_stay_in_one_partition() {
    let keys = columns(&vec![Value::Int(5); 10], &Type::Int);
    let sorted = order(&keys, true).unwrap();
    assert_eq!(cuts(&keys, &sorted, true, 4), [0, 10, 10, 10, 10]);
    assert_eq!(cuts(&keys, &sorted, false, 4), [0, 0, 0, 0, 10]);
}

#[test]
fn declines_what_python_does_not_order() {
    let optional = Type::Optional(Box::new(Type::Int));
    let with_none = [Value::Int(1), Value::None];
    assert!(order(&columns(&with_none, &optional), true).is_err());
    assert_eq!(order(&columns(&[Value::Int(2), Value::Int(1)], &optional), true).unwrap(), [1, 0]);
    assert_eq!(order(&columns(&[Value::None], &Type::Null), true).unwrap(), [0]);
    assert!(order(&columns(&[Value::None, Value::None], &Type::Null), true).is_err());
    assert!(order(&columns(&[Value::Float(1.0), Value::Float(f64::NAN)], &Type::Float), true).is_err());
    let pair = Type::Tuple(vec![Type::Int, optional]);
    let rows = [Value::Tuple(vec![Value::Int(1), Value::None]), Value::Tuple(vec![Value::Int(1), Value::Int(1)])];
    assert!(order(&columns(&rows, &pair), true).is_err());
}
