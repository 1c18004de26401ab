//! What a checkpoint says, and how that lies in its file: a head as JSON, then the program, records and states as they
//! are, then an end. A file without an end was not written to its end.

use std::io::{Read, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::frame::{Broken, Reader, Writer};
use crate::id::{InputId, StreamId};
use crate::time::Time;

/// What checkpoints are, in their headers.
const TAG: u16 = 2;

const HEAD: u8 = 1;
const PROGRAM: u8 = 2;
const RECORD: u8 = 3;
const STATE: u8 = 4;
const PLAN: u8 = 5;
const END: u8 = 9;

/// What a checkpoint is for, to find one's way before its bulk is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Who wrote it.
    pub version: String,
    /// The newest batch that had ended.
    pub time: i64,
    /// The time before the first batch.
    pub zero: i64,
    /// Milliseconds between batches.
    pub interval_ms: i64,
    /// The batch behind which the states are; none were written yet, or nothing has a state.
    pub states_at: Option<i64>,
    /// Whether a stream has a state.
    pub stateful: bool,
    /// Batches up to `time` that have to run again.
    pub again: Vec<i64>,
    /// Where the log of batches goes on behind this.
    pub log: (u64, u64),
    /// Records up to this time are not in here.
    pub floor: i64,
    /// The files in `state/` that belong to it.
    pub files: Vec<String>,
    /// What inputs know: input, time, file.
    pub memories: Vec<(usize, i64, String)>,
}

/// What an input's batch reads, as the input says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub input: InputId,
    pub time: Time,
    pub bytes: Arc<[u8]>,
}

/// A checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub head: Head,
    /// The program's settings and functions, as the program's language wrote them.
    pub program: Arc<[u8]>,
    pub records: Vec<Record>,
    pub states: Vec<(StreamId, Vec<u8>)>,
    /// Of the same streams, what they had at times that later batches ask for.
    pub plans: Vec<(StreamId, Time, Vec<u8>)>,
}

impl Record {
    /// As a frame's payload.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.bytes.len());
        bytes.extend_from_slice(&(self.input.0 as u64).to_le_bytes());
        bytes.extend_from_slice(&self.time.0.to_le_bytes());
        bytes.extend_from_slice(&self.bytes);
        bytes
    }

    /// `None` where the payload is too short to be one.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let (input, rest) = payload.split_first_chunk::<8>()?;
        let (time, bytes) = rest.split_first_chunk::<8>()?;
        let input = InputId(u64::from_le_bytes(*input) as usize);
        Some(Self { input, time: Time(i64::from_le_bytes(*time)), bytes: bytes.into() })
    }
}

impl Content {
    /// Writes it.
    pub fn write<W: Write>(&self, sink: W) -> std::io::Result<()> {
        let head = serde_json::to_vec(&self.head).map_err(std::io::Error::other)?;
        let mut writer = Writer::create(sink, TAG)?;
        writer.append(HEAD, &head)?;
        writer.append(PROGRAM, &self.program)?;
        for record in &self.records {
            writer.append(RECORD, &record.encode())?;
        }
        for (stream, state) in &self.states {
            writer.append_parts(STATE, &[&(stream.0 as u64).to_le_bytes(), state])?;
        }
        for (stream, time, plan) in &self.plans {
            writer.append_parts(PLAN, &[&(stream.0 as u64).to_le_bytes(), &time.0.to_le_bytes(), plan])?;
        }
        writer.append(END, &[])?;
        writer.flush()
    }

    /// Reads it; the error says why it can't be one.
    pub fn read<R: Read>(source: R) -> std::result::Result<Self, Broken> {
        let mut reader = Reader::open(source, TAG)?;
        let mut content = Self::default();
        loop {
            let at = reader.position();
            let Some(frame) = reader.next()? else { return Err(Broken::Torn { at }) };
            let corrupt = || Broken::Corrupt { at };
            match frame.kind {
                HEAD => content.head = serde_json::from_slice(&frame.payload).map_err(|_| corrupt())?,
                PROGRAM => content.program = frame.payload.into(),
                RECORD => content.records.push(Record::decode(&frame.payload).ok_or_else(corrupt)?),
                STATE => {
                    let (stream, state) = frame.payload.split_first_chunk::<8>().ok_or_else(corrupt)?;
                    content.states.push((StreamId(u64::from_le_bytes(*stream) as usize), state.to_vec()));
                }
                PLAN => {
                    let (stream, rest) = frame.payload.split_first_chunk::<8>().ok_or_else(corrupt)?;
                    let (time, plan) = rest.split_first_chunk::<8>().ok_or_else(corrupt)?;
                    let stream = StreamId(u64::from_le_bytes(*stream) as usize);
                    content.plans.push((stream, Time(i64::from_le_bytes(*time)), plan.to_vec()));
                }
                END => return Ok(content),
                _ => return Err(corrupt()),
            }
        }
    }

    /// Reads no more than the head.
    pub fn read_head<R: Read>(source: R) -> Option<Head> {
        let frame = Reader::open(source, TAG).ok()?.next().ok()??;
        if frame.kind == HEAD { serde_json::from_slice(&frame.payload).ok() } else { None }
    }
}

/// What to say of a file of ours that can't be read.
pub(super) fn unreadable(what: &str, path: &std::path::Path, broken: &Broken) -> Error {
    let remedy = match broken {
        Broken::Version(_) => "run the program with the Pyrite that wrote it, or a later one",
        Broken::Foreign => "give a directory of its own to the checkpoints",
        Broken::Io(_) => "see that the file can be read",
        Broken::Torn { .. } | Broken::Corrupt { .. } => "remove it to go on from an older one",
    };
    Error::new(Kind::Spark, format!("{what} {} can't be read: {broken}; {remedy}", path.display()))
}
