//! From byte strings, as Arrow views, to dense numbers in first-seen order. The hot loop of every word count.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

pub(super) use crate::kernel::views::INLINE_VIEW as INLINE;

/// A block of long keys is closed at this size; a view's offset has 32 bits.
const BLOCK: usize = 1 << 30;
/// Strings that a table has room for when the first one comes.
const FEW: usize = 28;

/// A set of byte strings, each with the number of its first appearance. Long strings are copied into blocks of the
/// index's own; a stored view refers to those.
pub(super) struct ViewIndex {
    table: HashTable<u32>,
    views: Vec<u128>,
    blocks: Vec<Vec<u8>>,
    hasher: Mixer,
}

impl ViewIndex {
    pub(super) fn new() -> Self {
        Self { table: HashTable::new(), views: Vec::new(), blocks: Vec::new(), hasher: Mixer::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.views.len()
    }

    /// Appends the number of each view to `slots`, and to `fresh` the rows that made new numbers. `buffers` is what
    /// the views refer to.
    pub(super) fn slots<B: AsRef<[u8]>>(
        &mut self,
        views: impl ExactSizeIterator<Item = u128>,
        buffers: &[B],
        slots: &mut Vec<u32>,
        fresh: &mut Vec<u32>,
    ) {
        slots.reserve(views.len());
        for (row, view) in views.enumerate() {
            let before = self.views.len();
            let slot = if view as u32 <= INLINE { self.short(view) } else { self.long(view, buffers) };
            if self.views.len() > before {
                fresh.push(row as u32);
            }
            slots.push(slot);
        }
    }

    /// Forgets all but the first `len` strings.
    pub(super) fn truncate(&mut self, len: usize) {
        for slot in (len..self.views.len()).rev() {
            let hash = self.hasher.stored(self.views[slot], &self.blocks);
            if let Ok(entry) = self.table.find_entry(hash, |other| *other as usize == slot) {
                entry.remove();
            }
        }
        self.views.truncate(len);
    }

    /// About how many bytes there are: a view and a place in the table each, and the long strings.
    pub(super) fn weight(&self) -> usize {
        (16 + 8) * self.views.len() + self.blocks.iter().map(Vec::len).sum::<usize>()
    }

    /// The views and the blocks they refer to.
    pub(super) fn parts(&self) -> (&[u128], &[Vec<u8>]) {
        (&self.views, &self.blocks)
    }

    /// The same, taken out.
    pub(super) fn into_parts(self) -> (Vec<u128>, Vec<Vec<u8>>) {
        (self.views, self.blocks)
    }

    #[inline]
    fn short(&mut self, view: u128) -> u32 {
        let hash = self.hasher.short(view);
        let views = &self.views;
        if let Some(slot) = self.table.find(hash, |slot| views.get(*slot as usize) == Some(&view)) {
            return *slot;
        }
        self.insert(hash, view)
    }

    #[cold]
    fn insert(&mut self, hash: u64, view: u128) -> u32 {
        if self.table.len() == self.table.capacity() {
            self.grow();
        }
        let slot = self.views.len() as u32;
        self.views.push(view);
        let (views, blocks, hasher) = (&self.views, &self.blocks, &self.hasher);
        self.table.insert_unique(hash, slot, |slot| hasher.stored(views[*slot as usize], blocks));
        slot
    }

    /// Lays a larger table out in the strings' own order: growing in place would look them up in the order of their
    /// hashes, each a miss of the cache.
    fn grow(&mut self) {
        let (views, blocks, hasher) = (&self.views, &self.blocks, &self.hasher);
        let mut larger = HashTable::with_capacity((2 * views.len()).max(FEW));
        for (slot, view) in views.iter().enumerate() {
            let stored = |slot: &u32| hasher.stored(views[*slot as usize], blocks);
            larger.insert_unique(hasher.stored(*view, blocks), slot as u32, stored);
        }
        self.table = larger;
    }

    fn long<B: AsRef<[u8]>>(&mut self, view: u128, buffers: &[B]) -> u32 {
        let bytes = referred(view, buffers);
        let hash = self.hasher.long(bytes);
        let (views, blocks) = (&self.views, &self.blocks);
        let same = |slot: &u32| {
            let stored = views[*slot as usize];
            // Length and first four bytes are in the lower half.
            stored as u64 == view as u64 && referred(stored, blocks) == bytes
        };
        if let Some(slot) = self.table.find(hash, same) {
            return *slot;
        }
        let own = self.copy(view, bytes);
        self.insert(hash, own)
    }

    /// Copies a long string into the blocks; the view of the copy.
    fn copy(&mut self, view: u128, bytes: &[u8]) -> u128 {
        if self.blocks.last().is_none_or(|block| block.len() + bytes.len() > BLOCK) {
            self.blocks.push(Vec::new());
        }
        let number = self.blocks.len() - 1;
        let block = &mut self.blocks[number];
        let offset = block.len();
        block.extend_from_slice(bytes);
        u128::from(view as u64) | (number as u128) << 64 | (offset as u128) << 96
    }
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

    fn stored(&self, view: u128, blocks: &[Vec<u8>]) -> u64 {
        if view as u32 <= INLINE { self.short(view) } else { self.long(referred(view, blocks)) }
    }
}
