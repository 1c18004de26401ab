//! Python rows to columns and back. Exact types only: a subclass, an int past 64 bits, a lone surrogate, rows of
//! different types or tuples of different lengths make no column.

use std::sync::Arc;
use std::{ptr, slice};

use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array,
    ListArray, NullArray, StringViewArray, StructArray, TimestampMicrosecondArray, builder::BinaryViewBuilder,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::dates;
use super::instances;
use super::mixed;
use super::owned::owned;
use super::records::{self, Asked};
use super::vectors;
use crate::chunk::{ClassKind, Columns, Type, tuple_fields};
use crate::kernel::views::Views;

/// How deeply tuples and lists may nest in a column; a list may even contain itself.
const DEPTH: usize = 12;

/// The rows as a column, if they are all of one type that a column has, perhaps with `None` among them.
pub fn to_columns(py: Python<'_>, rows: &[Bound<'_, PyAny>]) -> Option<Columns> {
    dates::prepare(py);
    records::prepare(py);
    let rows: Vec<*mut ffi::PyObject> = rows.iter().map(Bound::as_ptr).collect();
    let mut asked = Asked::default();
    loop {
        // SAFETY: we are attached, and the caller's references keep all objects alive.
        let found = unsafe { column(&rows, DEPTH, &mut asked) };
        asked.forget();
        if found.is_some() || !asked.settle(py) {
            return found;
        }
    }
}

/// The rows as Python objects of exactly the column's types.
pub fn to_python(py: Python<'_>, columns: &Columns) -> PyResult<Vec<Py<PyAny>>> {
    objects(py, columns.array(), columns.kind())
}

/// A column of objects; a null pointer stands for a row that doesn't matter.
///
/// # Safety
/// Attached; all pointers are null or live objects, kept alive by the caller. Nothing here runs Python code before it
/// gives up, so nothing that an object holds can go away meanwhile.
unsafe fn column(rows: &[*mut ffi::PyObject], depth: usize, asked: &mut Asked) -> Option<Columns> {
    // SAFETY: Py_None is a static object.
    let none = unsafe { ffi::Py_None() };
    let nulls: Option<NullBuffer> =
        rows.contains(&none).then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows.len(), |i| rows[i] != none)));
    let Some(&first) = rows.iter().find(|&&o| !o.is_null() && o != none) else {
        return Some(Columns::new(Arc::new(NullArray::new(rows.len())), Type::Null));
    };
    // SAFETY: `first` is live.
    let class = unsafe { ffi::Py_TYPE(first) };
    let depth = depth.checked_sub(1)?;
    let absent = |o: *mut ffi::PyObject| o.is_null() || o == none;
    // SAFETY: every object that isn't absent is live.
    if rows.iter().any(|&o| !absent(o) && unsafe { ffi::Py_TYPE(o) } != class) {
        return None;
    }
    // SAFETY: the static types' addresses; all rows are of exactly `class`.
    let (array, kind): (ArrayRef, Type) = unsafe {
        if class == &raw mut ffi::PyUnicode_Type {
            (strs(rows, absent, nulls.clone())?, Type::Str)
        } else if class == &raw mut ffi::PyLong_Type {
            (ints(rows, absent, nulls.clone())?, Type::Int)
        } else if class == &raw mut ffi::PyFloat_Type {
            let value = |&o: &*mut ffi::PyObject| if absent(o) { 0.0 } else { ffi::PyFloat_AS_DOUBLE(o) };
            let values: Vec<f64> = rows.iter().map(value).collect();
            (Arc::new(Float64Array::new(values.into(), nulls.clone())), Type::Float)
        } else if class == &raw mut ffi::PyBool_Type {
            let yes = ffi::Py_True();
            let bits = BooleanBuffer::collect_bool(rows.len(), |i| rows[i] == yes);
            (Arc::new(BooleanArray::new(bits, nulls.clone())), Type::Bool)
        } else if class == &raw mut ffi::PyBytes_Type {
            (bytes(rows, absent, nulls.clone()), Type::Bytes)
        } else if class == &raw mut ffi::PyTuple_Type {
            tuples(rows, first, absent, nulls.clone(), depth, asked)?
        } else if class == &raw mut ffi::PyList_Type {
            lists(rows, absent, nulls.clone(), depth, asked)?
        } else if let Some(kind) = dates::kind_of(class) {
            (dates::column(&kind, rows, absent, nulls.clone())?, kind)
        } else if vectors::is_vector_class(class) {
            (vectors::column(rows, absent, nulls.clone())?, Type::Vector)
        } else {
            // A row that comes twice is one object after pickling, too, and somebody may change it.
            let is_mutable = class == &raw mut ffi::PyDict_Type
                || !matches!(asked.look(class)?.kind, ClassKind::Named | ClassKind::Row);
            if is_mutable && !rows.iter().all(|&o| absent(o) || asked.is_new(o)) {
                return None;
            }
            let (class, items) = if class == &raw mut ffi::PyDict_Type {
                instances::items_of_dicts(rows, first, absent)?
            } else {
                instances::items(&*asked.look(class)?, rows, first, absent)?
            };
            let items = items.iter().map(|items| column(items, depth, asked)).collect::<Option<_>>()?;
            return Columns::record(class, items, nulls).ok();
        }
    };
    let kind = if nulls.is_some() { Type::Optional(Box::new(kind)) } else { kind };
    Some(Columns::new(array, kind))
}

