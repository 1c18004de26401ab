//! Which batches' transactions were committed, in a text that fits into the metadata of a committed offset.

use std::fmt;

use crate::time::Time;

/// What Kafka takes by default (`offset.metadata.max.bytes`).
const MOST_BYTES: usize = 4000;

/// Times of batches. Those of a stream follow each other in equal steps, so runs of them are kept. The oldest are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// In the order of their first times; they don't overlap, but one may stand in a gap of another.
    runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: i64,
    step: i64,
    count: i64,
}

impl Run {
    fn last(self) -> i64 {
        self.first + self.step * (self.count - 1)
    }

    fn contains(self, ms: i64) -> bool {
        ms >= self.first && ms <= self.last() && (self.step == 0 || (ms - self.first) % self.step == 0)
    }
}

impl Done {
    /// What a text says. One that isn't ours knows nothing.
    pub fn parse(text: &str) -> Self {
        let runs = text.split_whitespace().map(|run| {
            let mut numbers = run.split(':').map(|number| number.parse::<i64>().ok());
            let run = Run { first: numbers.next()??, step: numbers.next()??, count: numbers.next()?? };
            (run.count > 0 && run.step >= 0 && numbers.next().is_none()).then_some(run)
        });
        Self { runs: runs.collect::<Option<_>>().unwrap_or_default() }
    }

    /// Whether a batch is among them.
    pub fn contains(&self, time: Time) -> bool {
        self.runs.iter().any(|run| run.contains(time.0))
    }

    /// The newest.
    pub fn newest(&self) -> Option<Time> {
        self.runs.iter().map(|run| run.last()).max().map(Time)
    }

    /// The same with one more.
    #[must_use]
    pub fn with(&self, time: Time) -> Self {
        let mut done = self.clone();
        if self.contains(time) {
            return done;
        }
        let ms = time.0;
        // Goes on with the run that has its step, or gives one to a batch that stands alone.
        let next =
            done.runs.iter_mut().rev().find(|run| run.last() < ms && (run.count == 1 || run.last() + run.step == ms));
        match next {
            Some(run) if run.count > 1 => run.count += 1,
            Some(run) if Some(run.first) == self.newest().map(|newest| newest.0) => {
                *run = Run { first: run.first, step: ms - run.first, count: 2 };
            }
            _ => {
                let at = done.runs.partition_point(|run| run.first < ms);
                done.runs.insert(at, Run { first: ms, step: 0, count: 1 });
            }
        }
        while done.to_string().len() > MOST_BYTES && done.runs.len() > 1 {
            done.runs.remove(0);
        }
        done
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Run { first, step, count }) in self.runs.iter().enumerate() {
            write!(f, "{}{first}:{step}:{count}", if i > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}
