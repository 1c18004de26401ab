//! `hash` of numbers, which depends on no seed.

/// The prime that `CPython` reduces numbers by, 2^61 - 1.
const MODULUS: u64 = (1 << 61) - 1;

/// -1 is `CPython`'s sign of an error, so no hash is -1.
pub fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
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
