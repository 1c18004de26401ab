//! Records: values by name, and what they do of what tuples and dicts do.

use std::sync::Arc;

use super::cell::Cell;
use super::dates;
use crate::chunk::{Class, ClassKind};
use crate::error::{Decline, Exception};
use crate::lambda::tree::functions::Function;

/// Whether it is a dict whose keys are texts.
pub fn is_dict(cell: &Cell<'_>) -> bool {
    matches!(cell, Cell::Record(class, _) if class.kind == ClassKind::Dict)
}

/// Names and values of a record, as pairs.
pub fn items(cell: Cell<'_>) -> Result<Vec<Cell<'_>>, Decline> {
    let Cell::Record(class, items) = cell else { return Err(cell.unsupported("items()")) };
    let pair = |(name, item): (&String, _)| Cell::Tuple(vec![Cell::owned(name.clone()), item]);
    Ok(class.names.iter().zip(items).map(pair).collect())
}

/// A record that is a tuple, as one; everything else as it is.
pub fn plain(cell: Cell<'_>) -> Cell<'_> {
    match cell {
        Cell::Record(class, items) if class.is_tuple() => Cell::Tuple(items),
        other => other,
    }
}

/// A function of this file; the number of arguments was checked.
pub fn call(function: Function, args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut args = args.into_iter();
    match (function, args.next(), args.next(), args.next()) {
        (Function::RecordOf, Some(Cell::Tuple(items)), Some(Cell::Record(class, _)), None)
            if items.len() == class.names.len() =>
        {
            Ok(Cell::Record(class, items))
        }
        (Function::RecordAttr, Some(of), Some(Cell::Str(name)), None) => attribute(of, &name),
        (Function::RecordDict, Some(Cell::Record(class, items)), Some(Cell::Str(method)), None) => {
            Ok(Cell::Record(Arc::new(dict_of(&class, &method)?), items))
        }
        (Function::RecordReplace, Some(Cell::Record(class, mut items)), Some(names), Some(Cell::Tuple(values))) => {
            for (at, value) in places(&class, &names)?.into_iter().zip(values) {
                items[at] = value;
            }
            Ok(Cell::Record(class, items))
        }
        (Function::RecordIs, Some(of), Some(Cell::Record(class, _)), Some(name)) => {
            let of = if let Cell::Record(of, _) = &of { Some(&**of) } else { None };
            is_of(of, &class, &name).map(Cell::Bool)
        }
        (Function::RecordMerge, Some(Cell::Record(left, items)), Some(Cell::Record(right, more)), None) => {
            let (class, items) = merged((&left, items), (&right, more))?;
            Ok(Cell::Record(Arc::new(class), items))
        }
        (function, Some(of), ..) => Err(of.unsupported(&format!("{}()", function.name()))),
        _ => Err(Decline::new("a record of nothing")),
    }
}

/// Whether a value is an instance of a class. With a name: of exactly that class, and the instance has no attribute of that
/// name itself.
pub fn is_of(of: Option<&Class>, class: &Class, name: &Cell<'_>) -> Result<bool, Decline> {
    match (of, name) {
        (Some(of), Cell::Str(name)) => Ok(of.is_class(class) && of.place(name).is_none()),
        (Some(of), _) if of.is_class(class) => Ok(true),
        // One may be derived from the other.
        (Some(of), _) if matches!(of.kind, ClassKind::Named | ClassKind::Object) => {
            Err(Decline::new("isinstance() of another class's instance"))
        }
        _ => Ok(false),
    }
}

/// `{**left, **right}`
pub fn merged<T: Clone>(left: (&Class, Vec<T>), right: (&Class, Vec<T>)) -> Result<(Class, Vec<T>), Decline> {
    let ((of, mut items), (other, more)) = (left, right);
    if of.kind != ClassKind::Dict || other.kind != ClassKind::Dict {
        return Err(Decline::new("a dict of what is none"));
    }
    let mut class = of.clone();
    for (name, item) in other.names.iter().zip(more) {
        if let Some(at) = class.place(name) {
            items[at] = item;
        } else {
            class.names.push(name.clone());
            items.push(item);
        }
    }
    Ok((class, items))
}

/// The class of what `_asdict()` or `asDict()` gives.
pub fn dict_of(class: &Class, method: &str) -> Result<Class, Decline> {
    match (class.kind, method) {
        (ClassKind::Named, "_asdict") | (ClassKind::Row, "asDict") if class.place(method).is_none() => {
            Ok(Class { kind: ClassKind::Dict, id: 0, names: class.names.clone() })
        }
        _ => Err(Decline::new(format!("{method}() of a {class}"))),
    }
}

/// Where the named values are that `_replace` puts others for.
pub fn places(class: &Class, names: &Cell<'_>) -> Result<Vec<usize>, Decline> {
    let Cell::Tuple(names) = names else { return Err(Decline::new("_replace() of no names")) };
    if class.kind != ClassKind::Named || class.place("_replace").is_some() {
        return Err(Decline::new(format!("_replace() of a {class}")));
    }
    let place = |name: &Cell<'_>| match name {
        Cell::Str(name) => class.place(name).ok_or(Decline::new("_replace() of what is no field")),
        _ => Err(Decline::new("_replace() of no name")),
    };
    names.iter().map(place).collect()
}

/// `of.name`. Anything but a field may be of the class or have no such name: the interpreter knows.
pub fn attribute<'a>(of: Cell<'a>, name: &str) -> Result<Cell<'a>, Decline> {
    match of {
        Cell::Record(class, mut items) if class.kind != ClassKind::Dict => match class.attribute(name) {
            Some(at) => Ok(items.swap_remove(at)),
            None => Err(missing(name)),
        },
        other => dates::field(&other, name).map(Cell::Int),
    }
}

