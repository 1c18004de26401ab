//! The settings of an event log: Spark's `spark.eventLog.*`.

use std::path::PathBuf;

use regex::Regex;

use super::lz4;
use crate::config::Config;
use crate::error::{Error, Kind, Result};

/// An event log as it is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The directory for logs, which must be there.
    pub directory: PathBuf,
    /// In several files, in a directory of its own, of so many bytes each; `None`: in one file.
    pub rolling: Option<u64>,
    /// How it is compressed.
    pub packing: Packing,
    /// A log of the same name is replaced.
    pub overwrite: bool,
    /// Bytes that are gathered before they are written.
    pub buffer: usize,
    /// So many things wait to be written; what begins when more do is left out.
    pub waiting: usize,
    /// Blocks are told of, too.
    pub blocks: bool,
    /// Local properties whose name or value it finds are hidden.
    pub secret: Regex,
}

/// How a log is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// It isn't.
    Plain,
    /// By zstd at this level.
    Zstd(i32),
    /// By LZ4, in blocks of so many bytes.
    Lz4(usize),
}

impl Packing {
    fn parse(config: &Config) -> Result<Self> {
        if !config.flag("spark.eventLog.compress", true)? {
            return Ok(Self::Plain);
        }
        match config.get("spark.eventLog.compression.codec").unwrap_or("zstd") {
            "zstd" | "org.apache.spark.io.ZStdCompressionCodec" => {
                Ok(Self::Zstd(config.number("spark.io.compression.zstd.level", 1)?.clamp(-7, 22) as i32))
            }
            "lz4" | "org.apache.spark.io.LZ4CompressionCodec" => {
                let key = "spark.io.compression.lz4.blockSize";
                let length = config.bytes(key, 32 << 10)?;
                if !(lz4::LEAST..=lz4::MOST).contains(&length) {
                    let bounds = format!("between {} and {} bytes", lz4::LEAST, lz4::MOST);
                    return Err(refused(format!("{key} is {length} bytes, but a block has {bounds}")));
                }
                Ok(Self::Lz4(length))
            }
            codec => Err(refused(format!(
                "spark.eventLog.compression.codec is set to '{codec}', but Pyrite writes event logs with zstd or lz4: leave \
                 the key out, or set spark.eventLog.compress to false"
            ))),
        }
    }

    /// What the names of such files end in: Spark finds the codec by it.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Zstd(_) => ".zstd",
            Self::Lz4(_) => ".lz4",
        }
    }
}

fn refused(message: String) -> Error {
    Error::new(Kind::IllegalArgument, message)
}

const SECRET: &str = "(?i)secret|password|token|access[.]?key";
const HIDDEN: &str = "*********(redacted)";
/// The least size of a file that is one of several, as in Spark.
const LEAST: usize = 10 << 20;
const QUEUE: &str = "spark.scheduler.listenerbus.eventqueue";

impl Wanted {
    /// What the settings say; logs go into `directory`. Fails where they ask for what there isn't.
    pub fn parse(directory: PathBuf, config: &Config) -> Result<Self> {
        let most = config.bytes("spark.eventLog.rolling.maxFileSize", 128 << 20)?;
        if most < LEAST {
            return Err(refused(
                "'spark.eventLog.rolling.maxFileSize' is invalid: max file size of event log should be configured to be \
                 at least 10 MiB."
                    .to_owned(),
            ));
        }
        let buffer = positive(config, "spark.eventLog.buffer.kb", 100)?.saturating_mul(1024);
        let shared = positive(config, &format!("{QUEUE}.capacity"), 10_000)?;
        let pattern = config.get("spark.redaction.regex").unwrap_or(SECRET);
        let secret = Regex::new(pattern).map_err(|error| {
            refused(format!(
                "spark.redaction.regex is a pattern that the event log can't use, so it hides nothing: {error}"
            ))
        })?;
        Ok(Self {
            directory,
            rolling: config.flag("spark.eventLog.rolling.enabled", true)?.then_some(most as u64),
            packing: Packing::parse(config)?,
            overwrite: config.flag("spark.eventLog.overwrite", false)?,
            buffer,
            waiting: positive(config, &format!("{QUEUE}.eventLog.capacity"), shared)?,
            blocks: config.flag("spark.eventLog.logBlockUpdates.enabled", false)?,
            secret,
        })
    }

    /// A property's value, or stars.
    pub(super) fn shown<'a>(&self, name: &str, value: &'a str) -> &'a str {
        if self.secret.is_match(name) || self.secret.is_match(value) { HIDDEN } else { value }
    }
}

fn positive(config: &Config, key: &str, default: usize) -> Result<usize> {
    let number = config.number(key, i64::try_from(default).unwrap_or(i64::MAX))?;
    usize::try_from(number)
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| refused(format!("{key} is set to '{number}', but it takes a number above 0")))
}
