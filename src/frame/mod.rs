//! Frames in files: a header that says what the file is, then frames of a kind, a length and a checksum. What was cut
//! off at the end (a crash while writing) is told apart from damage in the middle. Spills, logs and checkpoints use it.
//!
//! File: `PyRt`, version (u16), tag (u16). Frame: length of the payload (u64), kind (u8), three zeros, checksum of the
//! payload (u32), checksum of those sixteen bytes (u32), payload. All little-endian, checksums CRC-32.

mod read;
mod write;

pub use read::Reader;
pub use write::{Durable, Writer};

/// What a file of frames begins with.
pub const MAGIC: [u8; 4] = *b"PyRt";
/// The layout that this code writes.
pub const VERSION: u16 = 1;
/// Bytes before the first frame.
pub const FILE_HEADER: usize = 8;
/// Bytes before a frame's payload.
pub const FRAME_HEADER: usize = 20;

/// One frame as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the payload is, to the file's owner.
    pub kind: u8,
    /// The bytes that were written.
    pub payload: Vec<u8>,
    /// Where the frame begins.
    pub at: u64,
}

/// Why a frame can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// Reading failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The last frame was not written to its end: what precedes it is good, and writing may go on at `at`.
    #[error("the file ends within the frame at byte {at}")]
    Torn {
        /// Where the incomplete frame begins.
        at: u64,
    },
    /// A frame that others follow is not what was written.
    #[error("the frame at byte {at} is damaged")]
    Corrupt {
        /// Where the damaged frame begins.
        at: u64,
    },
    /// The file has no header of ours, or is another kind of file.
    #[error("this is no such file of Pyrite's")]
    Foreign,
    /// A later Pyrite wrote it.
    #[error("layout {0} is of a later Pyrite, this one reads up to {VERSION}")]
    Version(u16),
}

/// The header of a file.
fn file_header(tag: u16) -> [u8; FILE_HEADER] {
    let mut header = [0; FILE_HEADER];
    header[..4].copy_from_slice(&MAGIC);
    header[4..6].copy_from_slice(&VERSION.to_le_bytes());
    header[6..].copy_from_slice(&tag.to_le_bytes());
    header
}

/// The header of a frame whose payload is these parts, one after the other.
fn frame_header(kind: u8, parts: &[&[u8]]) -> [u8; FRAME_HEADER] {
    let mut sum = crc32fast::Hasher::new();
    let mut len = 0;
    for part in parts {
        sum.update(part);
        len += part.len() as u64;
    }
    let mut header = [0; FRAME_HEADER];
    header[..8].copy_from_slice(&len.to_le_bytes());
    header[8] = kind;
    header[12..16].copy_from_slice(&sum.finalize().to_le_bytes());
    let own = crc32fast::hash(&header[..16]);
    header[16..].copy_from_slice(&own.to_le_bytes());
    header
}
