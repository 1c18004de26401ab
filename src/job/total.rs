//! Actions that make one value of all rows: a job that gives what each partition comes to.

use crate::error::Result;
use crate::plan::PlanRef;
use crate::stage::{Partial, PreparedTotal, TotalOf, open};

use super::{Engine, JobOptions};

impl Engine {
    /// What each partition comes to, in their order. Nothing, and no job, where the total's function doesn't compile.
    pub fn total(&self, plan: &PlanRef, total: &TotalOf, options: &JobOptions) -> Result<Option<Vec<Partial>>> {
        let Some(total) = PreparedTotal::new(total, self.native())? else { return Ok(None) };
        self.run_tasks(plan, None, options, move |plan, task| total.run(plan, task)).map(Some)
    }

    /// Number of rows of each partition; none are made where that can be told without.
    pub fn counts(&self, plan: &PlanRef, options: &JobOptions) -> Result<Vec<u64>> {
        self.run_tasks(plan, None, options, |plan, task| open(plan, task)?.count(&task.cancel))
    }
}
