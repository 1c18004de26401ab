//! Functions of `math` on single values, through the same C library that `CPython` calls.

use super::cell::Cell;
use super::operate::floats;
use crate::error::{Decline, Exception};
use crate::kernel::number::{float_pow, float_to_int, gcd};
use crate::lambda::tree::functions::Function;

/// `math.function(*args)`; the number of arguments was checked.
pub fn call<'a>(function: Function, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    evaluate(function, args).ok_or_else(|| {
        let why = format!("{}() of such values", function.name());
        match raised(function, args) {
            Some(exception) => Decline::raises(exception, why),
            None => Decline::new(why),
        }
    })
}

/// What is raised certainly where there is no value: of one argument.
fn raised(function: Function, args: &[Cell<'_>]) -> Option<Exception> {
    let [arg] = args else { return None };
    if function == Function::Gcd {
        return None;
    }
    if arg.is_plain() && !matches!(arg, Cell::Bool(_) | Cell::Int(_) | Cell::Float(_)) {
        return Some(Exception::TypeError);
    }
    let (x, _) = floats(arg, &Cell::Int(0))?;
    match function {
        Function::Floor | Function::Ceil | Function::Trunc if x.is_nan() => Some(Exception::ValueError),
        Function::Floor | Function::Ceil | Function::Trunc if x.is_infinite() => Some(Exception::OverflowError),
        _ if !x.is_finite() => None,
        Function::Sqrt if x < 0.0 => Some(Exception::ValueError),
        Function::Log | Function::Log2 | Function::Log10 if x <= 0.0 => Some(Exception::ValueError),
        Function::Asin | Function::Acos if x.abs() > 1.0 => Some(Exception::ValueError),
        Function::Exp if x > 710.0 => Some(Exception::OverflowError),
        _ => None,
    }
}

/// How far apart numbers are close, by default.
const RELATIVE: f64 = 1e-9;

#[expect(clippy::float_cmp, reason = "the base 1 is exact")]
fn evaluate<'a>(function: Function, args: &[Cell<'a>]) -> Option<Cell<'a>> {
    let zero = Cell::Int(0);
    let second = args.get(1).unwrap_or(&zero);
    if let (Function::Gcd, Cell::Int(a), Cell::Int(b)) = (function, &args[0], second) {
        return gcd(*a, *b).map(Cell::Int);
    }
    if let (Function::Floor | Function::Ceil | Function::Trunc, Cell::Int(i)) = (function, &args[0]) {
        return Some(Cell::Int(*i));
    }
    let (x, y) = floats(&args[0], second)?;
    match function {
        Function::IsNan => return Some(Cell::Bool(x.is_nan())),
        Function::IsInf => return Some(Cell::Bool(x.is_infinite())),
        Function::IsFinite => return Some(Cell::Bool(x.is_finite())),
        Function::Floor => return float_to_int(x.floor()).map(Cell::Int),
        Function::Ceil => return float_to_int(x.ceil()).map(Cell::Int),
        Function::Trunc => return float_to_int(x.trunc()).map(Cell::Int),
        Function::Fabs => return Some(Cell::Float(x.abs())),
        Function::CopySign => return Some(Cell::Float(x.copysign(y))),
        Function::IsClose if x == y => return Some(Cell::Bool(true)),
        _ => {}
    }
    // Beyond here CPython treats infinities, nans and domain errors one by one.
    if !x.is_finite() || !y.is_finite() {
        return None;
    }
    let value = match function {
        Function::Sqrt if x >= 0.0 => x.sqrt(),
        Function::Exp => x.exp(),
        Function::Log if x > 0.0 && args.len() == 1 => x.ln(),
        Function::Log if x > 0.0 && y > 0.0 && y != 1.0 => x.ln() / y.ln(),
        Function::Log2 if x > 0.0 => x.log2(),
        Function::Log10 if x > 0.0 => x.log10(),
        Function::MathPow => float_pow(x, y)?,
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        Function::Tan => x.tan(),
        Function::Asin if x.abs() <= 1.0 => x.asin(),
        Function::Acos if x.abs() <= 1.0 => x.acos(),
        Function::Atan => x.atan(),
        Function::Atan2 => x.atan2(y),
        Function::Fmod if y != 0.0 => x % y,
        Function::Sinh => x.sinh(),
        Function::Cosh => x.cosh(),
        Function::Tanh => x.tanh(),
        Function::Log1p if x > -1.0 && x != 0.0 => x.ln_1p(),
        Function::Expm1 => x.exp_m1(),
        Function::IsClose => {
            let apart = (y - x).abs();
            return Some(Cell::Bool(apart <= (RELATIVE * y).abs() || apart <= (RELATIVE * x).abs()));
        }
        Function::Degrees => x * (180.0 / std::f64::consts::PI),
        Function::Radians => x * (std::f64::consts::PI / 180.0),
        _ => return None,
    };
    value.is_finite().then_some(Cell::Float(value))
}
