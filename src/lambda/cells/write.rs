//! From values to a column: of the type that all rows have, `None` apart, or of `Type::Mixed` where they have several.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, BooleanBufferBuilder};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array,
    LargeBinaryArray, ListArray, NullArray, StructArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::cell::Cell;
use super::encoded;
use super::read::Reader;
use crate::chunk::{Class, Columns, Type};
use crate::error::Decline;
use crate::kernel::views::Views;

/// Items of all lists of a chunk. More of them are left to the interpreter, which makes them one list at a time.
pub const MOST_ITEMS: usize = 1 << 24;

/// Collects the values of a column.
pub struct Writer {
    store: Store,
    /// One bit a row: whether it is not `None`; only when one is.
    valid: Option<BooleanBufferBuilder>,
    len: usize,
    /// Whether lists may hold items of several types: most such lists `CPython` makes sooner.
    mixes: bool,
    /// Whether the rows are of one type.
    alike: bool,
}

enum Store {
    /// Nothing but `None` so far.
    Unknown,
    Bool(Vec<bool>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    Str(Views),
    Bytes(BinaryViewBuilder),
    Date(Vec<i32>),
    DateTime(Vec<i64>),
    Delta(Vec<i64>),
    Tuple(Vec<Writer>),
    Record(Arc<Class>, Vec<Writer>),
    Vector(Vec<i32>, Vec<f64>),
    /// Floats of which some may be numpy's.
    Real(Vec<f64>),
    /// Lists, or groups.
    List(Vec<i32>, Box<Writer>, bool),
    /// Values of any type: all bytes, and where each ends.
    Mixed(Vec<u8>, Vec<i64>),
}

impl Default for Writer {
    fn default() -> Self {
        Self::new(false, false)
    }
}

impl Writer {
    /// Whether lists may hold items of several types.
    pub fn mixing(lists: bool) -> Self {
        Self::new(lists, false)
    }

    fn new(mixes: bool, alike: bool) -> Self {
        Self { store: Store::Unknown, valid: None, len: 0, mixes, alike }
    }

    /// Adds a row.
    pub fn push(&mut self, cell: &Cell<'_>) -> Result<(), Decline> {
        if matches!(cell, Cell::None) {
            self.push_none();
            return Ok(());
        }
        if matches!(self.store, Store::Unknown) {
            self.store = Store::for_cell(cell, self.mixes, self.alike)?;
            for _ in 0..self.len {
                self.store.push_blank();
            }
        }
        if !self.store.push(cell)? {
            self.mix()?;
            self.store.push(cell)?;
        }
        if let Some(valid) = &mut self.valid {
            valid.append(true);
        }
        self.len += 1;
        Ok(())
    }

    /// A second type: what there is so far becomes values of any.
    fn mix(&mut self) -> Result<(), Decline> {
        let odd = || Decline::new("the rows have different types");
        if self.alike {
            return Err(odd());
        }
        let store = std::mem::replace(&mut self.store, Store::Unknown);
        let known = Self { store, valid: None, len: self.len, mixes: true, alike: false }.finish()?;
        let reader = Reader::new(&known).ok_or_else(odd)?;
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for row in 0..self.len {
            encoded::write(&reader.get(row), &mut bytes).map_err(|_| odd())?;
            ends.push(bytes.len() as i64);
        }
        self.store = Store::Mixed(bytes, ends);
        Ok(())
    }

    /// Number of rows so far.
    pub fn len(&self) -> usize {
        self.len
    }

    fn push_none(&mut self) {
        let len = self.len;
        let valid = self.valid.get_or_insert_with(|| {
            let mut valid = BooleanBufferBuilder::new(len + 64);
            valid.append_n(len, true);
            valid
        });
        valid.append(false);
        self.store.push_blank();
        self.len += 1;
    }