/// # Safety
/// As `column`, and all rows that aren't absent are exact str.
unsafe fn strs(
    rows: &[*mut ffi::PyObject],
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
) -> Option<ArrayRef> {
    let mut views = Views::new(&Arc::from([]), rows.len());
    for &o in rows {
        if absent(o) {
            views.push(0);
            continue;
        }
        // SAFETY: an exact str, whose characters are `len` units of its kind.
        let done = unsafe {
            if ffi::PyUnicode_READY(o) != 0 {
                ffi::PyErr_Clear();
                return None;
            }
            let (data, len) = (ffi::PyUnicode_DATA(o), ffi::PyUnicode_GetLength(o) as usize);
            match ffi::PyUnicode_KIND(o) {
                ffi::PyUnicode_1BYTE_KIND => {
                    push_latin(slice::from_raw_parts(data.cast::<u8>(), len), &mut views);
                    Some(())
                }
                ffi::PyUnicode_2BYTE_KIND => push_units(slice::from_raw_parts(data.cast::<u16>(), len), &mut views),
                _ => push_units(slice::from_raw_parts(data.cast::<u32>(), len), &mut views),
            }
        };
        // A lone surrogate.
        done?;
    }
    Some(Arc::new(views.finish(nulls).ok()?))
}

/// Adds a text of Latin-1, which most often is ASCII.
fn push_latin(bytes: &[u8], views: &mut Views) {
    if bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8.
        views.push_text(unsafe { std::str::from_utf8_unchecked(bytes) });
    } else {
        views.push_text(&bytes.iter().map(|&b| char::from(b)).collect::<String>());
    }
}

/// Adds a text of wider units, each a code point. `CPython` would do it too, but keep the UTF-8 with the str.
fn push_units<T: Copy + Into<u32>>(units: &[T], views: &mut Views) -> Option<()> {
    let text: Option<String> = units.iter().map(|&unit| char::from_u32(unit.into())).collect();
    views.push_text(&text?);
    Some(())
}

/// # Safety
/// As `column`, and all rows that aren't absent are exact int.
unsafe fn ints(
    rows: &[*mut ffi::PyObject],
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
) -> Option<ArrayRef> {
    let mut values = Vec::with_capacity(rows.len());
    for &o in rows {
        let mut overflow = 0;
        // SAFETY: an exact int; it can only overflow.
        values.push(if absent(o) { 0 } else { unsafe { ffi::PyLong_AsLongLongAndOverflow(o, &raw mut overflow) } });
        if overflow != 0 {
            return None;
        }
    }
    Some(Arc::new(Int64Array::new(values.into(), nulls)))
}

