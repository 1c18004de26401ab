//! Rows that no other plan makes.

use crate::chunk::BoxStream;
use crate::error::Result;
use crate::plan::{PlanRef, Scan};
use crate::stage::Task;

use super::Operator;

impl Operator for dyn Scan {
    fn open(&self, _: &PlanRef, task: &Task) -> Result<BoxStream> {
        Scan::open(self, task.partition, &task.cancel)
    }
}
