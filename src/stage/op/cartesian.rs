//! Every row of one partition with every row of another: for each left row all right ones, in their order. The right
//! partition is computed once, as far as somebody asks for it, and kept.

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, ChunkStream};
use crate::error::{Decline, Error, Kind, Result};
use crate::plan::PlanRef;
use crate::stage::Task;
use crate::store::{Level, Stored, StoredRef, Writer};

use super::Operator;

pub(super) struct Cartesian;

impl Operator for Cartesian {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let m = match plan.inputs().get(1) {
            Some(right) => right.plan.partitions()?.max(1),
            None => 1,
        };
        let left = task.input(plan, 0, task.partition / m)?;
        let right = Right::Unread(task.input(plan, 1, task.partition % m)?);
        Ok(Box::new(CartesianStream { left, rows: None, right, pass: None, ready: None, task: task.clone() }))
    }
}

struct CartesianStream {
    left: BoxStream,
    /// Left rows that have not met all right ones yet; the first of them is at it.
    rows: Option<Chunk>,
    right: Right,
    /// The right rows that the first left row is still to meet; of them are ready those that have come.
    pass: Option<BoxStream>,
    ready: Option<Chunk>,
    task: Task,
}

/// The right partition.
enum Right {
    /// No left row has come.
    Unread(BoxStream),
    /// The first left row meets them while they come; these have come.
    Coming(Writer),
    /// So few rows that several left rows meet them at once.
    Few(Chunk),
    /// Kept for the next left row.
    Kept(StoredRef),
}

/// A chunk holds no more copies of left rows than weigh this.
const MOST_BYTES: usize = 16 << 20;

impl ChunkStream for CartesianStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            self.task.cancel.check()?;
            let Some(rows) = self.rows.take().filter(|rows| !rows.is_empty()) else {
                let Some(rows) = self.left.next(self.ask(want))? else { return Ok(None) };
                let repeats = matches!(&rows, Chunk::Columns(rows) if rows.kind().holds_objects());
                self.rows = Some(if repeats { rows.opened()? } else { rows });
                continue;
            };
            let most = want.min(CHUNK_ROWS).min(MOST_BYTES * rows.len() / rows.weight().max(1)).max(1);
            if let Right::Few(right) = &self.right {
                let n = (most / right.len()).clamp(1, rows.len());
                if let Ok((left, right)) = product(&rows.slice(0, n), right) {
                    self.rows = Some(rows.slice(n, rows.len() - n));
                    return self.task.pair(&left, &right).map(Some);
                }
                // Lists with too many items for one column.
                self.right = Right::Kept(Stored::of(vec![right.clone()]));
            }
            let Some(ready) = self.next_ready(want)? else {
                self.end_pass()?;
                self.rows = Some(rows.slice(1, rows.len() - 1));
                continue;
            };
            let mut n = ready.len().min(most);
            let (left, right) = loop {
                match product(&rows.slice(0, 1), &ready.slice(0, n)) {
                    Ok(pairs) => break pairs,
                    Err(_) if n > 1 => n /= 2,
                    Err(decline) => return Err(Error::new(Kind::Spark, format!("cartesian: {decline}"))),
                }
            };
            self.ready = Some(ready.slice(n, ready.len() - n));
            self.rows = Some(rows);
            return self.task.pair(&left, &right).map(Some);
        }
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        if let (None, Right::Unread(right)) = (&self.rows, &mut self.right) {
            let left = self.left.count(cancel)?;
            return Ok(if left == 0 { 0 } else { left * right.count(cancel)? });
        }
        let mut rows = 0;
        while let Some(chunk) = self.next(usize::MAX)? {
            rows += chunk.len() as u64;
        }
        Ok(rows)
    }
}

impl CartesianStream {
    /// How many left rows to ask for.
    fn ask(&self, want: usize) -> usize {
        match &self.right {
            _ if want == usize::MAX => want,
            Right::Few(right) => want.div_ceil(right.len()),
            _ => 1,
        }
    }

    /// Some of the right rows that the first left row is still to meet.
    fn next_ready(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(ready) = self.ready.take().filter(|ready| !ready.is_empty()) {
            return Ok(Some(ready));
        }
        let mut pass = match (self.pass.take(), &self.right) {
            (Some(pass), _) => pass,
            (None, Right::Kept(rows)) => rows.open(&self.task.cancel),
            (None, _) => {
                let kept = Right::Coming(Writer::new(&self.task.prepared.memory, Level::MemoryAndDisk));
                match std::mem::replace(&mut self.right, kept) {
                    Right::Unread(pass) => pass,
                    other => {
                        self.right = other;
                        return Ok(None);
                    }
                }
            }
        };
        while let Some(chunk) = pass.next(want)? {
            if chunk.is_empty() {
                continue;
            }
            self.pass = Some(pass);
            if let Right::Coming(kept) = &mut self.right {
                let chunk = self.task.shareable(&chunk)?;
                kept.push(chunk.clone())?;
                return Ok(Some(chunk));
            }
            return Ok(Some(chunk));
        }
        Ok(None)
    }

    /// The first left row has met all: after the very first one, the right rows are kept.
    fn end_pass(&mut self) -> Result<()> {
        let nothing = Right::Kept(Stored::of(Vec::new()));
        match std::mem::replace(&mut self.right, nothing) {
            Right::Coming(kept) => {
                let rows = kept.finish()?;
                let few = if rows.rows() <= CHUNK_ROWS { Chunk::join_small(rows.chunks()?) } else { Vec::new() };
                self.right = match few.as_slice() {
                    [few] => Right::Few(few.clone()),
                    _ => Right::Kept(rows),
                };
            }
            other => self.right = other,
        }
        Ok(())
    }
}

/// The left rows, each repeated, beside all right rows for each.
fn product(left: &Chunk, right: &Chunk) -> Result<(Chunk, Chunk), Decline> {
    let (n, m) = (left.len() as u32, right.len() as u32);
    let repeated: Vec<u32> = (0..n).flat_map(|row| std::iter::repeat_n(row, m as usize)).collect();
    if n == 1 {
        return Ok((left.take(&repeated)?, right.clone()));
    }
    let cycled: Vec<u32> = (0..n).flat_map(|_| 0..m).collect();
    Ok((left.take(&repeated)?, right.take(&cycled)?))
}
