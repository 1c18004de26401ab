//! Rows drawn at random, `PySpark`'s very rows: `sample` and `randomSplit`.

use std::collections::VecDeque;

use crate::chunk::{BoxStream, CHUNK_ROWS, Chunk, ChunkStream};
use crate::error::Result;
use crate::kernel::{Draws, Poisson, Twister};
use crate::plan::{Draw, PlanRef, Sample};
use crate::stage::Task;

use super::Operator;

/// Draws that `PySpark` makes first, because the seeds of partitions are near to each other.
const MIXING: usize = 10;

impl Operator for Sample {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let mut numbers = Twister::new(self.seed ^ task.partition as i64);
        for _ in 0..MIXING {
            numbers.coin();
        }
        let input = task.input(plan, 0, task.partition)?;
        Ok(Box::new(Sampled {
            input,
            draw: self.draw,
            numbers: Draws::new(numbers),
            left: None,
            ready: VecDeque::new(),
            task: task.clone(),
        }))
    }
}

struct Sampled {
    input: BoxStream,
    draw: Draw,
    numbers: Draws,
    left: Option<Left>,
    ready: VecDeque<Chunk>,
    task: Task,
}

/// What is left of a chunk.
struct Left {
    chunk: Chunk,
    next: usize,
    /// How often the row before `next` comes yet.
    again: usize,
}

impl Sampled {
    /// Rows of the chunk to give now, as many as make a chunk.
    fn rows(&mut self, left: &mut Left) -> Vec<u32> {
        match self.draw {
            Draw::Within(low, high) => {
                let mut rows = Vec::new();
                self.numbers.within(low, high, left.next..left.chunk.len(), &mut rows);
                left.next = left.chunk.len();
                rows
            }
            Draw::Times(mean) => self.several(Poisson::new(mean), left),
        }
    }

    /// Rows that may come several times.
    fn several(&mut self, poisson: Poisson, left: &mut Left) -> Vec<u32> {
        let mut rows = Vec::with_capacity(CHUNK_ROWS);
        loop {
            for _ in 0..left.again.min(CHUNK_ROWS - rows.len()) {
                rows.push((left.next - 1) as u32);
                left.again -= 1;
            }
            if rows.len() == CHUNK_ROWS || left.next == left.chunk.len() {
                return rows;
            }
            left.again = self.numbers.poisson(poisson);
            left.next += 1;
        }
    }
}

impl ChunkStream for Sampled {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Ok(Some(chunk));
            }
            self.task.cancel.check()?;
            let mut left = match self.left.take() {
                Some(left) => left,
                None => match self.input.next(want)? {
                    Some(chunk) => Left { chunk, next: 0, again: 0 },
                    None => return Ok(None),
                },
            };
            let rows = self.rows(&mut left);
            if !rows.is_empty() {
                // Lists that come again and again may be too long for one column together.
                let one = |row: &u32| left.chunk.slice(*row as usize, 1);
                match left.chunk.take(&rows) {
                    Ok(drawn) => self.ready.push_back(drawn),
                    Err(_) => self.ready.extend(rows.iter().map(one)),
                }
            }
            if left.again > 0 || left.next < left.chunk.len() {
                self.left = Some(left);
            }
        }
    }
}
