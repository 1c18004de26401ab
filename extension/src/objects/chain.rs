//! The Python path of a chain of narrow operations: rows pulled through machines here, or through the same machines in a
//! worker process.
//!
//! Row operations between two partition functions make one machine; a partition function gets the machine before it as
//! its iterator and is the source of the one after.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream};
use crate::error::{Error, Result};
use crate::plan::FunctionKind;
use crate::stage::{RowInput, Step, Task};

use super::function::copy_of;
use super::gate::{attached, give_way};
use super::machine::{BATCH, Link, Machine, Place, Source};
use super::partition::{PartitionCall, iterator};
use super::raised::user_error;
use super::release::release;
use super::rows::PyRows;
use super::slices::for_each_row;
use super::worker::{
    Ahead, Away, Begun, Busy, CarriedTable, Help, Helped, Home, Mover, Outgoing, Split, Stay, Taker, Trial, Workers,
};

/// A chain over `input` for one task.
pub fn open(
    py: Python<'_>,
    steps: &[Step],
    input: Box<dyn RowInput>,
    task: &Task,
    workers: &Workers,
    split: Split,
) -> PyResult<BoxStream> {
    let links = steps.iter().map(|step| link(py, step)).collect::<PyResult<Vec<_>>>()?;
    let help = Help::of(py, &links, *workers, split, task);
    let input = Ahead::new(input, Some(task.share()));
    let mut chain = ChainStream::new(links, input, Place::of(task), workers);
    chain.help = help;
    Ok(Box::new(chain))
}

fn link(py: Python<'_>, step: &Step) -> PyResult<Link> {
    let function = copy_of(py, &step.frozen.object)?;
    Ok(Link { kind: step.kind, name: step.name.clone(), function, of: step.function.clone() })
}

/// One step more behind the chain that a stream is; false where it is none, or has begun.
pub fn lengthen(py: Python<'_>, stream: &mut BoxStream, step: &Step) -> PyResult<bool> {
    let chain = stream.as_any().and_then(|stream| stream.downcast_mut::<ChainStream>());
    let Some(ChainStream { state: State::Waiting(links, _), help, .. }) = chain else { return Ok(false) };
    let link = link(py, step)?;
    if let Some(help) = help {
        help.push(py, &link);
    }
    links.push(link);
    Ok(true)
}

impl Place {
    pub(super) fn of(task: &Task) -> Self {
        Self { partition: task.partition, context: task.context.clone(), cancel: task.cancel.clone() }
    }
}

/// The machine of a whole chain.
fn build(py: Python<'_>, links: Vec<Link>, mut source: Source, place: &Place) -> PyResult<Machine> {
    let mut ops: Vec<Link> = Vec::new();
    for link in links {
        if !link.kind.takes_iterator() {
            ops.push(link);
            continue;
        }
        let machine = Machine::new(py, std::mem::take(&mut ops), source, place);
        let upstream = iterator(py, machine)?;
        let index = (link.kind == FunctionKind::PartitionsWithIndex).then_some(place.partition);
        link.of.counters().add_python(0);
        let call = PartitionCall { function: link.function, upstream, index };
        source = Source::Partition { call: Some(call), rows: None, name: link.name };
    }
    Ok(Machine::new(py, ops, source, place))
}

/// A chain's output as chunks: rows, then perhaps the error that ended them.
pub struct ChainStream {
    state: State,
    place: Place,
    workers: Workers,
    stays: Option<Stays>,
    failed: Option<Error>,
    ended: bool,
    /// Whether rows were made here.
    begun: bool,
    /// How long those who took its rows were at it.
    taking: Duration,
    /// How idle slots help, until the chain has begun.
    help: Option<Help>,
}

/// A chain that can't move any more: how long it keeps the interpreter busy is for the next task to know.
struct Stays {
    of: Busy,
    busy: Duration,
    _home: Home,
    _trial: Option<Trial>,
}

impl Drop for Stays {
    fn drop(&mut self) {
        self.of.note(self.busy);
    }
}

enum State {
    /// Nothing was pulled yet.
    Waiting(Vec<Link>, Ahead),
    /// Rows are to be made here.
    Settled(Vec<Link>, Box<dyn RowInput>),
    /// Rows are made here.
    Home(Box<Machine>),
    /// All of it runs in a worker process.
    Away(Box<Away>),
    Ended,
}

impl ChainStream {
    /// A chain of these operations; nothing runs before rows are pulled.
    pub fn new(links: Vec<Link>, input: Ahead, place: Place, workers: &Workers) -> Self {
        let state = State::Waiting(links, input);
        let (ended, begun, taking) = Default::default();
        Self { state, place, workers: *workers, stays: None, failed: None, ended, begun, taking, help: None }
    }

