//! Rows of one type in an Arrow array.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, ListArray, StructArray, UInt32Array, make_array, new_empty_array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};

use super::kind::{Type, record_fields, tuple_fields};
use super::record::Class;
use crate::error::Decline;

/// The offsets of a column of lists have 31 bits.
pub const MOST_LIST_ITEMS: usize = i32::MAX as usize;

/// One Arrow array whose rows all have `kind`'s type. Invariant: `array.data_type() == kind.data_type()`, and there
/// are nulls only where `kind` is `Optional` or `Null`.
#[derive(Clone, Debug)]
pub struct Columns {
    array: ArrayRef,
    kind: Type,
}

impl Columns {
    /// Wraps an array of the given type. The caller keeps the invariant; debug builds check it.
    pub fn new(array: ArrayRef, kind: Type) -> Self {
        debug_assert_eq!(array.data_type(), &kind.data_type());
        Self { array, kind }
    }

    /// Ints, without `None`.
    pub fn ints(values: Vec<i64>) -> Self {
        Self::new(Arc::new(Int64Array::from(values)), Type::Int)
    }

    /// No rows, of the given type.
    pub fn empty(kind: Type) -> Self {
        Self { array: new_empty_array(&kind.data_type()), kind }
    }

    /// Tuples whose items are the given columns, all of length `len`.
    pub fn tuple(items: Vec<Columns>, len: usize) -> Self {
        let kinds: Vec<Type> = items.iter().map(|c| c.kind.clone()).collect();
        let arrays: Vec<ArrayRef> = items.into_iter().map(|c| c.array).collect();
        let array = if arrays.is_empty() {
            StructArray::new_empty_fields(len, None)
        } else {
            StructArray::new(tuple_fields(&kinds), arrays, None)
        };
        Self { array: Arc::new(array), kind: Type::Tuple(kinds) }
    }

    /// The same values, of which those are `None` that `nulls` says, whatever was before. The type says whether any is.
    pub fn with_nulls(&self, nulls: Option<NullBuffer>) -> Result<Self, Decline> {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let inner = self.kind.split_optional().0.clone();
        let kind = if nulls.is_some() { Type::Optional(Box::new(inner)) } else { inner };
        let data = self.array.to_data().into_builder().nulls(nulls).build();
        Ok(Self { array: make_array(data.map_err(|e| Decline::new(e.to_string()))?), kind })
    }

    /// One row: the list of these; nothing when they are too many for a list.
    pub fn list_of(items: Columns) -> Option<Self> {
        let kind = Type::List(Box::new(items.kind.clone()));
        let offsets = OffsetBuffer::new(vec![0, i32::try_from(items.len()).ok()?].into());
        let array = ListArray::try_new(kind.item_field()?, offsets, items.array, None).ok()?;
        Some(Self { array: Arc::new(array), kind })
    }

    /// The items of a tuple column that has no `None` rows, as columns.
    pub fn items(&self) -> Option<Vec<Columns>> {
        let Type::Tuple(kinds) = &self.kind else { return None };
        let s = self.array.as_any().downcast_ref::<StructArray>()?;
        Some(kinds.iter().zip(s.columns()).map(|(k, a)| Self { array: a.clone(), kind: k.clone() }).collect())
    }

    /// Records of a class, with a column for each of its names.
    pub fn record(class: Arc<Class>, items: Vec<Columns>, nulls: Option<NullBuffer>) -> Result<Self, Decline> {
        let (arrays, kinds): (Vec<ArrayRef>, Vec<Type>) = items.into_iter().map(|c| (c.array, c.kind)).unzip();
        if kinds.len() != class.names.len() {
            return Err(Decline::new("a record of another number of values"));
        }
        let array = StructArray::try_new(record_fields(&class, &kinds), arrays, nulls);
        let array = array.map_err(|e| Decline::new(e.to_string()))?;
        let kind = Type::Record(class, kinds);
        let kind = if array.nulls().is_some() { Type::Optional(Box::new(kind)) } else { kind };
        Ok(Self { array: Arc::new(array), kind })
    }

    /// What records that have no `None` among them hold, as columns, with their class.
    pub fn held(&self) -> Option<(&Arc<Class>, Vec<Columns>)> {
        let Type::Record(class, kinds) = &self.kind else { return None };
        let s = self.array.as_any().downcast_ref::<StructArray>()?;
        let items = kinds.iter().zip(s.columns()).map(|(k, a)| Self { array: a.clone(), kind: k.clone() });
        Some((class, items.collect()))
    }

    /// The items of tuples, or of records that are tuples, of two.
    pub fn pair(&self) -> Option<[Columns; 2]> {
        let items = match self.held() {
            Some((class, items)) => class.is_tuple().then_some(items)?,
            None => self.items()?,
        };
        items.try_into().ok()
    }

    /// The rows, which are lists without `None`, as the groups of `groupByKey`. The storage is shared.
    pub fn list_as_group(&self) -> Option<Columns> {
        let Type::List(item) = &self.kind else { return None };
        self.relabelled(Type::Group(item.clone()))
    }

    /// The rows, which are groups without `None`, as lists. The storage is shared.
    pub fn group_as_list(&self) -> Option<Columns> {
        let Type::Group(item) = &self.kind else { return None };
        self.relabelled(Type::List(item.clone()))
    }

