//! Totals against straightforward models.

use std::sync::Arc;

use arrow_array::{Float64Array, Int64Array};
use pyrite::chunk::{Columns, Type};
use pyrite::lambda::{BinaryOp, Compiled, Expr, Reducer, Ties};
use pyrite::shuffle::total::{Count, Extreme, Reduced, Stats, Sum, Tally, Top, Total};

use super::values::{Random, Value, columns, text, values};

fn ints(values: &[i64]) -> Columns {
    Columns::new(Arc::new(Int64Array::from(values.to_vec())), Type::Int)
}

fn floats(values: &[f64]) -> Columns {
    Columns::new(Arc::new(Float64Array::from(values.to_vec())), Type::Float)
}

fn bools(bits: &[bool]) -> Columns {
    columns(&bits.iter().map(|b| Value::Bool(*b)).collect::<Vec<_>>(), &Type::Bool)
}

fn shown(columns: Option<Columns>) -> String {
    columns.map_or("nothing".to_owned(), |columns| text(&values(&columns)))
}

/// A type whose values are compared, and that many rows of it.
fn random_rows(random: &mut Random, len: usize) -> (Type, Vec<Value>) {
    let kind = random.kind(1, true);
    let rows = random.rows(&kind, len);
    (kind, rows)
}

#[test]
fn sums_as_python_does() {
    for compensated in [false, true] {
        let mut sum = Sum::with_rule(compensated);
        assert_eq!(shown(sum.value()), "[Int(0)]");
        sum.update(&bools(&[true, false, true])).unwrap();
        sum.update(&ints(&[5, -1])).unwrap();
        assert_eq!(shown(sum.state()), "[Int(6)]");
        assert!(sum.update(&ints(&[i64::MAX, -100])).is_err(), "beyond 64 bits on the way");
        assert!(sum.update(&columns(&[Value::Str("a".into())], &Type::Str)).is_err());
        assert_eq!(shown(sum.state()), "[Int(6)]");
        sum.update(&floats(&[0.1; 10])).unwrap();
        let plain = (0..10).fold(6.0, |total, _| total + 0.1);
        if compensated {
            assert_eq!(shown(sum.value()), "[Float(7.0)]");
        } else {
            assert_eq!(shown(sum.value()), text(&[Value::Float(plain)]));
            assert_eq!(shown(sum.state()), shown(sum.value()));
        }
        let before = shown(sum.state());
        assert!(sum.update(&ints(&[1])).is_err());
        assert_eq!(shown(sum.state()), before);
    }
}

#[test]
fn odd_floats_in_sums() {
    let sum = |values: &[f64]| {
        let mut sum = Sum::with_rule(true);
        sum.update(&floats(values)).unwrap();
        (shown(sum.value()), shown(sum.state()))
    };
    // The first addend meets int 0.
    assert_eq!(sum(&[-0.0]).0, "[Float(0.0)]");
    assert_eq!(sum(&[1e100, 1.0, -1e100]).0, "[Float(1.0)]");
    assert_eq!(sum(&[1e100, 1.0]).1, "[Tuple([Float(1e100), Float(1.0)])]");
    assert_eq!(sum(&[f64::INFINITY, 1.0]).0, "[Float(inf)]");
    assert_eq!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).0, "[Float(NaN)]");
    assert_eq!(sum(&[1e308, 1e308]).0, "[Float(inf)]");
    // Cutting the rows elsewhere changes nothing.
    let mut random = Random(31);
    for compensated in [false, true] {
        let rows: Vec<f64> =
            (0..500).map(|_| (random.below(1 << 20) as f64 - 5e5) * 10_f64.powi(random.below(30) as i32)).collect();
        let mut whole = Sum::with_rule(compensated);
        whole.update(&floats(&rows)).unwrap();
        let mut parts = Sum::with_rule(compensated);
        for part in rows.chunks(37) {
            parts.update(&floats(part)).unwrap();
        }
        assert_eq!(shown(parts.state()), shown(whole.state()));
    }
}

#[test]
fn counts() {
    let mut count = Count::default();
    count.update(&ints(&[1, 2])).unwrap();
    count.update(&floats(&[f64::NAN])).unwrap();
    assert_eq!(shown(count.value()), "[Int(3)]");
    assert!(count.update_by(&ints(&[1]), &ints(&[1])).is_err());
}

/// A row and its key.
type Pair = (Value, Value);

/// Python's `sorted(pairs, key=...)`, `reverse` for `largest`.
fn sorted(pairs: &[Pair], largest: bool) -> Vec<Value> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| {
        let (a, b) = if largest { (&b.1, &a.1) } else { (&a.1, &b.1) };
        if a.less(b) {
            std::cmp::Ordering::Less
        } else if b.less(a) {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Equal
        }
    });
    sorted.into_iter().map(|(row, _)| row).collect()
}

