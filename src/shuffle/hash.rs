//! `PySpark`'s `portable_hash` over a column: which partition a key goes to. Columns in, one hash a row out.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, DurationMicrosecondType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};

use super::siphash::{python_bytes_hash, python_str_hash};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::calendar::{DAY, SECOND, date_of, parts_of};
use crate::kernel::hashes::not_minus_one;
pub use crate::kernel::hashes::{python_float_hash, python_int_hash};

/// `portable_hash` of every row, as a worker with PYTHONHASHSEED=0 computes it. Declines lists, which Python can't
/// hash, and nan, which it hashes by identity.
pub fn portable_hash(keys: &Columns) -> Result<Vec<i64>, Decline> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    hash_array(keys.array(), keys.kind())
}

/// The partition of each hash: Python's modulo, never negative. `partitions` must be at least 1.
pub fn partition_ids(hashes: &[i64], partitions: usize) -> Vec<u32> {
    let n = partitions.max(1) as i64;
    if n & (n - 1) == 0 {
        return hashes.iter().map(|h| (h & (n - 1)) as u32).collect();
    }
    hashes.iter().map(|h| h.rem_euclid(n) as u32).collect()
}

/// `PySpark`'s own rule for tuples, over the portable hashes of the items.
#[derive(Clone, Copy)]
pub struct TupleHash(i64);

impl TupleHash {
    /// The hash of no items yet.
    pub fn new() -> Self {
        Self(0x34_5678)
    }

    /// Takes the next item's hash in.
    pub fn push(&mut self, item: i64) {
        self.0 = (self.0 ^ item).wrapping_mul(1_000_003) & i64::MAX;
    }

    /// The tuple's hash; `len` is its length.
    pub fn finish(self, len: usize) -> i64 {
        not_minus_one(self.0 ^ len as i64)
    }
}

impl Default for TupleHash {
    fn default() -> Self {
        Self::new()
    }
}

fn hash_array(array: &ArrayRef, kind: &Type) -> Result<Vec<i64>, Decline> {
    let len = array.len();
    Ok(match kind {
        Type::Null => vec![0; len],
        Type::Bool => array.as_boolean().values().iter().map(i64::from).collect(),
        Type::Int => array.as_primitive::<Int64Type>().values().iter().map(|v| python_int_hash(*v)).collect(),
        Type::Float => hash_floats(array)?,
        Type::Str => array.as_string_view().iter().map(|s| python_str_hash(s.unwrap_or_default())).collect(),
        Type::Bytes => array.as_binary_view().iter().map(|b| python_bytes_hash(b.unwrap_or_default())).collect(),
        Type::Date => {
            let days = array.as_primitive::<Date32Type>().values();
            days.iter().map(|day| python_bytes_hash(&date_bytes(i64::from(*day)))).collect()
        }
        Type::DateTime => {
            let times = array.as_primitive::<TimestampMicrosecondType>().values();
            times.iter().map(|time| python_bytes_hash(&time_bytes(*time))).collect()
        }
        Type::Delta => {
            array.as_primitive::<DurationMicrosecondType>().values().iter().map(|of| delta_hash(*of)).collect()
        }
        // A named tuple or a Row is hashed as the tuple that it is.
        Type::Record(class, _) if !class.is_tuple() => return Err(Decline::new("objects are hashed by Python")),
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            let mut rows = vec![TupleHash::new(); len];
            for (item, kind) in array.as_struct().columns().iter().zip(kinds) {
                for (row, hash) in rows.iter_mut().zip(hash_array(item, kind)?) {
                    row.push(hash);
                }
            }
            rows.into_iter().map(|row| row.finish(kinds.len())).collect()
        }
        Type::List(_) | Type::Group(_) | Type::Vector | Type::Real | Type::Mixed => {
            return Err(Decline::new("lists and groups are hashed by Python"));
        }
        Type::Optional(inner) => {
            let mut hashes = hash_array(array, inner)?;
            if let Some(nulls) = array.nulls() {
                for (hash, valid) in hashes.iter_mut().zip(nulls) {
                    *hash = if valid { *hash } else { 0 };
                }
            }
            hashes
        }
    })
}

/// What a `date` hashes.
fn date_bytes(day: i64) -> [u8; 4] {
    let (year, month, day) = date_of(day);
    [(year >> 8) as u8, year as u8, month as u8, day as u8]
}

/// What a naive `datetime` hashes.
fn time_bytes(time: i64) -> [u8; 10] {
    let [year, month, day, hour, minute, second, micro] = parts_of(time);
    let parts = [year >> 8, year, month, day, hour, minute, second, micro >> 16, micro >> 8, micro];
    parts.map(|part| part as u8)
}

/// The hash of a `timedelta`: that of a tuple, by `CPython`'s own rule, of days, seconds and microseconds.
fn delta_hash(micros: i64) -> i64 {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let rest = micros.rem_euclid(DAY);
    let mut hash = PRIME_5;
    for item in [micros.div_euclid(DAY), rest / SECOND, rest % SECOND] {
        let lane = python_int_hash(item) as u64;
        hash = hash.wrapping_add(lane.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
    }
    hash = hash.wrapping_add(3 ^ PRIME_5 ^ 0x0035_d373);
    if hash == u64::MAX { 1_546_275_796 } else { hash as i64 }
}

fn hash_floats(array: &ArrayRef) -> Result<Vec<i64>, Decline> {
    let floats = array.as_primitive::<Float64Type>();
    let hash = |i: usize| if array.is_null(i) { Some(0) } else { python_float_hash(floats.value(i)) };
    let hashes: Option<Vec<i64>> = (0..array.len()).map(hash).collect();
    hashes.ok_or_else(|| Decline::new("nan is hashed by identity"))
}
