//! Stages and jobs with an interpreter of plain Rust values: the engine's side of every seam.

mod chains;
mod faults;
mod few;
mod files;
pub mod interpreter;
mod jobs;
mod pool;
mod saving;

use std::sync::Arc;
use std::thread::JoinHandle;

use pyrite::chunk::{Chunk, Type};
use pyrite::error::Result;
use pyrite::job::{Engine, JobOptions};
use pyrite::lambda::{BinaryOp, Expr};
use pyrite::memory::Memory;
use pyrite::plan::{FunctionKind, NativeMode, Plan, PlanRef};
use pyrite::stage::Pool;

use crate::shuffle::values::{columns, text};
use interpreter::{Lambda, Rust, Value, load};

/// An engine on threads of its own, which end with it.
struct Running {
    engine: Arc<Engine>,
    interpreter: Arc<Rust>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    fn new(threads: usize) -> Self {
        let (pool, interpreter) = (Pool::new(threads), Arc::new(Rust::default()));
        let engine = Arc::new(Engine::new(pool.clone(), interpreter.clone(), NativeMode::Auto, Memory::unlimited()));
        let serve = |ident| {
            let pool = pool.clone();
            std::thread::spawn(move || pool.serve(ident))
        };
        Self { engine, interpreter, threads: (0..threads as u64).map(serve).collect() }
    }

    fn run(&self, plan: &PlanRef) -> Result<String> {
        self.take(plan, usize::MAX)
    }

    fn take(&self, plan: &PlanRef, want: usize) -> Result<String> {
        let chunks = self.engine.run(plan, None, want, &JobOptions::default())?;
        Ok(text(&chunks.iter().flat_map(load).collect::<Vec<_>>()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.stop();
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

fn ints(values: impl IntoIterator<Item = i64>) -> Vec<Value> {
    values.into_iter().map(Value::Int).collect()
}

pub fn int_chunk(values: impl IntoIterator<Item = i64>) -> Chunk {
    Chunk::Columns(columns(&ints(values), &Type::Int))
}

fn shown(values: impl IntoIterator<Item = i64>) -> String {
    text(&ints(values))
}

fn int(value: &Value) -> i64 {
    let Value::Int(i) = value else { panic!("not an int: {value:?}") };
    *i
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

/// `100 // x`, which declines a chunk that holds 0, and then raises at that row.
fn hundredth() -> Arc<Lambda> {
    Lambda::compiled(binary(BinaryOp::FloorDiv, Expr::Int(100), Expr::Param(0)), |args| match int(&args[0]) {
        0 => Err("division by zero".into()),
        x => Ok(Value::Int(100_i64.div_euclid(x))),
    })
}

/// `x + 1`, compiled.
fn plus_one() -> Arc<Lambda> {
    Lambda::compiled(binary(BinaryOp::Add, Expr::Param(0), Expr::Int(1)), |args| Ok(Value::Int(int(&args[0]) + 1)))
}

fn narrow(parent: &PlanRef, kind: FunctionKind, function: &Arc<Lambda>) -> PlanRef {
    Plan::narrow(parent.clone(), kind, function.shared(), false, "a step")
}

fn map(parent: &PlanRef, function: &Arc<Lambda>) -> PlanRef {
    narrow(parent, FunctionKind::Map, function)
}
