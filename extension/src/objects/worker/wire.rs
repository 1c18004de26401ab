//! What passes between this process and a worker: frames over two pipes. A thread of its own reads them, so that
//! whoever waits for one can look at other things meanwhile; that thread never attaches.

use crate::sync::Mutex;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};

/// Room made for a frame before any of it is there.
const MOST_AT_ONCE: u64 = 1 << 28;

/// What a worker's frames begin with: a start-up file of the user's may have printed something before.
pub const MAGIC: [u8; 8] = *b"\0pyrite\x01";

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Worker: it is there. Body: the hash of a known text, as eight bytes.
    Ready,
    /// Parent: a task. Body: see `session`.
    Start,
    /// Worker: the task's functions are loaded.
    Started,
    /// Worker: the functions don't load here. Body: why.
    Refused,
    /// Parent: give rows. Body: how many at most, as eight bytes.
    Pull,
    /// Parent: say how many more rows there are.
    Count,
    /// Worker: give a chunk of input. Body: how many rows it is done with, and how many microseconds they took.
    Need,
    /// Parent: here it is. Body: the step it starts at, as eight bytes, and a parcel.
    Input,
    /// Parent: there is no more input.
    InputEnd,
    /// Parent: the input failed.
    InputFailed,
    /// Parent: the rest of the input is worked on at home, as if it ended here.
    InputHome,
    /// Worker: here are rows. Body: a parcel.
    Rows,
    /// Worker: that was all. Of a stretch: the microseconds that it took, and rows through each function. Else, body: rows through each function, eight bytes each, behind the length of these; then what the
    /// task's accumulators gathered.
    End,
    /// Worker: that was all of it until `InputHome`. Body: that of `End` behind its length, then the functions, pickled, if
    /// they have changed.
    Home,
    /// Worker: a function raised. Body: that of `End` behind its length, then the pickled exception.
    Failed,
    /// Worker: it failed because its input did. Body: that of `End`.
    Echoed,
    /// Worker: the task was given up. Body: that of `End`.
    Left,
    /// Worker: text that a function printed. Body: 1 or 2 for the stream, then the text.
    Print,
    /// Parent: the task's rows are wanted no more. Body: 1 to be told `Left`, else 0.
    Abandon,
    /// Parent: the context has stopped; don't wait long for another's task.
    Linger,
}

const KINDS: [Kind; 20] = [
    Kind::Ready,
    Kind::Start,
    Kind::Started,
    Kind::Refused,
    Kind::Pull,
    Kind::Count,
    Kind::Need,
    Kind::Input,
    Kind::InputEnd,
    Kind::InputFailed,
    Kind::InputHome,
    Kind::Rows,
    Kind::End,
    Kind::Home,
    Kind::Failed,
    Kind::Echoed,
    Kind::Left,
    Kind::Print,
    Kind::Abandon,
    Kind::Linger,
];

/// A message.
pub struct Frame {
    /// What it says.
    pub kind: Kind,
    /// With what.
    pub body: Vec<u8>,
}

/// One end of the two pipes.
pub struct Port {
    frames: Receiver<Frame>,
    /// Frames that somebody took who had no use for them.
    back: Mutex<VecDeque<Frame>>,
    writer: Mutex<Box<dyn Write + Send>>,
}

/// The other process has gone.
pub struct Gone;

impl Port {
    /// A port over the two pipes; frames begin behind `magic`, if any. `at_end` is called by the reading thread when the other end has closed.
    pub fn new(
        magic: Option<[u8; 8]>,
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
        at_end: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, frames) = unbounded();
        thread::Builder::new().name("pyrite-worker-pipe".to_owned()).spawn(move || {
            let mut reader = BufReader::with_capacity(1 << 16, reader);
            if magic.is_none_or(|magic| skip_to(magic, &mut reader)) {
                read_all(reader, &sender);
            }
            drop(sender);
            at_end();
        })?;
        Ok(Self { frames, back: Mutex::default(), writer: Mutex::new(Box::new(writer)) })
    }

    /// Sends a frame whose body is the given parts. Not while attached if the other end may be busy.
    pub fn send(&self, kind: Kind, parts: &[&[u8]]) -> Result<(), Gone> {
        let length: usize = parts.iter().map(|p| p.len()).sum();
        let mut head = [0; 9];
        head[0] = kind as u8;
        head[1..].copy_from_slice(&(length as u64).to_le_bytes());
        let mut writer = self.writer.lock();
        let written = writer.write_all(&head).and_then(|()| parts.iter().try_for_each(|p| writer.write_all(p)));
        written.and_then(|()| writer.flush()).map_err(|_| Gone)
    }

    /// Gives frames back: they are the next ones.
    pub fn put_back(&self, frames: impl IntoIterator<Item = Frame>) {
        self.back.lock().extend(frames);
    }

    /// The next frame; `None` when there is none for so long.
    pub fn receive(&self, patience: Duration) -> Result<Option<Frame>, Gone> {
        if let Some(frame) = self.back.lock().pop_front() {
            return Ok(Some(frame));
        }
        match self.frames.recv_timeout(patience) {
            Ok(frame) => Ok(Some(frame)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }
}

/// Reads up to and with the magic; false where it doesn't come.
fn skip_to(magic: [u8; 8], reader: &mut impl Read) -> bool {
    let mut last = [0; 8];
    let mut byte = [0];
    while last != magic {
        if reader.read_exact(&mut byte).is_err() {
            return false;
        }
        last.rotate_left(1);
        last[7] = byte[0];
    }
    true
}

fn read_all(mut reader: impl Read, frames: &Sender<Frame>) {
    let mut head = [0; 9];
    while reader.read_exact(&mut head).is_ok() {
        let Some(kind) = KINDS.get(head[0] as usize) else { return };
        let length = number(&head[1..]);
        let mut body = Vec::with_capacity(length.min(MOST_AT_ONCE) as usize);
        match (&mut reader).take(length).read_to_end(&mut body) {
            Ok(read) if read as u64 == length => {}
            _ => return,
        }
        if frames.send(Frame { kind: *kind, body }).is_err() {
            return;
        }
    }
}

/// The number that eight bytes at the beginning stand for; 0 where they are fewer.
pub fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b))
}

/// A length and so many bytes, and what comes after.
pub fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*head)).ok()?)
}

/// The file behind a descriptor.
#[cfg(unix)]
pub fn file(descriptor: isize) -> File {
    use std::os::fd::FromRawFd;
    // SAFETY: `pyrite._worker` made this descriptor for us and doesn't use it otherwise.
    unsafe { File::from_raw_fd(descriptor as i32) }
}

/// The file behind a handle.
#[cfg(windows)]
pub fn file(handle: isize) -> File {
    use std::os::windows::io::FromRawHandle;
    // SAFETY: `pyrite._worker` made this handle for us and doesn't use it otherwise.
    unsafe { File::from_raw_handle(handle as *mut std::ffi::c_void) }
}
