//! A window's values from what came and went: natively, or in full as the first input says.

use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, ChunkStream, Columns, InMemory};
use crate::error::{Decline, Error, Result};
use crate::fault::declining;
use crate::lambda::{Compiled, Reducer};
use crate::plan::{Counters, FunctionKind, Op, PlanRef, Role, Slide, Sliding};
use crate::shuffle::NativeTable;
use crate::shuffle::slide::{Carried, Load, Panes};
use crate::stage::Task;
use crate::stage::prepared::reducer_of;

use super::Operator;
use super::chain::to_columns;

impl Operator for Slide {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        Ok(Box::new(SlideStream { plan: plan.clone(), task: task.clone(), ready: None }))
    }
}

/// Reads its parts at the first pull.
struct SlideStream {
    plan: PlanRef,
    task: Task,
    ready: Option<BoxStream>,
}

impl ChunkStream for SlideStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if self.ready.is_none() {
            self.ready = Some(self.open()?);
        }
        self.ready.as_mut().map_or(Ok(None), |ready| ready.next(want))
    }
}

/// Why there is no native answer.
enum Stop {
    Decline(Decline),
    Error(Error),
}

impl From<Decline> for Stop {
    fn from(decline: Decline) -> Self {
        Self::Decline(decline)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl SlideStream {
    fn open(&self) -> Result<BoxStream> {
        let Op::Slide(slide) = self.plan.op() else { return Ok(Box::new(InMemory::new(Vec::new()))) };
        let made = match &slide.how {
            Sliding::Panes => self.panes(slide),
            Sliding::Inverse { left, .. } => self.inverse(slide, *left),
        };
        match made {
            Ok(pairs) if pairs.is_empty() => Ok(Box::new(InMemory::new(Vec::new()))),
            Ok(pairs) => Ok(Box::new(InMemory::new(vec![Chunk::Columns(pairs)]))),
            Err(Stop::Decline(decline)) => {
                let merge = self.task.prepared.function(&self.plan, Role::Merge)?;
                if merge.frozen.native.is_ok() {
                    merge.function.counters().add_declined(0, &decline);
                }
                self.task.input(&self.plan, 0, self.task.partition)
            }
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// The compiled form of one of its functions.
    fn compiled(&self, role: Role) -> Result<Arc<Compiled>, Stop> {
        let frozen = self.task.prepared.function(&self.plan, role)?;
        frozen.frozen.native.clone().map_err(Stop::Decline)
    }

    fn panes(&self, slide: &Slide) -> Result<Columns, Stop> {
        let (reducer, partition) = (reducer_of(self.compiled(Role::Merge)?), self.task.partition);
        if matches!(reducer, Reducer::General(_)) {
            return Err(Decline::new("a function whose grouping may show").into());
        }
        let wanted: Vec<u64> = self.plan.inputs().iter().skip(1).map(|pane| pane.plan.id()).collect();
        let mut panes = match slide.carry.take(partition) {
            Some(Load::Panes(panes)) => panes,
            _ => Box::new(Panes::new(reducer)),
        };
        let rows = panes.unseen(&wanted).map(|pane| self.part(1 + pane)).collect::<Result<Vec<_>, Stop>>()?;
        let pairs = declining(|| panes.advance(&wanted, &rows))?;
        self.count(Role::Merge, rows.iter().flatten().map(Columns::len).sum())?;
        slide.carry.put(partition, Load::Panes(panes), &self.task.prepared.memory)?;
        Ok(pairs)
    }

    fn inverse(&self, slide: &Slide, left: usize) -> Result<Columns, Stop> {
        let (merge, inverse) = (self.compiled(Role::Merge)?, self.compiled(Role::Inverse)?);
        let filter = Role::Step(FunctionKind::Filter);
        let filter = match self.task.prepared.optional(&self.plan, filter) {
            Some(_) => Some(self.compiled(filter)?),
            None => None,
        };
        let (inputs, partition) = (self.plan.inputs(), self.task.partition);
        let before = inputs.get(1).map_or(0, |input| input.plan.id());
        let mut values = match slide.carry.take(partition) {
            Some(Load::Values(of, values)) if of == before => values,
            _ => {
                let rows = self.part(1)?;
                Box::new(declining(|| Carried::of(&rows))?)
            }
        };
        let gone = (2..2 + left).map(|part| self.part(part)).collect::<Result<Vec<_>, Stop>>()?;
        let came = (2 + left..inputs.len()).map(|part| self.part(part)).collect::<Result<Vec<_>, Stop>>()?;
        let pairs = declining(|| {
            values.subtract(&reduced(&gone, &merge)?, &*inverse)?;
            values.add(&reduced(&came, &merge)?, &*merge)?;
            if let Some(filter) = &filter {
                values.keep(filter)?;
            }
            Ok(values.pairs())
        })?;
        self.count(Role::Inverse, gone.iter().flatten().map(Columns::len).sum())?;
        self.count(Role::Merge, came.iter().flatten().map(Columns::len).sum())?;
        slide.carry.put(partition, Load::Values(self.plan.id(), values), &self.task.prepared.memory)?;
        Ok(pairs)
    }

    /// All rows of one of the parts.
    fn part(&self, input: usize) -> Result<Vec<Columns>, Stop> {
        let mut stream = self.task.input(&self.plan, input, self.task.partition)?;
        let mut rows = Vec::new();
        while let Some(chunk) = stream.next(usize::MAX)? {
            self.task.cancel.check()?;
            rows.push(to_columns(&chunk)?);
        }
        Ok(rows)
    }

    fn count(&self, role: Role, rows: usize) -> Result<()> {
        Counters::add_native(self.task.prepared.function(&self.plan, role)?.function.counters(), rows);
        Ok(())
    }
}

/// Several panes' values as `reduceByKey` makes them of their union. One pane's are reduced already.
fn reduced(panes: &[Vec<Columns>], merge: &Arc<Compiled>) -> Result<Columns, Decline> {
    if let [pane] = panes
        && let [rows] = pane.as_slice()
    {
        return Ok(rows.clone());
    }
    let mut table = NativeTable::new(reducer_of(merge.clone()));
    for rows in panes.iter().flatten() {
        table.merge(rows)?;
    }
    Ok(table.drain())
}
