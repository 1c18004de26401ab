//! Finding the key of a dict or the element of a set: among few one after the other, among many by an index.

use super::arena::{Arena, Made, arena, give, made};
use super::bail::Stop;
use super::value::{Shape, Tag};

/// So many items are looked through.
const FEW: usize = 8;

/// A word of an item, or two of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// An int.
    Int,
    /// A bool, in the low byte.
    Bool,
    /// A float.
    Float,
    /// The address and the length of a text.
    Text,
}

/// What an item is, and of it what is looked for or ordered by: its first words.
#[derive(Debug)]
pub struct Layout {
    /// Of the key.
    pub key: Vec<Word>,
    /// Words of the key.
    pub len: usize,
    /// Words of an item.
    pub stride: usize,
    /// Whether characters have 32 bits.
    pub wide: bool,
    /// Whether items that are equal so far may differ behind it.
    pub partly: bool,
}

/// The words of a shape; nothing where it is none that can be ordered.
pub fn words(shape: &Shape, out: &mut Vec<Word>) -> Option<()> {
    match shape {
        Shape::Scalar(tags) => match tags.only()? {
            // None has no order.
            Tag::None | Tag::Char => return None,
            Tag::Bool => out.push(Word::Bool),
            Tag::Int => out.push(Word::Int),
            Tag::Float => out.push(Word::Float),
            Tag::Text => out.push(Word::Text),
        },
        Shape::Tuple(items) => items.iter().try_for_each(|item| words(item, out))?,
        _ => return None,
    }
    Some(())
}

/// How many words a shape has.
pub fn stride(shape: &Shape) -> usize {
    let mut kinds = Vec::new();
    shape.parts(&mut kinds);
    kinds.len()
}

/// At most 8 bytes in a word: of as many bytes other ones are another word.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    let four = |at: usize| u64::from(u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
    match bytes.len() {
        0 => 0,
        // The last ones of three may be the same.
        1..=3 => u64::from(bytes[0]) | u64::from(bytes[bytes.len() / 2]) << 8 | u64::from(bytes[bytes.len() - 1]) << 16,
        len => four(0) | four(len - 4) << 32,
    }
}

impl Layout {
    /// The bytes of a text.
    fn bytes<'a>(&self, address: u64, len: u64) -> &'a [u8] {
        let len = len as usize;
        if len == 0 {
            return &[];
        }
        // SAFETY: address and length of a text of the code's, which lives as long as the row.
        unsafe { std::slice::from_raw_parts(address as *const u8, if self.wide { len * 4 } else { len }) }
    }

    #[inline]
    fn same(&self, a: &[u64], b: &[u64]) -> bool {
        match (self.key.as_slice(), a, b) {
            ([Word::Int], [a], [b]) => a == b,
            ([Word::Text], [a, a_len], [b, b_len]) => a_len == b_len && self.same_text(*a, *b, *a_len),
            _ => self.same_words(a, b),
        }
    }

    /// Whether two texts of one length are equal.
    #[inline]
    fn same_text(&self, a: u64, b: u64, len: u64) -> bool {
        if a == b || len == 0 {
            return true;
        }
        let (a, b) = (self.bytes(a, len), self.bytes(b, len));
        // Most differ in the first byte, and many have few: no call is made for them.
        a[0] == b[0] && if a.len() <= 8 { short(a) == short(b) } else { a == b }
    }

    fn same_words(&self, a: &[u64], b: &[u64]) -> bool {
        let mut at = 0;
        self.key.iter().all(|word| {
            let (one, other) = (a[at], b[at]);
            at += 1;
            match word {
                Word::Int | Word::Float => one == other,
                Word::Bool => one as u8 == other as u8,
                Word::Text => {
                    at += 1;
                    a[at - 1] == b[at - 1] && self.same_text(one, other, a[at - 1])
                }
            }
        })
    }

    fn hash(&self, key: &[u64]) -> u64 {
        const BY: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut at = 0;
        let mut hash = 0u64;
        let mut add = |word: u64| {
            hash = (hash.rotate_left(5) ^ word).wrapping_mul(BY);
        };
        for word in &self.key {
            match word {
                Word::Int | Word::Float => add(key[at]),
                Word::Bool => add(u64::from(key[at] as u8)),
                Word::Text => {
                    let bytes = self.bytes(key[at], key[at + 1]);
                    let (chunks, rest) = bytes.as_chunks::<8>();
                    for chunk in chunks {
                        add(u64::from_le_bytes(*chunk));
                    }
                    add(short(rest) ^ (bytes.len() as u64) << 56);
                    at += 1;
                }
            }
            at += 1;
        }
        hash ^ hash >> 29
    }

