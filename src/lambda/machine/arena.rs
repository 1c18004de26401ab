//! Where machine code puts what it makes: lists, whose items stand one behind the other, and texts. A row's are gone when
//! the next row begins.
//!
//! A set is a list of its elements, and a dict one of its pairs, as in the trees; what looks for a key keeps an index beside.

use super::bail::Stop;
use super::emit::{Output, Sequence};

/// Words of 8 bytes in the first block; each further one is twice as large.
const FIRST: usize = 1 << 13;
/// Words that one row may take: it is a list too large for a row of ours.
const MOST: usize = 1 << 23;

/// A list: its header, which machine code reads and writes.
#[repr(C)]
pub struct Made {
    /// The items, each of as many words as its type has.
    pub items: *mut u64,
    /// How many there are.
    pub len: i64,
    /// For how many there is room.
    pub room: i64,
    /// What finds keys, or null: the number of places, how many items are in it, and the places.
    pub index: *mut u64,
    /// The number of the item whose key was found last.
    pub last: i64,
}

/// Where the parts of a header are.
pub mod place {
    /// The items.
    pub const ITEMS: i32 = 0;
    /// How many there are.
    pub const LEN: i32 = 8;
    /// For how many there is room.
    pub const ROOM: i32 = 16;
}

/// What a call of machine code makes.
pub struct Arena {
    blocks: Vec<Block>,
    /// The block that is filled, and how far.
    at: usize,
    used: usize,
    /// Where the text that was made last ends, and how far it may become longer.
    pub open: (usize, usize),
    /// Whether characters have 32 bits.
    pub wide: bool,
    /// Texts that outlive their rows.
    kept: Vec<Vec<u64>>,
    /// How many words of such texts there are, and how many there were when it was full.
    all_kept: usize,
    kept_before: usize,
    /// Lists of results, each with what its items are.
    pub results: Vec<(Output, Sequence)>,
}

/// Words that stay where they are.
struct Block {
    words: *mut u64,
    len: usize,
}

impl Block {
    fn new(len: usize) -> Self {
        let words = Box::into_raw(vec![0u64; len].into_boxed_slice());
        Self { words: words.cast(), len }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it was made of a box of so many words.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.words, self.len)) });
    }
}

impl Arena {
    /// An empty one, for such results.
    pub fn new(wide: bool, results: &[Output]) -> Self {
        let results = results.iter().map(|output| (output.clone(), Sequence::new(output))).collect();
        Self {
            blocks: Vec::new(),
            at: 0,
            used: 0,
            open: (0, 0),
            wide,
            kept: Vec::new(),
            all_kept: 0,
            kept_before: 0,
            results,
        }
    }

    /// All that was made is gone, but for what is kept.
    pub fn reset(&mut self) {
        (self.at, self.used, self.open) = (0, 0, (0, 0));
    }

    /// Whether so much was made that it is worth while to keep what is still needed, and to begin anew.
    fn is_full(&mut self) -> bool {
        self.kept_before = self.all_kept;
        self.at > 1
    }

    /// Begins anew once what is still needed was kept. A text that grows with all rows is copied too often: it is `CPython`'s.
    fn begin_anew(&mut self) -> Result<(), Stop> {
        self.reset();
        if self.all_kept - self.kept_before > FIRST { Err(Stop::Other) } else { Ok(()) }
    }

    /// So many words.
    pub fn words(&mut self, count: usize) -> Result<*mut u64, Stop> {
        loop {
            if let Some(block) = self.blocks.get(self.at) {
                if block.len - self.used >= count {
                    // SAFETY: so many words are left behind this one.
                    let found = unsafe { block.words.add(self.used) };
                    self.used += count;
                    return Ok(found);
                }
                self.at += 1;
                self.used = 0;
                continue;
            }
            let all: usize = self.blocks.iter().map(|block| block.len).sum();
            if all.saturating_add(count) > MOST {
                return Err(Stop::Other);
            }
            self.blocks.push(Block::new(count.max(FIRST << self.blocks.len())));
        }
    }

    /// Room for a text of so many characters.
    pub fn text(&mut self, len: usize) -> Result<*mut u8, Stop> {
        let words = if self.wide { len.div_ceil(2) } else { len.div_ceil(8) };
        Ok(self.words(words)?.cast())
    }

