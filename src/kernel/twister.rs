//! The numbers of Python's `random.Random`: Matsumoto and Nishimura's Mersenne Twister MT19937, seeded as `CPython` does it.

const N: usize = 624;
const M: usize = 397;

/// `random.Random(seed)`.
pub struct Twister {
    state: [u32; N],
    index: usize,
}

impl Twister {
    /// Seeded with an integer; its sign doesn't count.
    pub fn new(seed: i64) -> Self {
        let size = seed.unsigned_abs();
        let (low, high) = (size as u32, (size >> 32) as u32);
        let mut twister = Self { state: [0; N], index: N };
        twister.fill(19_650_218);
        let key = [low, high];
        twister.mix(if high == 0 { &key[..1] } else { &key });
        twister
    }

    fn fill(&mut self, seed: u32) {
        self.state[0] = seed;
        for i in 1..N {
            let last = self.state[i - 1];
            self.state[i] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
    }

    /// The authors' `init_by_array`.
    fn mix(&mut self, key: &[u32]) {
        let state = &mut self.state;
        let (mut i, mut j) = (1, 0);
        let step = |state: &mut [u32; N], i: &mut usize, factor: u32, add: u32| {
            let last = state[*i - 1];
            state[*i] = (state[*i] ^ (last ^ (last >> 30)).wrapping_mul(factor)).wrapping_add(add);
            *i += 1;
            if *i >= N {
                state[0] = state[N - 1];
                *i = 1;
            }
        };
        for _ in 0..N.max(key.len()) {
            step(state, &mut i, 1_664_525, key[j].wrapping_add(j as u32));
            j = (j + 1) % key.len();
        }
        for _ in 0..N - 1 {
            let add = 0_u32.wrapping_sub(i as u32);
            step(state, &mut i, 1_566_083_941, add);
        }
        state[0] = 0x8000_0000;
    }

    /// The next 32 bits.
    pub fn bits(&mut self) -> u32 {
        if self.index >= N {
            self.twist();
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn twist(&mut self) {
        let state = &mut self.state;
        for i in 0..N {
            let y = (state[i] & 0x8000_0000) | (state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 0 { 0 } else { 0x9908_b0df };
            state[i] = state[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.index = 0;
    }

    /// `random()`: 53 bits as a number in [0, 1).
    pub fn real(&mut self) -> f64 {
        let (a, b) = (self.bits() >> 5, self.bits() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `randint(0, 1)`, for what it takes out of the generator.
    pub fn coin(&mut self) -> bool {
        loop {
            // Two bits, for that is how long the number 2 is.
            let drawn = self.bits() >> 30;
            if drawn < 2 {
                return drawn == 1;
            }
        }
    }

    /// A count that is distributed as Poisson has it, drawn as PySpark draws it: Knuth's products up to a mean of 20, above
    /// that the waiting times of events.
    pub fn poisson(&mut self, mean: f64) -> usize {
        let mut count = 0;
        if mean < 20.0 {
            let least = (-mean).exp();
            let mut product = self.real();
            while product > least {
                count += 1;
                product *= self.real();
            }
        } else {
            let mut waited = self.exponential(mean);
            while waited < 1.0 {
                count += 1;
                waited += self.exponential(mean);
            }
        }
        count
    }

    /// `expovariate(rate)`
    fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.real()).ln() / rate
    }
}

#[cfg(test)]
mod tests {
    use super::Twister;

    #[test]
    fn the_numbers_are_pythons() {
        let mut twister = Twister::new(17);
        let mut long = Twister::new(-5_000_000_000);
        let drawn = (long.real().to_bits(), long.coin(), long.real().to_bits());
        assert_eq!(drawn, (0.086_660_101_673_547_54_f64.to_bits(), false, 0.480_005_538_161_344_7_f64.to_bits()));
        let drawn = [twister.real().to_bits(), twister.real().to_bits()];
        assert_eq!(drawn, [0.521_983_909_712_493_2_f64.to_bits(), 0.806_690_777_118_679_1_f64.to_bits()]);
    }
}
