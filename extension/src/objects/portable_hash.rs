//! `PySpark`'s `portable_hash` of any Python object, as a worker with PYTHONHASHSEED=0 computes it, whatever seed this
//! process has. What a type hashes (a str's buffer, a date's packed bytes, a frozenset's elements) is hashed again here;
//! numbers don't depend on the seed and keep their own hash; a class with a hash of its own is believed.

use std::os::raw::c_char;

use pyo3::PyTypeInfo;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::string::PyStringData;
use pyo3::types::{
    PyBytes, PyDate, PyDateAccess, PyDateTime, PyFloat, PyFrozenSet, PyInt, PyString, PyTime, PyTimeAccess, PyTuple,
    PyType,
};

use crate::shuffle::TupleHash;
use crate::shuffle::siphash::python_bytes_hash;

/// `hash("a")` under seed 0.
const HASH_OF_A: isize = 4_644_417_185_603_328_019;

/// `portable_hash(key)`. Unhashable keys raise Python's own `TypeError`.
pub fn portable_hash(py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<isize> {
    if key.is_none() {
        return Ok(0);
    }
    let Ok(tuple) = key.cast::<PyTuple>() else { return builtin_hash(key, known(py)?) };
    let _level = Level::enter(py)?;
    let mut hash = TupleHash::new();
    if tuple.is_exact_instance_of::<PyTuple>() {
        for item in tuple.iter_borrowed() {
            hash.push(portable_hash(py, &item)? as i64);
        }
        return Ok(hash.finish(tuple.len()) as isize);
    }
    // A named tuple, or another subclass with an iteration of its own.
    for item in key.try_iter()? {
        hash.push(portable_hash(py, &item?)? as i64);
    }
    Ok(hash.finish(key.len()?) as isize)
}

/// The hash functions whose inputs we know, and whether this process's seed is 0 anyway.
struct Known {
    seed_is_zero: bool,
    text: Slot,
    bytes: Slot,
    tuple: Slot,
    frozenset: Slot,
    date: Slot,
    datetime: Slot,
    time: Slot,
    enumeration: Py<PyAny>,
}

/// A type's `tp_hash`, inherited by subclasses that don't override `__hash__`. Only compared, never called.
type Slot = Option<unsafe extern "C" fn(*mut ffi::PyObject) -> ffi::Py_hash_t>;

fn slot(class: &Bound<'_, PyType>) -> Slot {
    // SAFETY: a type object is alive as long as the reference, and its slots are set once it is ready.
    unsafe { (*class.as_type_ptr()).tp_hash }
}

fn same(left: Slot, right: Slot) -> bool {
    left.map(|f| f as usize) == right.map(|f| f as usize)
}

fn known(py: Python<'_>) -> PyResult<&Known> {
    static KNOWN: PyOnceLock<Known> = PyOnceLock::new();
    KNOWN.get_or_try_init(py, || {
        let flags = py.import("sys")?.getattr("flags")?;
        let randomized = flags.getattr("hash_randomization")?.is_truthy()?;
        Ok(Known {
            seed_is_zero: !randomized && PyString::new(py, "a").hash()? == HASH_OF_A,
            text: slot(&PyString::type_object(py)),
            bytes: slot(&PyBytes::type_object(py)),
            tuple: slot(&PyTuple::type_object(py)),
            frozenset: slot(&PyFrozenSet::type_object(py)),
            date: slot(&PyDate::type_object(py)),
            datetime: slot(&PyDateTime::type_object(py)),
            time: slot(&PyTime::type_object(py)),
            enumeration: py.import("enum")?.getattr("Enum")?.getattr("__hash__")?.unbind(),
        })
    })
}

/// `hash(value)` under seed 0.
fn builtin_hash(value: &Bound<'_, PyAny>, known: &Known) -> PyResult<isize> {
    let class = value.get_type();
    if known.seed_is_zero || class.is(PyInt::type_object(value.py())) || class.is(PyFloat::type_object(value.py())) {
        return value.hash();
    }
    let hash = slot(&class);
    if same(hash, known.text)
        && let Ok(text) = value.cast::<PyString>()
    {
        return str_hash(text);
    }
    if same(hash, known.bytes)
        && let Ok(bytes) = value.cast::<PyBytes>()
    {
        return Ok(python_bytes_hash(bytes.as_bytes()) as isize);
    }
    if same(hash, known.tuple)
        && let Ok(tuple) = value.cast::<PyTuple>()
    {
        return tuple_hash(tuple, known);
    }
    if same(hash, known.frozenset)
        && let Ok(set) = value.cast::<PyFrozenSet>()
    {
        return frozenset_hash(set, known);
    }
    if same(hash, known.datetime)
        && let Ok(time) = value.cast::<PyDateTime>()
    {
        return if is_naive(value)? {
            Ok(bytes_hash(&[date_bytes(time).as_slice(), &time_bytes(time)]))
        } else {
            value.hash()
        };
    }
    if same(hash, known.date)
        && let Ok(date) = value.cast::<PyDate>()
    {
        return Ok(bytes_hash(&[&date_bytes(date)]));
    }
    if same(hash, known.time)
        && let Ok(time) = value.cast::<PyTime>()
    {
        return if is_naive(value)? { Ok(bytes_hash(&[&time_bytes(time)])) } else { value.hash() };
    }
    own_hash(value, &class, known)
}

/// The hash of a class written in Python: an Enum hashes its name, a frozen dataclass the tuple of its fields.
fn own_hash(value: &Bound<'_, PyAny>, class: &Bound<'_, PyType>, known: &Known) -> PyResult<isize> {
    let py = value.py();
    // SAFETY: as in `slot`.
    if unsafe { (*class.as_type_ptr()).tp_flags } & ffi::Py_TPFLAGS_HEAPTYPE == 0 {
        return value.hash();
    }
    let Ok(function) = class.getattr("__hash__") else { return value.hash() };
    if function.is(&known.enumeration) {
        let _level = Level::enter(py)?;
        return builtin_hash(&value.getattr("_name_")?, known);
    }
    let Some(names) = dataclass_fields(class, &function)? else { return value.hash() };
    let _level = Level::enter(py)?;
    let fields: Vec<Bound<'_, PyAny>> = names.iter().map(|name| value.getattr(name)).collect::<PyResult<_>>()?;
    tuple_hash(&PyTuple::new(py, fields)?, known)
}

/// The names of the fields that a generated `__hash__` hashes; nothing for a hash that a person wrote.
fn dataclass_fields<'py>(
    class: &Bound<'py, PyType>,
    function: &Bound<'py, PyAny>,
) -> PyResult<Option<Vec<Bound<'py, PyString>>>> {
    let py = class.py();
    let Ok(code) = function.getattr("__code__") else { return Ok(None) };
    if code.getattr("co_qualname")?.extract::<&str>().ok() != Some("__create_fn__.<locals>.__hash__") {
        return Ok(None);
    }
    for base in class.mro() {
        let own = base.getattr("__dict__")?;
        if !own.contains("__hash__")? {
            continue;
        }
        if !own.contains("__dataclass_fields__")? {
            return Ok(None);
        }
        let mut names = Vec::new();
        for field in py.import("dataclasses")?.call_method1("fields", (base,))?.try_iter()? {
            let field = field?;
            let explicit = field.getattr("hash")?;
            let counts = if explicit.is_none() { field.getattr("compare")? } else { explicit };
            if counts.is_truthy()? {
                names.push(field.getattr("name")?.cast_into()?);
            }
        }
        return Ok(Some(names));
    }
    Ok(None)
}