/// Why there is no attribute.
pub fn missing(name: &str) -> Decline {
    Decline::new(format!("the attribute .{name}, which is no field"))
}

/// `record[key]` by a name.
pub fn by_name<'a>(class: &Class, mut items: Vec<Cell<'a>>, key: &str) -> Result<Cell<'a>, Decline> {
    match (class.kind, class.place(key)) {
        (ClassKind::Dict | ClassKind::Row, Some(at)) => Ok(items.swap_remove(at)),
        (ClassKind::Dict, None) => Err(Decline::raises(Exception::KeyError, "a key that a dict hasn't")),
        _ => Err(Decline::new("a record's item by a name")),
    }
}

/// `record.get(key, default)`
pub fn get<'a>(class: &Class, mut items: Vec<Cell<'a>>, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    match (class.kind, args) {
        (ClassKind::Dict, [Cell::Str(key), default @ ..]) if default.len() <= 1 => Ok(match class.place(key) {
            Some(at) => items.swap_remove(at),
            None => default.first().cloned().unwrap_or(Cell::None),
        }),
        _ => Err(Decline::new("get() of a record")),
    }
}

/// `item in record`, of one whose names are asked.
pub fn has(class: &Class, item: &Cell<'_>) -> Result<bool, Decline> {
    match (class.kind, item) {
        (ClassKind::Dict | ClassKind::Row, Cell::Str(name)) => Ok(class.place(name).is_some()),
        _ => Err(Decline::new("a membership test of a record")),
    }
}

/// What iterating it gives.
pub fn elements<'a>(class: &Class, items: Vec<Cell<'a>>) -> Result<Vec<Cell<'a>>, Decline> {
    match class.kind {
        ClassKind::Named | ClassKind::Row => Ok(items),
        ClassKind::Dict => Ok(class.names.iter().map(|name| Cell::owned(name.clone())).collect()),
        ClassKind::Object => Err(Decline::new("iteration of an object")),
    }
}
