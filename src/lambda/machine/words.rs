//! Texts that machine code makes: helpers, which put them into the arena.

use std::borrow::Cow;

use super::arena::{Arena, Made, arena, give, made};
use super::bail::Stop;
use super::helpers;
use crate::kernel::case::convert_text;
use crate::kernel::repr::float_repr;
use crate::kernel::text::{Ends, split_at, split_space, strip};
use crate::kernel::unicode::{Case, is_ascii_space};
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::methods;
use crate::lambda::tree::functions::Method;

/// Every character of ASCII.
pub static CHARACTERS: [u8; 128] = {
    let mut all = [0; 128];
    let mut at = 0;
    while at < 128 {
        all[at] = at as u8;
        at += 1;
    }
    all
};

impl Arena {
    /// A text of the code's. Without wide characters it is the bytes themselves.
    fn read<'a>(&self, address: i64, len: i64) -> Result<Cow<'a, str>, Stop> {
        if self.wide {
            return helpers::text(address, len, true).map(Cow::Owned);
        }
        std::str::from_utf8(bytes(address, len, 1)).map(Cow::Borrowed).map_err(|_| Stop::Other)
    }

    /// Address and length of a text that is put here.
    fn put(&mut self, text: &str) -> Result<[i64; 2], Stop> {
        if !self.wide {
            if !text.is_ascii() {
                return Err(Stop::Other);
            }
            let place = self.text(text.len())?;
            // SAFETY: there is room for so many bytes.
            unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), place, text.len()) };
            return Ok([place.addr() as i64, text.len() as i64]);
        }
        let count = text.chars().count();
        let place: *mut u32 = self.text(count)?.cast();
        for (at, c) in text.chars().enumerate() {
            // SAFETY: there is room for so many words of 32 bits.
            unsafe { place.add(at).write(c.into()) };
        }
        Ok([place.addr() as i64, count as i64])
    }

    /// A text that is one behind the other. Where the first one ends what was made last, the other is put behind it.
    fn concat(&mut self, a: [i64; 2], b: [i64; 2]) -> Result<[i64; 2], Stop> {
        let size = if self.wide { 4 } else { 1 };
        let (mine, other) = (bytes(a[0], a[1], size), bytes(b[0], b[1], size));
        let len = a[1].checked_add(b[1]).ok_or(Stop::Other)?;
        if b[1] == 0 {
            return Ok(a);
        }
        if a[1] == 0 {
            return Ok(b);
        }
        let end = mine.as_ptr_range().end.addr();
        if end == self.open.0 && self.open.1 - end >= other.len() {
            // SAFETY: there is room for so many bytes, which nobody has: no text ends behind this one.
            unsafe { std::ptr::copy_nonoverlapping(other.as_ptr(), end as *mut u8, other.len()) };
            self.open.0 += other.len();
            return Ok([a[0], len]);
        }
        let room = (mine.len() + other.len()) * 2;
        let place: *mut u8 = self.words(room.div_ceil(8))?.cast();
        // SAFETY: there is room for both.
        unsafe {
            std::ptr::copy_nonoverlapping(mine.as_ptr(), place, mine.len());
            std::ptr::copy_nonoverlapping(other.as_ptr(), place.add(mine.len()), other.len());
        }
        let end = place.addr() + mine.len() + other.len();
        self.open = (end, place.addr() + room);
        Ok([place.addr() as i64, len])
    }

    fn join(&mut self, sep: [i64; 2], list: &Made) -> Result<[i64; 2], Stop> {
        let size = if self.wide { 4 } else { 1 };
        let count = list.len as usize;
        let items: &[[i64; 2]] = if count == 0 {
            &[]
        } else {
            // SAFETY: the list has so many items, each an address and a length.
            unsafe { std::slice::from_raw_parts(list.items.cast(), count) }
        };
        let all: i64 = items.iter().map(|item| item[1]).sum();
        let len = all + sep[1] * (count as i64 - 1).max(0);
        let place = self.text(len as usize)?;
        let (mut at, between) = (place, bytes(sep[0], sep[1], size));
        for (number, item) in items.iter().enumerate() {
            for part in [if number > 0 { between } else { &[] }, bytes(item[0], item[1], size)] {
                // SAFETY: there is room for all of them.
                unsafe {
                    std::ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
                    at = at.add(part.len());
                }
            }
        }
        Ok([place.addr() as i64, len])
    }

    /// The words of a text of bytes, as a list.
    fn spaced(&mut self, address: i64, len: i64) -> Result<[i64; 1], Stop> {
        let text = bytes(address, len, 1);
        let list = self.list(8, 2)?;
        let mut at = 0;
        loop {
            while at < text.len() && is_ascii_space(text[at]) {
                at += 1;
            }
            if at == text.len() {
                return Ok([std::ptr::from_mut(list).addr() as i64]);
            }
            let from = at;
            while at < text.len() && !is_ascii_space(text[at]) {
                at += 1;
            }
            self.add_part(list, [address + from as i64, (at - from) as i64])?;
        }
    }

    /// The parts of a text of bytes between one of them, as a list.
    fn between(&mut self, address: i64, len: i64, sep: u8) -> Result<[i64; 1], Stop> {
        let text = bytes(address, len, 1);
        let list = self.list(8, 2)?;
        let mut from = 0;
        for (at, byte) in text.iter().enumerate() {
            if *byte == sep {
                self.add_part(list, [address + from as i64, (at - from) as i64])?;
                from = at + 1;
            }
        }
        self.add_part(list, [address + from as i64, (text.len() - from) as i64])?;
        Ok([std::ptr::from_mut(list).addr() as i64])
    }

    #[inline]
    fn add_part(&mut self, list: &mut Made, part: [i64; 2]) -> Result<(), Stop> {
        if list.len == list.room {
            self.grow(list, 1, 2)?;
        }
        // SAFETY: there is room for one more item of two words.
        unsafe { list.items.cast::<[i64; 2]>().add(list.len as usize).write(part) };
        list.len += 1;
        Ok(())
    }

    /// Parts of a text, as a list.
    fn parts(&mut self, address: i64, len: i64, sep: Option<[i64; 2]>) -> Result<[i64; 1], Stop> {
        match sep {
            None if !self.wide => return self.spaced(address, len),
            Some([sep, 1]) if !self.wide => return self.between(address, len, bytes(sep, 1, 1)[0]),
            _ => {}
        }
        let text = self.read(address, len)?;
        let sep = sep.map(|sep| self.read(sep[0], sep[1])).transpose()?;
        let parts = match &sep {
            None => split_space(&text, -1).map_err(|_| Stop::Other)?,
            Some(sep) if sep.is_empty() => return Err(Stop::Value),
            Some(sep) => split_at(&text, sep, -1),
        };
        let list = self.list(parts.len(), 2)?;
        let mut wide = 0;
        for (number, part) in parts.iter().enumerate() {
            let place = if self.wide {
                let count = part.chars().count();
                // Of the text before the part, how many characters it has.
                let from = part.as_ptr().addr() - text.as_ptr().addr();
                wide += text[wide_bytes(&text, &parts, number)..from].chars().count();
                let place = [address + 4 * wide as i64, count as i64];
                wide += count;
                place
            } else {
                [part.as_ptr().addr() as i64, part.len() as i64]
            };
            // SAFETY: there is room for so many items of two words.
            unsafe { list.items.cast::<[i64; 2]>().add(number).write(place) };
        }
        list.len = parts.len() as i64;
        Ok([std::ptr::from_mut(list).addr() as i64])
    }
}

