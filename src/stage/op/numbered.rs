//! Rows beside their numbers: `zipWithIndex` and `zipWithUniqueId`.

use std::sync::Arc;

use arrow_array::Int64Array;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Columns, Type};
use crate::error::Result;
use crate::plan::{Numbers, PlanRef};
use crate::stage::Task;

use super::Operator;

impl Operator for Numbers {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let (next, step) = self.of(task.partition);
        Ok(Box::new(Numbered { input: task.input(plan, 0, task.partition)?, next, step, task: task.clone() }))
    }
}

struct Numbered {
    input: BoxStream,
    next: i64,
    step: i64,
    task: Task,
}

impl ChunkStream for Numbered {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let Some(chunk) = self.input.next(want)? else { return Ok(None) };
        let rows = chunk.len();
        let (first, step) = (self.next, self.step);
        let numbers: Int64Array = (0..rows as i64).map(|row| first + row * step).collect();
        self.next += rows as i64 * step;
        let numbers = Columns::new(Arc::new(numbers), Type::Int);
        Ok(Some(match chunk {
            Chunk::Columns(columns) => Chunk::Columns(Columns::tuple(vec![columns, numbers], rows)),
            Chunk::Objects(objects) => self.task.prepared.interpreter.beside(&objects, &numbers)?,
        }))
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        self.input.count(cancel)
    }
}
