//! Classes of the program whose instances are records: which they are, by class and by number.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::chunk::{Class, ClassKind};
use crate::sync::Mutex;

/// So many classes are known at most: they are never forgotten, since a column may name them.
const MOST: usize = 4096;

/// A class that was looked at and found to be one of records.
pub struct Entry {
    /// The class.
    pub class: Py<PyType>,
    /// What it is. Names that its instances bring along aren't in it.
    pub kind: ClassKind,
    /// Its number.
    pub id: u32,
    /// The names that the class says, or, where instances bring theirs, those that none of them may have.
    pub names: Vec<String>,
}

impl Entry {
    /// The class of a column of its instances.
    pub fn info(&self, names: Vec<String>) -> Arc<Class> {
        Arc::new(Class { kind: self.kind, id: self.id, names })
    }
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

/// Classes that rows turned out to have and that nobody has looked at, and the objects that can be changed.
#[derive(Default)]
pub struct Asked(Option<*mut ffi::PyTypeObject>, HashSet<usize>);

impl Asked {
    /// Whether an object has not come before.
    pub fn is_new(&mut self, object: *mut ffi::PyObject) -> bool {
        self.1.insert(object as usize)
    }

    /// No object has come.
    pub fn forget(&mut self) {
        self.1.clear();
    }

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
        module.call_method1(intern!(py, "examine"), (class,))?.extract::<Option<(char, Vec<String>)>>()
    });
    // What its metaclass or a descriptor raises is no answer.
    let found = found.ok()?;
    // SAFETY: live.
    let version = unsafe { version(class.as_type_ptr()) };
    let found = found.and_then(|(letter, names)| Some((ClassKind::of_letter(letter)?, names)));
    Some(with_registry(|all| {
        let entry = found.and_then(|(kind, names)| all.entry(class, kind, names));
        let verdict = (version, entry);
        if all.by_class.len() >= 4 * MOST {
            all.by_class.clear();
        }
        all.by_class.insert(class.as_ptr() as usize, verdict.clone());
        verdict
    }))
}

impl Registry {
    fn entry(&mut self, class: &Bound<'_, PyType>, kind: ClassKind, names: Vec<String>) -> Option<Arc<Entry>> {
        let same = |known: &&Arc<Entry>| known.class.is(class) && known.kind == kind && known.names == names;
        if let Some(known) = self.by_id.iter().find(same) {
            return Some(known.clone());
        }
        if self.by_id.len() >= MOST {
            return None;
        }
        let id = if kind == ClassKind::Row { 0 } else { self.by_id.len() as u32 };
        let entry = Arc::new(Entry { class: class.clone().unbind(), kind, id, names });
        self.by_id.push(entry.clone());
        Some(entry)
    }
}

/// The class with a number.
pub fn by_id(id: u32) -> Option<Arc<Entry>> {
    with_registry(|all| all.by_id.get(id as usize).cloned())
}

/// The mark of a class whose instances are records, and the names that it says; None for every other.
#[pyfunction]
#[pyo3(signature = (class, /))]
pub fn record_class(class: &Bound<'_, PyType>) -> Option<(String, Vec<String>)> {
    let (version, entry) = examine(class)?;
    let entry = entry.filter(|_| version != 0)?;
    Some((entry.info(Vec::new()).mark(), entry.names.clone()))
}
