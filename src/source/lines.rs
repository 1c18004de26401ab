//! A connection's bytes become lines, incrementally, and the complete ones become blocks.

use std::collections::VecDeque;

use encoding_rs::Encoding;

use crate::block::{Block, Pending};
use crate::chunk::{Chunk, LineCutter};

use super::decode::Decoder;

/// The text of one block. Arrow's offsets have 31 bits; a line that would be longer is cut.
const LONGEST_BLOCK: usize = 1 << 30;

/// Bytes that are decoded at once.
const PIECE: usize = 1 << 20;

/// A buffer with this much unused room is shrunk before it is kept in a block.
const SPARE: usize = 1 << 20;

/// The lines of a connection since the last block.
pub struct Lines {
    decoder: Decoder,
    /// Valid UTF-8: complete lines up to the cutter's start, then the beginning of the next one.
    text: Vec<u8>,
    cutter: LineCutter,
    /// Blocks that are full.
    full: VecDeque<Block>,
    longest: usize,
    last_size: usize,
}

impl Lines {
    /// No lines yet; bytes are in `encoding`, `None` for UTF-8.
    pub fn new(encoding: Option<&'static Encoding>) -> Self {
        Self {
            decoder: Decoder::new(encoding),
            text: Vec::new(),
            cutter: LineCutter::default(),
            full: VecDeque::new(),
            longest: LONGEST_BLOCK,
            last_size: 0,
        }
    }

    /// The same with blocks of at most `bytes` (1 KiB to 1 GiB).
    #[must_use]
    pub fn cut_at(mut self, bytes: usize) -> Self {
        self.longest = bytes.clamp(1 << 10, LONGEST_BLOCK);
        self
    }

    /// Adds what was read. True when bytes had to be replaced because they are not text.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut damaged = false;
        for piece in bytes.chunks(PIECE.min(self.longest / 8)) {
            // Decoding makes at most three bytes of one, and what was pending.
            let room = 4 * piece.len() + 64;
            while self.text.len() + room > self.longest {
                self.close_block();
            }
            let from = self.text.len();
            damaged |= self.decoder.decode(piece, &mut self.text);
            self.cutter.scan(&self.text, from);
        }
        damaged
    }

    /// The connection ended: an unterminated last line counts.
    pub fn finish(&mut self) {
        let from = self.text.len();
        self.decoder.finish(&mut self.text);
        self.cutter.scan(&self.text, from);
        self.cutter.end_line(&self.text);
        self.cutter.forget_return();
    }

    /// The connection broke or is closed from here: a line that has no end yet is no record.
    pub fn abandon(&mut self) {
        // A character that isn't complete belongs to it.
        self.decoder.finish(&mut self.text);
        self.text.truncate(self.cutter.start());
        self.cutter.forget_return();
    }

    /// Puts the complete lines aside as a block; where there is none, the line that fills the text is cut.
    fn close_block(&mut self) {
        if self.cutter.is_empty() {
            self.cutter.end_line(&self.text);
        }
        match self.complete() {
            Some(block) => self.full.push_back(block),
            // Only terminators that ended no line.
            None => drop(self.cutter.take(std::mem::take(&mut self.text))),
        }
    }

    /// The complete lines as a block; the rest of the text stays.
    fn complete(&mut self) -> Option<Block> {
        if self.cutter.is_empty() {
            return None;
        }
        let bytes = self.cutter.start();
        let tail = self.text.len() - bytes;
        let mut next = Vec::with_capacity((self.last_size / 2).max(tail));
        next.extend_from_slice(&self.text[bytes..]);
        let mut text = std::mem::replace(&mut self.text, next);
        text.truncate(bytes);
        if text.capacity() > bytes + SPARE {
            text.shrink_to_fit();
        }
        self.last_size = bytes.min(1 << 22);
        Some(Block { chunk: Chunk::Columns(self.cutter.take(text)), bytes: bytes.max(1) })
    }
}

impl Pending for Lines {
    fn take(&mut self) -> Option<Block> {
        self.full.pop_front().or_else(|| self.complete())
    }

    fn bytes(&self) -> usize {
        let open = if self.cutter.is_empty() { 0 } else { self.cutter.start().max(1) };
        self.full.iter().map(|block| block.bytes).sum::<usize>() + open
    }
}