    /// Settles at the first pull where the chain runs. A table that takes all its rows can go along.
    /// `all` says whether all rows are wanted in the end: only then may it read ahead.
    fn begin(&mut self, table: Option<&CarriedTable>, all: bool) -> Result<()> {
        if !matches!(self.state, State::Waiting(..)) {
            return Ok(());
        }
        let State::Waiting(links, mut input) = std::mem::replace(&mut self.state, State::Ended) else { return Ok(()) };
        // A group that is larger than memory is iterated here.
        if matches!(self.workers, Workers::Fixed(_)) && input.begins_with_too_much()? {
            self.state = State::Settled(links, input.all());
            return Ok(());
        }
        let help = self.help.take().filter(|_| all);
        let helped = |input: Ahead| match help {
            Some(help) => Box::new(Helped::new(input.all(), help)),
            None => input.all(),
        };
        let refs: Vec<&Link> = links.iter().collect();
        let ahead = |outgoing: &mut Outgoing| Ok(all && input.shows_nothing(outgoing, &self.place.cancel)?);
        let home = match self.workers.start(&refs, table, &self.place, ahead)? {
            Begun::Here(home) => home,
            Begun::Away(session) => {
                self.state = State::Away(Box::new(Away::new(*session, helped(input), [None, None])));
                release(links);
                return Ok(());
            }
        };
        if let Some(Stay { home, busy: of, trial }) = home {
            self.stays = Some(Stays { of, busy: Duration::ZERO, _home: home, _trial: trial });
        }
        self.state = State::Settled(links, helped(input));
        Ok(())
    }

    /// What makes rows here, if they are made here.
    fn machine(&mut self, py: Python<'_>, table: Option<&CarriedTable>) -> Result<Option<&mut Machine>> {
        if matches!(self.state, State::Settled(..))
            && let State::Settled(links, input) = std::mem::replace(&mut self.state, State::Ended)
        {
            // A partition function can't move once it runs, nor can what it reads from: it may rely on one interpreter.
            // Without functions there is nothing to gain.
            let works = !links.is_empty() || table.is_none_or(|table| !table.functions.is_empty());
            let movable = works && links.iter().all(|link| !link.kind.takes_iterator());
            let mover = if movable { Mover::new(py, &self.workers, &links, table) } else { None };
            let machine = build(py, links, Source::chunks(input, mover), &self.place);
            self.state = State::Home(Box::new(machine.map_err(|e| user_error(py, &e))?));
        }
        let State::Home(machine) = &mut self.state else { return Ok(None) };
        if self.begun {
            machine.goes_on(py, table);
        }
        self.begun = true;
        Ok(Some(machine))
    }

    /// Hands every row to `taker` as it comes, attached once for each few thousand, until there are no more or it is full; says
    /// how many there were. `table` is what `taker` fills: where it moves along to a worker, its content is what that gives.
    pub fn for_each(&mut self, table: &CarriedTable, taker: &mut impl Taker) -> Result<(usize, Vec<Chunk>)> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Err(error);
        }
        self.begin(Some(table), true)?;
        let mut rows = 0;
        let filled = loop {
            let (more, is_full) = self.take_rows(table, taker)?;
            rows += more;
            if is_full {
                return Ok((rows, Vec::new()));
            }
            let State::Home(machine) = &mut self.state else {
                let (more, filled) = self.pull_all()?;
                rows += more;
                break filled;
            };
            let Some(away) = machine.away() else { break Vec::new() };
            let mut filled = Vec::new();
            while let Some(chunk) = away.pull(usize::MAX)? {
                filled.push(chunk);
            }
            rows += away.table_rows();
            // The table came home too, if the rows behind it are for this process.
            let home = attached(|py| machine.come_home(py).map_err(|e| user_error(py, &e)))?;
            let Some(functions) = home else { break filled };
            taker.came_home(&filled, functions)?;
        };
        self.ended = true;
        self.stays = None;
        Ok((rows, filled))
    }

    /// What comes of all rows, where the whole chain is in a worker process.
    fn pull_all(&mut self) -> Result<(usize, Vec<Chunk>)> {
        let State::Away(away) = &mut self.state else { return Ok((0, Vec::new())) };
        let mut chunks = Vec::new();
        while let Some(chunk) = away.pull(usize::MAX)? {
            chunks.push(chunk);
        }
        Ok((away.table_rows(), chunks))
    }

    /// How long those who took its rows were at it, since this was last asked.
    pub fn taking(&mut self) -> Duration {
        std::mem::take(&mut self.taking)
    }

    /// Whether there are no more rows.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Hands `taker` the rows that are made here, and those of a chain that went to a worker without the table, since its first
    /// rows were for another; says how many there were, and whether it is full before the end.
    fn take_rows(&mut self, table: &CarriedTable, taker: &mut impl Taker) -> Result<(usize, bool)> {
        let mut rows = 0;
        while matches!(self.state, State::Settled(..) | State::Home(_)) {
            self.place.cancel.check()?;
            give_way();
            let began = Instant::now();
            let ended = attached(|py| {
                let Some(machine) = self.machine(py, Some(table))? else { return Ok(true) };
                machine.begin_clock();
                let tail = taker.tail(py);
                machine.pours = tail.is_some();
                let (mut count, mut ended) = (0, false);
                while count < BATCH {
                    if let Some(tail) = &tail
                        && let Some(taken) = machine.pour(py, tail).map_err(|e| user_error(py, &e))?
                    {
                        count += taken;
                        continue;
                    }
                    let Some(row) = machine.next_row(py).map_err(|e| user_error(py, &e))? else {
                        if machine.pours && machine.has_many() {
                            continue;
                        }
                        ended = true;
                        break;
                    };
                    count += 1;
                    if taker.take(py, &row).map_err(|e| user_error(py, &e))? {
                        break;
                    }
                }
                rows += count;
                let took = machine.flush_counts_beside(py, count);
                self.taking += took;
                Ok(ended)
            })?;
            if let Some(stays) = &mut self.stays {
                stays.busy += began.elapsed();
            }
            if ended {
                break;
            }
            if taker.is_full()? {
                return Ok((rows, true));
            }
        }
        if let State::Away(away) = &mut self.state
            && !away.has_table()
        {
            while let Some(chunk) = away.pull(BATCH)? {
                rows += chunk.len();
                for_each_row(&chunk, &self.place.cancel, |py, row| taker.take(py, row).map(drop))?;
                if taker.is_full()? {
                    return Ok((rows, true));
                }
            }
        }
        Ok((rows, false))
    }
}