    /// A list without items.
    pub fn list(&mut self, room: usize, stride: usize) -> Result<&'static mut Made, Stop> {
        let items = self.words(room.checked_mul(stride).ok_or(Stop::Other)?)?;
        let header: *mut Made = self.words(size_of::<Made>() / 8)?.cast();
        // SAFETY: there is room for a header, which nobody else has; it lives as long as the row.
        unsafe {
            header.write(Made { items, len: 0, room: room as i64, index: std::ptr::null_mut(), last: 0 });
            Ok(&mut *header)
        }
    }

    /// Room for one more item, which has `stride` words, of a list.
    pub fn grow(&mut self, of: &mut Made, more: usize, stride: usize) -> Result<(), Stop> {
        let least = (of.len as usize).checked_add(more).ok_or(Stop::Other)?;
        let room = least.max(of.room as usize * 2).max(4);
        let items = self.words(room.checked_mul(stride).ok_or(Stop::Other)?)?;
        // SAFETY: the old items are so many words, and there are more in the new place, which is another one.
        unsafe { std::ptr::copy_nonoverlapping(of.items, items, of.len as usize * stride) };
        (of.items, of.room) = (items, room as i64);
        Ok(())
    }

    /// Whether an address is one of the row's, and not one of an input's or a constant's.
    fn owns(&self, address: usize) -> bool {
        self.blocks.iter().any(|block| (block.words.addr()..block.words.addr() + block.len * 8).contains(&address))
    }

    /// The address of a text that is to outlive the row.
    pub fn keep(&mut self, address: i64, len: i64) -> i64 {
        if len == 0 || !self.owns(address as usize) {
            return address;
        }
        let words = if self.wide { (len as usize).div_ceil(2) } else { (len as usize).div_ceil(8) };
        if self.kept.last().is_none_or(|last| last.capacity() - last.len() < words) {
            self.kept.push(Vec::with_capacity(words.max(FIRST)));
        }
        let Some(last) = self.kept.last_mut() else { return address };
        let from = last.len();
        let bytes = if self.wide { len as usize * 4 } else { len as usize };
        last.resize(from + words, 0);
        self.all_kept += words;
        // SAFETY: the text is so many bytes in one of the row's blocks, and so many words were just made here, which stay
        // where they are as the vector has room for them.
        unsafe {
            let place = last.as_mut_ptr().add(from);
            std::ptr::copy_nonoverlapping(address as *const u8, place.cast(), bytes);
            place.addr() as i64
        }
    }
}

/// The arena of a call.
///
/// # Safety
/// Only helpers of machine code have this address, and one at a time.
pub unsafe fn arena<'a>(of: *mut Arena) -> &'a mut Arena {
    // SAFETY: the caller's promise.
    unsafe { &mut *of }
}

/// A list of the row's, by its header.
///
/// # Safety
/// As above; the list lives as long as the row.
pub unsafe fn made<'a>(of: i64) -> &'a mut Made {
    // SAFETY: the caller's promise.
    unsafe { &mut *(of as *mut Made) }
}

/// Gives what was found, one word or two.
pub fn give<const N: usize>(out: *mut i64, found: Result<[i64; N], Stop>) -> i64 {
    match found {
        Ok(words) => {
            for (at, word) in words.into_iter().enumerate().take(2) {
                // SAFETY: `out` is a place for two words, aligned, in the frame of the code that calls the helper.
                unsafe { out.add(at).write(word) };
            }
            0
        }
        Err(stop) => stop as i64,
    }
}

/// A new row begins.
pub extern "C" fn reset(of: *mut Arena, _: i64, _: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    unsafe { arena(of) }.reset();
    give(out, Ok([0]))
}

/// Whether it is full.
pub extern "C" fn is_full(of: *mut Arena, _: i64, _: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let full = unsafe { arena(of) }.is_full();
    give(out, Ok([i64::from(full)]))
}

/// Begins anew once it was full.
pub extern "C" fn begin_anew(of: *mut Arena, _: i64, _: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let begun = unsafe { arena(of) }.begin_anew();
    give(out, begun.map(|()| [0]))
}

/// A list with room for so many items of `stride` words.
pub extern "C" fn list(of: *mut Arena, room: i64, stride: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper.
    let arena = unsafe { arena(of) };
    let made = usize::try_from(room).map_err(|_| Stop::Other).and_then(|room| arena.list(room, stride as usize));
    give(out, made.map(|made| [std::ptr::from_mut(made).addr() as i64]))
}

/// Room for more items of `stride` words.
pub extern "C" fn grow(of: *mut Arena, list: i64, more: i64, stride: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    let (arena, list) = unsafe { (arena(of), made(list)) };
    let grown = usize::try_from(more).map_err(|_| Stop::Other).and_then(|more| arena.grow(list, more, stride as usize));
    give(out, grown.map(|()| [0]))
}
