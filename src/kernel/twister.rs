//! The numbers of Python's `random.Random`: Matsumoto and Nishimura's Mersenne Twister MT19937, seeded as `CPython` does it.

const N: usize = 624;
const M: usize = 397;

/// `random.Random(seed)`.
pub struct Twister {
    state: [u32; N],
    /// The state's numbers as they are given: all are made at once, several in an instruction.
    given: [u32; N],
    index: usize,
}

impl Twister {
    /// Seeded with an integer; its sign doesn't count.
    pub fn new(seed: i64) -> Self {
        let size = seed.unsigned_abs();
        let (low, high) = (size as u32, (size >> 32) as u32);
        let mut twister = Self { state: [0; N], given: [0; N], index: N };
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
        let bits = self.given[self.index];
        self.index += 1;
        bits
    }

    fn twist(&mut self) {
        let state = &mut self.state;
        // Three loops without a remainder, which the compiler turns into instructions over several numbers.
        for i in 0..N - M {
            state[i] = state[i + M] ^ twisted(state[i], state[i + 1]);
        }
        for i in N - M..N - 1 {
            state[i] = state[i + M - N] ^ twisted(state[i], state[i + 1]);
        }
        state[N - 1] = state[M - 1] ^ twisted(state[N - 1], state[0]);
        for (given, &y) in self.given.iter_mut().zip(&*state) {
            *given = tempered(y);
        }
        self.index = 0;
    }

    /// `random()`: 53 bits as a number in [0, 1).
    pub fn real(&mut self) -> f64 {
        let (a, b) = (self.bits(), self.bits());
        real_of(a, b)
    }

    /// `random()` so many times.
    pub fn reals(&mut self, mut out: &mut [f64]) {
        while !out.is_empty() {
            let pairs = out.len().min((N - self.index) / 2);
            let (first, rest) = out.split_at_mut(pairs);
            let bits = self.given[self.index..self.index + 2 * pairs].as_chunks::<2>().0;
            for (real, &[a, b]) in first.iter_mut().zip(bits) {
                *real = real_of(a, b);
            }
            self.index += 2 * pairs;
            out = rest;
            // One number may take its bits from two rounds.
            if let Some(real) = out.first_mut() {
                *real = self.real();
                out = &mut out[1..];
            }
        }
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
}

/// What a number of the state becomes, but for the number `M` further on.
#[inline]
fn twisted(this: u32, next: u32) -> u32 {
    let y = (this & 0x8000_0000) | (next & 0x7fff_ffff);
    // All ones where the number is odd: no branch, no multiplication.
    (y >> 1) ^ (0x9908_b0df & (y & 1).wrapping_neg())
}

#[inline]
fn tempered(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

#[inline]
fn real_of(a: u32, b: u32) -> f64 {
    // Signed, for which there are instructions over several numbers; 27 and 26 bits fit.
    let (a, b) = ((a >> 5) as i32, (b >> 6) as i32);
    (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0)
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
