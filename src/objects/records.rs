//! Classes of the program whose instances are records: which they are, and their instances as columns and back.

use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use arrow_buffer::NullBuffer;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::chunk::{Class, ClassKind, Columns};
use crate::sync::Mutex;

/// So many classes are known at most: they are never forgotten, since a column may name them.
const MOST: usize = 4096;

/// A class that was looked at and found to be one of records.
pub struct Entry {
    class: Py<PyType>,
    info: Arc<Class>,
    /// The names, interned.
    names: Vec<Py<PyString>>,
    /// Whether instances may have attributes of their own beside.
    plain: bool,
}

/// What a class was found to be; good while it has this version.
type Verdict = (u32, Option<Arc<Entry>>);

#[derive(Default)]
struct Registry {
    by_class: HashMap<usize, Verdict>,
    by_id: Vec<Arc<Entry>>,
}

static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);

fn with_registry<T>(work: impl FnOnce(&mut Registry) -> T) -> T {
    work(REGISTRY.lock().get_or_insert_with(Registry::default))
}

/// The version of a class, which every change of it or of its bases changes; 0 where it has none yet.
///
/// # Safety
/// The class is live.
unsafe fn version(class: *mut ffi::PyTypeObject) -> u32 {
    // SAFETY: by the caller's promise.
    unsafe { (*class).tp_version_tag }
}

/// Classes that rows turned out to have and that nobody has looked at.
#[derive(Default)]
pub struct Asked(Option<*mut ffi::PyTypeObject>);

impl Asked {
    /// What is known of a class; an unknown one is kept in mind.
    ///
    /// # Safety
    /// Attached; the class is live, and stays so while this is.
    pub unsafe fn look(&mut self, class: *mut ffi::PyTypeObject) -> Option<Arc<Entry>> {
        // SAFETY: by the caller's promise.
        let (flags, version) = unsafe { ((*class).tp_flags, version(class)) };
        #[expect(clippy::useless_conversion, reason = "it has different widths")]
        if u64::from(flags) & u64::from(ffi::Py_TPFLAGS_HEAPTYPE) == 0 {
            return None;
        }
        let known = with_registry(|all| all.by_class.get(&(class as usize)).cloned());
        match known {
            Some((of, verdict)) if of == version && version != 0 => verdict,
            _ => {
                self.0 = Some(class);
                None
            }
        }
    }

    /// Looks at a class that was asked for; whether there was one of which something is known now.
    pub fn settle(&mut self, py: Python<'_>) -> bool {
        let Some(class) = self.0.take() else { return false };
        // SAFETY: the rows that have it are still held.
        let class = unsafe { Bound::from_borrowed_ptr(py, class.cast()) };
        class.cast_into::<PyType>().is_ok_and(|class| examine(&class).is_some_and(|entry| entry.0 != 0))
    }
}

