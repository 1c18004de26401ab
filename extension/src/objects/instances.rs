//! Instances of classes of records: what they hold, as columns' items, and new ones.

use std::ptr;
use std::sync::Arc;
use std::vec::IntoIter;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::records::{Entry, by_id};
use crate::chunk::{Class, ClassKind};

type Object = *mut ffi::PyObject;

/// The class of a column, and what the rows hold, name by name; null where a row is absent.
pub type Items = (Arc<Class>, Vec<Vec<Object>>);

/// Rows that hold more names than this make no column.
const MOST_NAMES: usize = 256;

/// What instances of a class hold, where they all are such as the class makes them.
///
/// # Safety
/// Attached; every row that isn't absent is a live instance of exactly this class, `first` one of them.
pub unsafe fn items(
    entry: &Entry,
    rows: &[Object],
    first: Object,
    absent: impl Fn(Object) -> bool + Copy,
) -> Option<Items> {
    // SAFETY: by the caller's promise; named tuples and Rows are tuples.
    unsafe {
        match entry.kind {
            ClassKind::Named => {
                let items = items_of_tuples(rows, entry.names.len(), absent)?;
                Some((entry.info(entry.names.clone()), items))
            }
            ClassKind::Row => items_of_rows(entry, rows, first, absent),
            ClassKind::Object if entry.names.first().is_some_and(|mark| mark == SLOTS) => {
                let names = entry.names[1..].to_vec();
                let items = items_of_slots(rows, &names, absent)?;
                Some((entry.info(names), items))
            }
            ClassKind::Object => {
                // A collection could run code of the program, which could change what is read here.
                let collecting = ffi::PyGC_Disable();
                let found = items_of_instances(entry, rows, first, absent);
                if collecting != 0 {
                    ffi::PyGC_Enable();
                }
                found
            }
            ClassKind::Dict => None,
        }
    }
}

/// Stands before the names of slots.
const SLOTS: &str = "slots:";

/// # Safety
/// Attached; all rows that aren't absent are tuples.
unsafe fn items_of_tuples(rows: &[Object], width: usize, absent: impl Fn(Object) -> bool) -> Option<Vec<Vec<Object>>> {
    // SAFETY: tuples, here and below.
    if rows.iter().any(|&o| !absent(o) && unsafe { ffi::PyTuple_Size(o) } != width as ffi::Py_ssize_t) {
        return None;
    }
    // SAFETY: the place is within every tuple.
    let item = |o, at| if absent(o) { ptr::null_mut() } else { unsafe { ffi::PyTuple_GetItem(o, at) } };
    Some((0..width as ffi::Py_ssize_t).map(|at| rows.iter().map(|&o| item(o, at)).collect()).collect())
}

/// The text of a str without lone surrogates.
///
/// # Safety
/// Attached; the object is live.
unsafe fn text(object: Object) -> Option<String> {
    // SAFETY: live; an exact str's characters don't change.
    unsafe {
        if ffi::Py_TYPE(object) != &raw mut ffi::PyUnicode_Type {
            return None;
        }
        let mut len = 0;
        let data = ffi::PyUnicode_AsUTF8AndSize(object, &raw mut len);
        if data.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), len as usize);
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }
}

/// Whether two exact str are equal.
///
/// # Safety
/// Attached; both are live, and the first is an exact str.
unsafe fn same_text(left: Object, right: Object) -> bool {
    // SAFETY: live; of exact strs this runs no code of the program.
    unsafe {
        left == right
            || (ffi::Py_TYPE(right) == &raw mut ffi::PyUnicode_Type && ffi::PyUnicode_Compare(left, right) == 0)
    }
}

/// Names that are texts, none of them twice.
///
/// # Safety
/// Attached; the objects are live.
unsafe fn names_of(keys: &[Object]) -> Option<Vec<String>> {
    if keys.is_empty() || keys.len() > MOST_NAMES {
        return None;
    }
    // SAFETY: by the caller's promise.
    let names = keys.iter().map(|&key| unsafe { text(key) }).collect::<Option<Vec<_>>>()?;
    let twice = names.iter().enumerate().any(|(i, name)| names[..i].contains(name));
    (!twice).then_some(names)
}

