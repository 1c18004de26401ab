//! A log that is being written, and its thread.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, bounded};

use super::blocks::Blocks;
use super::events;
use super::files::Files;
use super::program::Program;
use super::queue::{Queue, Waiting};
use super::wanted::Wanted;
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::job::Engine;
use crate::job::follow::Step;
use crate::job::registry::End;
use crate::metrics::Outcome;
use crate::time::Time;

/// Says a sentence to a person. Called by the log's thread, with nothing locked.
pub type Complain = Box<dyn Fn(String) + Send>;

/// Follows an engine's jobs into files until it is told to stop.
pub struct EventLog {
    queue: Arc<Queue>,
    place: PathBuf,
    engine: Arc<Engine>,
    /// Nobody waits for the thread: it has nobody to complain to.
    given_up: Arc<AtomicBool>,
    /// Disconnected when the thread ends.
    ended: Receiver<()>,
}

/// What begins, and what tasks do meanwhile, is in the files after this.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long jobs that were told to end are waited for, and how often it is looked.
const MOMENT: Duration = Duration::from_millis(100);
const NAP: Duration = Duration::from_millis(5);

struct Writer {
    queue: Arc<Queue>,
    files: Files,
    wanted: Wanted,
    engine: Arc<Engine>,
    blocks: Blocks,
    complain: Complain,
    left_out: u64,
    /// Jobs whose beginning is written and whose end isn't.
    open: BTreeSet<JobId>,
}

impl EventLog {
    /// Makes the files, with all that is known of the program, and follows the jobs from now on. Fails where the files
    /// can't be made.
    pub fn start(wanted: Wanted, program: &Program, engine: &Arc<Engine>, complain: Complain) -> Result<Self> {
        let mut files = Files::create(wanted.clone(), &program.id)?;
        let place = files.place().to_owned();
        let failed = |error: io::Error| Error::io(format!("the event log {}", place.display()), &error);
        for event in events::beginning(program, engine.memory().budget.limit()) {
            files.add(&events::line(&event)).map_err(failed)?;
        }
        files.flush().map_err(failed)?;
        let queue = Arc::new(Queue::new(wanted.waiting, wanted.blocks));
        let (running, ended) = bounded::<()>(0);
        let given_up = Arc::new(AtomicBool::new(false));
        let silent = given_up.clone();
        let complain: Complain = Box::new(move |sentence| {
            if !silent.load(Ordering::Acquire) {
                complain(sentence);
            }
        });
        let (engine_of, blocks, left_out, open) = (engine.clone(), Blocks::default(), 0, BTreeSet::new());
        let writer =
            Writer { queue: queue.clone(), files, wanted, engine: engine_of, blocks, complain, left_out, open };
        let run = move || {
            writer.run();
            drop(running);
        };
        thread::Builder::new().name("pyrite-event-log".into()).spawn(run).map_err(failed)?;
        engine.follow(queue.clone());
        Ok(Self { queue, place, engine: engine.clone(), given_up, ended })
    }

    /// Where the log is, or will be once the program has ended.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// An event of a name that others have made: `fields` is a JSON object. One that isn't `needed` is left out where too
    /// much waits.
    pub fn tell(&self, name: &str, fields: &str, needed: bool) {
        if let Some(rest) = fields.strip_prefix('{') {
            self.queue.add(format!("{{\"Event\":\"{name}\",{rest}"), needed);
        }
    }

    /// The program has ended: what waits is written, then the end. Jobs that were told to end may take a moment for it.
    pub fn stop(&self) {
        let deadline = Instant::now() + MOMENT;
        while !self.engine.jobs().running().is_empty() && Instant::now() < deadline {
            thread::sleep(NAP);
        }
        self.queue.close();
    }

    /// What isn't written by now isn't waited for.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// Waits for the end of a log that was stopped. Says whether it came.
    pub fn wait(&self, time: Duration) -> bool {
        !matches!(self.ended.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Writer {
    fn run(mut self) {
        let written = loop {
            match self.write_what_came() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let Self { queue, files, complain, left_out, .. } = self;
        let place = files.place().to_owned();
        let written = written.and_then(|()| files.finish());
        if let Err(error) = written {
            // From here on jobs are followed no more, and what waits is let go.
            queue.close();
            queue.take(Duration::ZERO);
            complain(format!(
                "The event log {} has no more than it has now: {error}. The program goes on without it.",
                place.display()
            ));
        }
        if left_out > 0 {
            complain(format!("The event log {} is without {left_out} jobs and tasks.", place.display()));
        }
    }

    /// Says whether there may be more.
    fn write_what_came(&mut self) -> io::Result<bool> {
        let taken = self.queue.take(PATIENCE);
        if taken.left_out > 0 {
            if self.left_out == 0 {
                (self.complain)(format!(
                    "Jobs and tasks are left out of the event log {}: more than {} things wait to be written. Write it to a \
                     quicker disk, or set spark.scheduler.listenerbus.eventqueue.eventLog.capacity higher.",
                    self.files.place().display(),
                    self.wanted.waiting
                ));
            }
            self.left_out += taken.left_out;
        }
        for waiting in &taken.steps {
            let step = match waiting {
                Waiting::Step(step) => step,
                Waiting::Line(line) => {
                    self.files.add(line)?;
                    continue;
                }
            };
            let event = events::of(step, &self.wanted, self.engine.keeping());
            self.files.add(&events::line(&event))?;
            match step {
                Step::JobBegan(job) => {
                    self.open.insert(job.id);
                }
                Step::JobEnded(job, _) => {
                    self.open.remove(job);
                }
                Step::StageBegan(_, stage) => self.blocks.told(&stage.lineage.plans, self.engine.keeping()),
                Step::StageEnded(_, _, _, left) => {
                    for event in self.blocks.left(left) {
                        self.files.add(&events::line(&event))?;
                    }
                }
                _ => {}
            }
        }
        let changes = self.blocks.changes(self.engine.keeping(), self.wanted.blocks);
        for event in &changes {
            self.files.add(&events::line(event))?;
        }
        if taken.closed {
            self.end_jobs()?;
            self.files.add(&events::line(&events::end(Time::wall())))?;
        }
        if taken.closed || !taken.steps.is_empty() || !changes.is_empty() {
            self.files.flush()?;
        }
        Ok(!taken.closed)
    }

    /// Ends what ran when the program ended and didn't tell its end in time.
    fn end_jobs(&mut self) -> io::Result<()> {
        for job in std::mem::take(&mut self.open) {
            let failure = Some(format!("Job {job} cancelled because SparkContext was shut down"));
            let end = End { outcome: Outcome::Cancelled, time: Time::wall(), failure };
            let event = events::of(&Step::JobEnded(job, end), &self.wanted, self.engine.keeping());
            self.files.add(&events::line(&event))?;
        }
        Ok(())
    }
}
