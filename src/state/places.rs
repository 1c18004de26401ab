//! Where each slot's value lies. Versions share the blocks that they have in common.

use std::sync::Arc;

const BLOCK: usize = 512;
/// Of a slot that has no value.
const NOWHERE: u64 = u64::MAX;

/// A place a slot: a run and a row in it. Cloning copies one pointer for each block.
#[derive(Clone, Default)]
pub struct Places {
    blocks: Vec<Arc<[u64; BLOCK]>>,
    len: usize,
}

impl Places {
    /// Number of slots.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes of all blocks, whoever shares them.
    pub fn weight(&self) -> usize {
        self.blocks.len() * 8 * BLOCK
    }

    /// The run and the row of a slot's value.
    pub fn get(&self, slot: u32) -> Option<(u32, u32)> {
        let block = self.blocks.get(slot as usize / BLOCK)?;
        let place = block[slot as usize % BLOCK];
        (place != NOWHERE).then_some(((place >> 32) as u32, place as u32))
    }

    /// Puts a slot's value elsewhere; says whether it had one.
    pub fn set(&mut self, slot: u32, place: Option<(u32, u32)>) -> bool {
        let Some(block) = self.blocks.get_mut(slot as usize / BLOCK) else { return false };
        let new = place.map_or(NOWHERE, |(run, row)| u64::from(run) << 32 | u64::from(row));
        let at = slot as usize % BLOCK;
        if block[at] == new {
            return new != NOWHERE;
        }
        std::mem::replace(&mut Arc::make_mut(block)[at], new) != NOWHERE
    }

    /// New slots, without values.
    pub fn grow(&mut self, len: usize) {
        self.len = self.len.max(len);
        while self.blocks.len() * BLOCK < self.len {
            self.blocks.push(Arc::new([NOWHERE; BLOCK]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_dont_disturb_each_other() {
        let mut first = Places::default();
        first.grow(1000);
        assert!(!first.set(600, Some((1, 2))));
        let mut second = first.clone();
        assert!(second.set(600, None));
        second.grow(2000);
        assert!(!second.set(1999, Some((3, 4))));
        assert_eq!((first.get(600), first.get(1999), first.len()), (Some((1, 2)), None, 1000));
        assert_eq!((second.get(600), second.get(1999), second.len()), (None, Some((3, 4)), 2000));
    }
}
