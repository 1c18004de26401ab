//! `len` of strings, in code points.

use arrow_array::StringViewArray;

use super::views::{INLINE, Source};

const HIGH: u128 = 0x8080_8080_8080_8080_8080_8080u128 << 32;

/// The length of each string. Null rows count as whatever their view says.
pub fn lengths(input: &StringViewArray) -> Vec<i64> {
    let buffers = input.data_buffers();
    input
        .views()
        .iter()
        .map(|&view| {
            let len = view as u32 as usize;
            if len <= INLINE && view & HIGH == 0 {
                return len as i64;
            }
            let mut room = [0u8; 32];
            // SAFETY: the view comes from the array whose buffers these are.
            text_length(unsafe { Source::new(view, buffers, &mut room) }.bytes())
        })
        .collect()
}

/// The number of code points of a text in UTF-8.
#[inline]
pub fn text_length(bytes: &[u8]) -> i64 {
    bytes.iter().filter(|&&b| b & 0xC0 != 0x80).count() as i64
}
