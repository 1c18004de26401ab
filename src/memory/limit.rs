//! How much memory rows may take.

use super::machine::machine_memory;
use crate::config::Config;
use crate::error::{Error, Kind, Result};

/// `pyrite.memory.limit` in bytes (`512m`, `2g`), else `spark.driver.memory` or `spark.executor.memory`, whose bare numbers are MiB
/// as in Spark; else 60 % of the machine's memory, or of the container's if that has a limit.
pub fn limit_from(config: &Config) -> Result<usize> {
    let own = "pyrite.memory.limit";
    if config.get(own).is_some() {
        return positive(own, config.bytes(own, 0)?);
    }
    for key in ["spark.driver.memory", "spark.executor.memory"] {
        if let Some(text) = config.get(key) {
            let mebibytes = text.parse::<usize>().ok().map(|n| n.saturating_mul(1 << 20));
            return positive(key, mebibytes.map_or_else(|| config.bytes(key, 0), Ok)?);
        }
    }
    Ok(machine_memory() / 5 * 3)
}

fn positive(key: &str, bytes: usize) -> Result<usize> {
    if bytes == 0 {
        return Err(Error::new(
            Kind::IllegalArgument,
            format!("{key} is 0, but rows take memory: set it to a size such as 2g"),
        ));
    }
    Ok(bytes)
}
