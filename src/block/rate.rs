//! How fast a receiver may go, from how its batches went: a controller with a proportional, an integral and a derivative
//! part. Spark's `PIDRateEstimator`.

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::time::Time;

/// How a batch went, for one input.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When its last job ended.
    pub ended: Time,
    /// Records of the input.
    pub records: usize,
    /// Milliseconds from the first job's start to the last one's end.
    pub processing_ms: f64,
    /// Milliseconds that its jobs waited for their turn.
    pub scheduling_ms: f64,
}

/// Spark's controller. Fed with batches in the order of time.
#[derive(Debug)]
pub struct Estimator {
    batch_ms: f64,
    proportional: f64,
    integral: f64,
    derived: f64,
    least: f64,
    latest: Option<Latest>,
}

#[derive(Clone, Copy, Debug)]
struct Latest {
    ended: Time,
    rate: f64,
    error: f64,
}

impl Estimator {
    /// A controller for batches of `batch_ms`, by `spark.streaming.backpressure.*`; `None` where that isn't enabled.
    pub fn of(config: &Config, batch_ms: i64) -> Result<Option<Self>> {
        if !config.flag("spark.streaming.backpressure.enabled", false)? {
            return Ok(None);
        }
        let name = config.get("spark.streaming.backpressure.rateEstimator").unwrap_or("pid");
        if name != "pid" {
            let message = format!("Unknown rate estimator: {name}. The one there is, is called pid.");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        let part = |name: &str, default: f64| {
            let key = format!("spark.streaming.backpressure.pid.{name}");
            let value = config.real(&key, default)?;
            if value.is_finite() && value >= 0.0 && (name != "minRate" || value > 0.0) {
                return Ok(value);
            }
            let bound = if name == "minRate" { "above 0" } else { "0 or more" };
            Err(Error::new(Kind::IllegalArgument, format!("{key} must be {bound}, not {value}")))
        };
        Ok(Some(Self {
            batch_ms: batch_ms as f64,
            proportional: part("proportional", 1.0)?,
            integral: part("integral", 0.2)?,
            derived: part("derived", 0.0)?,
            least: part("minRate", 100.0)?,
            latest: None,
        }))
    }

    /// The new rate in records a second after another batch; `None` where the batch says nothing.
    pub fn next(&mut self, pace: &Pace) -> Option<f64> {
        let newer = self.latest.is_none_or(|latest| pace.ended > latest.ended);
        if !newer || pace.records == 0 || pace.processing_ms <= 0.0 {
            return None;
        }
        let reached = pace.records as f64 / pace.processing_ms * 1000.0;
        let Some(latest) = self.latest else {
            self.latest = Some(Latest { ended: pace.ended, rate: reached, error: 0.0 });
            return None;
        };
        let seconds = pace.ended.since(latest.ended) as f64 / 1000.0;
        // The rate that was wished for against the one that was reached; records that wait, as a rate; the trend.
        let error = latest.rate - reached;
        let waiting = pace.scheduling_ms * reached / self.batch_ms;
        let trend = (error - latest.error) / seconds;
        let wished = latest.rate - self.proportional * error - self.integral * waiting - self.derived * trend;
        let rate = wished.max(self.least);
        self.latest = Some(Latest { ended: pace.ended, rate, error });
        Some(rate)
    }
}
