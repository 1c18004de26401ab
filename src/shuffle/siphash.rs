//! `SipHash`-1-3 with a zero key: what `CPython` 3.11 and later hash str and bytes with when PYTHONHASHSEED is 0.

use crate::kernel::hashes::not_minus_one;

/// `hash(b)` of bytes, or of a str's internal buffer, in a `CPython` process with hash seed 0.
pub fn python_bytes_hash(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    not_minus_one(siphash13(bytes) as i64)
}

/// `hash(s)` of a str without lone surrogates: `CPython` hashes its buffer, which has 1, 2 or 4 bytes a character,
/// as many as the largest code point needs.
pub fn python_str_hash(text: &str) -> i64 {
    if text.is_ascii() {
        return python_bytes_hash(text.as_bytes());
    }
    let largest = text.chars().max().map_or(0, u32::from);
    let buffer: Vec<u8> = if largest < 0x100 {
        text.chars().map(|c| c as u8).collect()
    } else if largest < 0x1_0000 {
        text.chars().flat_map(|c| (c as u16).to_ne_bytes()).collect()
    } else {
        text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect()
    };
    python_bytes_hash(&buffer)
}

/// `SipHash` with one compression round, three finalisation rounds and a key of zeros.
pub fn siphash13(bytes: &[u8]) -> u64 {
    let mut state: [u64; 4] =
        [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let m = u64::from_le_bytes(*word);
        state[3] ^= m;
        round(&mut state);
        state[0] ^= m;
    }
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    let m = u64::from_le_bytes(last) | ((bytes.len() as u64) << 56);
    state[3] ^= m;
    round(&mut state);
    state[0] ^= m;
    state[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut state);
    }
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}
