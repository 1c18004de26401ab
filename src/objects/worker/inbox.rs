//! The rows that a task in a worker process reads: asked for one chunk at a time, and where all are wanted one ahead, so
//! that the parent gets the next chunk ready while the functions work on this one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::chunk::Chunk;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::stage::RowInput;

use super::parcel;
use super::wire::{Frame, Gone, Kind, Port, number};

/// How long one wait for a frame is; the next begins at once.
const SLICE: Duration = Duration::from_secs(60);

/// What the functions get where their input failed; the parent knows why.
pub const ECHO: &str = "the rows that this task reads failed";

/// What comes from the parent while a task runs.
pub struct Inbox {
    port: Arc<Port>,
    /// A chunk that came before it was needed.
    early: Mutex<Option<Frame>>,
    asked: AtomicBool,
    /// All rows are wanted.
    eager: AtomicBool,
}

impl Inbox {
    /// For one task.
    pub fn new(port: Arc<Port>) -> Self {
        Self { port, early: Mutex::default(), asked: AtomicBool::new(false), eager: AtomicBool::new(false) }
    }

    /// What the parent wants of the task next.
    pub fn order(&self) -> Result<Frame, Gone> {
        loop {
            let frame = self.receive()?;
            match frame.kind {
                Kind::Input | Kind::InputEnd | Kind::InputFailed => {
                    *self.early.lock().unwrap_or_else(PoisonError::into_inner) = Some(frame);
                    continue;
                }
                Kind::Pull => self.eager.store(number(&frame.body) == u64::MAX, Ordering::Relaxed),
                Kind::Count => self.eager.store(true, Ordering::Relaxed),
                _ => {}
            }
            return Ok(frame);
        }
    }

    fn receive(&self) -> Result<Frame, Gone> {
        loop {
            if let Some(frame) = self.port.receive(SLICE)? {
                return Ok(frame);
            }
        }
    }

    fn ask(&self) -> Result<(), Gone> {
        if self.asked.swap(true, Ordering::Relaxed) { Ok(()) } else { self.port.send(Kind::Need, &[]) }
    }

    fn input(&self) -> Result<Frame, Gone> {
        let early = self.early.lock().unwrap_or_else(PoisonError::into_inner).take();
        let frame = if let Some(frame) = early {
            frame
        } else {
            self.ask()?;
            self.receive()?
        };
        self.asked.store(false, Ordering::Relaxed);
        if frame.kind == Kind::Input && self.eager.load(Ordering::Relaxed) {
            self.ask()?;
        }
        Ok(frame)
    }
}

/// The inbox as the input of a chain.
pub struct FromParent(pub Arc<Inbox>);

impl RowInput for FromParent {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        let frame = self.0.input().map_err(|Gone| Error::Cancelled)?;
        match frame.kind {
            Kind::Input => {
                let (start, parcel) = frame.body.split_at_checked(8).unwrap_or_default();
                Ok(Some((parcel::unpack(parcel)?, number(start) as usize)))
            }
            Kind::InputEnd => Ok(None),
            _ => Err(Error::new(ErrorKind::Spark, ECHO)),
        }
    }
}
