//! How long the hot loops take. Run by hand: `cargo test --profile ci -- --ignored --nocapture speed`.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{Int64Array, StringViewArray};
use pyrite::chunk::{Columns, Type};
use pyrite::lambda::{BinaryOp, Compiled, Expr, Reducer};
use pyrite::shuffle::{NativeTable, portable_hash, sort};

use super::values::Random;

const WORDS: usize = 12_000_000;
const DISTINCT: usize = 44_000;
const CHUNK: usize = 65_536;

/// Words by Zipf's law, most of them short.
fn corpus() -> Vec<Columns> {
    let mut random = Random(7);
    let words: Vec<String> = (0..DISTINCT)
        .map(|rank| {
            let len =
                2 + random.below(6) + (rank + 1).ilog2().min(8) as usize / 2 + 6 * usize::from(random.below(40) == 0);
            (0..len).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
        })
        .collect();
    let mut cumulative: Vec<f64> = (1..=DISTINCT).map(|rank| 1.0 / rank as f64).collect();
    for rank in 1..DISTINCT {
        cumulative[rank] += cumulative[rank - 1];
    }
    let total = cumulative[DISTINCT - 1];
    (0..WORDS / CHUNK)
        .map(|_| {
            let rows = (0..CHUNK).map(|_| {
                let at = random.below(1 << 30) as f64 / f64::from(1 << 30) * total;
                &words[cumulative.partition_point(|sum| *sum < at).min(DISTINCT - 1)]
            });
            let keys = Columns::new(Arc::new(StringViewArray::from_iter_values(rows)), Type::Str);
            let ones = Columns::new(Arc::new(Int64Array::from(vec![1; CHUNK])), Type::Int);
            Columns::tuple(vec![keys, ones], CHUNK)
        })
        .collect()
}

fn report(what: &str, start: Instant, rows: usize) {
    let nanos = start.elapsed().as_nanos() as f64 / rows as f64;
    let mut out = std::io::stderr();
    writeln!(out, "{what}: {nanos:.1} ns a row").unwrap();
}

/// `(a + b) % 1000003`
fn odd_sum() -> Compiled {
    let binary = |op, left: Expr, right: Expr| Expr::Binary { op, left: left.into(), right: right.into() };
    let sum = binary(BinaryOp::Add, Expr::Param(0), Expr::Param(1));
    Compiled::new(binary(BinaryOp::Mod, sum, Expr::Int(1_000_003))).unwrap()
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let chunks = corpus();
    let rows = chunks.len() * CHUNK;
    for _ in 0..3 {
        let mut table = NativeTable::new(Reducer::Sum);
        let start = Instant::now();
        for chunk in &chunks {
            table.merge(chunk).unwrap();
        }
        report("word count", start, rows);
        let mut general = NativeTable::new(Reducer::General(Arc::new(odd_sum())));
        let start = Instant::now();
        for chunk in &chunks[..8] {
            general.merge(chunk).unwrap();
        }
        report("a function without a special shape", start, 8 * CHUNK);
        let start = Instant::now();
        let counted = table.drain();
        report("drain", start, counted.len());
        let items = counted.items().unwrap();
        let start = Instant::now();
        portable_hash(&items[0]).unwrap();
        report("portable_hash", start, counted.len());
        for (name, keys) in [("str", &items[0]), ("int", &items[1])] {
            let start = Instant::now();
            sort::order(keys, false).unwrap();
            report(&format!("sort by {name}"), start, counted.len());
        }
    }
}
