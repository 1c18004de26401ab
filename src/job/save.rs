//! The action that writes text files.

use std::sync::Arc;

use arrow_array::cast::AsArray;

use crate::chunk::{Chunk, Columns, Type};
use crate::error::Result;
use crate::plan::PlanRef;
use crate::sink::{Carrier, Codec, TextOutput};
use crate::stage::open;

use super::{Engine, JobOptions};

impl Engine {
    /// Writes each row's text as a line: a str as it is, bytes decoded as UTF-8, anything else by `str()`.
    pub fn save_text(
        &self,
        plan: &PlanRef,
        path: &str,
        codec: Codec,
        overwrite: bool,
        options: &JobOptions,
    ) -> Result<()> {
        self.write_text(plan, TextOutput::create(path, codec, overwrite)?, options)
    }

    /// The same to a directory of another system, whose parts `carrier` takes; who made that commits.
    pub fn send_text(
        &self,
        plan: &PlanRef,
        carrier: Arc<dyn Carrier>,
        codec: Codec,
        options: &JobOptions,
    ) -> Result<()> {
        self.write_text(plan, TextOutput::elsewhere(self.memory.dir.folder()?, carrier, codec), options)
    }

    fn write_text(&self, plan: &PlanRef, output: TextOutput, options: &JobOptions) -> Result<()> {
        let output = Arc::new(output);
        let shared = output.clone();
        self.run_tasks(plan, None, options, move |plan, task| {
            let mut part = shared.part(task.partition)?;
            let mut stream = open(plan, task)?;
            while let Some(chunk) = stream.next(usize::MAX)? {
                task.cancel.check()?;
                let texts = match chunk {
                    Chunk::Columns(c) if *c.kind() == Type::Str => c,
                    other => task.prepared.interpreter.texts(&other)?,
                };
                write_lines(&texts, |line| part.line(line))?;
            }
            part.finish()
        })?;
        // The tasks are done, but the last one's closure may not be dropped yet.
        let mut output = output;
        loop {
            match Arc::try_unwrap(output) {
                Ok(output) => return output.commit(),
                Err(shared) => {
                    output = shared;
                    std::thread::yield_now();
                }
            }
        }
    }
}

fn write_lines(texts: &Columns, mut write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    texts.array().as_string_view().iter().try_for_each(|line| write(line.unwrap_or_default().as_bytes()))
}
