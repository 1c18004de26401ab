//! Where a byte stands in the texts of a column: what is split there is cut only where somebody looks.

use arrow_array::{Array, StringViewArray};

use super::views::Source;

/// The places of one byte in every row.
#[derive(Clone, Debug)]
pub struct Cuts {
    /// Counted from the beginning of the row's text.
    places: Vec<u32>,
    /// Where each row's places begin; one more than there are rows.
    rows: Vec<u32>,
}

impl Cuts {
    /// The places of an ASCII character; `None` if there are too many to count. No row may be null.
    pub fn new(texts: &StringViewArray, byte: u8) -> Option<Self> {
        let buffers = texts.data_buffers();
        let mut places = Vec::with_capacity(8 * texts.len());
        let mut rows = Vec::with_capacity(texts.len() + 1);
        rows.push(0);
        for &view in texts.views() {
            let mut room = [0; 32];
            // SAFETY: the view comes from the array whose buffers these are.
            let source = unsafe { Source::new(view, buffers, &mut room) };
            let mut base = 0;
            let (blocks, rest) = source.bytes().as_chunks::<64>();
            for block in blocks {
                add(hits(block, byte), base, &mut places);
                base += 64;
            }
            if !rest.is_empty() {
                let mut block = [!byte; 64];
                block[..rest.len()].copy_from_slice(rest);
                add(hits(&block, byte), base, &mut places);
            }
            rows.push(u32::try_from(places.len()).ok()?);
        }
        Some(Self { places, rows })
    }

    /// The places in a row.
    #[inline]
    pub fn of(&self, row: usize) -> &[u32] {
        &self.places[self.rows[row] as usize..self.rows[row + 1] as usize]
    }
}

#[inline]
fn add(mut hits: u64, base: u32, places: &mut Vec<u32>) {
    while hits != 0 {
        places.push(base + hits.trailing_zeros());
        hits &= hits - 1;
    }
}

/// A bit for each byte that is the wanted one.
#[cfg(target_arch = "x86_64")]
#[inline]
fn hits(block: &[u8; 64], byte: u8) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    let mut hits = 0;
    for (at, part) in block.as_chunks::<16>().0.iter().enumerate() {
        // SAFETY: every x86_64 has SSE2; the 16 bytes are there, and the load asks for no alignment.
        let mask = unsafe {
            let part = _mm_loadu_si128(part.as_ptr().cast());
            _mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8(byte.cast_signed())))
        };
        hits |= u64::from(mask as u16) << (16 * at);
    }
    hits
}

/// A bit for each byte that is the wanted one.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn hits(block: &[u8; 64], byte: u8) -> u64 {
    block.iter().enumerate().fold(0, |hits, (at, b)| hits | u64::from(*b == byte) << at)
}

#[cfg(test)]
mod tests {
    use arrow_array::StringViewArray;

    use super::Cuts;

    #[test]
    fn places_are_those_of_the_byte() {
        let long = "ab,".repeat(100);
        let texts = ["", ",", "a,b", "no", &long, "é,ü,한국어,", ",,,,,,,,,,,,,"];
        let cuts = Cuts::new(&StringViewArray::from_iter_values(texts), b',')
            .map(|cuts| (0..texts.len()).map(|row| cuts.of(row).to_vec()).collect::<Vec<_>>());
        let expected = texts.map(|text| text.match_indices(',').map(|(at, _)| at as u32).collect::<Vec<_>>());
        assert_eq!(cuts, Some(expected.to_vec()));
    }
}
