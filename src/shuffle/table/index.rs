//! From byte strings, as Arrow views, to dense numbers in first-seen order. The hot loop of every word count.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

pub(super) use crate::kernel::views::INLINE_VIEW as INLINE;

/// A block of long keys is closed at this size; a view's offset has 32 bits.
const LONGEST: usize = 1 << 30;
/// A place that is free.
const FREE: Place = Place { tag: 0, number: u32::MAX };
/// Places to begin with; always a power of two.
const PLACES: usize = 64;
/// Tables of fewer places grow faster.
const FEW: usize = 1 << 12;
/// So many places are read at once, and then the strings that they name: they are far apart, and the processor fetches them
/// side by side when none depends on another.
const BLOCK: usize = 32;

/// A set of byte strings, each with the number of its first appearance. Long strings are copied into blocks of the
/// index's own; a stored view refers to those. At least a quarter of the places is free.
pub(super) struct ViewIndex {
    places: Vec<Place>,
    /// What is left of a tag when its place is known: all but the highest bits, which say where it wants to be.
    shift: u32,
    views: Vec<u128>,
    blocks: Vec<Vec<u8>>,
    hasher: Mixer,
}

/// Half of a string's hash, and its number.
#[derive(Clone, Copy, PartialEq)]
struct Place {
    tag: u32,
    number: u32,
}

impl ViewIndex {
    pub(super) fn new() -> Self {
        Self { places: Vec::new(), shift: 0, views: Vec::new(), blocks: Vec::new(), hasher: Mixer::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.views.len()
    }

    /// Appends the number of each view to `slots`, and to `fresh` the rows that made new numbers. `buffers` is what
    /// the views refer to.
    pub(super) fn slots<B: AsRef<[u8]>>(
        &mut self,
        mut views: impl ExactSizeIterator<Item = u128>,
        buffers: &[B],
        slots: &mut Vec<u32>,
        fresh: &mut Vec<u32>,
    ) {
        slots.reserve(views.len());
        let mut row = 0;
        let mut now = [0_u128; BLOCK];
        while views.len() > 0 {
            let some = views.len().min(BLOCK);
            // So many fit in whatever they are: the loops need not look.
            while self.views.len() + some > self.places.len() / 4 * 3 {
                let times = if self.places.len() < FEW { 4 } else { 2 };
                self.lay_out((times * self.places.len()).max(PLACES), usize::MAX);
            }
            now.iter_mut().zip(&mut views).for_each(|(now, view)| *now = view);
            let now = &now[..some];
            let (mut tags, mut homes, mut found) = ([0; BLOCK], [FREE; BLOCK], [0_u128; BLOCK]);
            for (tag, view) in tags.iter_mut().zip(now) {
                *tag = self.hasher.tag(*view, buffers);
            }
            for (home, tag) in homes.iter_mut().zip(&tags[..some]) {
                *home = self.places[(*tag >> self.shift) as usize];
            }
            for ((found, home), tag) in found.iter_mut().zip(&homes).zip(&tags[..some]) {
                if home.tag == *tag && *home != FREE {
                    *found = self.views[home.number as usize];
                }
            }
            for (at, view) in now.iter().enumerate() {
                // No string's view is 0 but the empty one's, whose place is looked for below.
                if found[at] == *view && *view as u32 <= INLINE && *view != 0 {
                    slots.push(homes[at].number);
                    continue;
                }
                let before = self.views.len();
                slots.push(self.number(*view, tags[at], buffers));
                if self.views.len() > before {
                    fresh.push(row + at as u32);
                }
            }
            row += some as u32;
        }
    }

    /// Forgets all but the first `len` strings.
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.views.len() {
            self.views.truncate(len);
            self.lay_out(self.places.len(), len);
        }
    }

    /// About how many bytes there are: views, places, and the long strings.
    pub(super) fn weight(&self) -> usize {
        16 * self.views.len() + size_of::<Place>() * self.places.len() + self.blocks.iter().map(Vec::len).sum::<usize>()
    }

    /// The views and the blocks they refer to.
    pub(super) fn parts(&self) -> (&[u128], &[Vec<u8>]) {
        (&self.views, &self.blocks)
    }

