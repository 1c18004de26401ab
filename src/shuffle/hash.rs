//! `PySpark`'s `portable_hash` over a column: which partition a key goes to. Columns in, one hash a row out.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};

use super::siphash::{not_minus_one, python_bytes_hash, python_str_hash};
use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// The prime that `CPython` reduces numbers by, 2^61 - 1.
const MODULUS: u64 = (1 << 61) - 1;

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

/// `hash(i)` of an int.
pub fn python_int_hash(value: i64) -> i64 {
    let reduced = (value.unsigned_abs() % MODULUS) as i64;
    not_minus_one(if value < 0 { -reduced } else { reduced })
}

/// `hash(x)` of a float that is not nan: the value as a fraction, modulo 2^61 - 1, so that it equals the hash of an
/// equal int.
pub fn python_float_hash(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { 314_159 } else { -314_159 });
    }
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, shift) = if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) };
    // Multiplying by 2 modulo 2^61 - 1 rotates 61 bits.
    let turn = shift.rem_euclid(61);
    let reduced = (((mantissa << turn) & MODULUS) | (mantissa >> (61 - turn))) as i64;
    Some(not_minus_one(if value < 0.0 { -reduced } else { reduced }))
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
        Type::Tuple(kinds) => {
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

fn hash_floats(array: &ArrayRef) -> Result<Vec<i64>, Decline> {
    let floats = array.as_primitive::<Float64Type>();
    let hash = |i: usize| if array.is_null(i) { Some(0) } else { python_float_hash(floats.value(i)) };
    let hashes: Option<Vec<i64>> = (0..array.len()).map(hash).collect();
    hashes.ok_or_else(|| Decline::new("nan is hashed by identity"))
}
