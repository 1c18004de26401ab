//! The order of rows by key.

use super::keys::SortKeys;
use crate::chunk::Columns;
use crate::error::Decline;

/// The row numbers in Python's order of their keys: `sorted(..., reverse=not ascending)`, so that rows with equal keys
/// keep their input order in both directions. Declines keys that Python can't compare, and nan.
pub fn order(keys: &Columns, ascending: bool) -> Result<Vec<u32>, Decline> {
    if keys.len() > u32::MAX as usize {
        return Err(Decline::new("more rows than 32 bits can number"));
    }
    if keys.len() <= 1 {
        return Ok((0..keys.len() as u32).collect());
    }
    let keys_of = SortKeys::new(keys)?;
    Ok(match &keys_of {
        SortKeys::Words(words) => by_words(words, ascending),
        _ => by_bytes(&keys_of, keys.len(), ascending),
    })
}

/// The row number decides between equal keys, so an unstable sort is stable.
fn by_words(words: &[u64], ascending: bool) -> Vec<u32> {
    let flip = if ascending { 0 } else { u64::MAX };
    let mut pairs: Vec<(u64, u32)> = words.iter().enumerate().map(|(row, word)| (word ^ flip, row as u32)).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, row)| row).collect()
}

/// Compares the first eight bytes as one number and looks at the rest only when they are equal.
fn by_bytes(keys: &SortKeys<'_>, len: usize, ascending: bool) -> Vec<u32> {
    let mut pairs: Vec<(u64, u32)> = (0..len).map(|row| (prefix(keys.bytes(row)), row as u32)).collect();
    let compare = |a: &(u64, u32), b: &(u64, u32)| {
        a.0.cmp(&b.0).then_with(|| keys.bytes(a.1 as usize).cmp(keys.bytes(b.1 as usize)))
    };
    if ascending {
        pairs.sort_unstable_by(|a, b| compare(a, b).then(a.1.cmp(&b.1)));
    } else {
        pairs.sort_unstable_by(|a, b| compare(b, a).then(a.1.cmp(&b.1)));
    }
    pairs.into_iter().map(|(_, row)| row).collect()
}

fn prefix(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let len = bytes.len().min(8);
    first[..len].copy_from_slice(&bytes[..len]);
    u64::from_be_bytes(first)
}
