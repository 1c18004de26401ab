//! Arithmetic on single numbers as `CPython` does it. `None` where it would raise, or where 64 bits don't hold it.

use std::cmp::Ordering;

/// `a // b` of ints.
pub fn int_floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// `a % b` of ints: the sign of the divisor.
pub fn int_mod(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let rest = a.wrapping_rem(b);
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// `(a // by, a % by)` of many ints by one: a division of doubles takes a fraction of the time of one of ints.
pub fn int_divmod_by(by: i64) -> impl Fn(i64) -> Option<(i64, i64)> {
    // So far doubles are exact, and a quotient is at most one off.
    const EXACT: u64 = 1 << 52;
    let near = (1..1 << 31).contains(&by);
    let divisor = by as f64;
    move |a| {
        if !near || a.unsigned_abs() >= EXACT {
            return Some((int_floor_div(a, by)?, int_mod(a, by)?));
        }
        let quotient = (a as f64 / divisor) as i64;
        let rest = a - quotient * by;
        Some(match rest {
            ..0 => (quotient - 1, rest + by),
            _ if rest >= by => (quotient + 1, rest - by),
            _ => (quotient, rest),
        })
    }
}

/// `a ** b` of ints with `b >= 0`.
pub fn int_pow(a: i64, b: i64) -> Option<i64> {
    match (a, b) {
        (_, ..=-1) => None,
        (1, _) | (_, 0) => Some(1),
        (0, _) => Some(0),
        (-1, _) => Some(if b % 2 == 0 { 1 } else { -1 }),
        _ => a.checked_pow(u32::try_from(b).ok()?),
    }
}

/// `a << b` of ints.
pub fn int_shift_left(a: i64, b: i64) -> Option<i64> {
    match (a, b) {
        (_, ..=-1) => None,
        (0, _) => Some(0),
        (_, 0..=62) => {
            let shifted = a << b;
            (shifted >> b == a).then_some(shifted)
        }
        _ => None,
    }
}

/// `a >> b` of ints.
pub fn int_shift_right(a: i64, b: i64) -> Option<i64> {
    (b >= 0).then(|| a >> b.min(63))
}

/// `a / b` of ints: correctly rounded, as long as both are exact as floats.
pub fn int_true_div(a: i64, b: i64) -> Option<f64> {
    const EXACT: u64 = 1 << 53;
    (b != 0 && a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT).then(|| a as f64 / b as f64)
}

/// `divmod(a, b)` of floats, by `CPython`'s own steps.
pub fn float_divmod(a: f64, b: f64) -> Option<(f64, f64)> {
    if b == 0.0 {
        return None;
    }
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    let floor = if quotient == 0.0 {
        0f64.copysign(a / b)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    };
    Some((floor, rest))
}

/// `a ** b` of floats: only where the C library is simply asked, and answers.
#[expect(clippy::float_cmp, reason = "whole numbers are exact")]
pub fn float_pow(a: f64, b: f64) -> Option<f64> {
    if !a.is_finite() || !b.is_finite() || (a == 0.0 && b < 0.0) || (a < 0.0 && b.floor() != b) {
        return None;
    }
    if b == 0.0 || a.to_bits() == 1f64.to_bits() {
        return Some(1.0);
    }
    let power = a.powf(b);
    // The C library may report an underflow, which CPython then raises.
    (power == 0.0 || power.is_normal()).then_some(power)
}

/// How an int compares with a float, exactly; nothing for a nan.
pub fn compare_int_float(a: i64, b: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if b.is_nan() {
        return None;
    }
    if b >= LIMIT {
        return Some(Ordering::Less);
    }
    if b < -LIMIT {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc();
    Some(a.cmp(&(whole as i64)).then_with(|| 0f64.partial_cmp(&(b - whole)).unwrap_or(Ordering::Equal)))
}

/// The int that a whole float is, within 64 bits.
pub fn float_to_int(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

/// `round(value)`: to the nearest int, ties to the even one.
pub fn round_half_even(value: f64) -> Option<i64> {
    float_to_int(value.round_ties_even())
}

/// `round(value, digits)`: through the decimal digits, as `CPython` does.
pub fn round_digits(value: f64, digits: i64) -> Option<f64> {
    let digits = usize::try_from(digits).ok().filter(|&d| d <= 22)?;
    if !value.is_finite() {
        return None;
    }
    format!("{value:.digits$}").parse().ok()
}

/// `math.gcd`
pub fn gcd(a: i64, b: i64) -> Option<i64> {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).ok()
}

/// `sum` of floats after an exact start, as `CPython` adds: from 3.12 on with Neumaier's compensation.
#[derive(Clone, Copy, Debug)]
pub struct FloatSum {
    total: f64,
    lost: f64,
    compensated: bool,
}

impl FloatSum {
    /// Starts at a value.
    pub fn new(start: f64, compensated: bool) -> Self {
        Self { total: start, lost: 0.0, compensated }
    }

    /// Adds a float.
    pub fn add(&mut self, x: f64) {
        if !self.compensated {
            self.total += x;
            return;
        }
        let sum = self.total + x;
        self.lost += if self.total.abs() >= x.abs() { (self.total - sum) + x } else { (x - sum) + self.total };
        self.total = sum;
    }

    /// Adds an int, as a float or, where `plainly`, to the running total alone: 3.12 and 3.13 compensate floats only.
    pub fn add_int(&mut self, i: i64, plainly: bool) {
        if plainly {
            self.total += i as f64;
        } else {
            self.add(i as f64);
        }
    }

    /// The running total, and what was lost in it so far: always 0 where nothing is compensated.
    pub fn parts(self) -> (f64, f64) {
        (self.total, self.lost)
    }

    /// The sum.
    pub fn value(self) -> f64 {
        if self.compensated && self.lost != 0.0 && self.lost.is_finite() { self.total + self.lost } else { self.total }
    }
}

/// The mean of floats, computed exactly and rounded once. Nothing where that takes more than 128 bits.
pub fn exact_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.len() >= 1 << 20 {
        return None;
    }
    // Each is a whole number times a power of 2.
    let parts = values.iter().map(|value| {
        let (bits, exponent) = (value.to_bits(), (value.to_bits() >> 52 & 0x7ff) as i32);
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        let size = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        (exponent != 0x7ff).then_some((if value.is_sign_negative() { -size } else { size }, exponent.max(1) - 1075))
    });
    let parts: Vec<(i64, i32)> = parts.collect::<Option<_>>()?;
    let least = parts.iter().filter(|(size, _)| *size != 0).map(|(_, power)| *power).min();
    let Some(least) = least else { return Some(0.0) };
    let mut total = 0_i128;
    for (size, power) in parts.into_iter().filter(|(size, _)| *size != 0) {
        let shift = power - least;
        if shift > 48 {
            return None;
        }
        total += i128::from(size) << shift;
    }
    if total == 0 {
        return Some(0.0);
    }
    let (size, count) = (total.unsigned_abs(), values.len() as u128);
    let up = size.leading_zeros();
    let (quotient, rest) = ((size << up) / count, (size << up) % count);
    // 62 bits, of which the last says whether anything lies below them.
    let down = 66_u32.saturating_sub(quotient.leading_zeros());
    let lost = rest != 0 || quotient & ((1 << down) - 1) != 0;
    let kept = (quotient >> down) as u64 | u64::from(lost);
    let power = least - up as i32 + down as i32;
    // Where the answer is no subnormal, a product with a power of 2 is exact.
    if !(-900..=900).contains(&power) {
        return None;
    }
    let rounded = kept as f64 * 2_f64.powi(power);
    Some(if total < 0 { -rounded } else { rounded })
}
