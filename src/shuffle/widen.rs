//! One type for rows of two types that differ only in where `None` may stand, so that a chunk without `None` and one
//! with it belong together.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, StructArray, new_null_array};

use crate::chunk::{ClassKind, Columns, Type, record_fields, tuple_fields};
use crate::error::Decline;
use crate::lambda::mixed;

/// The narrowest type that has the values of both, `None` apart; nothing when they differ in more.
pub fn common_type(left: &Type, right: &Type) -> Option<Type> {
    if left == right {
        return Some(left.clone());
    }
    let optional = |inner: Type| match inner {
        Type::Null | Type::Optional(_) => inner,
        inner => Type::Optional(Box::new(inner)),
    };
    Some(match (left, right) {
        (Type::Null, other) | (other, Type::Null) => optional(other.clone()),
        (Type::Optional(inner), other) | (other, Type::Optional(inner)) => {
            optional(common_type(inner, other.split_optional().0)?)
        }
        (Type::Tuple(left), Type::Tuple(right)) if left.len() == right.len() => {
            Type::Tuple(left.iter().zip(right).map(|(l, r)| common_type(l, r)).collect::<Option<_>>()?)
        }
        (Type::Record(of, left), Type::Record(other, right)) if of == other => {
            let kinds = left.iter().zip(right).map(|(l, r)| common_type(l, r));
            Type::Record(of.clone(), kinds.collect::<Option<_>>()?)
        }
        (Type::List(left), Type::List(right)) => Type::List(Box::new(common_type(left, right)?)),
        (Type::Group(left), Type::Group(right)) => Type::Group(Box::new(common_type(left, right)?)),
        (Type::Mixed, other) | (other, Type::Mixed) if can_mix(other) => Type::Mixed,
        _ => return None,
    })
}

/// Whether rows of this type have a place among those of any.
fn can_mix(kind: &Type) -> bool {
    match kind {
        Type::Group(_) | Type::Vector | Type::Real | Type::Date | Type::DateTime | Type::Delta => false,
        Type::Record(class, items) => class.kind == ClassKind::Dict && items.iter().all(can_mix),
        Type::Tuple(items) => items.iter().all(can_mix),
        Type::List(inner) | Type::Optional(inner) => can_mix(inner),
        _ => true,
    }
}

/// The same rows under a type that `common_type` made of theirs.
pub fn widen(rows: &Columns, kind: &Type) -> Columns {
    if rows.kind() == kind {
        return rows.clone();
    }
    Columns::new(widen_array(rows.array(), rows.kind(), kind), kind.clone())
}

/// The rows under exactly this type, where it has them.
pub fn fit(rows: &Columns, kind: &Type) -> Option<Columns> {
    if rows.kind() == kind {
        return Some(rows.clone());
    }
    (common_type(rows.kind(), kind)? == *kind).then(|| widen(rows, kind))
}

/// Rows of types that differ only in where `None` may stand, as one column.
pub fn concat_widened(parts: &[Columns]) -> Result<Columns, Decline> {
    let mut kind: Option<Type> = None;
    for part in parts {
        kind = Some(match &kind {
            Some(kind) => common_type(kind, part.kind())
                .ok_or_else(|| Decline::new(format!("rows of {} and of {kind}", part.kind())))?,
            None => part.kind().clone(),
        });
    }
    let kind = kind.ok_or(Decline::new("no rows"))?;
    let wide: Vec<Columns> = parts.iter().map(|part| widen(part, &kind)).collect();
    Columns::concat(&wide).ok_or(Decline::new("lists of more than 2^31 items in all"))
}

fn widen_array(array: &ArrayRef, from: &Type, to: &Type) -> ArrayRef {
    let to_kind = to.split_optional().0;
    match (from.split_optional().0, to_kind) {
        (from, to) if from == to => array.clone(),
        (Type::Null, _) => new_null_array(&to.data_type(), array.len()),
        (Type::Tuple(from), Type::Tuple(to_items)) => {
            let tuple = array.as_struct();
            let items = tuple.columns().iter().zip(from.iter().zip(to_items)).map(|(a, (f, t))| widen_array(a, f, t));
            let fields = tuple_fields(to_items);
            Arc::new(StructArray::new(fields, items.collect(), tuple.nulls().cloned()))
        }
        (Type::Record(_, from), Type::Record(class, to_items)) => {
            let record = array.as_struct();
            let items = record.columns().iter().zip(from.iter().zip(to_items)).map(|(a, (f, t))| widen_array(a, f, t));
            Arc::new(StructArray::new(record_fields(class, to_items), items.collect(), record.nulls().cloned()))
        }
        (Type::List(from), Type::List(to)) | (Type::Group(from), Type::Group(to)) => {
            let list = array.as_list::<i32>();
            let values = widen_array(list.values(), from, to);
            match to_kind.item_field() {
                Some(field) => Arc::new(ListArray::new(field, list.offsets().clone(), values, list.nulls().cloned())),
                None => array.clone(),
            }
        }
        (from_kind, Type::Mixed) => {
            let kind = if array.nulls().is_some() { from.clone() } else { from_kind.clone() };
            match mixed(&Columns::new(array.clone(), kind)) {
                Some(mixed) => Arc::new(mixed),
                None => array.clone(),
            }
        }
        _ => array.clone(),
    }
}
