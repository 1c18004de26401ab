//! Pairs as a shuffle has laid them out, each partition in order.

use crate::chunk::{BoxStream, Chunk, ChunkStream};
use crate::error::Result;
use crate::plan::{Order, OutputRef, PlanRef};
use crate::stage::Task;
use crate::stage::runs::Runs;
use crate::stage::sort::cut;

use super::Operator;

impl Operator for Order {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let input = Some(task.input(plan, 0, task.partition)?);
        let (order, plan) = (self.clone(), plan.clone());
        Ok(Box::new(WithinStream { order, plan, input, sorted: None, task: task.clone() }))
    }
}

/// Sorts at the first pull: runs as large as the memory allows, merged.
struct WithinStream {
    order: Order,
    plan: PlanRef,
    input: Option<BoxStream>,
    /// The runs and what reads them.
    sorted: Option<(OutputRef, BoxStream)>,
    task: Task,
}

impl ChunkStream for WithinStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(input) = self.input.take() {
            let mut runs = Runs::new(&self.plan, &self.order, &self.task);
            runs.take_in(input)?;
            let runs = cut(runs.finish()?, &self.order, 1, &self.plan, &self.task)?;
            let rows = runs.open(0, &self.task.cancel)?;
            self.sorted = Some((runs, rows));
        }
        self.sorted.as_mut().map_or(Ok(None), |(_, rows)| rows.next(want))
    }
}