#[test]
fn extremes_and_tops_by_rows_and_by_keys() {
    let mut random = Random(606);
    for round in 0..800 {
        let (kind, _) = random_rows(&mut random, 0);
        let by_key = random.below(2) == 0;
        let row_kind = if by_key { random.value_kind(1) } else { kind.clone() };
        let n = random.below(12);
        let (mut least, mut most) = (Extreme::min(), Extreme::max());
        let (mut top, mut bottom) = (Top::largest(n), Top::smallest(n));
        let mut seen: Vec<Pair> = Vec::new();
        for _ in 0..random.below(6) {
            let len = random.below(30);
            let keys = random.rows(&kind, len);
            let rows = if by_key { random.rows(&row_kind, len) } else { keys.clone() };
            let (row_column, key_column) = (columns(&rows, &row_kind), columns(&keys, &kind));
            for total in [&mut least as &mut dyn Total, &mut most, &mut top, &mut bottom] {
                let done = if by_key { total.update_by(&row_column, &key_column) } else { total.update(&row_column) };
                done.unwrap_or_else(|decline| panic!("round {round}: {decline} of {row_kind} by {kind}"));
            }
            seen.extend(rows.into_iter().zip(keys));
        }
        let (up, down) = (sorted(&seen, false), sorted(&seen, true));
        let first = |rows: &[Value]| if rows.is_empty() { "nothing".to_owned() } else { text(&rows[..1]) };
        assert_eq!(shown(least.value()), first(&up), "round {round}: {row_kind} by {kind}");
        assert_eq!(shown(most.value()), first(&down), "round {round}: {row_kind} by {kind}");
        let head = |rows: &[Value]| {
            if rows.is_empty() || n == 0 { "nothing".to_owned() } else { text(&rows[..n.min(rows.len())]) }
        };
        assert_eq!(shown(top.value()), head(&down), "round {round}: {n} of {row_kind} by {kind}");
        assert_eq!(shown(bottom.value()), head(&up), "round {round}: {n} of {row_kind} by {kind}");
    }
}

#[test]
fn what_is_not_compared_declines_and_changes_nothing() {
    let totals = || -> Vec<Box<dyn Total>> {
        vec![Box::new(Extreme::min()), Box::new(Extreme::max()), Box::new(Top::largest(2)), Box::new(Top::smallest(2))]
    };
    for mut total in totals() {
        total.update(&floats(&[2.0, 1.0])).unwrap();
        let before = shown(total.state());
        assert!(total.update(&floats(&[3.0, f64::NAN])).is_err());
        assert!(total.update(&ints(&[3])).is_err());
        assert!(total.update(&columns(&[Value::None], &Type::Null)).is_err());
        assert_eq!(shown(total.state()), before);
        total.update(&floats(&[0.0])).unwrap();
    }
    for mut total in totals() {
        total.update(&columns(&[Value::None], &Type::Null)).unwrap();
        assert!(total.update(&columns(&[Value::None], &Type::Null)).is_err());
        assert_eq!(shown(total.state()), "[None]");
    }
}

#[test]
fn large_tops_keep_no_more_than_they_must() {
    let mut random = Random(12);
    let rows: Vec<i64> = (0..50_000).map(|_| random.below(5000) as i64).collect();
    for n in [1, 10, 1000, 49_999, 60_000] {
        let (mut top, mut bottom) = (Top::largest(n), Top::smallest(n));
        for part in rows.chunks(777) {
            top.update(&ints(part)).unwrap();
            bottom.update(&ints(part)).unwrap();
        }
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        let expected: Vec<Value> = sorted.iter().take(n).map(|v| Value::Int(*v)).collect();
        assert_eq!(shown(bottom.value()), text(&expected));
        let expected: Vec<Value> = sorted.iter().rev().take(n).map(|v| Value::Int(*v)).collect();
        assert_eq!(shown(top.value()), text(&expected));
    }
}

/// `StatCounter.merge` for floats.
fn statistics(values: &[f64]) -> (i64, f64, f64, f64, f64) {
    let (mut n, mut mu, mut m2, mut largest, mut smallest) = (0, 0.0, 0.0, f64::NEG_INFINITY, f64::INFINITY);
    for value in values {
        let delta = value - mu;
        n += 1;
        mu += delta / f64::from(n);
        m2 += delta * (value - mu);
        largest = if *value > largest { *value } else { largest };
        smallest = if *value < smallest { *value } else { smallest };
    }
    (i64::from(n), mu, m2, largest, smallest)
}

#[test]
fn statistics_row_by_row() {
    let mut random = Random(8);
    for _ in 0..200 {
        let domain = [0.0, -0.0, 1.5, -2.25, 1e300, 1e-9, f64::INFINITY, f64::NEG_INFINITY, 7.0];
        let len = random.below(40);
        let rows: Vec<f64> = (0..len).map(|_| domain[random.below(domain.len())]).collect();
        let mut stats = Stats::new();
        for part in rows.chunks(1 + random.below(9)) {
            stats.update(&floats(part)).unwrap();
        }
        let (n, mu, m2, largest, smallest) = statistics(&rows);
        let float = Value::Float;
        let expected = Value::Tuple(vec![Value::Int(n), float(mu), float(m2), float(largest), float(smallest)]);
        assert_eq!(shown(stats.state()), text(&[expected]));
    }
}

