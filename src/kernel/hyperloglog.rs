//! The number of distinct values, about: `HyperLogLog++` as stream-lib has it, which Spark counts with. A value is the
//! decimal text of a number, hashed by `MurmurHash64A`; the bias is corrected by the tables of the paper (Heule, Nunkesser,
//! Hall: `HyperLogLog` in Practice).

use std::sync::OnceLock;

/// Thresholds, then for each precision from 4 on raw estimates, then their biases: a line each.
const TABLES: &str = include_str!("hyperloglog.txt");
/// Precisions that have tables.
const LEAST: u32 = 4;
const LAST: u32 = 18;
/// So many raw estimates nearest to one say what its bias is.
const NEAREST: usize = 6;
const SEED: u64 = 0xe17a_1465;
const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;

/// Precisions that a sketch can have: more registers than of this one don't fit into memory.
pub const MOST: u32 = 30;

/// The registers of values seen so far.
pub struct Sketch {
    precision: u32,
    registers: Vec<u8>,
}

impl Sketch {
    /// No value yet; 2 to the power of `precision` registers.
    pub fn new(precision: u32) -> Self {
        let precision = precision.clamp(LEAST, MOST);
        Self { precision, registers: vec![0; 1 << precision] }
    }

    /// Adds a value.
    pub fn add(&mut self, value: u32) {
        let hash = murmur(value);
        let register = (hash >> (64 - self.precision)) as usize;
        let rest = (hash << self.precision) | (1 << (self.precision - 1));
        let run = rest.leading_zeros() as u8 + 1;
        let known = &mut self.registers[register];
        *known = run.max(*known);
    }

    /// Adds all values of another sketch, whose registers these are.
    pub fn merge(&mut self, registers: &[u8]) {
        for (known, other) in self.registers.iter_mut().zip(registers) {
            *known = (*known).max(*other);
        }
    }

    /// The registers.
    pub fn registers(&self) -> &[u8] {
        &self.registers
    }

    /// How many distinct values were added, about.
    pub fn count(&self) -> u64 {
        let count = self.registers.len() as f64;
        let sum: f64 = self.registers.iter().map(|run| (-f64::from(*run)).exp2()).sum();
        let alpha = match self.precision {
            4 => 0.673,
            5 => 0.697,
            6 => 0.709,
            _ => 0.7213 / (1.0 + 1.079 / count),
        };
        let raw = alpha * count * count * (1.0 / sum);
        let corrected = if raw <= 5.0 * count { raw - self.bias(raw) } else { raw };
        let zeros = self.registers.iter().map(|run| usize::from(*run == 0)).sum::<usize>();
        let linear = if zeros > 0 { count * (count / zeros as f64).ln() } else { corrected };
        let threshold =
            if self.precision <= LAST { tables()[0][(self.precision - LEAST) as usize] } else { 5.0 * count };
        let is_small = if self.precision <= LAST { linear < threshold } else { linear <= threshold };
        // Java rounds halves up.
        (if is_small { linear } else { corrected } + 0.5).floor().max(0.0) as u64
    }

    /// The mean bias of the nearest raw estimates of the tables.
    fn bias(&self, raw: f64) -> f64 {
        if self.precision > LAST {
            return 0.0;
        }
        let row = (self.precision - LEAST) as usize;
        let (estimates, biases) = (&tables()[1 + row], &tables()[2 + row + (LAST - LEAST) as usize]);
        // Of two at one distance the later one counts, as in the sorted map that this comes from.
        let mut near: Vec<(f64, usize)> = Vec::with_capacity(estimates.len());
        for (i, estimate) in estimates.iter().enumerate() {
            let distance = (raw - estimate) * (raw - estimate);
            match near.iter_mut().find(|(known, _)| known.to_bits() == distance.to_bits()) {
                Some(known) => known.1 = i,
                None => near.push((distance, i)),
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(NEAREST);
        let sum: f64 = near.iter().map(|(_, i)| biases[*i]).sum();
        sum / near.len().max(1) as f64
    }
}

fn tables() -> &'static [Vec<f64>] {
    static PARSED: OnceLock<Vec<Vec<f64>>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let row = |line: &str| line.split_ascii_whitespace().filter_map(|number| number.parse().ok()).collect();
        TABLES.lines().map(row).collect()
    })
}

/// `MurmurHash64A` of a number's decimal digits.
fn murmur(value: u32) -> u64 {
    let mut digits = [0; 10];
    let mut at = digits.len();
    let mut left = value;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    let text = &digits[at..];
    let mut hash = SEED ^ (text.len() as u64).wrapping_mul(FACTOR);
    let (words, tail) = text.as_chunks::<8>();
    for word in words {
        let mut mixed = u64::from_le_bytes(*word).wrapping_mul(FACTOR);
        mixed ^= mixed >> 47;
        hash = (hash ^ mixed.wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    }
    if !tail.is_empty() {
        let rest = tail.iter().rev().fold(0, |rest, byte| (rest << 8) | u64::from(*byte));
        hash = (hash ^ rest).wrapping_mul(FACTOR);
    }
    hash ^= hash >> 47;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ (hash >> 47)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_stream_lib_does() {
        let hashed = [0, 1, 12345, 4_294_967_295, 7].map(|value| murmur(value) as i64);
        let wanted = [
            3_482_904_090_867_950_579,
            -6_739_554_300_740_862_253,
            -5_422_661_247_297_360_239,
            -8_809_835_345_866_786_294,
            5_008_778_972_290_963_608,
        ];
        assert_eq!(hashed, wanted);
    }

    #[test]
    fn every_precision_has_its_tables() {
        assert_eq!(tables().len(), 31);
        for row in 0..15 {
            assert_eq!(tables()[1 + row].len(), tables()[16 + row].len());
        }
    }
}
