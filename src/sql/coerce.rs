//! Which common type values of several types get, as Spark's ANSI type coercion finds it, and decimals' precision.

use super::scope::same_name;
use super::types::{Field, Type};

/// The most digits that a decimal has.
const MOST: i32 = 38;

/// A decimal of this precision and scale, cut to what fits as Spark does: at least six digits behind the point stay.
pub fn decimal(precision: i32, scale: i32) -> Type {
    if precision <= MOST {
        return Type::Decimal(precision as u8, scale as i8);
    }
    let whole = precision - scale;
    let least = scale.min(6);
    Type::Decimal(MOST as u8, (MOST - whole).max(least) as i8)
}

/// The decimal that holds every value of an integral type.
pub fn as_decimal(ty: &Type) -> Option<(i32, i32)> {
    match ty {
        Type::Byte => Some((3, 0)),
        Type::Short => Some((5, 0)),
        Type::Int => Some((10, 0)),
        Type::Long => Some((20, 0)),
        Type::Decimal(precision, scale) => Some((i32::from(*precision), i32::from(*scale))),
        _ => None,
    }
}

/// The type that both decimals fit in.
pub fn wider(left: (i32, i32), right: (i32, i32)) -> Type {
    let scale = left.1.max(right.1);
    let whole = (left.0 - left.1).max(right.0 - right.1);
    if whole + scale > MOST {
        return Type::Decimal(MOST as u8, (MOST - whole).max(0).min(scale) as i8);
    }
    Type::Decimal((whole + scale) as u8, scale as i8)
}

fn rank(ty: &Type) -> Option<usize> {
    [Type::Byte, Type::Short, Type::Int, Type::Long, Type::Float, Type::Double].iter().position(|each| each == ty)
}

/// The type that both become in `coalesce`, comparisons, unions and so on; None where there is none.
pub fn common(left: &Type, right: &Type) -> Option<Type> {
    common_of(left, right)
}

fn common_of(left: &Type, right: &Type) -> Option<Type> {
    if left == right {
        return Some(left.clone());
    }
    match (left, right) {
        (Type::Null, other) | (other, Type::Null) => Some(other.clone()),
        (Type::Decimal(..), other) | (other, Type::Decimal(..)) if other.is_fractional() => Some(Type::Double),
        (Type::Decimal(..), other) | (other, Type::Decimal(..)) if other.is_numeric() => {
            Some(wider(as_decimal(left)?, as_decimal(right)?))
        }
        // A long and a float meet in a double: a float can't hold it.
        (Type::Float, other) | (other, Type::Float) if other.is_integral() => Some(Type::Double),
        _ if left.is_numeric() && right.is_numeric() => {
            Some(if rank(left)? >= rank(right)? { left.clone() } else { right.clone() })
        }
        (Type::Date, Type::Timestamp) | (Type::Timestamp, Type::Date) => Some(Type::Timestamp),
        (Type::Date, Type::TimestampNtz) | (Type::TimestampNtz, Type::Date) => Some(Type::TimestampNtz),
        (Type::Timestamp, Type::TimestampNtz) | (Type::TimestampNtz, Type::Timestamp) => Some(Type::Timestamp),
        (Type::DayTime(a, b), Type::DayTime(c, d)) => Some(Type::DayTime(*a.min(c), *b.max(d))),
        (Type::YearMonth(a, b), Type::YearMonth(c, d)) => Some(Type::YearMonth(*a.min(c), *b.max(d))),
        // The ANSI rule: a string gives way to the other type, integers to a long, fractions to a double.
        (Type::String, other) | (other, Type::String) => match other {
            Type::Byte | Type::Short | Type::Int | Type::Long => Some(Type::Long),
            Type::Float | Type::Double | Type::Decimal(..) => Some(Type::Double),
            Type::Boolean | Type::Date | Type::Timestamp | Type::TimestampNtz | Type::Binary => Some(other.clone()),
            _ => None,
        },
        (Type::Array(a, an), Type::Array(b, bn)) => Some(Type::Array(Box::new(common_of(a, b)?), *an || *bn)),
        (Type::Map(ak, av, an), Type::Map(bk, bv, bn)) => {
            Some(Type::Map(Box::new(common_of(ak, bk)?), Box::new(common_of(av, bv)?), *an || *bn))
        }
        (Type::Struct(a), Type::Struct(b)) if a.len() == b.len() => {
            let fields = a.iter().zip(b).map(|(x, y)| {
                same_name(&x.name, &y.name).then_some(())?;
                Some(Field::new(&x.name, common_of(&x.ty, &y.ty)?, x.nullable || y.nullable))
            });
            Some(Type::Struct(fields.collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// The common type of all.
pub fn common_all<'a>(types: impl IntoIterator<Item = &'a Type>) -> Option<Type> {
    types.into_iter().try_fold(Type::Null, |so_far, ty| common(&so_far, ty))
}

/// Whether an argument of one type is taken, with a cast, where another is wanted.
pub fn implicit(from: &Type, to: &Type) -> bool {
    if from == to || *from == Type::Null {
        return true;
    }
    match (from, to) {
        (Type::Struct(a), Type::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(x, y)| implicit(&x.ty, &y.ty))
        }
        (Type::Struct(_), _) | (_, Type::Struct(_)) => false,
        (_, Type::String) => !from.is_nested() && *from != Type::Binary,
        (Type::String, _) => to.is_numeric() || to.is_time() || *to == Type::Binary || *to == Type::Boolean,
        (Type::Decimal(..), Type::Float | Type::Double) => true,
        (Type::Decimal(..), other) if other.is_integral() => false,
        (other, Type::Decimal(..)) => other.is_numeric(),
        (Type::Date, Type::Timestamp | Type::TimestampNtz) | (Type::Timestamp | Type::TimestampNtz, Type::Date) => true,
        (Type::Timestamp, Type::TimestampNtz) | (Type::TimestampNtz, Type::Timestamp) => true,
        (Type::Array(a, _), Type::Array(b, _)) => implicit(a, b),
        (Type::Map(ak, av, _), Type::Map(bk, bv, _)) => implicit(ak, bk) && implicit(av, bv),
        _ => match (rank(from), rank(to)) {
            (Some(from), Some(to)) => from <= to,
            _ => false,
        },
    }
}
