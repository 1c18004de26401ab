//! Keeping the rows whose mask is true.

use arrow_array::{Array, ArrayRef, BooleanArray};

use crate::error::Decline;

/// The rows of `array` where `mask` is true; strings share their buffers. `mask` has no nulls and `array`'s length.
pub fn filter(array: &ArrayRef, mask: &BooleanArray) -> Result<ArrayRef, Decline> {
    match mask.true_count() {
        0 => Ok(array.slice(0, 0)),
        kept if kept == array.len() => Ok(array.clone()),
        _ => arrow_select::filter::filter(array.as_ref(), mask).map_err(|e| Decline::new(e.to_string())),
    }
}
