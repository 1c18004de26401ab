//! How long tables of all kinds and totals take. Run by hand: `cargo test --profile ci -- --ignored --nocapture speed_of`.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::Int64Array;
use pyrite::chunk::{Columns, Type};
use pyrite::lambda::{Aggregator, BinaryOp, Compiled, Expr, Reducer, Ties};
use pyrite::shuffle::NativeTable;
use pyrite::shuffle::total::{Count, Extreme, Reduced, Stats, Sum, Tally, Top, Total};

use super::values::Random;

/// `(a + b) % 1000003`
fn odd_sum() -> Compiled {
    let binary = |op, left: Expr, right: Expr| Expr::Binary { op, left: left.into(), right: right.into() };
    let sum = binary(BinaryOp::Add, Expr::Param(0), Expr::Param(1));
    Compiled::new(binary(BinaryOp::Mod, sum, Expr::Int(1_000_003))).unwrap()
}

const MILLION: usize = 1_000_000;

fn column(values: impl IntoIterator<Item = i64>) -> Columns {
    Columns::new(Arc::new(Int64Array::from_iter_values(values)), Type::Int)
}

/// Chunks of pairs of ints.
fn int_pairs(rows: usize, keys: usize) -> Vec<Columns> {
    let mut random = Random(11);
    let chunk = |_| {
        let key = column((0..10_000).map(|_| random.below(keys) as i64));
        Columns::tuple(vec![key, column((0..10_000).map(|i| i % 1000))], 10_000)
    };
    (0..rows / 10_000).map(chunk).collect()
}

/// The time this thread has run: on a busy machine the clock on the wall tells little.
fn now() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

fn millis(what: &str, start: Duration) {
    let mut out = std::io::stderr();
    writeln!(out, "{what}: {:.1} ms", now().saturating_sub(start).as_secs_f64() * 1e3).unwrap();
}

#[test]
#[ignore = "a measurement"]
fn speed_of_skewed_keys() {
    for keys in [1, 10, 100, 100_000] {
        let chunks = int_pairs(200_000, keys);
        for _ in 0..2 {
            let mut table = NativeTable::new(Reducer::General(Arc::new(odd_sum())));
            let start = now();
            for chunk in &chunks {
                table.merge(chunk).unwrap();
            }
            millis(&format!("200 k rows, {keys} keys, no special shape"), start);
        }
    }
    let mut table = NativeTable::new(Reducer::General(Arc::new(odd_sum())));
    for chunk in int_pairs(3 * MILLION, 3 * MILLION) {
        table.merge(&chunk).unwrap();
    }
    let small: Vec<Columns> =
        int_pairs(10_000, MILLION).iter().flat_map(|c| (0..1000).map(|i| c.slice(i * 10, 10))).collect();
    let start = now();
    for chunk in &small {
        table.merge(chunk).unwrap();
    }
    millis(&format!("1000 chunks of 10 rows into {} keys", table.len()), start);
}

#[test]
#[ignore = "a measurement"]
fn speed_of_tables() {
    let binary = |left: Expr, right: Expr| Expr::Binary { op: BinaryOp::Add, left: left.into(), right: right.into() };
    let item = |i| Expr::Item { of: Expr::Param(0).into(), index: Expr::Int(i).into() };
    let mean = Expr::Tuple(vec![binary(item(0), Expr::Param(1)), binary(item(1), Expr::Int(1))]);
    let mean = Arc::new(Compiled::new(mean).unwrap());
    let zero = Expr::Tuple(vec![Expr::Int(0), Expr::Int(0)]);
    let aggregator = Arc::new(Aggregator::from_zero(&zero, mean.clone(), &mean).unwrap());
    for keys in [1000, 100_000] {
        let chunks = int_pairs(MILLION, keys);
        let tables = [
            ("collect", NativeTable::new(Reducer::Collect)),
            ("count", NativeTable::new(Reducer::Count)),
            ("sum", NativeTable::new(Reducer::Sum)),
            ("last", NativeTable::new(Reducer::Last)),
            ("sum and count from (0, 0)", NativeTable::aggregating(aggregator.clone())),
        ];
        for (name, mut table) in tables {
            let start = now();
            for chunk in &chunks {
                table.merge(chunk).unwrap();
            }
            millis(&format!("1 M rows, {keys} keys, {name}"), start);
            let start = now();
            table.drain();
            millis("    and drained", start);
        }
    }
}

#[test]
#[ignore = "a measurement"]
fn speed_of_totals() {
    let mut random = Random(3);
    let chunks: Vec<Columns> = (0..100).map(|_| column((0..10_000).map(|_| random.below(1 << 20) as i64))).collect();
    let sum = Arc::new(
        Compiled::new(Expr::Binary { op: BinaryOp::Add, left: Expr::Param(0).into(), right: Expr::Param(1).into() })
            .unwrap(),
    );
    for _ in 0..2 {
        let totals: Vec<(&str, Box<dyn Total>)> = vec![
            ("count", Box::new(Count::default())),
            ("sum", Box::new(Sum::new())),
            ("min", Box::new(Extreme::min())),
            ("max", Box::new(Extreme::max())),
            ("top 10", Box::new(Top::largest(10))),
            ("top 10000", Box::new(Top::largest(10_000))),
            ("takeOrdered 10", Box::new(Top::smallest(10))),
            ("stats", Box::new(Stats::new())),
            ("tally of 1 M different", Box::new(Tally::new())),
            ("reduce by +", Box::new(Reduced::new(Reducer::Sum))),
            ("reduce by max", Box::new(Reduced::new(Reducer::Max(Ties::First)))),
            ("fold by +", Box::new(Reduced::from_zero(&Expr::Int(0), &sum).unwrap())),
            ("reduce by (a + b) % n", Box::new(Reduced::new(Reducer::General(Arc::new(odd_sum()))))),
        ];
        for (name, mut total) in totals {
            let start = now();
            for chunk in &chunks {
                total.update(chunk).unwrap();
            }
            total.state();
            millis(&format!("1 M ints, {name}"), start);
        }
        let few: Vec<Columns> = (0..100).map(|_| column((0..10_000).map(|_| random.below(1000) as i64))).collect();
        let mut tally = Tally::new();
        let start = now();
        for chunk in &few {
            tally.update(chunk).unwrap();
        }
        millis("1 M ints, tally of 1000 different", start);
    }
}