/// # Safety
/// As `column`, and all rows that aren't absent are exact bytes.
unsafe fn bytes(
    rows: &[*mut ffi::PyObject],
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let mut builder = BinaryViewBuilder::with_capacity(rows.len());
    for &o in rows {
        if absent(o) {
            builder.append_value(b"");
            continue;
        }
        // SAFETY: an exact bytes object and its own size.
        builder.append_value(unsafe {
            slice::from_raw_parts(ffi::PyBytes_AsString(o).cast::<u8>(), ffi::PyBytes_Size(o) as usize)
        });
    }
    let (views, buffers, _) = builder.finish().into_parts();
    // SAFETY: the builder made views and buffers.
    Arc::new(unsafe { BinaryViewArray::new_unchecked(views, buffers, nulls) })
}

/// # Safety
/// As `column`, and all rows that aren't absent are exact tuples, `first` among them.
unsafe fn tuples(
    rows: &[*mut ffi::PyObject],
    first: *mut ffi::PyObject,
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
    depth: usize,
    asked: &mut Asked,
) -> Option<(ArrayRef, Type)> {
    // SAFETY: exact tuples, here and below.
    let width = unsafe { ffi::PyTuple_Size(first) };
    // SAFETY: see above.
    if rows.iter().any(|&o| !absent(o) && unsafe { ffi::PyTuple_Size(o) } != width) {
        return None;
    }
    let (mut arrays, mut kinds) = (Vec::new(), Vec::new());
    let mut items = Vec::with_capacity(rows.len());
    for i in 0..width {
        items.clear();
        // SAFETY: `i` is below every tuple's length.
        items.extend(rows.iter().map(|&o| if absent(o) { ptr::null_mut() } else { unsafe { get_item(o, i) } }));
        // SAFETY: the tuples keep their items alive.
        let column = unsafe { column(&items, depth, asked)? };
        arrays.push(column.array().clone());
        kinds.push(column.kind().clone());
    }
    let array = if arrays.is_empty() {
        StructArray::new_empty_fields(rows.len(), nulls)
    } else {
        StructArray::new(tuple_fields(&kinds), arrays, nulls)
    };
    Some((Arc::new(array), Type::Tuple(kinds)))
}

/// # Safety
/// `tuple` is an exact tuple longer than `i`.
unsafe fn get_item(tuple: *mut ffi::PyObject, i: ffi::Py_ssize_t) -> *mut ffi::PyObject {
    // SAFETY: by the caller's promise.
    unsafe { ffi::PyTuple_GetItem(tuple, i) }
}

/// # Safety
/// As `column`, and all rows that aren't absent are exact lists.
unsafe fn lists(
    rows: &[*mut ffi::PyObject],
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
    depth: usize,
    asked: &mut Asked,
) -> Option<(ArrayRef, Type)> {
    let mut offsets = vec![0i32];
    let mut items = Vec::new();
    for &o in rows {
        if !absent(o) {
            // SAFETY: an exact list, read to its own length.
            unsafe {
                for i in 0..ffi::PyList_Size(o) {
                    items.push(ffi::PyList_GetItem(o, i));
                }
            }
        }
        offsets.push(i32::try_from(items.len()).ok()?);
    }
    // SAFETY: the lists keep their items alive while nothing runs that could change them.
    let values = unsafe { column(&items, depth, asked)? };
    let field = Arc::new(values.kind().field("item"));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let array = ListArray::try_new(field, offsets, values.array().clone(), nulls).ok()?;
    Some((Arc::new(array), Type::List(Box::new(values.kind().clone()))))
}

