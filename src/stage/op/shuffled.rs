//! Rows as a shuffle has laid them out.

use crate::chunk::BoxStream;
use crate::error::Result;
use crate::plan::PlanRef;
use crate::stage::Task;

use super::Operator;

pub(super) struct Shuffled;

impl Operator for Shuffled {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        task.input(plan, 0, task.partition)
    }
}
