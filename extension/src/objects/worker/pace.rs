//! How long a task's functions take for a row, as it was lately.

use std::time::Duration;

/// What is longer ago than this counts less and less.
const LATELY: Duration = Duration::from_millis(128);

/// Rows and the time they took.
#[derive(Default)]
pub struct Pace {
    rows: usize,
    time: Duration,
    spent: Duration,
}

impl Pace {
    /// So many rows more took so long.
    pub fn note(&mut self, rows: usize, time: Duration) {
        self.rows += rows;
        self.time += time;
        self.spent += time;
        if self.time > LATELY && self.rows > 1 {
            (self.rows, self.time) = (self.rows / 2, self.time / 2);
        }
    }

    /// Of one row; `None` before one is done.
    pub fn row(&self) -> Option<Duration> {
        (self.rows > 0).then(|| self.time.div_f64(self.rows as f64))
    }

    /// How many rows take so long; `None` before one is done.
    pub fn rows_in(&self, time: Duration) -> Option<usize> {
        self.row().map(|row| (time.as_secs_f64() / row.as_secs_f64().max(1e-9)) as usize)
    }

    /// Of all rows.
    pub fn spent(&self) -> Duration {
        self.spent
    }
}
