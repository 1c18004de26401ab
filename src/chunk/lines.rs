//! Text into rows: a buffer of bytes becomes a column of lines that are views into it, nothing copied.

use std::sync::Arc;

use arrow_array::StringViewArray;
use arrow_array::builder::make_view;
use arrow_buffer::{Buffer, ScalarBuffer};
use memchr::{memchr, memchr_iter, memchr2_iter};

use super::{Columns, Type};

/// Where complete lines end in `bytes`: the length of the prefix that holds only whole lines with their terminators.
/// A final `\r` is not complete: a `\n` may follow.
pub fn complete_prefix(bytes: &[u8]) -> usize {
    let newline = memchr::memrchr(b'\n', bytes).map_or(0, |i| i + 1);
    let tail = &bytes[newline..];
    match memchr::memrchr(b'\r', &tail[..tail.len().saturating_sub(1)]) {
        Some(i) => newline + i + 1,
        None => newline,
    }
}

/// The lines of `bytes` without their terminators (`\n`, `\r\n`, `\r`) as a column of str; an unterminated tail is a
/// line. Bytes that are not UTF-8 become U+FFFD. At most 4 GiB, as view offsets have 32 bits.
pub fn lines(bytes: Vec<u8>) -> Columns {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => text.into_bytes(),
        Err(bad) => repair(bad.as_bytes()),
    };
    let views = views(&bytes);
    let buffer = Buffer::from_vec(bytes);
    // SAFETY: every view lies within the one buffer, on line boundaries of text that was checked to be UTF-8.
    let array = unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(views), [buffer].into(), None) };
    Columns::new(Arc::new(array), Type::Str)
}

/// U+FFFD for each maximal part of a broken sequence, and one for a whole encoded surrogate, as Java's decoder has it.
fn repair(bytes: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (valid, error) = match std::str::from_utf8(rest) {
            Ok(valid) => (valid, None),
            Err(error) => {
                // The prefix was just found valid.
                let valid = std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default();
                (valid, Some(error.error_len().unwrap_or(rest.len() - error.valid_up_to())))
            }
        };
        text.push_str(valid);
        rest = &rest[valid.len()..];
        if let Some(len) = error {
            text.push(char::REPLACEMENT_CHARACTER);
            let surrogate = matches!(rest, [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..]);
            rest = &rest[if surrogate { 3 } else { len }..];
        }
    }
    text.into_bytes()
}

fn views(bytes: &[u8]) -> Vec<u128> {
    let mut views = Vec::with_capacity(bytes.len() / 48 + 1);
    let mut start = 0;
    let mut push = |from: usize, to: usize| views.push(make_view(&bytes[from..to], 0, from as u32));
    if memchr(b'\r', bytes).is_none() {
        for end in memchr_iter(b'\n', bytes) {
            push(start, end);
            start = end + 1;
        }
    } else {
        for end in memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[end] == b'\n' && end > 0 && bytes[end - 1] == b'\r' && start == end {
                start = end + 1;
                continue;
            }
            push(start, end);
            start = end + 1;
        }
    }
    if start < bytes.len() {
        push(start, bytes.len());
    }
    views
}
