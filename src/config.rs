//! Typed reading of a program's settings: `spark.streaming.*` and `pyrite.*` keys, which come as strings.

pub mod keys;

use std::collections::HashMap;

use crate::error::{Error, Kind, Result};

/// A program's settings.
#[derive(Clone, Debug, Default)]
pub struct Config {
    values: HashMap<String, String>,
}

impl Config {
    /// Settings from pairs; a later pair of the same key wins.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: pairs.into_iter().collect() }
    }

    /// The key's text.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|v| v.trim())
    }

    /// A truth value; Spark takes `true` and `false`, Python's `True` and `False` come out of `str`.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.get(key).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(bad(key, other, "true or false")),
        }
    }

    /// A whole number.
    pub fn number(&self, key: &str, default: i64) -> Result<i64> {
        self.get(key).map_or(Ok(default), |text| text.parse().map_err(|_| bad(key, text, "a whole number")))
    }

    /// A number.
    pub fn real(&self, key: &str, default: f64) -> Result<f64> {
        self.get(key).map_or(Ok(default), |text| text.parse().map_err(|_| bad(key, text, "a number")))
    }

    /// A duration in milliseconds; a bare number counts in milliseconds. `None` when the key isn't set.
    pub fn duration_ms(&self, key: &str) -> Result<Option<i64>> {
        self.duration(key, 1)
    }

    /// A duration in milliseconds; a bare number counts in units of `unit_ms`. `None` when the key isn't set.
    pub fn duration(&self, key: &str, unit_ms: i64) -> Result<Option<i64>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        parse_duration(text, unit_ms)
            .map(Some)
            .ok_or_else(|| bad(key, text, "a duration such as 200ms, 5s, 2min or 1h"))
    }

    /// A size in bytes: `32m`, `512k`, `1g`; a bare number counts in bytes.
    pub fn bytes(&self, key: &str, default: usize) -> Result<usize> {
        let Some(text) = self.get(key) else { return Ok(default) };
        parse_bytes(text).ok_or_else(|| bad(key, text, "a size such as 512k, 32m or 1g"))
    }
}

fn bad(key: &str, text: &str, wanted: &str) -> Error {
    Error::new(Kind::IllegalArgument, format!("{key} is set to '{text}', but it takes {wanted}"))
}

/// A number and its suffix.
fn split_suffix(text: &str) -> Option<(i64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim().to_ascii_lowercase()))
}

/// Spark's time strings. Microseconds round down.
fn parse_duration(text: &str, unit_ms: i64) -> Option<i64> {
    let (number, suffix) = split_suffix(text)?;
    let factor = match suffix.as_str() {
        "" => unit_ms,
        "us" => return Some(number / 1000),
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Spark's size strings.
fn parse_bytes(text: &str) -> Option<usize> {
    let (number, suffix) = split_suffix(text)?;
    let shift = match suffix.trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    usize::try_from(number).ok()?.checked_mul(1usize.checked_shl(shift)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod tests {
    use super::*;

    fn config(value: &str) -> Config {
        Config::new([("k".to_owned(), value.to_owned())])
    }

    #[test]
    fn durations_take_sparks_suffixes() {
        for (text, ms) in
            [("200ms", 200), ("5s", 5000), ("2m", 120_000), ("2min", 120_000), ("1h", 3_600_000), ("7", 7)]
        {
            assert_eq!(config(text).duration_ms("k").unwrap(), Some(ms), "{text}");
        }
        assert_eq!(config("1d").duration_ms("k").unwrap(), Some(86_400_000));
        assert_eq!(config("30").duration("k", 1000).unwrap(), Some(30_000));
        assert_eq!(Config::default().duration_ms("k").unwrap(), None);
        assert!(config("soon").duration_ms("k").unwrap_err().to_string().contains("k is set to 'soon'"));
    }

    #[test]
    fn sizes_and_flags() {
        assert_eq!(config("32m").bytes("k", 0).unwrap(), 32 << 20);
        assert_eq!(config("1kb").bytes("k", 0).unwrap(), 1024);
        assert!(config("True").flag("k", false).unwrap());
        assert!(config("yes").flag("k", false).is_err());
        assert_eq!(config("-1").number("k", 0).unwrap(), -1);
    }
}
