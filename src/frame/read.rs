//! Reads frames, in order or at a place.

use std::io::{Read, Seek, SeekFrom};

use super::{Broken, FILE_HEADER, FRAME_HEADER, Frame, MAGIC, VERSION};

/// Room made before a byte came: a length is believed only as far as bytes follow.
const FIRST_ROOM: u64 = 8 << 20;

/// Reads frames from where the source stands.
pub struct Reader<R> {
    source: R,
    at: u64,
}

impl<R: Read> Reader<R> {
    /// Reads the file's header; its tag must be `tag`. An empty or cut header is `Torn` at 0.
    pub fn open(mut source: R, tag: u16) -> Result<Self, Broken> {
        let mut header = [0; FILE_HEADER];
        let got = fill(&mut source, &mut header)?;
        if header[..got.min(4)] != MAGIC[..got.min(4)] {
            return Err(Broken::Foreign);
        }
        if got < FILE_HEADER {
            return Err(Broken::Torn { at: 0 });
        }
        let version = u16::from_le_bytes([header[4], header[5]]);
        if version > VERSION {
            return Err(Broken::Version(version));
        }
        if header[6..] != tag.to_le_bytes() {
            return Err(Broken::Foreign);
        }
        Ok(Self::at(source, FILE_HEADER as u64))
    }

    /// Reads from a source that stands at byte `at` of its file, where a frame begins.
    pub fn at(source: R, at: u64) -> Self {
        Self { source, at }
    }

    /// The next frame; `None` at the end of the file. After an error the place is unknown.
    #[expect(clippy::should_implement_trait, reason = "an error ends the reading, an iterator would go on")]
    pub fn next(&mut self) -> Result<Option<Frame>, Broken> {
        let at = self.at;
        let mut header = [0; FRAME_HEADER];
        match fill(&mut self.source, &mut header)? {
            0 => return Ok(None),
            FRAME_HEADER => {}
            _ => return Err(Broken::Torn { at }),
        }
        if crc32fast::hash(&header[..16]).to_le_bytes() != header[16..] {
            // A file that had grown before its bytes were there ends in zeros.
            let empty = header.iter().all(|b| *b == 0) && only_zeros(&mut self.source)?;
            return Err(if empty { Broken::Torn { at } } else { Broken::Corrupt { at } });
        }
        let mut len = [0; 8];
        len.copy_from_slice(&header[..8]);
        let len = u64::from_le_bytes(len);
        let mut payload = Vec::with_capacity(len.min(FIRST_ROOM) as usize);
        let got = (&mut self.source).take(len).read_to_end(&mut payload)? as u64;
        if got < len {
            return Err(Broken::Torn { at });
        }
        if crc32fast::hash(&payload).to_le_bytes() != header[12..16] {
            let last = fill(&mut self.source, &mut [0])? == 0;
            return Err(if last { Broken::Torn { at } } else { Broken::Corrupt { at } });
        }
        self.at = at + FRAME_HEADER as u64 + len;
        Ok(Some(Frame { kind: header[8], payload, at }))
    }

    /// Where the next frame begins: behind the last good one.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// What was read from.
    pub fn into_inner(self) -> R {
        self.source
    }
}

impl<R: Read + Seek> Reader<R> {
    /// The frame that begins at byte `at`; `next` goes on behind it.
    pub fn read_at(&mut self, at: u64) -> Result<Frame, Broken> {
        self.source.seek(SeekFrom::Start(at))?;
        self.at = at;
        self.next()?.ok_or(Broken::Torn { at })
    }
}

/// Reads until the room is full or the source ends; how much came.
fn fill(source: &mut impl Read, room: &mut [u8]) -> Result<usize, Broken> {
    let mut got = 0;
    while got < room.len() {
        match source.read(&mut room[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(got)
}

fn only_zeros(source: &mut impl Read) -> Result<bool, Broken> {
    let mut room = [0; 4096];
    loop {
        match fill(source, &mut room)? {
            0 => return Ok(true),
            n if room[..n].iter().all(|b| *b == 0) => {}
            _ => return Ok(false),
        }
    }
}