    fn key_at<'a>(&self, of: &Made, at: usize) -> &'a [u64] {
        // SAFETY: the list has an item of this number, of `stride` words, of which the key has the first `len`.
        unsafe { std::slice::from_raw_parts(of.items.add(at * self.stride), self.len) }
    }

    /// The place of a key.
    fn find(&self, arena: &mut Arena, of: &mut Made, key: &[u64]) -> Result<Option<usize>, Stop> {
        let len = of.len as usize;
        // What was found last is often asked for again, to be given another value.
        if (of.last as usize) < len && self.same(self.key_at(of, of.last as usize), key) {
            return Ok(Some(of.last as usize));
        }
        if len <= FEW {
            let found = (0..len).find(|at| self.same(self.key_at(of, *at), key));
            of.last = found.unwrap_or(0) as i64;
            return Ok(found);
        }
        let places = self.index(arena, of)?;
        let mask = places.len() - 1;
        let mut at = self.hash(key) as usize & mask;
        while places[at] != 0 {
            let item = places[at] as usize - 1;
            if self.same(self.key_at(of, item), key) {
                of.last = item as i64;
                return Ok(Some(item));
            }
            at = (at + 1) & mask;
        }
        Ok(None)
    }

    /// The places of all keys, 0 for none and else one more than the item's number.
    fn index<'a>(&self, arena: &mut Arena, of: &mut Made) -> Result<&'a mut [u32], Stop> {
        let len = of.len as usize;
        let known = if of.index.is_null() {
            0
        } else {
            // SAFETY: an index begins with the number of its places.
            unsafe { *of.index as usize }
        };
        let mut from = if known == 0 {
            0
        } else {
            // SAFETY: behind it is how many items are in it.
            unsafe { *of.index.add(1) as usize }
        };
        let mut count = known;
        if len * 2 > known || from > len {
            count = (len * 4).next_power_of_two();
            of.index = arena.words(2 + count / 2)?;
            // SAFETY: so many words were just made.
            unsafe { std::ptr::write_bytes(of.index, 0, 2 + count / 2) };
            // SAFETY: as above.
            unsafe { of.index.write(count as u64) };
            from = 0;
        }
        // SAFETY: so many places of 32 bits are behind two words.
        let places: &mut [u32] = unsafe { std::slice::from_raw_parts_mut(of.index.add(2).cast(), count) };
        for item in from..len {
            let mut at = self.hash(self.key_at(of, item)) as usize & (count - 1);
            while places[at] != 0 {
                at = (at + 1) & (count - 1);
            }
            places[at] = item as u32 + 1;
        }
        // SAFETY: the second word.
        unsafe { of.index.add(1).write(len as u64) };
        Ok(places)
    }
}

/// The address of the item of a key, or 0.
pub extern "C" fn find(of: *mut Arena, list: i64, key: i64, layout: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, a list of the row's, and a layout that the machine keeps.
    let (arena, list, layout) = unsafe { (arena(of), made(list), &*(layout as *const Layout)) };
    // SAFETY: a key of so many words in the frame of the code.
    let key = unsafe { std::slice::from_raw_parts(key as *const u64, layout.len) };
    let found = layout.find(arena, list, key);
    give(out, found.map(|at| [at.map_or(0, |at| address(list, at, layout.stride))]))
}

fn address(list: &Made, at: usize, stride: usize) -> i64 {
    // SAFETY: the list has such an item.
    unsafe { list.items.add(at * stride) }.addr() as i64
}

/// The address of the item of a key, which is added if it isn't there; and whether it was there.
pub extern "C" fn slot(of: *mut Arena, list: i64, key: i64, layout: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: as for `find`.
    let (arena, list, layout) = unsafe { (arena(of), made(list), &*(layout as *const Layout)) };
    // SAFETY: as for `find`.
    let key = unsafe { std::slice::from_raw_parts(key as *const u64, layout.len) };
    give(out, slot_of(arena, list, key, layout))
}

/// As `slot`.
pub fn slot_of(arena: &mut Arena, list: &mut Made, key: &[u64], layout: &Layout) -> Result<[i64; 2], Stop> {
    if let Some(at) = layout.find(arena, list, key)? {
        return Ok([address(list, at, layout.stride), 1]);
    }
    if list.len == list.room {
        arena.grow(list, 1, layout.stride)?;
    }
    let at = list.len as usize;
    // SAFETY: there is room for an item, of which the key is the first words.
    unsafe { std::ptr::copy_nonoverlapping(key.as_ptr(), list.items.add(at * layout.stride), layout.len) };
    list.len += 1;
    Ok([address(list, at, layout.stride), 0])
}
