//! `str.translate` by a table that is known beforehand.

use std::collections::HashMap;

use super::text::single;
use crate::error::Decline;

/// What takes the place of each character.
#[derive(Debug)]
pub struct Table {
    /// A byte for each ASCII character, or one of the marks below.
    ascii: [u8; 128],
    /// All that is in the table.
    texts: HashMap<char, Box<str>>,
}

/// Bytes that are written at a time.
const CHUNK: usize = 256;
/// Nothing takes its place.
const GONE: u8 = 0x80;
/// A text does that is not one ASCII character.
const TEXT: u8 = 0x81;

impl Table {
    /// From each character and what takes its place; the last one counts.
    pub fn new<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Decline> {
        let (mut ascii, mut texts) = ([0; 128], HashMap::new());
        for (at, byte) in ascii.iter_mut().enumerate() {
            *byte = at as u8;
        }
        for (from, to) in pairs {
            let from = single(from).ok_or(Decline::new("translate() of more than a character"))?;
            if from.is_ascii() {
                ascii[from as usize] = match to.as_bytes() {
                    [] => GONE,
                    [byte] if byte.is_ascii() => *byte,
                    _ => TEXT,
                };
            }
            texts.insert(from, to.into());
        }
        Ok(Self { ascii, texts })
    }

    /// Appends the translated text.
    pub fn write(&self, text: &str, out: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            let done = self.plain(rest.as_bytes(), out);
            rest = &rest[done..];
            let Some(c) = rest.chars().next() else { return };
            match self.texts.get(&c) {
                Some(to) => out.push_str(to),
                None => out.push(c),
            }
            rest = &rest[c.len_utf8()..];
        }
    }

    /// Appends what the leading ASCII characters become as long as each becomes one at most; how many there are.
    fn plain(&self, bytes: &[u8], out: &mut String) -> usize {
        // SAFETY: only ASCII is appended.
        let out = unsafe { out.as_mut_vec() };
        let bytes = &bytes[..bytes.len().min(CHUNK)];
        let start = out.len();
        out.resize(start + bytes.len(), 0);
        let (mut at, mut done) = (start, 0);
        for byte in bytes {
            let Some(to) = self.ascii.get(usize::from(*byte)).filter(|to| **to != TEXT) else { break };
            out[at] = *to;
            at += usize::from(*to != GONE);
            done += 1;
        }
        out.truncate(at);
        done
    }
}
