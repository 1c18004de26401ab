//! How many records a second a receiver may take in: tokens that come with time, one a record. Spark's `RateLimiter`,
//! on the engine's clock.

use std::sync::Arc;

use crate::sync::Mutex;
use crate::time::{Clock, Time, Wake};

/// Who has waited may take as much at once as comes in this time, as with Guava's limiter that Spark uses.
const BURST_MS: f64 = 1000.0;

/// Lets records through at a rate, or all of them.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    /// No rate goes above it.
    most: Option<f64>,
    state: Mutex<State>,
}

struct State {
    /// Records a second; `None` for all.
    rate: Option<f64>,
    tokens: f64,
    counted: Time,
}

impl Limiter {
    /// At first `initial` records a second, never more than `most`; without either, all.
    pub fn new(clock: Arc<dyn Clock>, initial: Option<f64>, most: Option<f64>) -> Self {
        let rate = match (initial, most) {
            (Some(initial), Some(most)) => Some(initial.min(most)),
            (initial, most) => initial.or(most),
        };
        let counted = clock.now();
        Self { clock, most, state: Mutex::new(State { rate, tokens: 0.0, counted }) }
    }

    /// Records a second; `None` for all.
    pub fn rate(&self) -> Option<f64> {
        self.state.lock().rate
    }

    /// Sets the rate; one that isn't above 0 changes nothing.
    pub fn limit(&self, rate: f64) {
        if rate > 0.0 {
            let now = self.clock.now();
            let mut state = self.state.lock();
            state.count(now);
            state.rate = Some(self.most.map_or(rate, |most| rate.min(most)));
            state.count(now);
        }
    }

    /// Time runs from now on: what a receiver could have had before it began doesn't count.
    pub fn begin(&self) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.tokens = 0.0;
        state.counted = now;
    }

    /// Waits until at least one record may come and takes as many as may, up to `most`. `None` once `wake` is set.
    pub fn take(&self, most: usize, wake: &Arc<Wake>) -> Option<usize> {
        loop {
            let now = self.clock.now();
            let until = {
                let mut state = self.state.lock();
                let Some(rate) = state.rate else { return Some(most) };
                state.count(now);
                if state.tokens >= 1.0 {
                    let taken = (state.tokens as usize).min(most);
                    state.tokens -= taken as f64;
                    return Some(taken);
                }
                now.plus(((1.0 - state.tokens) * 1000.0 / rate).ceil().max(1.0) as i64)
            };
            if !self.clock.wait_until(until, wake) {
                return None;
            }
        }
    }

    /// Tokens that were taken and not used.
    pub fn give_back(&self, unused: usize) {
        self.state.lock().tokens += unused as f64;
    }
}

impl State {
    fn count(&mut self, now: Time) {
        if let Some(rate) = self.rate {
            let came = rate * now.since(self.counted).max(0) as f64 / 1000.0;
            self.tokens = (self.tokens + came).min((rate * BURST_MS / 1000.0).max(1.0));
        }
        self.counted = now;
    }
}
