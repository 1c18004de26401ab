//! Numbers drawn ahead from Python's generator, many at once, and what `PySpark` makes of them.

use std::ops::Range;

use super::twister::Twister;

/// Numbers that are drawn at once: as many as one round of the generator has.
const AHEAD: usize = 312;

/// From this mean on, `PySpark` draws counts by waiting times.
const WAITING: f64 = 20.0;

/// The numbers that follow in a generator which no one else draws from.
pub struct Draws {
    numbers: Twister,
    ahead: Box<[f64; AHEAD]>,
    next: usize,
}

/// Counts that are distributed as Poisson has it.
#[derive(Clone, Copy)]
pub struct Poisson {
    mean: f64,
    /// Knuth's products end here.
    least: f64,
}

impl Draws {
    /// What the generator gives from now on.
    pub fn new(numbers: Twister) -> Self {
        Self { numbers, ahead: Box::new([0.0; AHEAD]), next: AHEAD }
    }

    /// `random()`.
    #[inline]
    pub fn real(&mut self) -> f64 {
        if self.next == AHEAD {
            self.draw();
        }
        let real = self.ahead[self.next];
        self.next += 1;
        real
    }

    #[cold]
    fn draw(&mut self) {
        self.numbers.reals(&mut self.ahead[..]);
        self.next = 0;
    }

    /// Draws a number for each of the rows; those whose number lies from `low` up to `high` are added to `out`.
    pub fn within(&mut self, low: f64, high: f64, mut rows: Range<usize>, out: &mut Vec<u32>) {
        while !rows.is_empty() {
            if self.next == AHEAD {
                self.draw();
            }
            let some = rows.len().min(AHEAD - self.next);
            let mut taken = [0; AHEAD];
            let mut count = 0;
            for (at, &real) in self.ahead[self.next..self.next + some].iter().enumerate() {
                // Written in any case and counted when it is wanted: a branch would be wrong as often as right.
                taken[count] = (rows.start + at) as u32;
                count += usize::from(low <= real && real < high);
            }
            out.extend_from_slice(&taken[..count]);
            self.next += some;
            rows.start += some;
        }
    }

    /// A count, drawn as `PySpark` draws it: Knuth's products where the mean is small, else the waiting times of events.
    #[inline]
    pub fn poisson(&mut self, poisson: Poisson) -> usize {
        let mut count = 0;
        if poisson.mean < WAITING {
            let mut product = self.real();
            while product > poisson.least {
                count += 1;
                product *= self.real();
            }
        } else {
            let mut waited = self.exponential(poisson.mean);
            while waited < 1.0 {
                count += 1;
                waited += self.exponential(poisson.mean);
            }
        }
        count
    }

    /// `expovariate(rate)`
    fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.real()).ln() / rate
    }
}

impl Poisson {
    /// Counts of this mean.
    pub fn new(mean: f64) -> Self {
        Self { mean, least: (-mean).exp() }
    }
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, Draws, Twister};

    #[test]
    fn numbers_drawn_ahead_are_those_drawn_one_by_one() {
        for coins in 0..3 {
            let (mut one, mut ahead) = (Twister::new(5), Twister::new(5));
            for _ in 0..coins {
                assert_eq!(one.bits(), ahead.bits());
            }
            let mut ahead = Draws::new(ahead);
            for _ in 0..5 * AHEAD {
                assert_eq!(one.real().to_bits(), ahead.real().to_bits());
            }
        }
    }

    #[test]
    fn rows_within_are_those_whose_number_is() {
        let (mut one, mut ahead) = (Twister::new(7), Draws::new(Twister::new(7)));
        let mut rows = Vec::new();
        ahead.within(0.25, 0.5, 0..1, &mut rows);
        ahead.within(0.25, 0.5, 1..5_000, &mut rows);
        let expected: Vec<u32> = (0..5_000).filter(|_| (0.25..0.5).contains(&one.real())).collect();
        assert_eq!(rows, expected);
    }
}
