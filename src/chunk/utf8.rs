//! Bytes become text, in pieces of any size. What isn't UTF-8 becomes U+FFFD exactly as in Java's decoder, whose text
//! `textFile` and `socketTextStream` hand out in Spark: one for each maximal part of a broken sequence, as in
//! `CPython`, but only one for a whole encoded surrogate (`CPython` makes three of it).

use std::str;

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A decoder of bytes that come in pieces. Invariant: what it has written is valid UTF-8.
#[derive(Default)]
pub struct Utf8 {
    /// The start of a sequence that isn't complete.
    pending: Vec<u8>,
}

impl Utf8 {
    /// Appends the text of `bytes`. True when something had to be replaced.
    pub fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> bool {
        let mut rest = bytes;
        let mut damaged = false;
        while !self.pending.is_empty() {
            match first_fault(&self.pending) {
                None => text.append(&mut self.pending),
                Some(Fault { broken: Some(len), .. }) => {
                    // Its last byte may start something of its own.
                    damaged = true;
                    text.extend_from_slice(REPLACEMENT);
                    self.pending.drain(..len);
                }
                Some(_) => {
                    let Some((&next, after)) = rest.split_first() else { return damaged };
                    self.pending.push(next);
                    rest = after;
                }
            }
        }
        loop {
            let Some(fault) = first_fault(rest) else {
                text.extend_from_slice(rest);
                return damaged;
            };
            text.extend_from_slice(&rest[..fault.at]);
            let Some(len) = fault.broken else {
                self.pending.extend_from_slice(&rest[fault.at..]);
                return damaged;
            };
            damaged = true;
            text.extend_from_slice(REPLACEMENT);
            rest = &rest[fault.at + len..];
        }
    }

    /// The bytes have ended: an incomplete sequence is replaced.
    pub fn finish(&mut self, text: &mut Vec<u8>) {
        if !self.pending.is_empty() {
            self.pending.clear();
            text.extend_from_slice(REPLACEMENT);
        }
    }
}

/// The first sequence that isn't text.
struct Fault {
    at: usize,
    /// How many bytes one replacement stands for; `None` when the bytes to come may still complete it.
    broken: Option<usize>,
}

fn first_fault(bytes: &[u8]) -> Option<Fault> {
    let error = str::from_utf8(bytes).err()?;
    let at = error.valid_up_to();
    // Java reads a surrogate's second and third byte before it finds that it is one.
    let broken = match bytes[at..] {
        [0xED, 0xA0..=0xBF] => None,
        [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..] => Some(3),
        [0xED, 0xA0..=0xBF, ..] => Some(2),
        _ => error.error_len(),
    };
    Some(Fault { at, broken })
}
