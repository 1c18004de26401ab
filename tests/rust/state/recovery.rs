//! A stream of states is saved, and another one goes on with it, in as many partitions or in others.

use std::collections::HashMap;
use std::io::{Cursor, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use pyrite::batch::{Files, KeyedHow, KeyedState, Missing, Stateful, Viewed};
use pyrite::chunk::{Chunk, Columns};
use pyrite::error::{Error, Kind, Result};
use pyrite::job::{Engine, JobOptions};
use pyrite::lambda::{BinaryOp, Expr};
use pyrite::memory::Memory;
use pyrite::plan::{NativeMode, Plan, PlanRef, StateView};
use pyrite::source::{Input, QueueInput};
use pyrite::stage::Pool;
use pyrite::time::Time;

use super::ints;
use crate::batch::Bench;
use crate::stage::interpreter::{Lambda, Rust, Value, load};

#[derive(Default)]
struct Kept(Mutex<HashMap<String, Vec<u8>>>);

impl Files for Kept {
    fn has(&self, name: &str) -> bool {
        self.0.lock().unwrap().contains_key(name)
    }

    fn put(&self, name: &str, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        self.0.lock().unwrap().insert(name.to_owned(), bytes);
        Ok(())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>> {
        let bytes = self.0.lock().unwrap().get(name).cloned();
        Ok(Box::new(Cursor::new(bytes.ok_or_else(|| Error::new(Kind::Spark, "no such file"))?)))
    }
}

fn engine() -> (Arc<Engine>, JoinHandle<()>) {
    let pool = Pool::new(1);
    let engine = Engine::new(pool.clone(), Arc::new(Rust::default()), NativeMode::Require, Memory::unlimited());
    (Arc::new(engine), std::thread::spawn(move || pool.serve(0)))
}

/// `lambda new, old: sum(new) + (old or 0)`
fn summing() -> KeyedHow {
    let sum = Expr::Call { function: "sum".to_owned(), args: vec![Expr::Param(0)] };
    let old = Expr::Or(vec![Expr::Param(1), Expr::Int(0)]);
    let expr = Expr::Binary { op: BinaryOp::Add, left: sum.into(), right: old.into() };
    let never = |_: &[Value]| Err("it compiles".to_owned());
    KeyedHow::Update(Lambda::compiled(expr, never).shared(), Lambda::new(never).shared())
}

fn batch(keys: impl Iterator<Item = i64> + Clone) -> PlanRef {
    let (Chunk::Columns(keys), Chunk::Columns(ones)) = (ints(keys.clone()), ints(keys.map(|_| 1))) else { panic!() };
    let rows = keys.len();
    Plan::chunks(vec![vec![Chunk::Columns(Columns::tuple(vec![keys, ones], rows))]])
}

/// Batches before the state that is restored.
const SAVED_AFTER: i64 = 3;

fn none(_: &[u8], _: usize) -> Result<Chunk> {
    panic!("opaque rows")
}

/// Runs batches over a state that may be restored; gives the pairs after the last one.
fn run(
    partitions: usize,
    batches: Vec<PlanRef>,
    restored: Option<(&[u8], &Kept)>,
    files: &Kept,
) -> (Vec<(i64, i64)>, Vec<u8>) {
    let (engine, thread) = engine();
    let state = Arc::new(KeyedState::new("state", summing(), partitions, None, engine.clone(), none));
    let mut bench = Bench::new(&[]);
    if let Some((saved, files)) = restored {
        state.restore(Time(0), saved, files).unwrap();
    }
    // The clock begins anew: nobody asks for what came up to the time of the saved state.
    let count = batches.len() as i64 + if restored.is_some() { SAVED_AFTER } else { 0 };
    let queue = bench
        .streaming
        .add_input("queueStream", |env| Ok(Arc::new(QueueInput::new(env, batches, true, None)) as Arc<dyn Input>))
        .unwrap();
    let states = bench.streaming.add_stateful("state", vec![queue], state.clone(), None).unwrap();
    let view = Arc::new(Viewed { view: StateView::Pairs, name: "state".to_owned() });
    let pairs = bench.streaming.add_transformed("state", vec![states], view, Missing::Skip).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (kept, runs) = (seen.clone(), engine.clone());
    bench.each(&pairs, move |_, plan| {
        let rows = runs.run(plan, None, usize::MAX, &JobOptions::default())?;
        let pair = |value| match value {
            Value::Tuple(items) => match items.as_slice() {
                [Value::Int(key), Value::Int(count)] => (*key, *count),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        let mut rows: Vec<(i64, i64)> = rows.iter().flat_map(load).map(pair).collect();
        rows.sort_unstable();
        *kept.lock().unwrap() = rows;
        Ok(())
    });
    bench.start(1);
    bench.batches(count);
    let saved = state.save(Time(count * 1000), files).unwrap();
    assert_eq!(state.size().unwrap().keys, seen.lock().unwrap().len());
    bench.stop(false);
    engine.stop();
    thread.join().unwrap();
    let rows = seen.lock().unwrap().clone();
    (rows, saved)
}

#[test]
fn a_saved_state_goes_on_in_any_number_of_partitions() {
    let files = Kept::default();
    let (rows, saved) = run(2, vec![batch(0..1000), batch((0..1000).step_by(3)), batch(500..1200)], None, &files);
    assert_eq!(rows.len(), 1200);
    for partitions in [1, 2, 3] {
        let (again, _) =
            run(partitions, vec![batch(0..10), batch(1195..1210)], Some((&saved, &files)), &Kept::default());
        let mut expected: HashMap<i64, i64> = rows.iter().copied().collect();
        (0..10).chain(1195..1210).for_each(|key| *expected.entry(key).or_default() += 1);
        let mut expected: Vec<(i64, i64)> = expected.into_iter().collect();
        expected.sort_unstable();
        assert_eq!(again, expected, "{partitions} partitions");
    }
}