/// Looks at a class and remembers what it is.
fn examine(class: &Bound<'_, PyType>) -> Option<Verdict> {
    let py = class.py();
    let found = py.import(intern!(py, "pyrite._records")).and_then(|module| {
        let found = module.call_method1(intern!(py, "examine"), (class,))?;
        found.extract::<Option<(String, Vec<Bound<'_, PyString>>)>>()
    });
    let found = found.ok()?;
    // SAFETY: live.
    let version = unsafe { version(class.as_type_ptr()) };
    let made = found.and_then(|(letter, names)| {
        let texts = names.iter().map(|name| name.to_str().map(str::to_owned)).collect::<PyResult<Vec<_>>>().ok()?;
        let info = Class::marked(&format!("{letter}0"), texts)?;
        Some((info, names.into_iter().map(Bound::unbind).collect::<Vec<_>>()))
    });
    let verdict = with_registry(|all| {
        let entry = made.and_then(|(info, names)| {
            if info.kind == ClassKind::Row {
                return Some(Arc::new(Entry { class: class.clone().unbind(), info: Arc::new(info), names, plain: false }));
            }
            let same = |known: &&Arc<Entry>| {
                known.class.is(class) && known.info.kind == info.kind && known.info.names == info.names
            };
            if let Some(known) = all.by_id.iter().find(same) {
                return Some(known.clone());
            }
            if all.by_id.len() >= MOST {
                return None;
            }
            let info = Arc::new(Class { id: all.by_id.len() as u32, ..info });
            let plain = info.kind == ClassKind::Named;
            let entry = Arc::new(Entry { class: class.clone().unbind(), info, names, plain });
            all.by_id.push(entry.clone());
            Some(entry)
        });
        let verdict = (version, entry);
        if all.by_class.len() >= 4 * MOST {
            all.by_class.clear();
        }
        all.by_class.insert(class.as_ptr() as usize, verdict.clone());
        verdict
    });
    Some(verdict)
}

/// The mark and the names of a class whose instances are records; None for every other.
#[pyfunction]
pub fn record_class(class: &Bound<'_, PyType>) -> Option<(String, Vec<String>)> {
    let (version, entry) = examine(class)?;
    let info = entry.filter(|_| version != 0)?.info.clone();
    Some((info.mark(), info.names.clone()))
}

impl Entry {
    /// What the rows hold, name by name, where they all are such as the class makes them; null for a row that doesn't
    /// matter. The class of the column comes with it.
    ///
    /// # Safety
    /// Attached; every row that isn't absent is a live instance of exactly this class.
    pub unsafe fn items(
        &self,
        rows: &[*mut ffi::PyObject],
        absent: impl Fn(*mut ffi::PyObject) -> bool,
    ) -> Option<(Arc<Class>, Vec<Vec<*mut ffi::PyObject>>)> {
        // SAFETY: by the caller's promise; a named tuple is a tuple.
        unsafe {
            match self.info.kind {
                ClassKind::Named => Some((self.info.clone(), items_of_tuples(rows, self.info.names.len(), absent)?)),
                ClassKind::Row | ClassKind::Dict | ClassKind::Object => None,
            }
        }
    }
}

/// # Safety
/// Attached; all rows that aren't absent are tuples.
unsafe fn items_of_tuples(
    rows: &[*mut ffi::PyObject],
    width: usize,
    absent: impl Fn(*mut ffi::PyObject) -> bool,
) -> Option<Vec<Vec<*mut ffi::PyObject>>> {
    // SAFETY: tuples, here and below.
    if rows.iter().any(|&o| !absent(o) && unsafe { ffi::PyTuple_Size(o) } != width as ffi::Py_ssize_t) {
        return None;
    }
    // SAFETY: the place is within every tuple.
    let item = |o, at| if absent(o) { ptr::null_mut() } else { unsafe { ffi::PyTuple_GetItem(o, at) } };
    Some((0..width as ffi::Py_ssize_t).map(|at| rows.iter().map(|&o| item(o, at)).collect()).collect())
}

/// A column of these items, each a column.
pub fn column(class: Arc<Class>, items: Vec<Columns>, nulls: Option<NullBuffer>) -> Option<Columns> {
    Columns::record(class, items, nulls).ok()
}

/// Instances of a class, of each name's objects; `plain` ones are in no cycle.
pub fn objects(
    py: Python<'_>,
    class: &Class,
    items: Vec<std::vec::IntoIter<Py<PyAny>>>,
    len: usize,
    plain: bool,
) -> PyResult<Vec<Py<PyAny>>> {
    let unknown = || pyo3::exceptions::PyTypeError::new_err("records of a class that isn't known here");
    match class.kind {
        ClassKind::Named => {
            let entry = with_registry(|all| all.by_id.get(class.id as usize).cloned()).ok_or_else(unknown)?;
            tuples(py, entry.class.bind(py), items, len, plain && entry.plain)
        }
        ClassKind::Dict => dicts(py, class, items, len),
        ClassKind::Row => {
            let made = tuples(py, row_class(py)?, items, len, false)?;
            name_rows(py, class, made)
        }
        ClassKind::Object => Err(unknown()),
    }
}

fn row_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static ROW: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    ROW.import(py, "pyrite._row", "Row")
}

/// How a Row's names are kept: `Row(name=..)` has a list of its own; one that another Row made has that one.
const BY_LIST: u32 = 0;

/// Gives Rows their names.
fn name_rows(py: Python<'_>, class: &Class, rows: Vec<Py<PyAny>>) -> PyResult<Vec<Py<PyAny>>> {
    let names: Vec<Bound<'_, PyString>> = class.names.iter().map(|name| PyString::intern(py, name)).collect();
    let list = PyList::new(py, &names)?;
    let kind = if class.id == BY_LIST { None } else { Some(row_class(py)?.call1(PyTuple::new(py, &names)?)?) };
    for row in &rows {
        let names = kind.clone().map_or_else(|| list.get_slice(0, list.len()).into_any(), |kind| kind);
        // SAFETY: attached; Row keeps its names in its dict, past a `__setattr__` of its own.
        let done = unsafe {
            ffi::PyObject_GenericSetAttr(row.as_ptr(), intern!(py, "__fields__").as_ptr(), names.as_ptr())
        };
        if done != 0 {
            return Err(PyErr::fetch(py));
        }
    }
    Ok(rows)
}

fn dicts(
    py: Python<'_>,
    class: &Class,
    mut items: Vec<std::vec::IntoIter<Py<PyAny>>>,
    len: usize,
) -> PyResult<Vec<Py<PyAny>>> {
    let names: Vec<Bound<'_, PyString>> = class.names.iter().map(|name| PyString::intern(py, name)).collect();
    (0..len)
        .map(|_| {
            let made = PyDict::new(py);
            for (name, column) in names.iter().zip(&mut items) {
                made.set_item(name, column.next())?;
            }
            Ok(made.into_any().unbind())
        })
        .collect()
}

/// What `tuple.__new__(class, items)` makes.
fn tuples(
    py: Python<'_>,
    class: &Bound<'_, PyType>,
    mut items: Vec<std::vec::IntoIter<Py<PyAny>>>,
    len: usize,
    plain: bool,
) -> PyResult<Vec<Py<PyAny>>> {
    let class = class.as_type_ptr();
    let width = items.len() as ffi::Py_ssize_t;
    // SAFETY: attached; the class is live.
    let Some(alloc) = (unsafe { (*class).tp_alloc }) else {
        return Err(pyo3::exceptions::PyTypeError::new_err("a class without instances"));
    };
    (0..len)
        .map(|_| {
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
        })
        .collect()
}