#[test]
fn statistics_keep_values_as_they_were_given() {
    let mut stats = Stats::new();
    assert_eq!(shown(stats.state()), "[Tuple([Int(0), Float(0.0), Float(0.0), Float(-inf), Float(inf)])]");
    stats.update(&bools(&[true])).unwrap();
    assert_eq!(shown(stats.state()), "[Tuple([Int(1), Float(1.0), Float(0.0), Bool(true), Bool(true)])]");
    stats.update(&ints(&[1, 3])).unwrap();
    stats.update(&floats(&[3.0, 1.0, 0.5])).unwrap();
    let given = shown(stats.state());
    assert!(given.ends_with("Int(3), Float(0.5)])]"), "{given}");
    assert!(stats.update(&columns(&[Value::Str("a".into())], &Type::Str)).is_err());
    // What becomes of a nan is the interpreter's to say.
    assert!(stats.update(&floats(&[1.0, f64::NAN])).is_err());
    assert_eq!(shown(stats.state()), given);
    // Ints and floats are compared exactly.
    let mut stats = Stats::new();
    stats.update(&floats(&[9_007_199_254_740_992.0])).unwrap();
    stats.update(&ints(&[9_007_199_254_740_993])).unwrap();
    let exact = shown(stats.state());
    assert!(exact.ends_with("Int(9007199254740993), Float(9007199254740992.0)])]"), "{exact}");
}

#[test]
fn tallies_in_first_seen_order() {
    let mut tally = Tally::new();
    let word = |w: &str| Value::Str(w.to_owned());
    tally.update(&columns(&[word("b"), word("a"), word("b")], &Type::Str)).unwrap();
    assert!(tally.update(&ints(&[1])).is_err());
    tally.update(&columns(&[word("c"), word("a")], &Type::Str)).unwrap();
    let pair = |w: &str, n| Value::Tuple(vec![word(w), Value::Int(n)]);
    assert_eq!(shown(tally.value()), text(&[pair("b", 2), pair("a", 2), pair("c", 1)]));
}

#[test]
fn reduces_and_folds() {
    let mut least = Reduced::new(Reducer::Min(Ties::First));
    assert_eq!(shown(least.value()), "nothing");
    least.update(&floats(&[0.0, -0.0])).unwrap();
    assert!(least.update(&floats(&[f64::NAN])).is_err());
    assert!(least.update(&ints(&[-1])).is_err());
    assert_eq!(shown(least.value()), "[Float(0.0)]");

    let binary = |op, left: Expr, right: Expr| Expr::Binary { op, left: left.into(), right: right.into() };
    let odd = binary(BinaryOp::Sub, Expr::Param(1), Expr::Param(0));
    let odd = Arc::new(Compiled::new(odd).unwrap());
    let mut general = Reduced::new(Reducer::General(odd.clone()));
    let rows: Vec<i64> = (0..1000).map(|i| i * 37 % 101).collect();
    for part in rows.chunks(64) {
        general.update(&ints(part)).unwrap();
    }
    let expected = rows.iter().copied().reduce(|a, b| b - a).unwrap();
    assert_eq!(shown(general.value()), text(&[Value::Int(expected)]));

    let mut folded = Reduced::from_zero(&Expr::Int(10), &odd).unwrap();
    assert_eq!(shown(folded.value()), "[Int(10)]");
    for part in rows.chunks(64) {
        folded.update(&ints(part)).unwrap();
    }
    assert_eq!(shown(folded.value()), text(&[Value::Int(rows.iter().fold(10, |a, b| b - a))]));
    assert!(folded.update(&columns(&[Value::Str("a".into())], &Type::Str)).is_err());

    let item = |i| Expr::Item { of: Expr::Param(0).into(), index: Expr::Int(i).into() };
    let mean =
        Expr::Tuple(vec![binary(BinaryOp::Add, item(0), Expr::Param(1)), binary(BinaryOp::Add, item(1), Expr::Int(1))]);
    let mean = Arc::new(Compiled::new(mean).unwrap());
    let mut total = Reduced::from_zero(&Expr::Tuple(vec![Expr::Int(0), Expr::Int(0)]), &mean).unwrap();
    assert_eq!(shown(total.state()), "[Tuple([Int(0), Int(0)])]");
    for part in rows.chunks(64) {
        total.update(&ints(part)).unwrap();
    }
    assert_eq!(shown(total.state()), text(&[Value::Tuple(vec![Value::Int(rows.iter().sum()), Value::Int(1000)])]));
}