/// The buffer that `CPython` hashes: 1, 2 or 4 bytes a character, lone surrogates included.
fn str_hash(text: &Bound<'_, PyString>) -> PyResult<isize> {
    // SAFETY: the view is read here and now, while the str is borrowed and attached.
    let hash = match unsafe { text.data() }? {
        PyStringData::Ucs1(units) => python_bytes_hash(units),
        PyStringData::Ucs2(units) => python_bytes_hash(&units.iter().flat_map(|u| u.to_ne_bytes()).collect::<Vec<_>>()),
        PyStringData::Ucs4(units) => python_bytes_hash(&units.iter().flat_map(|u| u.to_ne_bytes()).collect::<Vec<_>>()),
    };
    Ok(hash as isize)
}

fn bytes_hash(parts: &[&[u8]]) -> isize {
    python_bytes_hash(&parts.concat()) as isize
}

fn date_bytes(date: &impl PyDateAccess) -> [u8; 4] {
    let year = (date.get_year() as u16).to_be_bytes();
    [year[0], year[1], date.get_month(), date.get_day()]
}

fn time_bytes(time: &impl PyTimeAccess) -> [u8; 6] {
    let micros = time.get_microsecond().to_be_bytes();
    [time.get_hour(), time.get_minute(), time.get_second(), micros[1], micros[2], micros[3]]
}

/// A time with an offset is hashed as a number.
fn is_naive(time: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(time.call_method0("utcoffset")?.is_none())
}

/// `CPython`'s own tuple hash, an xxHash over the items' hashes.
fn tuple_hash(tuple: &Bound<'_, PyTuple>, known: &Known) -> PyResult<isize> {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let _level = Level::enter(tuple.py())?;
    let mut hash = PRIME_5;
    for item in tuple.iter_borrowed() {
        let lane = builtin_hash(&item, known)? as u64;
        hash = hash.wrapping_add(lane.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
    }
    hash = hash.wrapping_add(tuple.len() as u64 ^ PRIME_5 ^ 0x0035_d373);
    Ok(if hash == u64::MAX { 1_546_275_796 } else { hash as isize })
}

/// `CPython`'s frozenset hash: the elements' hashes, shuffled and xored, so that their order doesn't matter.
fn frozenset_hash(set: &Bound<'_, PyFrozenSet>, known: &Known) -> PyResult<isize> {
    let _level = Level::enter(set.py())?;
    let mut hash = 0_u64;
    for item in set.iter() {
        let item = builtin_hash(&item, known)? as u64;
        hash ^= (item ^ 0x055b_4db3 ^ (item << 16)).wrapping_mul(3_644_798_167);
    }
    hash ^= (set.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    Ok(if hash == u64::MAX { 590_923_713 } else { hash as isize })
}

/// One level of recursion, which Python counts: a very deep tuple raises `RecursionError`.
struct Level;

impl Level {
    fn enter(py: Python<'_>) -> PyResult<Self> {
        let place: *const c_char = c" while hashing a key".as_ptr();
        // SAFETY: attached, and each entered level is left once, in `drop`.
        if unsafe { ffi::Py_EnterRecursiveCall(place) } != 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(Self)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        // SAFETY: the level was entered on this thread, which is still attached: no level outlives its call.
        unsafe { ffi::Py_LeaveRecursiveCall() }
    }
}