    /// The column.
    pub fn finish(self) -> Result<Columns, Decline> {
        let Self { store, valid, len, .. } = self;
        let nulls = valid.map(|mut bits| NullBuffer::new(bits.finish()));
        let (array, kind): (ArrayRef, Type) = match store {
            Store::Unknown => return Ok(Columns::new(Arc::new(NullArray::new(len)), Type::Null)),
            Store::Bool(v) => (Arc::new(BooleanArray::new(v.into(), nulls.clone())), Type::Bool),
            Store::Int(v) => (Arc::new(Int64Array::new(v.into(), nulls.clone())), Type::Int),
            Store::Float(v) => (Arc::new(Float64Array::new(v.into(), nulls.clone())), Type::Float),
            Store::Str(views) => (Arc::new(views.finish(nulls.clone())?), Type::Str),
            Store::Bytes(mut b) => {
                let (views, buffers, _) = b.finish().into_parts();
                // SAFETY: the builder made the views and buffers; a blank row is empty.
                (Arc::new(unsafe { BinaryViewArray::new_unchecked(views, buffers, nulls.clone()) }), Type::Bytes)
            }
            Store::Date(v) => (Arc::new(Date32Array::new(v.into(), nulls.clone())), Type::Date),
            Store::DateTime(v) => (Arc::new(TimestampMicrosecondArray::new(v.into(), nulls.clone())), Type::DateTime),
            Store::Delta(v) => (Arc::new(DurationMicrosecondArray::new(v.into(), nulls.clone())), Type::Delta),
            Store::Real(v) => (Arc::new(Float64Array::new(v.into(), nulls.clone())), Type::Real),
            Store::Mixed(bytes, ends) => {
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                let array = LargeBinaryArray::try_new(ends, Buffer::from_vec(bytes), nulls.clone());
                (Arc::new(array.map_err(|e| Decline::new(e.to_string()))?), Type::Mixed)
            }
            Store::Vector(offsets, elements) => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
                return Columns::of_vectors(offsets, elements, nulls);
            }
            Store::Tuple(writers) => {
                let items = writers.into_iter().map(Writer::finish).collect::<Result<Vec<_>, _>>()?;
                let column = Columns::tuple(items, len);
                if nulls.is_none() {
                    return Ok(column);
                }
                let Type::Tuple(kinds) = column.kind().clone() else {
                    return Err(Decline::new("a tuple column without items"));
                };
                (tuple_array(&column, nulls.clone(), len)?, Type::Tuple(kinds))
            }
            Store::Record(class, writers) => {
                let items = writers.into_iter().map(Writer::finish).collect::<Result<Vec<_>, _>>()?;
                return Columns::record(class, items, nulls);
            }
            Store::List(offsets, values, grouped) => {
                let values = values.finish()?;
                let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
                let item = Box::new(values.kind().clone());
                let kind = if grouped { Type::Group(item) } else { Type::List(item) };
                return column_of(kind, offsets, &values, nulls);
            }
        };
        let kind = if nulls.is_some() { Type::Optional(Box::new(kind)) } else { kind };
        Ok(Columns::new(array, kind))
    }
}

fn tuple_array(column: &Columns, nulls: Option<NullBuffer>, len: usize) -> Result<ArrayRef, Decline> {
    let array = column.array().as_any().downcast_ref::<StructArray>().ok_or(Decline::new("a tuple column"))?;
    if array.num_columns() == 0 {
        return Ok(Arc::new(StructArray::new_empty_fields(len, nulls)));
    }
    Ok(Arc::new(StructArray::new(array.fields().clone(), array.columns().to_vec(), nulls)))
}

/// A column of lists from the borders and the elements.
pub fn list_column(
    offsets: OffsetBuffer<i32>,
    values: &Columns,
    nulls: Option<NullBuffer>,
) -> Result<Columns, Decline> {
    column_of(Type::List(Box::new(values.kind().clone())), offsets, values, nulls)
}

/// Lists or groups.
fn column_of(
    kind: Type,
    offsets: OffsetBuffer<i32>,
    values: &Columns,
    nulls: Option<NullBuffer>,
) -> Result<Columns, Decline> {
    let field = kind.item_field().ok_or(Decline::new("lists that are no lists"))?;
    let kind = if nulls.is_some() { Type::Optional(Box::new(kind)) } else { kind };
    let array =
        ListArray::try_new(field, offsets, values.array().clone(), nulls).map_err(|e| Decline::new(e.to_string()))?;
    Ok(Columns::new(Arc::new(array), kind))
}

impl Store {
    fn for_cell(cell: &Cell<'_>, mixes: bool, alike: bool) -> Result<Self, Decline> {
        Ok(match cell {
            Cell::None => Self::Unknown,
            Cell::Bool(_) => Self::Bool(Vec::new()),
            Cell::Int(_) => Self::Int(Vec::new()),
            Cell::Float(_) => Self::Float(Vec::new()),
            Cell::Str(_) => Self::Str(Views::new(&Arc::from([]), 0)),
            Cell::Bytes(_) => Self::Bytes(BinaryViewBuilder::new()),
            Cell::Date(_) => Self::Date(Vec::new()),
            Cell::DateTime(_) => Self::DateTime(Vec::new()),
            Cell::Delta(_) => Self::Delta(Vec::new()),
            Cell::Tuple(items) => Self::Tuple(items.iter().map(|_| Writer::new(mixes, alike)).collect()),
            Cell::Record(class, items) => {
                Self::Record(class.clone(), items.iter().map(|_| Writer::new(mixes, alike)).collect())
            }
            Cell::List(_) => Self::List(vec![0], Box::new(Writer::new(mixes, !mixes)), false),
            Cell::Group(_) => Self::List(vec![0], Box::new(Writer::new(mixes, !mixes)), true),
            Cell::Vector(_) => Self::Vector(vec![0], Vec::new()),
            Cell::Real(_) => Self::Real(Vec::new()),
            Cell::Match(_) => return Err(Decline::new("a match object as a value")),
            Cell::Dict(_) | Cell::Map(..) | Cell::Set(..) => Self::Mixed(Vec::new(), vec![0]),
        })
    }

