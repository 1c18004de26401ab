//! String views built by hand: parts of strings share the buffers of the strings they come from.
//!
//! A view is 16 bytes: the length in the low 4, then either up to 12 bytes of text, or 4 bytes of prefix, the index
//! of a buffer and an offset in it.

use std::sync::Arc;

use arrow_array::StringViewArray;
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};

use crate::error::Decline;

/// The longest text that is stored in the view itself.
pub const INLINE: usize = 12;
/// The same as views themselves count.
pub const INLINE_VIEW: u32 = INLINE as u32;

/// The text of a view inside the array it belongs to, with what is needed to make views of its parts.
pub struct Source<'a> {
    bytes: &'a [u8],
    /// How many bytes may be read from the start of `bytes`: at least `bytes.len()`.
    readable: usize,
    /// Buffer index and offset, shifted to their places in a view; 0 for inline text, whose parts are inline too.
    place: u128,
}

impl<'a> Source<'a> {
    /// The text of `view`, which belongs to an array of `buffers`. `room` is where inline text is put.
    ///
    /// # Safety
    /// The view must be valid for `buffers`.
    #[inline]
    pub unsafe fn new(view: u128, buffers: &'a [Buffer], room: &'a mut [u8; 32]) -> Self {
        let len = view as u32 as usize;
        if len <= INLINE {
            room[..16].copy_from_slice(&view.to_le_bytes());
            return Self { bytes: &room[4..4 + len], readable: 28, place: 0 };
        }
        let (buffer, offset) = ((view >> 64) as u32 as usize, (view >> 96) as u32 as usize);
        // SAFETY: the caller vouches for the view, so buffer and range exist.
        let bytes = unsafe { buffers.get_unchecked(buffer).get_unchecked(offset..offset + len) };
        // SAFETY: as above.
        let readable = unsafe { buffers.get_unchecked(buffer) }.len() - offset;
        Self { bytes, readable, place: (view >> 64) << 64 }
    }

    /// The text.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// A view of bytes `from .. to`.
    ///
    /// # Safety
    /// `from <= to <= bytes.len()`, both at character borders.
    #[inline]
    pub unsafe fn part(&self, from: usize, to: usize) -> u128 {
        let len = to - from;
        if len <= INLINE {
            if from + 16 <= self.readable {
                // SAFETY: 16 bytes are readable at `from`, as just checked.
                let raw = unsafe { self.bytes.as_ptr().add(from).cast::<[u8; 16]>().read_unaligned() };
                let mask = (1u128 << (8 * len)) - 1;
                return (u128::from_le_bytes(raw) & mask) << 32 | len as u128;
            }
            // SAFETY: within the text by the caller's promise.
            return inline_view(unsafe { self.bytes.get_unchecked(from..to) });
        }
        // SAFETY: longer than 12 bytes, so 4 bytes can be read.
        let prefix = unsafe { self.bytes.as_ptr().add(from).cast::<[u8; 4]>().read_unaligned() };
        (self.place + ((from as u128) << 96)) | (u128::from(u32::from_le_bytes(prefix)) << 32) | len as u128
    }
}

/// The view of a text of at most 12 bytes.
#[inline]
pub fn inline_view(text: &[u8]) -> u128 {
    debug_assert!(text.len() <= INLINE);
    let mut raw = [0u8; 16];
    raw[4..4 + text.len()].copy_from_slice(text);
    u128::from_le_bytes(raw) | text.len() as u128
}

/// New texts of one chunk beyond this are not collected: `x * 1000000` over thousands of rows is left to the
/// interpreter, which makes them one by one.
const MOST_FRESH: usize = 1 << 30;

/// Collects views: parts of an input array and new texts, which go to one new buffer.
pub struct Views {
    list: Vec<u128>,
    buffers: Arc<[Buffer]>,
    fresh: Vec<u8>,
}

impl Views {
    /// For views into `buffers` and new texts, with room for `capacity` views.
    pub fn new(buffers: &Arc<[Buffer]>, capacity: usize) -> Self {
        Self { list: Vec::with_capacity(capacity), buffers: buffers.clone(), fresh: Vec::new() }
    }

    /// One text for `len` rows, stored once.
    pub fn repeat(text: &str, len: usize) -> Result<StringViewArray, Decline> {
        let mut out = Self::new(&Arc::from([]), 0);
        out.push_text(text);
        out.list = vec![out.list[0]; len];
        out.finish(None)
    }

    /// The buffers that views given to `push` point into.
    pub fn buffers(&self) -> &Arc<[Buffer]> {
        &self.buffers
    }

    /// Number of views.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Drops all views from `len` on. Only views given to `push` may be dropped.
    pub fn truncate(&mut self, len: usize) {
        self.list.truncate(len);
    }

    /// Adds a view that is inline or points into the buffers given to `new`.
    #[inline]
    pub fn push(&mut self, view: u128) {
        self.list.push(view);
    }

    /// Adds a text, copied when it is longer than 12 bytes.
    pub fn push_text(&mut self, text: &str) {
        if text.len() <= INLINE {
            self.list.push(inline_view(text.as_bytes()));
        } else {
            self.push_with(text.len(), |fresh| fresh.extend_from_slice(text.as_bytes()));
        }
    }

    /// Adds the text of `len` bytes that `write` appends to its argument; it must be valid UTF-8.
    pub fn push_with(&mut self, len: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let at = self.fresh.len();
        if at > MOST_FRESH {
            self.list.push(0);
            return;
        }
        write(&mut self.fresh);
        debug_assert_eq!(self.fresh.len(), at + len);
        if len <= INLINE {
            let view = inline_view(&self.fresh[at..]);
            self.fresh.truncate(at);
            self.list.push(view);
        } else {
            let mut prefix = [0u8; 4];
            prefix.copy_from_slice(&self.fresh[at..at + 4]);
            let view = (at as u128) << 96
                | (self.buffers.len() as u128) << 64
                | u128::from(u32::from_le_bytes(prefix)) << 32
                | len as u128;
            self.list.push(view);
        }
    }

    /// The array. Buffers that no view needs are let go.
    pub fn finish(mut self, nulls: Option<NullBuffer>) -> Result<StringViewArray, Decline> {
        if self.fresh.len() > MOST_FRESH {
            return Err(Decline::new("the texts of one chunk are larger than 1 GiB"));
        }
        if self.list.capacity() / 2 > self.list.len() {
            self.list.shrink_to_fit();
        }
        let mut buffers = self.buffers;
        if !self.fresh.is_empty() {
            buffers = buffers.iter().cloned().chain([Buffer::from_vec(self.fresh)]).collect();
        } else if !buffers.is_empty() && self.list.iter().all(|&v| v as u32 as usize <= INLINE) {
            buffers = Arc::new([]);
        }
        // SAFETY: every view is inline or lies in a buffer at a character border: `push` and `push_with` say so.
        Ok(unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(self.list), buffers, nulls) })
    }
}