    /// The same, taken out.
    pub(super) fn into_parts(self) -> (Vec<u128>, Vec<Vec<u8>>) {
        (self.views, self.blocks)
    }

    /// The number of a string, which there is room for.
    #[inline]
    fn number<B: AsRef<[u8]>>(&mut self, view: u128, tag: u32, buffers: &[B]) -> u32 {
        let mut at = (tag >> self.shift) as usize;
        loop {
            let place = self.places[at];
            if place == FREE {
                let number = self.views.len() as u32;
                let own = if view as u32 <= INLINE { view } else { self.copy(view, referred(view, buffers)) };
                self.views.push(own);
                self.places[at] = Place { tag, number };
                return number;
            }
            if place.tag == tag && self.is_at(place.number, view, buffers) {
                return place.number;
            }
            at = (at + 1) & (self.places.len() - 1);
        }
    }

    #[inline]
    fn is_at<B: AsRef<[u8]>>(&self, number: u32, view: u128, buffers: &[B]) -> bool {
        let stored = self.views[number as usize];
        if view as u32 <= INLINE {
            return stored == view;
        }
        // Length and first four bytes are in the lower half.
        stored as u64 == view as u64 && are_same(referred(stored, &self.blocks), referred(view, buffers))
    }

    /// Lays the strings with a number below `len` out in so many places. They go from the first place to the last, as the
    /// highest bits of a tag say where: in a larger table their order is the same, and no cache is missed.
    #[cold]
    fn lay_out(&mut self, places: usize, len: usize) {
        let before = std::mem::replace(&mut self.places, vec![FREE; places]);
        self.shift = u32::BITS.saturating_sub(places.trailing_zeros());
        for place in before {
            if place == FREE || place.number as usize >= len {
                continue;
            }
            let mut at = (place.tag >> self.shift) as usize;
            while self.places[at] != FREE {
                at = (at + 1) & (places - 1);
            }
            self.places[at] = place;
        }
    }

    /// Copies a long string into the blocks; the view of the copy.
    fn copy(&mut self, view: u128, bytes: &[u8]) -> u128 {
        if self.blocks.last().is_none_or(|block| block.len() + bytes.len() > LONGEST) {
            self.blocks.push(Vec::new());
        }
        let number = self.blocks.len() - 1;
        let block = &mut self.blocks[number];
        let offset = block.len();
        block.extend_from_slice(bytes);
        u128::from(view as u64) | (number as u128) << 64 | (offset as u128) << 96
    }
}

/// Whether long strings of one length are the same, without a call for the few words that most of them are.
#[inline]
fn are_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() > 64 {
        return one == other;
    }
    let ((words, _), (others, _)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    // The last word overlaps: a long string has eight bytes at least.
    one.last_chunk::<8>() == other.last_chunk::<8>() && words.iter().zip(others).all(|(word, other)| word == other)
}

/// The bytes that a long view refers to.
fn referred<B: AsRef<[u8]>>(view: u128, buffers: &[B]) -> &[u8] {
    let offset = (view >> 96) as usize;
    &buffers[(view >> 64) as u32 as usize].as_ref()[offset..offset + view as u32 as usize]
}

/// The hash of strings in the table. Seeded anew in each table: input can't be made to collide.
struct Mixer {
    bytes: RandomState,
    low: u64,
    high: u64,
}

impl Mixer {
    fn new() -> Self {
        let bytes = RandomState::default();
        Self { low: bytes.hash_one(0_u8), high: bytes.hash_one(1_u8), bytes }
    }

    /// One wide multiplication over length and bytes together.
    #[inline]
    fn short(&self, view: u128) -> u64 {
        let product = u128::from(view as u64 ^ self.low) * u128::from((view >> 64) as u64 ^ self.high);
        product as u64 ^ (product >> 64) as u64
    }

    fn long(&self, bytes: &[u8]) -> u64 {
        let mut hasher = self.bytes.build_hasher();
        hasher.write(bytes);
        hasher.finish()
    }

    #[inline]
    fn tag<B: AsRef<[u8]>>(&self, view: u128, buffers: &[B]) -> u32 {
        let hash = if view as u32 <= INLINE { self.short(view) } else { self.long(referred(view, buffers)) };
        (hash >> 32) as u32
    }
}
