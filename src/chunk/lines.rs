//! Text becomes lines: one Arrow buffer of text with a view a line, so that a line is never copied. A line ends at
//! `\n`, `\r\n` or a lone `\r`.

use std::sync::Arc;

use arrow_array::StringViewArray;
use arrow_array::builder::make_view;
use arrow_buffer::{Buffer, ScalarBuffer};
use memchr::{memchr, memchr_iter, memchr2_iter, memrchr};

use super::utf8::Utf8;
use super::{Columns, Type};

/// Finds the lines of a text that grows to less than 4 GiB, as views have 32 bits. Invariant: every view lies within the
/// text that was scanned, between terminators or its ends.
#[derive(Default)]
pub struct LineCutter {
    views: Vec<u128>,
    /// Where the line that has no end yet begins.
    start: usize,
    after_return: bool,
}

impl LineCutter {
    /// Looks at the text from `from` on, which is new; what is before was scanned.
    pub fn scan(&mut self, text: &[u8], from: usize) {
        let Self { views, start, after_return } = self;
        let new = &text[from..];
        if !*after_return && memchr(b'\r', new).is_none() {
            for i in memchr_iter(b'\n', new) {
                views.push(make_view(&text[*start..from + i], 0, *start as u32));
                *start = from + i + 1;
            }
            return;
        }
        for i in memchr2_iter(b'\n', b'\r', new) {
            let at = from + i;
            let newline = text[at] == b'\n';
            // The second half of \r\n, perhaps of the next scan, ends no line of its own.
            if !(newline && *after_return && *start == at) {
                views.push(make_view(&text[*start..at], 0, *start as u32));
            }
            *start = at + 1;
            *after_return = !newline;
        }
    }

    /// Ends the line at the end of the text, if one has begun.
    pub fn end_line(&mut self, text: &[u8]) {
        if text.len() > self.start {
            self.views.push(make_view(&text[self.start..], 0, self.start as u32));
            self.start = text.len();
        }
    }

    /// Other text comes now: a `\n` is no longer the second half of anything.
    pub fn forget_return(&mut self) {
        self.after_return = false;
    }

    /// Where the line that has no end yet begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Whether no line is complete.
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// The lines of `text`, which was scanned and holds nothing behind `start`. The next text begins at 0.
    pub fn take(&mut self, text: Vec<u8>) -> Columns {
        let views = ScalarBuffer::from(std::mem::take(&mut self.views));
        self.start = 0;
        // SAFETY: callers scan valid UTF-8 only, lines begin and end beside ASCII terminators or at the ends of decoded
        // text, and each view was made from the bytes of this one buffer at the offset it names.
        let array = unsafe { StringViewArray::new_unchecked(views, [Buffer::from_vec(text)].into(), None) };
        Columns::new(Arc::new(array), Type::Str)
    }
}

/// The lines of `bytes` without their terminators as a column of str; an unterminated tail is a line. Less than 4/3
/// GiB, as a byte that is not text becomes three.
pub fn lines(bytes: Vec<u8>) -> Columns {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text.into_bytes(),
        Err(bad) => repair(bad.as_bytes()),
    };
    let mut cutter = LineCutter { views: Vec::with_capacity(text.len() / 48 + 1), ..LineCutter::default() };
    cutter.scan(&text, 0);
    cutter.end_line(&text);
    cutter.take(text)
}

fn repair(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + 16);
    let mut decoder = Utf8::default();
    decoder.decode(bytes, &mut text);
    decoder.finish(&mut text);
    text
}

/// Where complete lines end in `bytes`: the length of the prefix that holds only whole lines with their terminators.
/// A final `\r` is not complete: a `\n` may follow.
pub fn complete_prefix(bytes: &[u8]) -> usize {
    let newline = memrchr(b'\n', bytes).map_or(0, |i| i + 1);
    let tail = &bytes[newline..];
    match memrchr(b'\r', &tail[..tail.len().saturating_sub(1)]) {
        Some(i) => newline + i + 1,
        None => newline,
    }
}
