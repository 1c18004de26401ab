//! Rows that were marked are saved by a job of its own, after the first that used them: Spark's `RDD.doCheckpoint`.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::chunk::Decode;
use crate::disk::sync_directory;
use crate::error::{Error, Result};
use crate::plan::{Mark, Plan, PlanRef};
use crate::source::SavedRows;
use crate::stage::open;
use crate::store::PartWriter;

use super::{Engine, JobOptions};

impl Engine {
    /// Saves what is marked of the lineage of a job that has ended, the nearest first: what lies behind isn't needed then.
    pub(super) fn save_marked(&self, plan: &PlanRef, options: &JobOptions) -> Result<()> {
        if !Plan::any_marked() {
            return Ok(());
        }
        let (mut seen, mut pending) = (HashSet::new(), vec![plan.clone()]);
        while let Some(at) = pending.pop() {
            if !seen.insert(at.id()) {
                continue;
            }
            let Some(mark) = at.take_mark() else {
                pending.extend(at.inputs().iter().map(|input| input.plan.clone()));
                continue;
            };
            let saved = match &mark {
                Mark::Files(directory, decode) => self.save_files(&at, directory, *decode, options),
                Mark::Local => self.save_locally(&at, options),
            };
            saved.inspect_err(|_| at.mark(mark))?;
        }
        Ok(())
    }

    fn save_files(&self, plan: &PlanRef, directory: &Path, decode: Decode, options: &JobOptions) -> Result<()> {
        fs::create_dir_all(directory).map_err(|e| Error::io(directory.display(), &e))?;
        let to = directory.to_owned();
        let parts = self.run_job(plan, None, options, move |plan, task| {
            let mut part = PartWriter::create(SavedRows::part(&to, task.partition), task.context.task.0)?;
            let mut stream = open(plan, task)?;
            while let Some(chunk) = stream.next(usize::MAX)? {
                task.cancel.check()?;
                part.push(&chunk)?;
            }
            part.finish()
        })?;
        sync_directory(directory).map_err(|e| Error::io(directory.display(), &e))?;
        let saved = SavedRows::new(directory.to_owned(), parts.len(), decode);
        plan.end_in(Plan::scan(Arc::new(saved), "checkpoint"));
        Ok(())
    }

    /// What isn't kept yet is computed; then what it was made of is let go.
    fn save_locally(&self, plan: &PlanRef, options: &JobOptions) -> Result<()> {
        if plan.slots().all_ready().is_none() {
            self.run_job(plan, None, options, |plan, task| open(plan, task)?.count(&task.cancel))?;
        }
        plan.settle();
        Ok(())
    }
}
