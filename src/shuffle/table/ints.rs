//! From ints to dense numbers in first-seen order.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// The number of a place that is free.
const FREE: u32 = u32::MAX;
/// Places to begin with; always a power of two.
const PLACES: usize = 256;
/// Tables of fewer places grow faster.
const FEW: usize = 1 << 16;
/// So many places are read at once: they are far apart, and the processor fetches them side by side when no branch depends
/// on any of them.
const BLOCK: usize = 64;

/// A set of ints, each with the number of its first appearance. A place holds the int beside its number, so that a look-up
/// in a large table costs one miss of the cache. At least half of the places are free.
pub(super) struct IntIndex {
    places: Vec<Place>,
    values: Vec<i64>,
    low: u64,
    high: u64,
}

#[derive(Clone, Copy)]
struct Place {
    value: i64,
    number: u32,
}

impl IntIndex {
    /// The hash is seeded anew in each table: input can't be made to collide.
    pub(super) fn new() -> Self {
        let state = RandomState::default();
        Self { places: Vec::new(), values: Vec::new(), low: state.hash_one(0_u8), high: state.hash_one(1_u8) }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Appends the number of each int to `slots`, and to `fresh` the rows that made new numbers.
    pub(super) fn slots(&mut self, ints: &[i64], slots: &mut Vec<u32>, fresh: &mut Vec<u32>) {
        slots.reserve(ints.len());
        let (mut row, mut rest) = (0_u32, ints);
        while !rest.is_empty() {
            // So many fit in whatever they are: the loop need not look.
            let room = (self.places.len() / 2).saturating_sub(self.values.len());
            if room == 0 {
                let times = if self.places.len() < FEW { 4 } else { 2 };
                self.grow((times * self.places.len()).max(PLACES));
                continue;
            }
            let (now, later) = rest.split_at(room.min(rest.len()).min(BLOCK));
            let mut homes = [Place { value: 0, number: FREE }; BLOCK];
            let mask = self.places.len() - 1;
            for (home, value) in homes.iter_mut().zip(now) {
                *home = self.places[self.hash(*value) & mask];
            }
            for (home, value) in homes.iter().zip(now) {
                if home.value == *value && home.number != FREE {
                    slots.push(home.number);
                } else {
                    let before = self.values.len();
                    slots.push(self.number(*value));
                    if self.values.len() > before {
                        fresh.push(row);
                    }
                }
                row += 1;
            }
            rest = later;
        }
    }

    /// Forgets all but the first `len` ints.
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.values.len() {
            self.values.truncate(len);
            self.grow(self.places.len());
        }
    }

    /// About how many bytes there are.
    pub(super) fn weight(&self) -> usize {
        size_of::<Place>() * self.places.len() + 8 * self.values.len()
    }

    /// The ints in order.
    pub(super) fn values(&self) -> &[i64] {
        &self.values
    }

    /// The same, taken out.
    pub(super) fn into_values(self) -> Vec<i64> {
        self.values
    }

    /// The number of an int; there is room for it.
    #[inline]
    fn number(&mut self, value: i64) -> u32 {
        let mask = self.places.len() - 1;
        let mut at = self.hash(value) & mask;
        loop {
            let place = &mut self.places[at];
            if place.number == FREE {
                let number = self.values.len() as u32;
                *place = Place { value, number };
                self.values.push(value);
                return number;
            }
            if place.value == value {
                return place.number;
            }
            at = (at + 1) & mask;
        }
    }

    /// Lays all ints out in so many places.
    #[cold]
    fn grow(&mut self, places: usize) {
        self.places.clear();
        self.places.resize(places, Place { value: 0, number: FREE });
        let mask = places.wrapping_sub(1);
        for (number, value) in self.values.iter().enumerate() {
            let mut at = self.hash(*value) & mask;
            while self.places[at].number != FREE {
                at = (at + 1) & mask;
            }
            self.places[at] = Place { value: *value, number: number as u32 };
        }
    }

    /// One wide multiplication.
    #[inline]
    fn hash(&self, value: i64) -> usize {
        let product = u128::from(value as u64 ^ self.low) * u128::from(self.high | 1);
        (product as u64 ^ (product >> 64) as u64) as usize
    }
}