/// A new object for every row.
fn objects(py: Python<'_>, array: &ArrayRef, kind: &Type) -> PyResult<Vec<Py<PyAny>>> {
    let any = array.as_any();
    let odd = || pyo3::exceptions::PyTypeError::new_err("a column whose array is of another type");
    // SAFETY of the calls of `owned` below: each is given a new reference, or null with an exception set.
    match kind {
        Type::Null => Ok((0..array.len()).map(|_| py.None()).collect()),
        Type::Bool => {
            let bits = any.downcast_ref::<BooleanArray>().ok_or_else(odd)?.values();
            Ok(bits.iter().map(|b| pyo3::types::PyBool::new(py, b).to_owned().into_any().unbind()).collect())
        }
        Type::Int => {
            let values = any.downcast_ref::<Int64Array>().ok_or_else(odd)?.values();
            // SAFETY: see above.
            values.iter().map(|&v| unsafe { owned(py, ffi::PyLong_FromLongLong(v)) }).collect()
        }
        Type::Float | Type::Real => {
            let values = any.downcast_ref::<Float64Array>().ok_or_else(odd)?.values();
            // SAFETY: see above.
            values.iter().map(|&v| unsafe { owned(py, ffi::PyFloat_FromDouble(v)) }).collect()
        }
        Type::Mixed => mixed::decode(py, any.downcast_ref().ok_or_else(odd)?),
        Type::Str => {
            let a = any.downcast_ref::<StringViewArray>().ok_or_else(odd)?;
            // SAFETY: see above; the row exists.
            (0..a.len()).map(|i| unsafe { owned(py, new_str(a.value_unchecked(i))) }).collect()
        }
        Type::Bytes => {
            let a = any.downcast_ref::<BinaryViewArray>().ok_or_else(odd)?;
            let make = |b: &[u8]| {
                // SAFETY: see above; CPython copies the bytes.
                unsafe { owned(py, ffi::PyBytes_FromStringAndSize(b.as_ptr().cast(), b.len() as ffi::Py_ssize_t)) }
            };
            (0..a.len()).map(|i| make(a.value(i))).collect()
        }
        Type::Date => dates::dates(py, any.downcast_ref::<Date32Array>().ok_or_else(odd)?.values()),
        Type::DateTime => dates::times(py, any.downcast_ref::<TimestampMicrosecondArray>().ok_or_else(odd)?.values()),
        Type::Delta => dates::differences(py, any.downcast_ref::<DurationMicrosecondArray>().ok_or_else(odd)?.values()),
        Type::Tuple(kinds) => {
            let a = any.downcast_ref::<StructArray>().ok_or_else(odd)?;
            let mut items = Vec::with_capacity(kinds.len());
            for (kind, column) in kinds.iter().zip(a.columns()) {
                items.push(objects(py, column, kind)?.into_iter());
            }
            let plain = kinds.iter().all(is_plain);
            (0..a.len()).map(|_| new_tuple(py, &mut items, plain)).collect()
        }
        Type::Record(class, kinds) => {
            let a = any.downcast_ref::<StructArray>().ok_or_else(odd)?;
            let items = kinds.iter().zip(a.columns()).map(|(kind, column)| Ok(objects(py, column, kind)?.into_iter()));
            instances::objects(py, class, items.collect::<PyResult<_>>()?, a.len(), kinds.iter().all(is_plain))
        }
        Type::List(item) => {
            let a = any.downcast_ref::<ListArray>().ok_or_else(odd)?;
            let offsets = a.value_offsets();
            let (from, to) = (offsets[0] as usize, offsets[a.len()] as usize);
            let mut values = objects(py, &a.values().slice(from, to - from), item)?.into_iter();
            offsets.windows(2).map(|w| new_list(py, &mut values, (w[1] - w[0]) as ffi::Py_ssize_t)).collect()
        }
        Type::Vector => {
            let a = any.downcast_ref::<ListArray>().ok_or_else(odd)?;
            let elements = a.values().as_any().downcast_ref::<Float64Array>().ok_or_else(odd)?;
            vectors::arrays(py, a.value_offsets(), elements.values())
        }
        Type::Group(item) => {
            let lists = objects(py, array, &Type::List(item.clone()))?;
            let class = result_iterable(py)?;
            lists.into_iter().map(|list| new_group(class, list.into_bound(py))).collect()
        }
        Type::Optional(inner) => {
            let mut rows = objects(py, array, inner)?;
            if let Some(nulls) = array.nulls() {
                for (i, row) in rows.iter_mut().enumerate() {
                    if nulls.is_null(i) {
                        *row = py.None();
                    }
                }
            }
            Ok(rows)
        }
    }
}

