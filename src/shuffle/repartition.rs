//! Where `repartition` sends rows: batches of ten dealt round, from a start that Spark's `XORShift` draws.

/// Rows that `repartition` moves together, whatever they are.
const BATCH: usize = 10;

/// Says where the rows of one input partition go, however many are asked for at a time.
pub struct Lumps {
    start: usize,
    partitions: usize,
    /// Rows dealt so far.
    dealt: usize,
}

impl Lumps {
    /// Of input partition `index`, over `partitions`.
    pub fn new(index: usize, partitions: usize) -> Self {
        let partitions = partitions.max(1);
        let start = XorShift::new(index as i64).next_int(partitions as i32) as usize;
        Self { start, partitions, dealt: 0 }
    }

    /// The output partitions of the next rows.
    pub fn next(&mut self, rows: usize) -> Vec<u32> {
        let from = self.dealt;
        self.dealt += rows;
        (from..self.dealt).map(|row| ((self.start + 1 + row / BATCH) % self.partitions) as u32).collect()
    }
}

/// Spark's `XORShiftRandom` with a hashed seed.
#[derive(Clone, Debug)]
pub struct XorShift {
    state: u64,
}

impl XorShift {
    /// A generator with the given seed.
    pub fn new(seed: i64) -> Self {
        let bytes = seed.to_be_bytes();
        let low = murmur3(bytes, 0x3c07_4a61);
        let high = murmur3(bytes, low);
        Self { state: (u64::from(high) << 32) | u64::from(low) }
    }

    /// The next draw of at most 32 bits.
    pub fn next(&mut self, bits: u32) -> i32 {
        self.state ^= self.state << 21;
        self.state ^= self.state >> 35;
        self.state ^= self.state << 4;
        (self.state & ((1 << bits) - 1)) as i32
    }

    /// A draw from `0 .. bound`, by the rule of Java's `Random.nextInt`. `bound` must be positive.
    pub fn next_int(&mut self, bound: i32) -> i32 {
        let bound = bound.max(1);
        let mut draw = self.next(31);
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(draw)) >> 31) as i32;
        }
        loop {
            let value = draw % bound;
            // Java rejects a draw from the incomplete last run by the overflow of this sum.
            if draw.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
            draw = self.next(31);
        }
    }
}

/// `MurmurHash3` x86 32 bit of 8 bytes, as Scala's `MurmurHash3.bytesHash`.
fn murmur3(bytes: [u8; 8], seed: u32) -> u32 {
    let mut h = seed;
    let (words, _) = bytes.as_chunks::<4>();
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        h = (h ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    h ^= bytes.len() as u32;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}
