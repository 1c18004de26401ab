//! As `cells/tables.rs`, of whole columns. Each answers `None` when it has no kernel for the operands.

use std::sync::Arc;

use super::frame::Value;
use super::numbers::{Numbers, floats, ints};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::hashes::python_int_hash;
use crate::kernel::strings::map_text;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::tables::table;
use crate::lambda::tree::functions::Function;

/// A function of `cells/tables.rs`.
pub fn call(function: Function, args: &[Value]) -> Result<Option<Columns>, Decline> {
    Ok(match (function, args) {
        (Function::Translate, [text, Value::One(pairs)]) => {
            let Some(strings) = text.strings() else { return Ok(None) };
            let table = table(pairs)?;
            let made = map_text(strings, |s, out| {
                table.write(s, out);
                Ok(())
            })?;
            Some(Columns::new(Arc::new(made), Type::Str))
        }
        (
            Function::Bisect,
            [Value::One(Cell::Tuple(items)), of @ Value::Each(columns), Value::One(Cell::Bool(right))],
        ) => match columns.kind() {
            Type::Int => whole(items).zip(ints(of)).map(|(bounds, of)| places(&bounds, &of, *right)),
            Type::Float => real(items).zip(floats(of)).map(|(bounds, of)| places(&bounds, &of, *right)),
            _ => None,
        },
        (Function::Hash, [of @ Value::Each(columns)]) if *columns.kind() == Type::Int => {
            ints(of).map(|of| Columns::ints(of.slice().iter().map(|i| python_int_hash(*i)).collect()))
        }
        _ => None,
    })
}

/// What `type(x).__name__` is of all rows of a type, where that is one.
pub fn type_name(kind: &Type) -> Option<&'static str> {
    Some(match kind {
        Type::Null => "NoneType",
        Type::Bool => "bool",
        Type::Int => "int",
        Type::Float => "float",
        Type::Str => "str",
        Type::Bytes => "bytes",
        Type::Date => "date",
        Type::DateTime => "datetime",
        Type::Delta => "timedelta",
        Type::Tuple(_) => "tuple",
        Type::List(_) => "list",
        Type::Mixed | Type::Record(..) | Type::Group(_) | Type::Vector | Type::Real | Type::Optional(_) => return None,
    })
}

fn whole(items: &[Cell<'_>]) -> Option<Vec<i64>> {
    items.iter().map(|item| if let Cell::Int(i) = item { Some(*i) } else { None }).collect()
}

/// Numbers that are exact as floats.
fn real(items: &[Cell<'_>]) -> Option<Vec<f64>> {
    let one = |item: &Cell<'_>| match item {
        Cell::Float(f) => Some(*f),
        Cell::Int(i) if i.unsigned_abs() <= 1 << 53 => Some(*i as f64),
        _ => None,
    };
    items.iter().map(one).collect()
}

/// Where each number goes; the steps are Python's own, whatever the order of the bounds.
fn places<T: Copy + PartialOrd>(bounds: &[T], of: &Numbers<'_, T>, right: bool) -> Columns {
    let place = |number: &T| {
        let (mut low, mut high) = (0, bounds.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "of a nan neither holds")]
            let before = if right { !(*number < bounds[middle]) } else { bounds[middle] < *number };
            if before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low as i64
    };
    Columns::ints(of.slice().iter().map(place).collect())
}
