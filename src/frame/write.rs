//! Appends frames.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::{FILE_HEADER, FRAME_HEADER, file_header, frame_header};

/// A small frame is put together first, so that it is one write.
const SMALL: usize = 64 << 10;

/// Writes frames one after the other. After an error the file's end is unknown: write no more.
pub struct Writer<W> {
    sink: W,
    at: u64,
    scratch: Vec<u8>,
}

/// A sink whose bytes can be made to outlive a crash.
pub trait Durable {
    /// Returns when everything written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl Durable for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl<W: Write + Durable> Durable for BufWriter<W> {
    fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.get_mut().sync()
    }
}

impl<W: Write> Writer<W> {
    /// Begins an empty file; `tag` says what it is for.
    pub fn create(mut sink: W, tag: u16) -> io::Result<Self> {
        sink.write_all(&file_header(tag))?;
        Ok(Self::resume(sink, FILE_HEADER as u64))
    }

    /// Goes on at byte `at`, where the sink stands: behind the last good frame.
    pub fn resume(sink: W, at: u64) -> Self {
        Self { sink, at, scratch: Vec::new() }
    }

    /// Appends a frame; where it begins.
    pub fn append(&mut self, kind: u8, payload: &[u8]) -> io::Result<u64> {
        self.append_parts(kind, &[payload])
    }

    /// Appends a frame whose payload is these parts put together; where it begins.
    pub fn append_parts(&mut self, kind: u8, parts: &[&[u8]]) -> io::Result<u64> {
        let header = frame_header(kind, parts);
        let len: usize = parts.iter().map(|p| p.len()).sum();
        if len <= SMALL {
            self.scratch.clear();
            self.scratch.extend_from_slice(&header);
            for part in parts {
                self.scratch.extend_from_slice(part);
            }
            self.sink.write_all(&self.scratch)?;
        } else {
            self.sink.write_all(&header)?;
            for part in parts {
                self.sink.write_all(part)?;
            }
        }
        let at = self.at;
        self.at += (FRAME_HEADER + len) as u64;
        Ok(at)
    }

    /// Where the next frame will begin.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Hands buffered bytes to the sink's own sink.
    pub fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.sink
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.sink
    }
}

impl<W: Write + Durable> Writer<W> {
    /// Returns when every frame is on the disk.
    pub fn sync(&mut self) -> io::Result<()> {
        self.sink.sync()
    }
}
