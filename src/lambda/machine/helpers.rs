//! What machine code calls: total functions, which never unwind. Each takes three words and where its result goes, and
//! returns 0 or why to stop.

use super::bail::Stop;
use crate::error::{Decline, Exception};
use crate::kernel::case::convert_text;
use crate::kernel::number::{compare_int_float, float_divmod, float_pow, gcd as gcd_of, int_pow, round_digits};
use crate::kernel::parse::{parse_float, parse_int};
use crate::kernel::text::{all_in, is_space};
use crate::kernel::unicode::{Case, Set};
use crate::lambda::cells::builtins;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::mathematics;
use crate::lambda::tree::functions::Function;

/// A helper. The last argument is a place for 8 bytes in the caller's frame.
pub type Helper = extern "C" fn(i64, i64, i64, *mut i64) -> i64;

/// Gives a result.
fn give(out: *mut i64, found: Result<i64, Stop>) -> i64 {
    match found {
        Ok(value) => {
            // SAFETY: `out` is a slot of 8 bytes, aligned to 8, in the frame of the code that calls the helper.
            unsafe { out.write(value) };
            0
        }
        Err(stop) => stop as i64,
    }
}

fn float(bits: i64) -> f64 {
    f64::from_bits(bits as u64)
}

fn bits(float: f64) -> i64 {
    float.to_bits() as i64
}

fn stop_of(why: &Decline) -> Stop {
    match why.raised() {
        Some(Exception::ValueError) => Stop::Value,
        Some(Exception::ZeroDivisionError) => Stop::Zero,
        Some(Exception::TypeError) => Stop::Type,
        _ => Stop::Other,
    }
}

/// `a ** b` of ints.
pub extern "C" fn power(a: i64, b: i64, _: i64, out: *mut i64) -> i64 {
    give(out, int_pow(a, b).ok_or(if a == 0 { Stop::Zero } else { Stop::Large }))
}

/// `a ** b` of floats.
pub extern "C" fn float_power(a: i64, b: i64, _: i64, out: *mut i64) -> i64 {
    give(out, float_pow(float(a), float(b)).map(bits).ok_or(Stop::Other))
}

/// `a // b` of floats.
pub extern "C" fn float_floor_div(a: i64, b: i64, _: i64, out: *mut i64) -> i64 {
    give(out, float_divmod(float(a), float(b)).map(|(quotient, _)| bits(quotient)).ok_or(Stop::Zero))
}

/// `a % b` of floats.
pub extern "C" fn float_mod(a: i64, b: i64, _: i64, out: *mut i64) -> i64 {
    give(out, float_divmod(float(a), float(b)).map(|(_, rest)| bits(rest)).ok_or(Stop::Zero))
}

/// How an int compares with a float: -1, 0, 1, or 2 with a nan.
pub extern "C" fn order_int_float(a: i64, b: i64, _: i64, out: *mut i64) -> i64 {
    give(out, Ok(compare_int_float(a, float(b)).map_or(2, |order| order as i64)))
}

/// `math.gcd`
pub extern "C" fn gcd(a: i64, b: i64, _: i64, out: *mut i64) -> i64 {
    give(out, gcd_of(a, b).ok_or(Stop::Other))
}

/// `round(value, digits)`
pub extern "C" fn round_to(value: i64, digits: i64, _: i64, out: *mut i64) -> i64 {
    give(out, round_digits(float(value), digits).map(bits).ok_or(Stop::Other))
}

/// A function of one float, by its number among [`ONE_FLOAT`], which gives a float or an int.
pub extern "C" fn of_float(number: i64, value: i64, _: i64, out: *mut i64) -> i64 {
    let cell = Cell::Float(float(value));
    let found = ONE_FLOAT.get(number as usize).map(|function| match function {
        Function::Int | Function::Round => builtins::call(*function, vec![cell]),
        _ => mathematics::call(*function, &[cell]),
    });
    let found = match found {
        Some(Ok(Cell::Float(found))) => Ok(bits(found)),
        Some(Ok(Cell::Int(found))) => Ok(found),
        Some(Ok(Cell::Bool(found))) => Ok(i64::from(found)),
        Some(Err(why)) => Err(stop_of(&why)),
        _ => Err(Stop::Other),
    };
    give(out, found)
}