    /// The rows, which are lists of floats without `None`, as numpy's vectors. The storage is shared.
    pub fn list_as_vector(&self) -> Option<Columns> {
        let Type::List(item) = &self.kind else { return None };
        if **item == Type::Float { self.relabelled(Type::Vector) } else { None }
    }

    /// numpy's vectors, by their borders and elements, of which those are `None` that `nulls` says.
    pub fn of_vectors(
        offsets: OffsetBuffer<i32>,
        elements: Vec<f64>,
        nulls: Option<NullBuffer>,
    ) -> Result<Self, Decline> {
        let field = Type::Vector.item_field().ok_or(Decline::new("vectors that are no lists"))?;
        let kind = if nulls.is_some() { Type::Optional(Box::new(Type::Vector)) } else { Type::Vector };
        let array = ListArray::try_new(field, offsets, Arc::new(Float64Array::from(elements)), nulls);
        Ok(Self { array: Arc::new(array.map_err(|e| Decline::new(e.to_string()))?), kind })
    }

    /// Borders and elements of a column of vectors without `None`.
    pub fn vectors(&self) -> Option<(&[i32], &[f64])> {
        let Type::Vector = &self.kind else { return None };
        let lists = self.array.as_any().downcast_ref::<ListArray>()?;
        let elements = lists.values().as_any().downcast_ref::<Float64Array>()?;
        Some((lists.value_offsets(), elements.values()))
    }

    fn relabelled(&self, kind: Type) -> Option<Columns> {
        let lists = self.array.as_any().downcast_ref::<ListArray>()?;
        let (offsets, values) = (lists.offsets().clone(), lists.values().clone());
        let array = ListArray::try_new(kind.item_field()?, offsets, values, lists.nulls().cloned()).ok()?;
        Some(Self { array: Arc::new(array), kind })
    }

    /// The borders and the items of each row, when the rows are lists or groups without `None`. Borders count from 0
    /// on, and no items are left out.
    pub fn lists(&self) -> Option<(Vec<i32>, Columns)> {
        let (Type::List(item) | Type::Group(item)) = &self.kind else { return None };
        let lists = self.array.as_any().downcast_ref::<ListArray>()?;
        let offsets = lists.value_offsets();
        let (from, to) = (*offsets.first()?, *offsets.last()?);
        let items =
            Columns { array: lists.values().slice(from as usize, (to - from) as usize), kind: (**item).clone() };
        Some((offsets.iter().map(|offset| offset - from).collect(), items))
    }

    /// The array.
    pub fn array(&self) -> &ArrayRef {
        &self.array
    }

    /// The rows' type.
    pub fn kind(&self) -> &Type {
        &self.kind
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// Rows `from .. from + len`, sharing storage.
    #[must_use]
    pub fn slice(&self, from: usize, len: usize) -> Self {
        Self { array: self.array.slice(from, len), kind: self.kind.clone() }
    }

    /// The rows at `indices`, in that order. Declines only where an index comes twice and the lists of the result would
    /// hold more items than 31 bits can number.
    pub fn take(&self, indices: &[u32]) -> Result<Self, Decline> {
        let indices = UInt32Array::from(indices.to_vec());
        let array = arrow_select::take::take(&self.array, &indices, None).map_err(|e| Decline::new(e.to_string()))?;
        Ok(Self { array, kind: self.kind.clone() })
    }

    /// The items of all lists, at the depth where there are most of them. Rows together can be one column only while
    /// this is at most `MOST_LIST_ITEMS`.
    pub fn list_items(&self) -> usize {
        list_items(self.array.as_ref(), &self.kind)
    }

    /// All rows of `parts` in order; `None` when the types differ, there is no part, or their lists hold too many items.
    pub fn concat(parts: &[Columns]) -> Option<Self> {
        let first = parts.first()?;
        if parts.len() == 1 {
            return Some(first.clone());
        }
        if parts.iter().any(|p| p.kind != first.kind) {
            return None;
        }
        if parts.iter().map(Self::list_items).sum::<usize>() > MOST_LIST_ITEMS {
            return None;
        }
        let arrays: Vec<&dyn Array> = parts.iter().map(|p| p.array.as_ref()).collect();
        let array = arrow_select::concat::concat(&arrays).ok()?;
        Some(Self { array, kind: first.kind.clone() })
    }
}

/// The items of each row, by their borders.
pub fn rows<'a, T>(offsets: &'a [i32], items: &'a [T]) -> impl Iterator<Item = &'a [T]> {
    offsets.windows(2).map(|row| &items[row[0] as usize..row[1] as usize])
}

fn list_items(array: &dyn Array, kind: &Type) -> usize {
    match kind {
        Type::List(item) | Type::Group(item) => array.as_any().downcast_ref::<ListArray>().map_or(0, |lists| {
            let (from, to) = (lists.offsets().first() as usize, lists.offsets().last() as usize);
            (to - from).max(list_items(lists.values().slice(from, to - from).as_ref(), item))
        }),
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            array.as_any().downcast_ref::<StructArray>().map_or(0, |tuple| {
                tuple.columns().iter().zip(kinds).map(|(item, kind)| list_items(item.as_ref(), kind)).max().unwrap_or(0)
            })
        }
        Type::Vector => list_items(array, &Type::List(Box::new(Type::Float))),
        Type::Optional(inner) => list_items(array, inner),
        _ => 0,
    }
}
