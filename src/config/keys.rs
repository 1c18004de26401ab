//! Which keys there are: all of `pyrite.*`, and what becomes of each of Spark's `spark.streaming.*`. `docs/settings.md`
//! says the same to people.

use super::Config;
use crate::error::{Error, Kind, Result};

/// Pyrite's own keys. Another one is a mistake.
pub const OWN: &[&str] = &[
    "pyrite.files.strict",
    "pyrite.memory.limit",
    "pyrite.native",
    "pyrite.python.workers",
    "pyrite.receiver.maxBufferedBytes",
    "pyrite.replaceContext",
    "pyrite.socket.encoding",
    "pyrite.test.memory.free",
    "pyrite.test.spill.fault",
    "pyrite.test.split",
];

/// Whatever begins so is an option of a system that keeps files elsewhere: `pyrite.remote.s3.anon`.
const OF_SYSTEMS: &str = "pyrite.remote.";

/// What becomes of a key of Spark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It does what it does in Spark.
    Obeyed,
    /// It has no effect, as it has none for a Python program in Spark, or none without something that isn't here: why.
    NoEffect(&'static str),
    /// Only this value is taken; why there is no other.
    Only(&'static str, &'static str),
    /// It isn't taken: why.
    Refused(&'static str),
}

use Use::{NoEffect, Obeyed, Only, Refused};

const PREFIX: &str = "spark.streaming.";
const JVM: &str = "it names a class of the JVM, and Pyrite has none";
const NO_EXECUTORS: &str = "Pyrite runs in one process: there are no executors to add or remove";

/// Spark's keys, without `spark.streaming.`.
pub const STREAMING: &[(&str, Use)] = &[
    ("backpressure.enabled", Obeyed),
    ("backpressure.initialRate", Obeyed),
    ("backpressure.pid.derived", Obeyed),
    ("backpressure.pid.integral", Obeyed),
    ("backpressure.pid.minRate", Obeyed),
    ("backpressure.pid.proportional", Obeyed),
    ("backpressure.rateEstimator", Obeyed),
    ("blockInterval", Obeyed),
    ("blockQueueSize", Obeyed),
    ("checkpoint.directory", Obeyed),
    ("clock", Obeyed),
    ("concurrentJobs", Obeyed),
    ("driver.writeAheadLog.allowBatching", Obeyed),
    ("driver.writeAheadLog.batchingTimeout", NoEffect("a write isn't given up: the batch waits for it")),
    ("driver.writeAheadLog.class", Refused(JVM)),
    ("driver.writeAheadLog.closeFileAfterWrite", Obeyed),
    ("driver.writeAheadLog.maxFailures", Obeyed),
    ("driver.writeAheadLog.rollingIntervalSecs", Obeyed),
    ("dynamicAllocation.enabled", Only("false", NO_EXECUTORS)),
    ("dynamicAllocation.maxExecutors", NoEffect(NO_EXECUTORS)),
    ("dynamicAllocation.minExecutors", NoEffect(NO_EXECUTORS)),
    ("dynamicAllocation.scalingDownRatio", NoEffect(NO_EXECUTORS)),
    ("dynamicAllocation.scalingInterval", NoEffect(NO_EXECUTORS)),
    ("dynamicAllocation.scalingUpRatio", NoEffect(NO_EXECUTORS)),
    ("extraListeners", Refused("it names classes of the JVM: call ssc.addStreamingListener(listener)")),
    ("fileStream.minRememberDuration", Obeyed),
    ("gracefulStopTimeout", Obeyed),
    ("internal.batchTime", NoEffect("it is a local property of each job")),
    ("internal.outputOpId", NoEffect("it is a local property of each job")),
    ("kafka.maxRatePerPartition", Obeyed),
    ("kafka.maxRetries", NoEffect("a batch that finds no broker reads nothing, and the next one asks again")),
    ("manualClock.jump", Obeyed),
    ("minRememberDuration", Obeyed),
    ("raw.maxBlockSizeBytes", NoEffect("Python has no raw streams")),
    ("receiver.blockStoreTimeout", Obeyed),
    ("receiver.maxRate", Obeyed),
    ("receiver.writeAheadLog.class", Refused(JVM)),
    ("receiver.writeAheadLog.closeFileAfterWrite", Obeyed),
    ("receiver.writeAheadLog.enable", Obeyed),
    ("receiver.writeAheadLog.maxFailures", Obeyed),
    ("receiver.writeAheadLog.rollingIntervalSecs", Obeyed),
    ("receiverRestartDelay", Obeyed),
    ("sessionByKey.deltaChainThreshold", NoEffect("Pyrite's states are kept in another form")),
    ("stopGracefullyOnShutdown", Obeyed),
    ("stopSparkContextByDefault", NoEffect("Python's stop() has an argument of its own for that")),
    ("ui.retainedBatches", Obeyed),
    ("unpersist", Obeyed),
];

/// Refuses keys below `pyrite.` that there aren't: a slip of the pen would be obeyed by nobody.
pub fn check_own(config: &Config) -> Result<()> {
    let unknown =
        |key: &&String| key.starts_with("pyrite.") && !key.starts_with(OF_SYSTEMS) && !OWN.contains(&key.as_str());
    let Some(key) = config.values.keys().filter(unknown).min() else { return Ok(()) };
    let near = OWN.iter().min_by_key(|own| distance(own, key));
    let hint = match near {
        Some(own) if distance(own, key) <= 1 + key.len() / 4 => format!("did you mean {own}?"),
        _ => "docs/settings.md lists those that there are".to_owned(),
    };
    Err(Error::new(Kind::IllegalArgument, format!("there is no setting {key}: {hint}")))
}

/// Refuses what Spark's streaming keys ask for and isn't here. What is unknown to Spark is no business of ours.
pub fn check_streaming(config: &Config) -> Result<()> {
    for (name, becomes) in STREAMING {
        let key = format!("{PREFIX}{name}");
        let Some(value) = config.get(&key).filter(|value| !value.is_empty()) else { continue };
        let reason = match becomes {
            Refused(reason) => reason,
            Only(only, reason) if !value.eq_ignore_ascii_case(only) => reason,
            _ => continue,
        };
        let message = format!("{key} is set to '{value}', but {reason}. Leave it out.");
        return Err(Error::new(Kind::Unsupported, message));
    }
    let clock = config.get("spark.streaming.clock").unwrap_or("SystemClock");
    if !clock.ends_with("SystemClock") && !clock.ends_with("ManualClock") {
        let message = format!(
            "spark.streaming.clock is set to '{clock}', but there are org.apache.spark.util.SystemClock and \
             org.apache.spark.util.ManualClock"
        );
        return Err(Error::new(Kind::Unsupported, message));
    }
    Ok(())
}

/// How many letters must be changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let changed = before + usize::from(letter != *other);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod tests {
    use super::*;

    fn config(key: &str, value: &str) -> Config {
        Config::new([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_slip_of_the_pen_is_told() {
        assert!(check_own(&config("pyrite.native", "off")).is_ok());
        assert!(check_own(&config("pyritic.native", "off")).is_ok());
        assert!(check_own(&config("pyrite.remote.s3.anon", "true")).is_ok());
        let error = check_own(&config("pyrite.memory.limits", "1g")).unwrap_err().to_string();
        assert!(
            error.ends_with("there is no setting pyrite.memory.limits: did you mean pyrite.memory.limit?"),
            "{error}"
        );
        let error = check_own(&config("pyrite.warp", "9")).unwrap_err().to_string();
        assert!(error.contains("docs/settings.md"), "{error}");
    }

    #[test]
    fn what_is_not_here_is_refused_with_a_reason() {
        let refused = |key: &str, value: &str| check_streaming(&config(&format!("{PREFIX}{key}"), value));
        assert!(refused("receiver.writeAheadLog.class", "a.b.C").unwrap_err().to_string().contains("class of the JVM"));
        assert!(refused("dynamicAllocation.enabled", "true").unwrap_err().to_string().contains("no executors"));
        assert!(refused("dynamicAllocation.enabled", "false").is_ok());
        assert!(refused("dynamicAllocation.minExecutors", "2").is_ok());
        assert!(refused("clock", "my.Clock").unwrap_err().to_string().contains("ManualClock"));
        assert!(refused("clock", "org.apache.spark.streaming.util.ManualClock").is_ok());
        assert!(refused("something.new", "1").is_ok());
    }

    #[test]
    fn keys_are_listed_once_and_in_order() {
        assert!(STREAMING.is_sorted_by(|a, b| a.0 < b.0));
        assert!(OWN.is_sorted());
    }
}
