//! Classes of the program whose instances are records: which they are, by class and by number.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

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
            Some((of, verdict)) if of == version && version != 0 => {
                // SAFETY: by the caller's promise.
                verdict.filter(|_| !unsafe { is_reduced_otherwise(class) })
            }
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

/// `copyreg`'s functions by class, once somebody has asked for them.
static REDUCERS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Asks for the table of `copyreg`, which may import the module: `Asked::look` runs no Python code.
pub fn prepare(py: Python<'_>) {
    let table = || Ok(py.import(intern!(py, "copyreg"))?.getattr(intern!(py, "dispatch_table"))?.cast_into()?.unbind());
    // Without the module nobody can have told it anything.
    let _: PyResult<_> = REDUCERS.get_or_try_init(py, table);
}

/// Whether the program has said how instances are pickled, past their class.
///
/// # Safety
/// Attached; the class is live, and its own class is `type`.
unsafe fn is_reduced_otherwise(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: attached; the hash of such a class is its address.
    unsafe {
        let py = Python::assume_attached();
        REDUCERS.get(py).is_some_and(|table| ffi::PyDict_Contains(table.as_ptr(), class.cast()) == 1)
    }
}

/// Looks at a class and remembers what it is.
fn examine(class: &Bound<'_, PyType>) -> Option<Verdict> {
    let py = class.py();
    // SAFETY: live.
    let version = || unsafe { version(class.as_type_ptr()) };
    let look = || {
        let module = py.import(intern!(py, "pyrite._records"))?;
        module.call_method1(intern!(py, "examine"), (class,))?.extract::<Option<(char, Vec<String>)>>()
    };
    let mut found = None;
    // The first look gives the class its version. Nobody may change it during one.
    for _ in 0..4 {
        let before = version();
        // What its metaclass or a descriptor raises is no answer.
        found = look().inspect_err(|error| interrupt_again(py, error)).ok()?;
        if before == version() && before != 0 {
            break;
        }
        found = None;
    }
    let found = found.and_then(|(letter, names)| Some((ClassKind::of_letter(letter)?, names)));
    Some(with_registry(|all| {
        let entry = found.and_then(|(kind, names)| all.entry(class, kind, names));
        let verdict = (version(), entry);
        if all.by_class.len() >= 4 * MOST {
            all.by_class.clear();
        }
        all.by_class.insert(class.as_ptr() as usize, verdict.clone());
        verdict
    }))
}

/// An interrupt that came while nobody could raise it is raised by who can.
fn interrupt_again(py: Python<'_>, error: &PyErr) {
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        // SAFETY: attached.
        unsafe { ffi::PyErr_SetInterrupt() };
    }
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
    prepare(class.py());
    let mut asked = Asked::default();
    // SAFETY: live.
    let look = |asked: &mut Asked| unsafe { asked.look(class.as_type_ptr()) };
    let entry = match look(&mut asked) {
        None if asked.settle(class.py()) => look(&mut asked),
        found => found,
    }?;
    Some((entry.info(Vec::new()).mark(), entry.names.clone()))
}
