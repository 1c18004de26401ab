//! Sorted runs, their cuts and their merge against one stable sort of all rows and its cuts.

use std::cmp::Ordering;
use std::sync::Arc;

use pyrite::chunk::{CHUNK_ROWS, Chunk, ChunkStream, Columns, Type};
use pyrite::shuffle::sort::{Gather, Merge, RunReader, SortedRun, cut_runs, cuts, order};

use super::values::{Random, Value, columns, text, values};

fn compare(a: &Value, b: &Value) -> Ordering {
    if a.less(b) {
        Ordering::Less
    } else if b.less(a) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// The run in chunks of random small lengths.
fn in_pieces(random: &mut Random, run: &SortedRun) -> SortedRun {
    let mut pieces = Vec::new();
    for (keys, rows) in run.chunks() {
        let mut at = 0;
        while at < keys.len() {
            let len = (1 + random.below(6)).min(keys.len() - at);
            pieces.push((keys.slice(at, len), rows.slice(at, len)));
            at += len;
        }
    }
    SortedRun::from_sorted(pieces)
}

fn rows_of(merge: &mut Merge, want: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    while let Some(chunk) = merge.next(want).unwrap() {
        let Chunk::Columns(columns) = chunk else { panic!() };
        assert!(!columns.is_empty());
        rows.extend(values(&columns));
    }
    rows
}

fn readers(runs: &[SortedRun], cuts: &[Vec<usize>], range: usize) -> Vec<Box<dyn RunReader>> {
    let reader = |(run, cuts): (&SortedRun, &Vec<usize>)| {
        Box::new(run.reader(cuts[range], cuts[range + 1])) as Box<dyn RunReader>
    };
    runs.iter().zip(cuts).map(reader).collect()
}

/// Where the rows of a run hold its keys.
#[derive(Clone, Copy)]
enum Shape {
    First,
    Rows,
    Apart,
}

/// A chunk of rows, and its keys; `number` tells rows with equal keys apart.
fn chunk(keys: &[Value], kind: &Type, number: &mut i64, shape: Shape) -> (Chunk, Columns) {
    let keys = columns(keys, kind);
    let numbers: Vec<Value> = (*number..*number + keys.len() as i64).map(Value::Int).collect();
    *number += keys.len() as i64;
    let numbers = columns(&numbers, &Type::Int);
    let len = keys.len();
    match shape {
        Shape::First => (Chunk::Columns(Columns::tuple(vec![keys.clone(), numbers], len)), keys),
        Shape::Rows => {
            let rows = Columns::tuple(vec![keys, numbers], len);
            (Chunk::Columns(rows.clone()), rows)
        }
        Shape::Apart => (Chunk::Columns(Columns::tuple(vec![numbers], len)), keys),
    }
}

#[test]
fn runs_cut_and_merged_equal_one_stable_sort() {
    let mut random = Random(0x00ab_cdef);
    for round in 0..1200 {
        let kind = random.kind(2, true);
        let ascending = random.below(2) == 0;
        let partitions = 1 + random.below(10);
        let shape = [Shape::First, Shape::Rows, Shape::Apart][random.below(3)];
        let (mut all_rows, mut all_keys, mut runs, mut number) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for _ in 0..random.below(7) {
            let (mut chunks, mut keys) = (Vec::new(), Vec::new());
            for _ in 0..random.below(4) {
                // Some chunks come under a type that could have `None`.
                let wide = random.below(5) == 0 && matches!(shape, Shape::Apart);
                let kind = if wide { Type::Optional(Box::new(kind.clone())) } else { kind.clone() };
                let len = random.below(30);
                let rows = random.rows(&kind, len);
                let rows: Vec<Value> = rows
                    .into_iter()
                    .map(|v| if matches!(v, Value::None) { random.value(kind.split_optional().0) } else { v })
                    .collect();
                let (chunk, key) = chunk(&rows, &kind, &mut number, shape);
                chunks.push(chunk);
                keys.push(key);
            }
            for (chunk, keys) in chunks.iter().zip(&keys) {
                let Chunk::Columns(rows) = chunk else { panic!() };
                all_rows.extend(values(rows));
                all_keys.extend(values(keys));
            }
            let run = SortedRun::new(&chunks, &keys, ascending, None).unwrap();
            assert_eq!(run.len(), chunks.iter().map(Chunk::len).sum::<usize>());
            runs.push(if random.below(3) > 0 { in_pieces(&mut random, &run) } else { run });
        }
        let key_kind = match shape {
            Shape::Rows => Type::Tuple(vec![kind.clone(), Type::Int]),
            _ => kind.clone(),
        };
        let keys = columns(&all_keys, &key_kind);
        let expected_order = order(&keys, ascending).unwrap();
        let expected_cuts = cuts(&keys, &expected_order, ascending, partitions);
        let run_keys: Vec<Vec<Columns>> = runs.iter().map(SortedRun::keys).collect();
        let run_cuts = cut_runs(&run_keys, partitions, ascending).unwrap();
        for cut in 0..=partitions {
            let sum: usize = run_cuts.iter().map(|cuts| cuts[cut]).sum();
            assert_eq!(sum, expected_cuts[cut], "round {round}: cut {cut} of {partitions}, {kind} {all_keys:?}");
        }
        let want = [1, 3, 10, usize::MAX][random.below(4)];
        for range in 0..partitions {
            let mut merge = Merge::new(readers(&runs, &run_cuts, range), ascending, None);
            let rows = rows_of(&mut merge, want);
            let expected: Vec<Value> = expected_order[expected_cuts[range]..expected_cuts[range + 1]]
                .iter()
                .map(|row| all_rows[*row as usize].clone())
                .collect();
            assert_eq!(text(&rows), text(&expected), "round {round}: {kind}, ascending {ascending}");
        }
    }
}

#[test]
fn many_rows_of_a_run_in_a_row_and_many_ties() {
    let mut random = Random(17);
    for (spread, ascending) in [(1_usize, true), (3, false), (50_000, true), (1 << 30, false), (1 << 30, true)] {
        let (mut runs, mut all, mut number) = (Vec::new(), Vec::new(), 0);
        for run in 0..5 {
            // Runs that overlap with their neighbours only.
            let keys: Vec<Value> =
                (0..20_000).map(|_| Value::Int((random.below(spread) + run * spread / 2) as i64)).collect();
            let (rows, keys_of) = chunk(&keys, &Type::Int, &mut number, Shape::First);
            all.extend(keys);
            runs.push(SortedRun::new(&[rows], &[keys_of], ascending, None).unwrap());
            assert!(runs[run].chunks().iter().all(|(keys, _)| keys.len() <= CHUNK_ROWS));
        }
        let order = order(&columns(&all, &Type::Int), ascending).unwrap();
        let ends: Vec<Vec<usize>> = runs.iter().map(|run| vec![0, run.len()]).collect();
        let merged = rows_of(&mut Merge::new(readers(&runs, &ends, 0), ascending, None), usize::MAX);
        let expected: Vec<Value> = order
            .iter()
            .map(|row| Value::Tuple(vec![all[*row as usize].clone(), Value::Int(i64::from(*row))]))
            .collect();
        assert!(text(&merged) == text(&expected), "spread {spread}");
    }
}

type Draw<'a> = &'a dyn Fn(&mut Random) -> Value;

#[test]
fn wide_numbers_and_texts_with_a_common_beginning() {
    let mut random = Random(5);
    let wide = |random: &mut Random| Value::Int((random.below(1 << 31) as i64) << 33 | random.below(4) as i64);
    let alike =
        |random: &mut Random| Value::Int(i64::MIN + random.below(3) as i64 * (i64::MAX / 4) + random.below(9) as i64);
    let named = |random: &mut Random| Value::Str(format!("the same words first {:03}", random.below(500)));
    let float = |random: &mut Random| Value::Float((random.below(2000) as f64 - 1000.0) / 7.0);
    let kinds: [(Draw<'_>, Type); 4] =
        [(&wide, Type::Int), (&alike, Type::Int), (&named, Type::Str), (&float, Type::Float)];
    for (draw, kind) in kinds {
        for len in [2, 100, 4095, 4096, 30_000] {
            let keys: Vec<Value> = (0..len).map(|_| draw(&mut random)).collect();
            for ascending in [true, false] {
                let mut expected: Vec<u32> = (0..len as u32).collect();
                expected.sort_by(|a, b| {
                    let by_key = compare(&keys[*a as usize], &keys[*b as usize]);
                    if ascending { by_key } else { by_key.reverse() }
                });
                assert!(order(&columns(&keys, &kind), ascending).unwrap() == expected, "{kind}, {len} rows");
            }
        }
    }
}

#[test]
fn rows_of_several_types_keep_their_order() {
    let ints = |keys: &[i64]| columns(&keys.iter().map(|key| Value::Int(*key)).collect::<Vec<_>>(), &Type::Int);
    let texts = |keys: &[i64]| {
        columns(&keys.iter().map(|key| Value::Str(format!("row {key}"))).collect::<Vec<_>>(), &Type::Str)
    };
    let floats =
        |keys: &[i64]| columns(&keys.iter().map(|key| Value::Float(*key as f64)).collect::<Vec<_>>(), &Type::Float);
    let merged = |with: Option<&Gather>| {
        let first = [Chunk::Columns(texts(&[3, 1, 5])), Chunk::Columns(floats(&[4, 2, 1]))];
        let first = SortedRun::new(&first, &[ints(&[3, 1, 5]), ints(&[4, 2, 1])], true, with).unwrap();
        let second = SortedRun::new(&[Chunk::Columns(texts(&[1, 2]))], &[ints(&[1, 2])], true, with).unwrap();
        let readers = vec![Box::new(first.reader(0, 6)) as Box<dyn RunReader>, Box::new(second.reader(0, 2))];
        rows_of(&mut Merge::new(readers, true, with.cloned()), usize::MAX)
    };
    let (text_of, float) = (|key: i64| Value::Str(format!("row {key}")), Value::Float);
    let expected = [text_of(1), float(1.0), text_of(1), float(2.0), text_of(2), text_of(3), float(4.0), text_of(5)];
    assert_eq!(text(&merged(None)), text(&expected));
    let gather: Gather = Arc::new(|chunks, places| {
        let row = |(chunk, row): &(usize, usize)| {
            let Chunk::Columns(columns) = chunks[*chunk].slice(*row, 1) else { panic!() };
            match &values(&columns)[..] {
                [Value::Float(float)] => Value::Str(format!("row {float}")),
                rows => rows[0].clone(),
            }
        };
        Ok(Chunk::Columns(columns(&places.iter().map(row).collect::<Vec<_>>(), &Type::Str)))
    });
    let expected: Vec<Value> = [1, 1, 1, 2, 2, 3, 4, 5].map(text_of).to_vec();
    assert_eq!(text(&merged(Some(&gather))), text(&expected));
}

#[test]
fn declines_what_python_would_compare_otherwise() {
    let optional = Type::Optional(Box::new(Type::Int));
    let run = |keys: &[Value], kind: &Type| vec![columns(keys, kind)];
    let (one, none, nan) = (Value::Int(1), Value::None, Value::Float(f64::NAN));
    let ints = run(&[one.clone(), Value::Int(2)], &Type::Int);
    assert!(cut_runs(&[ints.clone(), run(std::slice::from_ref(&none), &Type::Null)], 1, true).is_err());
    assert!(cut_runs(&[ints.clone(), run(std::slice::from_ref(&none), &optional)], 3, true).is_err());
    assert!(cut_runs(&[ints.clone(), run(std::slice::from_ref(&one), &optional)], 3, true).is_ok());
    assert!(cut_runs(&[ints.clone(), run(&[Value::Str("a".into())], &Type::Str)], 3, true).is_err());
    assert!(cut_runs(&[ints.clone(), run(&[], &Type::Str)], 3, true).is_ok());
    let floats = run(&[Value::Float(1.0)], &Type::Float);
    assert!(cut_runs(&[floats, run(std::slice::from_ref(&nan), &Type::Float)], 3, true).is_err());
    // A single key is compared with itself only, and not at all where there is one range.
    assert_eq!(cut_runs(&[run(std::slice::from_ref(&none), &Type::Null)], 1, true).unwrap(), [[0, 1]]);
    assert!(cut_runs(&[run(std::slice::from_ref(&none), &Type::Null)], 2, true).is_err());
    assert_eq!(cut_runs(&[run(&[nan], &Type::Float), Vec::new()], 2, true).unwrap(), [[0, 1, 1], [0, 0, 0]]);
    assert_eq!(cut_runs(&[ints], 2, true).unwrap(), [[0, 2, 2]]);
    assert_eq!(cut_runs(&[], 3, false).unwrap().len(), 0);
    let pair = |second: Type| Type::Tuple(vec![Type::Int, second]);
    let rows = [Value::Tuple(vec![one, none])];
    assert!(cut_runs(&[run(&rows, &pair(Type::Null)), run(&rows, &pair(Type::Null))], 1, true).is_err());
    let chunk = Chunk::Columns(columns(&[Value::Int(1), Value::Int(2)], &Type::Int));
    assert!(
        SortedRun::new(std::slice::from_ref(&chunk), &[columns(&[Value::Int(1)], &Type::Int)], true, None).is_err()
    );
    let keys = [
        columns(&[Value::Int(1), Value::Int(2)], &Type::Int),
        columns(&[Value::Bool(true), Value::Bool(false)], &Type::Bool),
    ];
    assert!(SortedRun::new(&[chunk.clone(), chunk], &keys, true, None).is_err());
}