/// Whether a value of this type can be in no cycle.
fn is_plain(kind: &Type) -> bool {
    !matches!(kind.split_optional().0, Type::Tuple(_) | Type::Record(..) | Type::List(_) | Type::Group(_) | Type::Mixed)
}

/// A new str. ASCII is copied straight into it; anything else, and single characters, which are shared, goes by
/// `CPython`'s decoder.
///
/// # Safety
/// Attached.
#[inline]
pub(super) unsafe fn new_str(text: &str) -> *mut ffi::PyObject {
    let len = text.len() as ffi::Py_ssize_t;
    // SAFETY: a new ASCII str of this length has so many bytes of text, and nobody else has it yet.
    unsafe {
        if len > 1 && text.is_ascii() {
            let object = ffi::PyUnicode_New(len, 127);
            if !object.is_null() {
                ptr::copy_nonoverlapping(text.as_ptr(), ffi::PyUnicode_1BYTE_DATA(object), text.len());
            }
            return object;
        }
        ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), len)
    }
}

/// A tuple of each column's next object. One of plain values can be in no cycle: the collector needn't visit it.
fn new_tuple(py: Python<'_>, items: &mut [std::vec::IntoIter<Py<PyAny>>], plain: bool) -> PyResult<Py<PyAny>> {
    // SAFETY: attached; the tuple is new and has room for each item, whose reference it takes.
    unsafe {
        let tuple = owned(py, ffi::PyTuple_New(items.len() as ffi::Py_ssize_t))?;
        for (i, column) in items.iter_mut().enumerate() {
            let item = column.next().unwrap_or_else(|| py.None());
            ffi::PyTuple_SetItem(tuple.as_ptr(), i as ffi::Py_ssize_t, item.into_ptr());
        }
        if plain && !items.is_empty() {
            ffi::PyObject_GC_UnTrack(tuple.as_ptr().cast());
        }
        Ok(tuple)
    }
}

fn result_iterable(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "pyrite.resultiterable", "ResultIterable")
}

/// A list as what `groupByKey` and `cogroup` give.
pub fn group_of(list: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    new_group(result_iterable(list.py())?, list)
}

/// What `ResultIterable(list)` makes, without calling it.
fn new_group(class: &Bound<'_, PyType>, list: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = class.py();
    // SAFETY: attached; the class is a plain Python one without a `__new__` of its own, whose instances this makes.
    let group = unsafe { owned(py, ffi::PyType_GenericNew(class.as_type_ptr(), ptr::null_mut(), ptr::null_mut()))? };
    let group = group.into_bound(py);
    group.setattr(intern!(py, "maxindex"), list.len()?)?;
    group.setattr(intern!(py, "data"), list)?;
    group.setattr(intern!(py, "index"), 0)?;
    Ok(group.unbind())
}

fn new_list(py: Python<'_>, values: &mut std::vec::IntoIter<Py<PyAny>>, len: ffi::Py_ssize_t) -> PyResult<Py<PyAny>> {
    // SAFETY: attached; the list is new and has room for each item, whose reference it takes.
    unsafe {
        let list = owned(py, ffi::PyList_New(len))?;
        for i in 0..len {
            let item = values.next().unwrap_or_else(|| py.None());
            ffi::PyList_SetItem(list.as_ptr(), i, item.into_ptr());
        }
        Ok(list)
    }
}