/// # Safety
/// As `items`; the class is Row.
unsafe fn items_of_rows(
    entry: &Entry,
    rows: &[Object],
    first: Object,
    absent: impl Fn(Object) -> bool + Copy,
) -> Option<Items> {
    // SAFETY: live rows. Row finds its names in its dict; a reference to them is held while they are looked at, and the
    // row holds them, too.
    unsafe {
        let fields = |row: Object| -> Option<Object> {
            let name = PyOnceName::fields();
            let found = ffi::PyObject_GenericGetAttr(row, name);
            if found.is_null() {
                ffi::PyErr_Clear();
                return None;
            }
            ffi::Py_DECREF(found);
            Some(found)
        };
        let sequence = |object: Object| -> Option<Vec<Object>> {
            let class = ffi::Py_TYPE(object);
            if class == &raw mut ffi::PyList_Type {
                Some((0..ffi::PyList_Size(object)).map(|i| ffi::PyList_GetItem(object, i)).collect())
            } else if class == ffi::Py_TYPE(first) {
                Some((0..ffi::PyTuple_Size(object)).map(|i| ffi::PyTuple_GetItem(object, i)).collect())
            } else {
                None
            }
        };
        let list = fields(first)?;
        let by_row = ffi::Py_TYPE(list) != &raw mut ffi::PyList_Type;
        let known = sequence(list)?;
        let names = names_of(&known)?;
        for &row in rows {
            if absent(row) {
                continue;
            }
            let other = fields(row)?;
            if other == list {
                continue;
            }
            if ffi::Py_TYPE(other) != ffi::Py_TYPE(list) {
                return None;
            }
            let keys = sequence(other)?;
            if keys.len() != known.len() || !known.iter().zip(&keys).all(|(l, r)| same_text(*l, *r)) {
                return None;
            }
        }
        let items = items_of_tuples(rows, names.len(), absent)?;
        Some((Arc::new(Class { kind: entry.kind, id: u32::from(by_row), names }), items))
    }
}

/// Names that are looked for.
struct PyOnceName;

impl PyOnceName {
    /// `__fields__`
    fn fields() -> Object {
        static NAME: PyOnceLock<Py<PyString>> = PyOnceLock::new();
        // SAFETY: only called attached.
        let py = unsafe { Python::assume_attached() };
        NAME.get_or_init(py, || PyString::intern(py, "__fields__").unbind()).as_ptr()
    }
}

/// What dicts hold that have the same texts as keys, in one order.
///
/// # Safety
/// Attached; every row that isn't absent is a live, exact dict, `first` one of them.
pub unsafe fn items_of_dicts(rows: &[Object], first: Object, absent: impl Fn(Object) -> bool) -> Option<Items> {
    // SAFETY: dicts, which nothing changes meanwhile.
    unsafe {
        let (names, items) = items_by_key(rows, first, absent)?;
        Some((Arc::new(Class { kind: ClassKind::Dict, id: 0, names }), items))
    }
}

/// # Safety
/// As `items_of_dicts`.
unsafe fn items_by_key(
    rows: &[Object],
    first: Object,
    absent: impl Fn(Object) -> bool,
) -> Option<(Vec<String>, Vec<Vec<Object>>)> {
    // SAFETY: dicts, which nothing changes meanwhile: keys and values are theirs.
    unsafe {
        let mut known = Vec::new();
        let (mut at, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        while ffi::PyDict_Next(first, &raw mut at, &raw mut key, &raw mut value) != 0 {
            known.push(key);
        }
        let names = names_of(&known)?;
        let mut items: Vec<Vec<Object>> = known.iter().map(|_| Vec::with_capacity(rows.len())).collect();
        for &row in rows {
            if absent(row) {
                for column in &mut items {
                    column.push(ptr::null_mut());
                }
                continue;
            }
            if ffi::PyDict_Size(row) != known.len() as ffi::Py_ssize_t {
                return None;
            }
            at = 0;
            for (name, column) in known.iter().zip(&mut items) {
                if ffi::PyDict_Next(row, &raw mut at, &raw mut key, &raw mut value) == 0 || !same_text(*name, key) {
                    return None;
                }
                column.push(value);
            }
        }
        Some((names, items))
    }
}

/// # Safety
/// As `items`; instances of the class have a dict, and no collection runs.
unsafe fn items_of_instances(
    entry: &Entry,
    rows: &[Object],
    first: Object,
    absent: impl Fn(Object) -> bool,
) -> Option<Items> {
    // SAFETY: live instances, which hold their dicts; nothing runs that could change them.
    unsafe {
        let dict = |row: Object| -> Option<Object> {
            if absent(row) {
                return Some(ptr::null_mut());
            }
            let found = ffi::PyObject_GenericGetDict(row, ptr::null_mut());
            if found.is_null() {
                ffi::PyErr_Clear();
                return None;
            }
            ffi::Py_DECREF(found);
            (ffi::Py_TYPE(found) == &raw mut ffi::PyDict_Type).then_some(found)
        };
        let of_first = dict(first)?;
        let dicts = rows.iter().map(|&row| dict(row)).collect::<Option<Vec<_>>>()?;
        let (names, items) = items_by_key(&dicts, of_first, |row: Object| row.is_null())?;
        // The class would answer for one of these.
        if names.iter().any(|name| entry.names.contains(name)) {
            return None;
        }
        Some((entry.info(names), items))
    }
}

/// # Safety
/// As `items`; the names are slots of the class.
unsafe fn items_of_slots(
    rows: &[Object],
    names: &[String],
    absent: impl Fn(Object) -> bool,
) -> Option<Vec<Vec<Object>>> {
    // SAFETY: attached.
    let py = unsafe { Python::assume_attached() };
    let mut items = Vec::with_capacity(names.len());
    for name in names {
        let name = PyString::intern(py, name);
        let mut column = Vec::with_capacity(rows.len());
        for &row in rows {
            if absent(row) {
                column.push(ptr::null_mut());
                continue;
            }
            // SAFETY: a live instance, whose slot holds what is found; nothing runs that could change it.
            unsafe {
                let found = ffi::PyObject_GenericGetAttr(row, name.as_ptr());
                if found.is_null() {
                    ffi::PyErr_Clear();
                    return None;
                }
                ffi::Py_DECREF(found);
                column.push(found);
            }
        }
        items.push(column);
    }
    Some(items)
}

/// New instances of a class, of each name's objects; those of plain values are in no cycle.
pub fn objects(
    py: Python<'_>,
    class: &Class,
    items: Vec<IntoIter<Py<PyAny>>>,
    len: usize,
    plain: bool,
) -> PyResult<Vec<Py<PyAny>>> {
    let unknown = || pyo3::exceptions::PyTypeError::new_err("records of a class that isn't known here");
    match class.kind {
        ClassKind::Named => {
            let entry = by_id(class.id).ok_or_else(unknown)?;
            tuples(py, entry.class.bind(py), items, len, plain)
        }
        ClassKind::Row => {
            let made = tuples(py, row_class(py)?, items, len, false)?;
            name_rows(py, class, made)
        }
        ClassKind::Dict => dicts(py, class, items, len),
        ClassKind::Object => {
            let entry = by_id(class.id).ok_or_else(unknown)?;
            instances(py, entry.class.bind(py), class, items, len)
        }
    }
}

fn row_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static ROW: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    ROW.import(py, "pyrite._row", "Row")
}

