//! Text becomes lines: one Arrow buffer of text with a view a line, so that a line is never copied.

use std::sync::Arc;

use arrow_array::StringViewArray;
use arrow_array::builder::make_view;
use arrow_buffer::{Buffer, ScalarBuffer};
use encoding_rs::Encoding;
use memchr::memchr2_iter;

use crate::block::{Block, Pending};
use crate::chunk::{Chunk, Columns, Type};

use super::decode::Decoder;

/// Views address their buffer with 32 bits; a line that would be longer is cut here.
const MAX_TEXT: usize = (1 << 31) - (1 << 24);

/// A buffer with this much unused room is shrunk before it is kept in a block.
const SPARE: usize = 1 << 20;

/// The lines of a connection since the last block. Lines end at `\n`, `\r\n` or a lone `\r`.
pub struct Lines {
    decoder: Decoder,
    /// Valid UTF-8: complete lines up to `start`, then the beginning of the next one.
    text: Vec<u8>,
    views: Vec<u128>,
    start: usize,
    after_return: bool,
    last_size: usize,
}

impl Lines {
    /// No lines yet; bytes are in `encoding`, `None` for UTF-8.
    pub fn new(encoding: Option<&'static Encoding>) -> Self {
        Self {
            decoder: Decoder::new(encoding),
            text: Vec::new(),
            views: Vec::new(),
            start: 0,
            after_return: false,
            last_size: 0,
        }
    }

    /// Adds what was read. True when bytes had to be replaced because they are not text.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        if self.text.len() + 4 * bytes.len() > MAX_TEXT {
            self.end_line(self.text.len(), self.text.len());
        }
        let from = self.text.len();
        let damaged = self.decoder.decode(bytes, &mut self.text);
        self.scan(from);
        damaged
    }

    /// The connection ended: an unterminated last line counts.
    pub fn finish(&mut self) {
        let from = self.text.len();
        self.decoder.finish(&mut self.text);
        self.scan(from);
        let end = self.text.len();
        if end > self.start {
            self.end_line(end, end);
        }
        self.after_return = false;
    }

    fn scan(&mut self, from: usize) {
        let Self { text, views, start, after_return, .. } = self;
        for i in memchr2_iter(b'\n', b'\r', &text[from..]) {
            let at = from + i;
            let newline = text[at] == b'\n';
            // The second half of \r\n, perhaps of the next read, ends no line of its own.
            if !(newline && *after_return && *start == at) {
                views.push(make_view(&text[*start..at], 0, *start as u32));
            }
            *start = at + 1;
            *after_return = !newline;
        }
    }

    fn end_line(&mut self, end: usize, next: usize) {
        self.views.push(make_view(&self.text[self.start..end], 0, self.start as u32));
        self.start = next;
    }
}

impl Pending for Lines {
    fn take(&mut self) -> Option<Block> {
        if self.views.is_empty() {
            return None;
        }
        let tail = self.text.len() - self.start;
        let mut next = Vec::with_capacity((self.last_size / 2).max(tail));
        next.extend_from_slice(&self.text[self.start..]);
        let mut text = std::mem::replace(&mut self.text, next);
        let bytes = std::mem::take(&mut self.start);
        text.truncate(bytes);
        if text.capacity() > bytes + SPARE {
            text.shrink_to_fit();
        }
        self.last_size = bytes.min(1 << 22);
        let views = ScalarBuffer::from(std::mem::take(&mut self.views));
        // SAFETY: the decoder writes valid UTF-8 only, lines begin and end beside ASCII terminators or at the ends of
        // decoded text, and each view was made from the bytes of this one buffer at the offset it names.
        let array = unsafe { StringViewArray::new_unchecked(views, [Buffer::from_vec(text)].into(), None) };
        Some(Block { chunk: Chunk::Columns(Columns::new(Arc::new(array), Type::Str)), bytes: bytes.max(1) })
    }

    fn bytes(&self) -> usize {
        if self.views.is_empty() { 0 } else { self.start.max(1) }
    }
}