    fn push(&mut self, cell: &Cell<'_>) -> Result<bool, Decline> {
        if let (Self::Float(v), Cell::Real(_)) = (&mut *self, cell) {
            *self = Self::Real(std::mem::take(v));
        }
        match (self, cell) {
            (Self::Bool(v), Cell::Bool(b)) => v.push(*b),
            (Self::Int(v), Cell::Int(i)) => v.push(*i),
            (Self::Float(v), Cell::Float(f)) | (Self::Real(v), Cell::Float(f) | Cell::Real(f)) => v.push(*f),
            (Self::Date(v), Cell::Date(day)) => v.push(*day),
            (Self::DateTime(v), Cell::DateTime(of)) | (Self::Delta(v), Cell::Delta(of)) => v.push(*of),
            (Self::Vector(offsets, all), Cell::Vector(elements)) => {
                all.extend_from_slice(elements);
                if all.len() > MOST_ITEMS {
                    return Err(Decline::new("vectors of more than 2^24 elements in one chunk"));
                }
                offsets.push(all.len() as i32);
            }
            (Self::Str(views), Cell::Str(s)) => views.push_text(s),
            (Self::Bytes(v), Cell::Bytes(b)) => v.append_value(b),
            (Self::Tuple(writers), Cell::Tuple(items)) if writers.len() == items.len() => {
                for (writer, item) in writers.iter_mut().zip(items) {
                    writer.push(item)?;
                }
            }
            (Self::Record(class, writers), Cell::Record(of, items)) if class == of => {
                for (writer, item) in writers.iter_mut().zip(items) {
                    writer.push(item)?;
                }
            }
            (Self::List(offsets, values, false), Cell::List(items))
            | (Self::List(offsets, values, true), Cell::Group(items)) => {
                for item in items {
                    values.push(item)?;
                }
                if values.len > MOST_ITEMS {
                    return Err(Decline::new("lists of more than 2^24 items in one chunk"));
                }
                offsets.push(values.len as i32);
            }
            (Self::Mixed(bytes, ends), cell) => {
                encoded::write(cell, bytes)?;
                ends.push(bytes.len() as i64);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What stands where the row is `None`. Items of a tuple get a blank too, which must not make them optional.
    fn push_blank(&mut self) {
        match self {
            Self::Unknown => {}
            Self::Bool(v) => v.push(false),
            Self::Int(v) | Self::DateTime(v) | Self::Delta(v) => v.push(0),
            Self::Date(v) => v.push(0),
            Self::Float(v) | Self::Real(v) => v.push(0.0),
            Self::Str(views) => views.push(0),
            Self::Bytes(b) => b.append_value(b""),
            Self::Tuple(writers) | Self::Record(_, writers) => {
                for writer in writers {
                    writer.push_blank();
                }
            }
            Self::Mixed(_, ends) => {
                let end = ends.last().copied().unwrap_or(0);
                ends.push(end);
            }
            Self::List(offsets, ..) | Self::Vector(offsets, _) => {
                let end = offsets.last().copied().unwrap_or(0);
                offsets.push(end);
            }
        }
    }
}

impl Writer {
    fn push_blank(&mut self) {
        self.store.push_blank();
        if let Some(valid) = &mut self.valid {
            valid.append(true);
        }
        self.len += 1;
    }
}

/// `len` rows of one value.
pub fn broadcast(cell: &Cell<'_>, len: usize) -> Result<Columns, Decline> {
    let simple: (ArrayRef, Type) = match cell {
        Cell::Int(i) => (Arc::new(Int64Array::from(vec![*i; len])), Type::Int),
        Cell::Float(f) => (Arc::new(Float64Array::from(vec![*f; len])), Type::Float),
        Cell::Real(f) => (Arc::new(Float64Array::from(vec![*f; len])), Type::Real),
        Cell::Date(day) => (Arc::new(Date32Array::from(vec![*day; len])), Type::Date),
        Cell::DateTime(time) => (Arc::new(TimestampMicrosecondArray::from(vec![*time; len])), Type::DateTime),
        Cell::Delta(of) => (Arc::new(DurationMicrosecondArray::from(vec![*of; len])), Type::Delta),
        Cell::Bool(b) => {
            let bits = if *b { BooleanBuffer::new_set(len) } else { BooleanBuffer::new_unset(len) };
            (Arc::new(BooleanArray::new(bits, None)), Type::Bool)
        }
        Cell::Str(s) => (Arc::new(Views::repeat(s, len)?), Type::Str),
        Cell::None => (new_null_array(&Type::Null.data_type(), len), Type::Null),
        Cell::Tuple(items) => {
            let items = items.iter().map(|item| broadcast(item, len)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Columns::tuple(items, len));
        }
        Cell::Record(class, items) => {
            let items = items.iter().map(|item| broadcast(item, len)).collect::<Result<Vec<_>, _>>()?;
            return Columns::record(class.clone(), items, None);
        }
        _ => {
            let mut writer = Writer::default();
            for _ in 0..len.max(1) {
                writer.push(cell)?;
            }
            return Ok(writer.finish()?.slice(0, len));
        }
    };
    Ok(Columns::new(simple.0, simple.1))
}
