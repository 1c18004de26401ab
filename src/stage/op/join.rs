//! Rows of several inputs with equal keys meet: on a native index, or, from the first row that it can't take, in the
//! interpreter's tables.

use std::collections::VecDeque;

use crate::chunk::{BoxStream, Chunk, ChunkStream, Columns, InMemory};
use crate::error::{Decline, Error, Kind, Result};
use crate::fault::declining;
use crate::memory::Share;
use crate::plan::{Inputs, JoinKind, PlanRef};
use crate::shuffle::join::{self, NativeCogroup, NativeJoin, NativeSelect, SelectKind};
use crate::stage::Task;
use crate::store::StoredRef;

use super::Operator;
use super::chain::{pair, to_columns};
use super::ending::Ending;
use super::heavy::{self, Heavy};
use super::product::Product;
use super::split;

impl Operator for JoinKind {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let (inputs, plan, task) = (plan.inputs(), plan.clone(), task.clone());
        Ok(Box::new(Ending::new(JoinStream {
            kind: *self,
            plan,
            inputs,
            task,
            parts: None,
            ready: None,
            product: None,
        })))
    }
}

/// Reads all inputs at the first pull.
struct JoinStream {
    kind: JoinKind,
    plan: PlanRef,
    /// Those of the plan when it was opened: it may be saved meanwhile.
    inputs: Inputs,
    task: Task,
    /// What is still to be read, once that is known.
    parts: Option<VecDeque<Part>>,
    ready: Option<BoxStream>,
    /// A key whose values are joined piece by piece.
    product: Option<Product>,
}

/// Pairs that meet, by input.
enum Part {
    /// All there are.
    Whole(Vec<BoxStream>),
    /// Those of a part of the keys.
    Stored(Vec<StoredRef>),
    /// The same without keys that have too many values.
    Light(Vec<StoredRef>),
    /// Those of one such key.
    Heavy(Heavy),
}

impl ChunkStream for JoinStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if self.parts.is_none() {
            self.parts = Some(self.parts()?);
        }
        loop {
            if let Some(ready) = &mut self.ready
                && let Some(chunk) = ready.next(want)?
            {
                return Ok(Some(chunk));
            }
            // The part's rows are let go of before the next is read.
            self.ready = None;
            if let Some(product) = &mut self.product {
                match product.next()? {
                    Some(inputs) => self.ready = Some(self.meet(inputs)?),
                    None => self.product = None,
                }
                continue;
            }
            let Some(part) = self.parts.as_mut().and_then(VecDeque::pop_front) else { return Ok(None) };
            let open = |rows: &StoredRef| rows.open(&self.task.cancel);
            match part {
                Part::Whole(inputs) => self.ready = Some(self.meet(inputs)?),
                Part::Stored(rows) if heavy::is_heavy(&rows, &self.task) => self.tell_apart(&rows)?,
                Part::Stored(rows) | Part::Light(rows) => {
                    let inputs = rows.iter().map(open).collect();
                    drop(rows);
                    self.ready = Some(self.meet(inputs)?);
                }
                Part::Heavy(key) => self.meet_heavy(key)?,
            }
        }
    }
}

impl JoinStream {
    /// The inputs' rows, each input by parts of the keys.
    fn parts(&self) -> Result<VecDeque<Part>> {
        let mut rows = self.inputs.iter().map(|input| self.task.read(input, self.task.partition));
        let parts = split::parts(&self.inputs, &self.task);
        if parts == 1 {
            return Ok(VecDeque::from([Part::Whole(rows.collect::<Result<_>>()?)]));
        }
        let mut all: Vec<Vec<StoredRef>> = (0..parts).map(|_| Vec::with_capacity(self.inputs.len())).collect();
        for side in &mut rows {
            let partitions = self.plan.partitions()?;
            let stored = split::split(side?, partitions, parts, self.plan.name(), &self.task)?;
            for (part, rows) in all.iter_mut().zip(stored) {
                part.push(rows);
            }
        }
        Ok(all.into_iter().map(Part::Stored).collect())
    }

    /// The keys with too many values come after the others of their part.
    fn tell_apart(&mut self, rows: &[StoredRef]) -> Result<()> {
        let apart = heavy::apart(rows, false, &self.task)?;
        if let Some(parts) = &mut self.parts {
            apart.heavy.into_iter().rev().for_each(|key| parts.push_front(Part::Heavy(key)));
            parts.push_front(Part::Light(apart.light));
        }
        Ok(())
    }

    fn meet_heavy(&mut self, key: Heavy) -> Result<()> {
        let both = key.sides.iter().all(|side| side.rows() > 0);
        let ready = match self.kind {
            JoinKind::Cogroup => {
                self.task.prepared.interpreter.stored_groups(&key.key, &key.sides, true, &self.task)?
            }
            JoinKind::Intersect if both => key.key,
            JoinKind::Intersect => return Ok(()),
            kind => {
                self.product = Product::new(kind, key, &self.task);
                return Ok(());
            }
        };
        self.ready = Some(Box::new(InMemory::new(vec![ready])));
        Ok(())
    }