impl ChunkStream for ChainStream {
    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }

    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.make(want, want == usize::MAX)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        self.begin(None, true)?;
        let mut rows = 0;
        loop {
            cancel.check()?;
            match &mut self.state {
                State::Home(machine) => {
                    if let Some(away) = machine.away() {
                        rows += away.count()?;
                        if attached(|py| machine.come_home(py).map_err(|e| user_error(py, &e)))?.is_none() {
                            return Ok(rows);
                        }
                    }
                }
                State::Away(away) => return Ok(rows + away.count()?),
                State::Settled(..) => {}
                State::Waiting(..) | State::Ended => return Ok(rows),
            }
            // Few enough at a time to notice when the machine moves.
            match self.make(BATCH, true)? {
                Some(chunk) => rows += chunk.len() as u64,
                None => return Ok(rows),
            }
        }
    }
}

impl ChainStream {
    /// At most `want` rows now. A machine moves only where `all` are wanted in the end: it would compute too many.
    fn make(&mut self, want: usize, all: bool) -> Result<Option<Chunk>> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Err(error);
        }
        if self.ended {
            return Ok(None);
        }
        self.place.cancel.check()?;
        self.begin(None, all)?;
        match &mut self.state {
            State::Away(away) => return away.pull(want),
            State::Home(machine) => {
                if let Some(away) = machine.away() {
                    if let Some(chunk) = away.pull(want)? {
                        return Ok(Some(chunk));
                    }
                    if attached(|py| machine.come_home(py).map_err(|e| user_error(py, &e)))?.is_none() {
                        return Ok(None);
                    }
                }
            }
            State::Settled(..) => {}
            State::Waiting(..) | State::Ended => return Ok(None),
        }
        let most = want.min(BATCH);
        give_way();
        let began = Instant::now();
        let (mut ended, mut failed) = (false, None);
        let made = attached(|py| {
            let Some(machine) = self.machine(py, None)? else { return Ok(None) };
            machine.pours = false;
            machine.may_move = all;
            machine.begin_clock();
            let mut rows = Vec::with_capacity(most.min(1024));
            // What comes from a worker from then on need not become objects here.
            while rows.len() < most && (rows.is_empty() || machine.away().is_none()) {
                match machine.next_row(py) {
                    Ok(Some(row)) => rows.push(row),
                    Ok(None) => {
                        ended = true;
                        break;
                    }
                    Err(error) => {
                        failed = Some(user_error(py, &error));
                        break;
                    }
                }
            }
            machine.flush_counts(py);
            if rows.is_empty() {
                return match failed.take() {
                    Some(error) => {
                        ended = true;
                        Err(error)
                    }
                    None => Ok(None),
                };
            }
            Ok(Some(PyRows::chunk(rows)))
        });
        self.failed = failed;
        self.ended |= ended;
        if let Some(stays) = &mut self.stays {
            stays.busy += began.elapsed();
        }
        if self.ended {
            self.stays = None;
        }
        made
    }
}

impl Drop for ChainStream {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Waiting(links, _) | State::Settled(links, _) => release(links),
            State::Home(mut machine) => machine.take_apart(),
            State::Away(_) | State::Ended => {}
        }
    }
}