fn interned<'py>(py: Python<'py>, class: &Class) -> Vec<Bound<'py, PyString>> {
    class.names.iter().map(|name| PyString::intern(py, name)).collect()
}

/// Gives Rows their names: `Row(name=..)` has a list of its own, one that another Row made has that one.
fn name_rows(py: Python<'_>, class: &Class, rows: Vec<Py<PyAny>>) -> PyResult<Vec<Py<PyAny>>> {
    let names = interned(py, class);
    let list = PyList::new(py, &names)?;
    let kind = if class.id == 0 { None } else { Some(row_class(py)?.call1(PyTuple::new(py, &names)?)?) };
    for row in &rows {
        let names = kind.clone().unwrap_or_else(|| list.get_slice(0, list.len()).into_any());
        set(py, row, intern!(py, "__fields__"), &names)?;
    }
    Ok(rows)
}

/// Sets an attribute past what the class says of that.
fn set(py: Python<'_>, of: &Py<PyAny>, name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: attached; all are live.
    if unsafe { ffi::PyObject_GenericSetAttr(of.as_ptr(), name.as_ptr(), value.as_ptr()) } == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(py))
    }
}

fn dicts(py: Python<'_>, class: &Class, mut items: Vec<IntoIter<Py<PyAny>>>, len: usize) -> PyResult<Vec<Py<PyAny>>> {
    let names = interned(py, class);
    let dict = |_| {
        let made = PyDict::new(py);
        for (name, column) in names.iter().zip(&mut items) {
            made.set_item(name, column.next())?;
        }
        Ok(made.into_any().unbind())
    };
    (0..len).map(dict).collect()
}

/// What `object.__new__(class)` makes, with its attributes.
fn instances(
    py: Python<'_>,
    class: &Bound<'_, PyType>,
    info: &Class,
    mut items: Vec<IntoIter<Py<PyAny>>>,
    len: usize,
) -> PyResult<Vec<Py<PyAny>>> {
    let names = interned(py, info);
    let instance = |_| {
        // SAFETY: attached; the class is a plain Python one without a `__new__` of its own, whose instances this makes.
        let made = unsafe {
            let made = ffi::PyType_GenericNew(class.as_type_ptr(), ptr::null_mut(), ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, made)?.unbind()
        };
        for (name, column) in names.iter().zip(&mut items) {
            let value = column.next().unwrap_or_else(|| py.None());
            set(py, &made, name, value.bind(py))?;
        }
        Ok(made)
    };
    (0..len).map(instance).collect()
}

/// What `tuple.__new__(class, items)` makes.
fn tuples(
    py: Python<'_>,
    class: &Bound<'_, PyType>,
    mut items: Vec<IntoIter<Py<PyAny>>>,
    len: usize,
    plain: bool,
) -> PyResult<Vec<Py<PyAny>>> {
    let class = class.as_type_ptr();
    let width = items.len() as ffi::Py_ssize_t;
    // SAFETY: attached; the class is live.
    let Some(alloc) = (unsafe { (*class).tp_alloc }) else {
        return Err(pyo3::exceptions::PyTypeError::new_err("a class without instances"));
    };
    let tuple = |_| {
        // SAFETY: attached; the instance is a new tuple with room for each item, whose reference it takes.
        unsafe {
            let made = Bound::from_owned_ptr_or_err(py, alloc(class, width))?;
            for (at, column) in items.iter_mut().enumerate() {
                let item = column.next().unwrap_or_else(|| py.None());
                ffi::PyTuple_SetItem(made.as_ptr(), at as ffi::Py_ssize_t, item.into_ptr());
            }
            if plain {
                ffi::PyObject_GC_UnTrack(made.as_ptr().cast());
            }
            Ok(made.unbind())
        }
    };
    (0..len).map(tuple).collect()
}
