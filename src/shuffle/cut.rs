//! Long lists of values cut into several rows of the same key, so that who stores and reads them never has much at once.

use std::sync::Arc;

use arrow_array::ListArray;
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use crate::chunk::{Columns, Type};

/// The pairs with no list of more than about `most` bytes, in their order; nothing where none is much longer.
pub fn cut_lists(pairs: &Columns, most: usize) -> Option<Columns> {
    let [keys, lists] = <[Columns; 2]>::try_from(pairs.items()?).ok()?;
    let Type::List(item) = lists.kind().clone() else { return None };
    let (borders, items) = lists.lists()?;
    let most = (most as u128 * items.len() as u128 / items.weight().max(1) as u128).clamp(1, 1 << 30) as i32;
    if borders.windows(2).all(|pair| pair[1] - pair[0] <= 2 * most) {
        return None;
    }
    let (mut rows, mut ends) = (Vec::with_capacity(keys.len()), vec![0]);
    for (row, pair) in borders.windows(2).enumerate() {
        let mut at = pair[0];
        loop {
            at = at.saturating_add(most).min(pair[1]);
            rows.push(row as u32);
            ends.push(at);
            if at == pair[1] {
                break;
            }
        }
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    let lists = ListArray::try_new(Arc::new(item.field("item")), offsets, items.array().clone(), None).ok()?;
    let lists = Columns::new(Arc::new(lists), Type::List(item));
    Some(Columns::tuple(vec![keys.take(&rows).ok()?, lists], rows.len()))
}