/// Functions of one float.
pub const ONE_FLOAT: &[Function] = &[
    Function::Int,
    Function::Round,
    Function::Floor,
    Function::Ceil,
    Function::Trunc,
    Function::IsNan,
    Function::IsInf,
    Function::IsFinite,
    Function::Sqrt,
    Function::Fabs,
    Function::Exp,
    Function::Log,
    Function::Log2,
    Function::Log10,
    Function::Sin,
    Function::Cos,
    Function::Tan,
    Function::Asin,
    Function::Acos,
    Function::Atan,
    Function::Degrees,
    Function::Radians,
];

fn character(code: i64) -> Result<char, Stop> {
    u32::try_from(code).ok().and_then(char::from_u32).ok_or(Stop::Other)
}

/// Whether a character is of a class: `d`, `a`, `n`, `s` as of `isdigit`, `isalpha`, `isalnum`, `isspace`.
pub extern "C" fn is_of(class: i64, code: i64, _: i64, out: *mut i64) -> i64 {
    let found = character(code).and_then(|c| {
        let table = match class {
            0 => Set::IsDigit,
            1 => Set::IsAlpha,
            2 => Set::IsAlnum,
            _ => return is_space(c).map_err(|_| Stop::Other),
        };
        all_in(c.encode_utf8(&mut [0; 4]), |_| false, table).map_err(|_| Stop::Other)
    });
    give(out, found.map(i64::from))
}

/// `lower` or `upper` of a character, where it is one.
pub extern "C" fn case_of(upper: i64, code: i64, _: i64, out: *mut i64) -> i64 {
    let case = if upper == 0 { Case::Lower } else { Case::Upper };
    let found = character(code).and_then(|c| {
        let changed = convert_text(c.encode_utf8(&mut [0; 4]), case).map_err(|_| Stop::Other)?;
        let Some(changed) = changed else { return Ok(code) };
        let mut characters = changed.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => Ok(i64::from(u32::from(only))),
            _ => Err(Stop::Other),
        }
    });
    give(out, found)
}

/// A text of the code's, whose characters have 32 bits if it is `wide`, else 8.
pub fn text(address: i64, len: i64, wide: bool) -> Result<String, Stop> {
    let len = usize::try_from(len).map_err(|_| Stop::Other)?;
    if len == 0 {
        return Ok(String::new());
    }
    if wide {
        // SAFETY: the code's texts are addresses and lengths of inputs' texts or constants, or of a slot of its frame, which
        // all live as long as the call and what is read after it, or parts of them; characters of 32 bits are aligned.
        let words = unsafe { std::slice::from_raw_parts(address as *const u32, len) };
        return words.iter().map(|word| char::from_u32(*word)).collect::<Option<_>>().ok_or(Stop::Other);
    }
    // SAFETY: as above, of ASCII characters of one byte.
    let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, len) };
    Ok(bytes.iter().map(|b| char::from(*b)).collect())
}

fn number_of(address: i64, len: i64, wide: bool, whole: bool) -> Result<i64, Stop> {
    let text = text(address, len, wide)?;
    if whole {
        parse_int(&text).ok_or_else(|| stop_of(&builtins::no_int(&text)))
    } else {
        parse_float(&text).map(bits).ok_or_else(|| stop_of(&builtins::no_float(&text)))
    }
}

/// `int(text)` where `whole` is 1, else `float(text)`.
pub extern "C" fn number(address: i64, len: i64, whole: i64, out: *mut i64) -> i64 {
    give(out, number_of(address, len, false, whole == 1))
}

/// The same of 32-bit characters.
pub extern "C" fn number_wide(address: i64, len: i64, whole: i64, out: *mut i64) -> i64 {
    give(out, number_of(address, len, true, whole == 1))
}