/// Where the part before a part ends.
fn wide_bytes(text: &str, parts: &[&str], number: usize) -> usize {
    match number.checked_sub(1) {
        None => 0,
        Some(before) => parts[before].as_ptr().addr() + parts[before].len() - text.as_ptr().addr(),
    }
}

fn bytes<'a>(address: i64, len: i64, size: i64) -> &'a [u8] {
    if len <= 0 {
        return &[];
    }
    // SAFETY: address and length of a text of the code's, which lives as long as the row.
    unsafe { std::slice::from_raw_parts(address as *const u8, (len * size) as usize) }
}

/// A text of one wide character.
pub extern "C" fn character(of: *mut Arena, code: i64, _: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let place = unsafe { arena(of) }.words(1);
    give(
        out,
        place.map(|place| {
            // SAFETY: there is room for a word.
            unsafe { place.cast::<u32>().write(code as u32) };
            [place.addr() as i64]
        }),
    )
}

/// `a + b`
pub extern "C" fn concat(of: *mut Arena, a: i64, a_len: i64, b: i64, b_len: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    give(out, unsafe { arena(of) }.concat([a, a_len], [b, b_len]))
}

/// `sep.join(list)`
pub extern "C" fn join(of: *mut Arena, sep: i64, len: i64, list: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    give(out, unsafe { arena(of).join([sep, len], made(list)) })
}

