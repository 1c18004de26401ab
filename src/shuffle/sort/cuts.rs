//! Where sorted rows are cut into range partitions.

use std::cmp::Ordering;

use super::keys::SortKeys;
use crate::chunk::Columns;

/// The `partitions + 1` boundaries in `order`: partition i is rows `order[cuts[i]..cuts[i + 1]]`. `PySpark`'s rule with
/// every key as a sample: bound i is the key at `len * (i + 1) / partitions`, a key goes to the first bound that is
/// not less, and a descending sort mirrors the partitions. Equal keys stay together, so partitions can be empty.
pub fn cuts(keys: &Columns, order: &[u32], ascending: bool, partitions: usize) -> Vec<usize> {
    let len = order.len();
    let mut cuts = vec![0];
    // A sorted column has sort keys; with one row or none they are not looked at.
    if let (Ok(keys), true) = (SortKeys::new(keys), len > 1) {
        for cut in 1..partitions {
            cuts.push(if ascending {
                let bound = order[len * cut / partitions] as usize;
                order.partition_point(|row| keys.compare(*row as usize, bound) != Ordering::Greater)
            } else {
                let bound = order[len - 1 - len * (partitions - cut) / partitions] as usize;
                order.partition_point(|row| keys.compare(*row as usize, bound) == Ordering::Greater)
            });
        }
    } else {
        // bisect_left of the only key finds the first bound.
        cuts.resize(partitions.max(1), if ascending { len } else { 0 });
    }
    cuts.push(len);
    cuts
}
