//! The order of rows by key.

use std::cmp::Ordering;

use super::keys::SortKeys;
use super::radix::sort_packed;
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
    let flip = if ascending { 0 } else { u64::MAX };
    let keys_of = match SortKeys::new(keys)? {
        SortKeys::Words(mut words) => {
            for word in &mut words {
                *word ^= flip;
            }
            return Ok(by_words(&words, None));
        }
        others => others,
    };
    let skip = common_prefix(&keys_of, keys.len());
    let words: Vec<u64> = (0..keys.len()).map(|row| keys_of.word(row, skip) ^ flip).collect();
    let bytes = |row: u32| &keys_of.bytes(row as usize)[skip..];
    let rest = |a, b| if ascending { bytes(a).cmp(bytes(b)) } else { bytes(b).cmp(bytes(a)) };
    Ok(by_words(&words, Some(&rest)))
}

/// How many first bytes all rows share.
fn common_prefix(keys: &SortKeys, len: usize) -> usize {
    let first = keys.bytes(0);
    let mut common = first.len();
    for row in 1..len {
        let bytes = keys.bytes(row);
        common = common.min(bytes.len());
        if bytes[..common] != first[..common] {
            common = bytes.iter().zip(first).take_while(|(a, b)| a == b).count();
        }
        if common == 0 {
            break;
        }
    }
    common
}

/// The rows in the order of their words, where those are equal in that of `rest`, and then in their own.
///
/// As many leading bits of each word as there is room for share 64 bits with the row's number: those are what is
/// sorted, and only runs that are equal in them are looked at again.
fn by_words(words: &[u64], rest: Option<&dyn Fn(u32, u32) -> Ordering>) -> Vec<u32> {
    let (mut least, mut most) = (u64::MAX, 0);
    for word in words {
        least = least.min(*word);
        most = most.max(*word);
    }
    let row_bits = u64::BITS - (words.len() as u64 - 1).leading_zeros();
    let word_bits = u64::BITS - (most - least).leading_zeros();
    let dropped = (word_bits + row_bits).saturating_sub(u64::BITS);
    let pack = |(row, word): (usize, &u64)| ((word - least) >> dropped) << row_bits | row as u64;
    let mut packed: Vec<u64> = words.iter().enumerate().map(pack).collect();
    sort_packed(&mut packed, row_bits, word_bits - dropped);
    let mask = (1 << row_bits) - 1;
    let mut rows: Vec<u32> = packed.iter().map(|pair| (pair & mask) as u32).collect();
    if rest.is_none() && dropped == 0 {
        return rows;
    }
    let rest = |a: u32, b: u32| rest.map_or(Ordering::Equal, |rest| rest(a, b));
    let compare = |a: &u32, b: &u32| {
        words[*a as usize].cmp(&words[*b as usize]).then_with(|| rest(*a, *b)).then_with(|| a.cmp(b))
    };
    let mut from = 0;
    while from < rows.len() {
        let head = packed[from] >> row_bits;
        let len = packed[from..].iter().take_while(|pair| **pair >> row_bits == head).count();
        if len > 1 {
            rows[from..from + len].sort_unstable_by(compare);
        }
        from += len;
    }
    rows
}