/// `text.split()`, where the separator's length is -1, or `text.split(sep)`.
pub extern "C" fn split(of: *mut Arena, text: i64, len: i64, sep: i64, sep_len: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    give(out, unsafe { arena(of) }.parts(text, len, (sep_len >= 0).then_some([sep, sep_len])))
}

/// Where a text is in another one, or -1.
pub extern "C" fn find(of: *mut Arena, text: i64, len: i64, part: i64, part_len: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let wide = unsafe { arena(of) }.wide;
    let size = if wide { 4 } else { 1 };
    let (text, part) = (bytes(text, len, size), bytes(part, part_len, size));
    let found = if part.is_empty() {
        Some(0)
    } else {
        let places = text.windows(part.len()).step_by(size as usize);
        places.into_iter().position(|window| window == part)
    };
    give(out, Ok([found.map_or(-1, |at| at as i64)]))
}

/// `lower`, `upper`, `strip`, `lstrip`, `rstrip`, and from the end to the front, by their numbers.
pub extern "C" fn changed(of: *mut Arena, text: i64, len: i64, how: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let arena = unsafe { arena(of) };
    let changed = arena.read(text, len).and_then(|read| match how {
        0 | 1 => {
            let case = if how == 0 { Case::Lower } else { Case::Upper };
            match convert_text(&read, case).map_err(|_| Stop::Other)? {
                Some(other) => arena.put(&other),
                None => Ok([text, len]),
            }
        }
        5 => arena.put(&read.chars().rev().collect::<String>()),
        _ => {
            let ends = match how {
                2 => Ends::Both,
                3 => Ends::Left,
                _ => Ends::Right,
            };
            let size = if arena.wide { 4 } else { 1 };
            let part = strip(&read, ends).map_err(|_| Stop::Other)?;
            let before = read[..part.as_ptr().addr() - read.as_ptr().addr()].chars().count();
            Ok([text + before as i64 * size, part.chars().count() as i64])
        }
    });
    give(out, changed)
}

/// `str` of an int, where `float` is 0, or of a float.
pub extern "C" fn spelled(of: *mut Arena, value: i64, float: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    let text = if float == 0 { value.to_string() } else { float_repr(f64::from_bits(value as u64)) };
    // SAFETY: a helper.
    give(out, unsafe { arena(of) }.put(&text))
}

/// Methods that answer a question.
pub const ASKED: [Method; 7] = [
    Method::IsDigit,
    Method::IsAlpha,
    Method::IsAlnum,
    Method::IsSpace,
    Method::IsUpper,
    Method::IsLower,
    Method::IsAscii,
];

/// One of [`ASKED`], by its number.
pub extern "C" fn asked(of: *mut Arena, text: i64, len: i64, number: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let arena = unsafe { arena(of) };
    let found = arena.read(text, len).and_then(|text| {
        let method = ASKED.get(number as usize).ok_or(Stop::Other)?;
        match methods::call(*method, Cell::Str(text), &[]) {
            Ok(Cell::Bool(found)) => Ok([i64::from(found)]),
            _ => Err(Stop::Other),
        }
    });
    give(out, found)
}
