//! The action that writes to a topic of Kafka.

use std::sync::Arc;

use crate::chunk::Chunk;
use crate::error::{Error, Kind, Result};
use crate::plan::PlanRef;
use crate::sink::{KafkaBatch, KafkaOutcome, KafkaOutput};
use crate::stage::{Task, open};
use crate::time::Time;

use super::{Engine, JobOptions};

/// How often a transaction is made that Kafka ends before its time.
const ATTEMPTS: usize = 10;

impl Engine {
    /// Writes each row, a str, bytes or None or a pair of them, as a message; with the time of a batch that an output in
    /// transactions has written before, nothing. Done once everything is acknowledged.
    pub fn save_kafka(
        &self,
        plan: &PlanRef,
        output: &KafkaOutput,
        time: Option<Time>,
        options: &JobOptions,
    ) -> Result<()> {
        let check = || {
            options.cancel.check()?;
            self.stopped.check()?;
            self.program.check_interrupt()
        };
        let (mut tries, mut attempts) = (self.tries, ATTEMPTS);
        loop {
            let Some(begun) = output.begin(time, &check)? else { return Ok(()) };
            let batch = begun.batch().clone();
            let shared = batch.clone();
            let ran = self.run_tasks(plan, None, options, move |plan, task| {
                write(&shared, plan, task).inspect_err(|error| shared.failed(error))
            });
            match begun.end(time, ran.map(drop), &check) {
                Ok(KafkaOutcome::Written) => return Ok(()),
                Ok(KafkaOutcome::Again) if attempts > 1 => attempts -= 1,
                Ok(KafkaOutcome::Again) => return Err(batch.trouble()),
                // The tasks of a transaction are tried again together.
                Err(error) if tries > 1 && output.is_transactional() && !matches!(error, Error::Cancelled) => {
                    tries -= 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn write(batch: &Arc<KafkaBatch>, plan: &PlanRef, task: &Task) -> Result<()> {
    let check = || task.cancel.check();
    let part = batch.part(task.partition)?;
    let mut stream = open(plan, task)?;
    while let Some(chunk) = stream.next(usize::MAX)? {
        check()?;
        if let Chunk::Columns(columns) = &chunk
            && part.write(columns, &check)?
        {
            continue;
        }
        let messages = task.prepared.interpreter.messages(&chunk)?;
        if !part.write(&messages, &check)? {
            return Err(Error::new(Kind::IllegalState, "rows that were made messages aren't any"));
        }
    }
    part.finish(&check)
}
