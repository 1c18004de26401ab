//! Faults on purpose: the tests' setting that makes one access to a spill file fail.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Kind, Result};

/// Which access fails. Nothing by default.
#[derive(Debug, Default)]
pub struct Faults {
    write: u64,
    tear: u64,
    read: u64,
    writes: AtomicU64,
    reads: AtomicU64,
}

impl Faults {
    /// `write:3` fails the third write, `tear:3` fails it halfway, `read:2` fails the second read. Several stand
    /// between commas.
    pub fn parse(setting: Option<&str>) -> Result<Self> {
        let mut faults = Self::default();
        for fault in setting.unwrap_or_default().split(',').filter(|text| !text.is_empty()) {
            let number = |text: &str| text.trim().parse::<u64>().ok();
            match fault.split_once(':').map(|(what, n)| (what.trim(), number(n))) {
                Some(("write", Some(n))) => faults.write = n,
                Some(("tear", Some(n))) => faults.tear = n,
                Some(("read", Some(n))) => faults.read = n,
                _ => return Err(Error::new(Kind::IllegalArgument, format!("'{fault}' is no fault of spill files"))),
            }
        }
        Ok(faults)
    }

    /// How much of `len` bytes is to be written before the fault; `None`: all, without a fault.
    pub(super) fn at_write(&self, len: usize) -> Option<usize> {
        let n = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        if n == self.write {
            return Some(0);
        }
        (n == self.tear).then_some(len / 2)
    }

    /// Fails the read that is to fail.
    pub(super) fn at_read(&self) -> io::Result<()> {
        if self.reads.fetch_add(1, Ordering::Relaxed) + 1 == self.read { Err(fault()) } else { Ok(()) }
    }
}

pub(super) fn fault() -> io::Error {
    io::Error::other("a fault on purpose")
}
