//! How long the hot loops take. Run by hand: `cargo test --profile ci -- --ignored --nocapture speed`.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, StringViewArray};
use pyrite::chunk::{Chunk, ChunkStream, Columns, Type};
use pyrite::lambda::{BinaryOp, Compiled, Expr, Reducer};
use pyrite::shuffle::join::{JoinKind, NativeCogroup, NativeJoin};
use pyrite::shuffle::sort::{Merge, SortedRun};
use pyrite::shuffle::{NativeTable, Scatterer, partition_ids, portable_hash, scatter, sort};

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

fn ints(len: usize, mut make: impl FnMut(usize) -> i64) -> Columns {
    Columns::new(Arc::new(Int64Array::from_iter_values((0..len).map(&mut make))), Type::Int)
}

fn strs(ints: &Columns) -> Columns {
    let ints = ints.array().as_primitive::<Int64Type>().values();
    Columns::new(Arc::new(StringViewArray::from_iter_values(ints.iter().map(|i| format!("key-{i}")))), Type::Str)
}

fn pairs(keys: &Columns, values: &Columns) -> Columns {
    Columns::tuple(vec![keys.clone(), values.clone()], keys.len())
}

fn chunks(rows: &Columns) -> Vec<Columns> {
    (0..rows.len()).step_by(8192).map(|from| rows.slice(from, 8192.min(rows.len() - from))).collect()
}

/// Nanoseconds that this thread has run: other programs don't count.
fn run_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

fn millis(what: &str, mut work: impl FnMut() -> usize) {
    let mut best = f64::MAX;
    let mut rows = 0;
    for _ in 0..7 {
        let start = run_time();
        rows = work();
        best = best.min((run_time() - start) / 1e6);
    }
    let mut out = std::io::stderr();
    writeln!(out, "{what}: {best:.1} ms, {rows} rows").unwrap();
}

#[test]
#[ignore = "a measurement"]
fn speed_of_joins() {
    let mut random = Random(11);
    let len = 200_000;
    let values = ints(len, |i| i as i64);
    let unique = ints(len, |i| (i as i64 * 7_919) % 200_000);
    let some = ints(len, |_| random.below(100_000) as i64);
    for (name, keys) in [("unique", &unique), ("2 each", &some)] {
        for (kind, keys) in [("int", keys.clone()), ("str", strs(keys))] {
            let rows = chunks(&pairs(&keys, &values));
            millis(&format!("join 200 k x 200 k, {name} {kind} keys"), || {
                let mut join = NativeJoin::new(JoinKind::LeftOuter);
                for side in [0, 1] {
                    for chunk in &rows {
                        join.add(side, chunk).unwrap();
                    }
                }
                join.finish().unwrap().map(|chunk| chunk.unwrap().len()).sum()
            });
        }
    }
    let rows = chunks(&pairs(&strs(&some), &values));
    millis("cogroup 200 k x 200 k, str keys", || {
        let mut table = NativeCogroup::new(2);
        for side in [0, 1] {
            for chunk in &rows {
                table.add(side, chunk).unwrap();
            }
        }
        table.finish().unwrap().map(|chunk| chunk.unwrap().len()).sum()
    });
}

#[test]
#[ignore = "a measurement"]
fn speed_of_sorted_runs() {
    let mut random = Random(12);
    let len = 2_500_000;
    let values = ints(len, |i| i as i64);
    let narrow = ints(len, |_| random.below(1 << 30) as i64);
    let wide = ints(len, |_| (random.below(1 << 31) as i64) << 33 ^ random.below(1 << 31) as i64);
    let few = ints(len, |_| random.below(1000) as i64);
    for (name, keys) in [("31-bit ints", &narrow), ("64-bit ints", &wide), ("1000 ints", &few), ("str", &strs(&narrow))]
    {
        let rows: Vec<Chunk> = chunks(&pairs(keys, &values)).into_iter().map(Chunk::Columns).collect();
        let parts: Vec<Columns> = rows
            .iter()
            .map(|chunk| if let Chunk::Columns(rows) = chunk { rows.items().unwrap()[0].clone() } else { panic!() })
            .collect();
        millis(&format!("order of 2.5 M {name}"), || sort::order(keys, true).unwrap().len());
        let mut runs = Vec::new();
        millis(&format!("sorted run of 2.5 M ({name}, int)"), || {
            let run = SortedRun::new(&rows, &parts, true, None).unwrap();
            runs = vec![run.clone(), run];
            len
        });
        let keys: Vec<Vec<Columns>> = runs.iter().map(SortedRun::keys).collect();
        let mut cuts = Vec::new();
        millis("2 runs cut into 8", || {
            cuts = sort::cut_runs(&keys, 8, true).unwrap();
            2 * len
        });
        millis("2 runs merged, 1 of 8 ranges", || {
            let readers = runs
                .iter()
                .zip(&cuts)
                .map(|(run, cuts)| Box::new(run.reader(cuts[3], cuts[4])) as Box<dyn sort::RunReader>);
            let mut merge = Merge::new(readers.collect(), true, None);
            let mut rows = 0;
            while let Some(chunk) = merge.next(usize::MAX).unwrap() {
                rows += chunk.len();
            }
            rows
        });
    }
}

#[test]
#[ignore = "a measurement"]
fn speed_of_scattering() {
    let mut random = Random(13);
    let len = 1_000_000;
    let keys = ints(len, |_| random.below(1 << 30) as i64);
    let values = ints(len, |i| i as i64);
    for (kind, keys) in [("int", keys.clone()), ("str", strs(&keys))] {
        let rows = chunks(&pairs(&keys, &values));
        for n in [8, 200, 1000] {
            let scattered = |waits: bool| {
                let mut scatterer = Scatterer::new(n);
                let mut pieces = 0;
                for chunk in &rows {
                    let hashes = portable_hash(&chunk.items().unwrap()[0]).unwrap();
                    let ids = partition_ids(&hashes, n);
                    let put = |_, _| {
                        pieces += 1;
                        Ok(())
                    };
                    if waits {
                        scatterer.push(chunk, &ids, put).unwrap();
                    } else {
                        pieces += scatter(chunk, &ids, n).unwrap().into_iter().flatten().count();
                    }
                }
                scatterer
                    .flush(|_, _| {
                        pieces += 1;
                        Ok(())
                    })
                    .unwrap();
                pieces
            };
            millis(&format!("1 M ({kind}, int) hashed and scattered to {n}"), || scattered(true));
            millis(&format!("the same, each chunk of 8192 on its own, to {n}"), || scattered(false));
        }
    }
}