    fn meet(&self, inputs: Vec<BoxStream>) -> Result<BoxStream> {
        let mut native = Ok(Native::new(self.kind, inputs.len()));
        // The index can't be put into a file, but what can be is asked to make room for it.
        let mut share = self.task.share();
        let mut sides: Vec<Vec<Chunk>> = Vec::new();
        for (side, mut input) in inputs.into_iter().enumerate() {
            let mut chunks = Vec::new();
            while let Some(chunk) = input.next(usize::MAX)? {
                self.task.cancel.check()?;
                if let Ok(index) = &mut native
                    && let Err(decline) = declining(|| index.add(side, &to_columns(&chunk)?))
                {
                    native = Err(decline);
                }
                match &native {
                    Ok(index) => share.hold(index.weight())?,
                    Err(_) => share.hold(share.held() + chunk.weight())?,
                };
                chunks.push(chunk);
            }
            sides.push(chunks);
        }
        // By key it is there once more.
        share.hold(2 * share.held())?;
        if let Ok(chunks) = native.and_then(|index| declining(|| index.finish())) {
            share.hold(share.held() / 2)?;
            return Ok(Box::new(NativeRows { chunks, _share: share }));
        }
        let sides = sides.into_iter().map(|chunks| Box::new(InMemory::new(chunks)) as BoxStream).collect();
        self.task.prepared.interpreter.join(self.kind, sides, &self.plan.name().into(), &self.task)
    }
}

/// The native form of a kind of join.
enum Native {
    Pairs(NativeJoin),
    Groups(NativeCogroup),
    Rows(NativeSelect),
    /// The rows are the keys of the pairs that come.
    Keys(NativeSelect),
}

impl Native {
    fn new(kind: JoinKind, sides: usize) -> Self {
        let pairs = |kind| Self::Pairs(NativeJoin::new(kind));
        match kind {
            JoinKind::Inner => pairs(join::JoinKind::Inner),
            JoinKind::LeftOuter => pairs(join::JoinKind::LeftOuter),
            JoinKind::RightOuter => pairs(join::JoinKind::RightOuter),
            JoinKind::FullOuter => pairs(join::JoinKind::FullOuter),
            JoinKind::Cogroup => Self::Groups(NativeCogroup::new(sides)),
            JoinKind::Subtract => Self::Rows(NativeSelect::new(SelectKind::SubtractByKey)),
            JoinKind::Intersect => Self::Keys(NativeSelect::new(SelectKind::Intersection)),
        }
    }

    fn add(&mut self, side: usize, rows: &Columns) -> Result<(), Decline> {
        match self {
            Self::Pairs(index) => index.add(side, rows),
            Self::Groups(index) => index.add(side, rows),
            Self::Rows(index) => index.add(side, rows),
            Self::Keys(index) => index.add(side, &pair(rows)?[0]),
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Pairs(index) => index.weight(),
            Self::Groups(index) => index.weight(),
            Self::Rows(index) | Self::Keys(index) => index.weight(),
        }
    }

    fn finish(self) -> Result<Chunks, Decline> {
        Ok(match self {
            Self::Pairs(index) => Box::new(index.finish()?),
            Self::Groups(index) => Box::new(index.finish()?.map(|chunk| chunk.and_then(|rows| grouped(&rows)))),
            Self::Rows(index) | Self::Keys(index) => Box::new(index.finish()?),
        })
    }
}

type Chunks = Box<dyn Iterator<Item = Result<Columns, Decline>> + Send>;

/// `(key, (list, ...))` with the lists as what `cogroup` gives.
fn grouped(rows: &Columns) -> Result<Columns, Decline> {
    let odd = || Decline::new("a cogroup of other than lists");
    let [key, lists]: [Columns; 2] = rows.items().ok_or_else(odd)?.try_into().map_err(|_| odd())?;
    let lists = lists.items().ok_or_else(odd)?;
    let groups = lists.iter().map(|list| list.list_as_group().ok_or_else(odd)).collect::<Result<Vec<_>, _>>()?;
    Ok(Columns::tuple(vec![key, Columns::tuple(groups, rows.len())], rows.len()))
}

struct NativeRows {
    chunks: Chunks,
    _share: Share,
}

impl ChunkStream for NativeRows {
    fn next(&mut self, _: usize) -> Result<Option<Chunk>> {
        let chunk = self.chunks.next().transpose();
        // Every row was taken in, so nothing is left that could not be put together.
        chunk.map(|rows| rows.map(Chunk::Columns)).map_err(|e| Error::new(Kind::Spark, format!("a join: {e}")))
    }
}
