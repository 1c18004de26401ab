//! Where a key stands among sorted ones.

use std::cmp::Ordering;

use super::keys::SortKeys;
use crate::chunk::Columns;
use crate::error::Decline;
use crate::shuffle::concat_widened;

/// How many of `keys`, which are sorted in the given direction, come before `bound`, a column of one row; with `through`
/// those that equal it, too.
pub fn position(keys: &Columns, bound: &Columns, ascending: bool, through: bool) -> Result<usize, Decline> {
    if keys.is_empty() {
        return Ok(0);
    }
    let both = concat_widened(&[keys.clone(), bound.clone()])?;
    let words = SortKeys::new(&both)?;
    let (len, at) = (keys.len(), keys.len());
    let (mut from, mut to) = (0, len);
    while from < to {
        let middle = from.midpoint(to);
        let order = words.compare(middle, at);
        let before = match if ascending { order } else { order.reverse() } {
            Ordering::Less => true,
            Ordering::Equal => through,
            Ordering::Greater => false,
        };
        if before {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    Ok(from)
}
