//! New Python values of a column of `Type::Mixed`. Rows of the interpreter never become one: `CPython` is done with them
//! before they were written.

use std::ptr;

use arrow_array::LargeBinaryArray;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyList, PyString, PyType};

use super::convert::new_str;
use super::owned::owned;
use crate::chunk::{DictKind, Token};

/// A new object for every row.
pub fn decode(py: Python<'_>, rows: &LargeBinaryArray) -> PyResult<Vec<Py<PyAny>>> {
    use arrow_array::Array;
    let mut decoder = Decoder { py, keys: Keys::default() };
    let row = |i| {
        if rows.is_null(i) {
            return Ok(py.None());
        }
        decoder.object(&mut rows.value(i))
    };
    (0..rows.len()).map(row).collect()
}

/// Makes objects; the keys of dicts are most often the same.
struct Decoder<'py> {
    py: Python<'py>,
    keys: Keys,
}

impl Decoder<'_> {
    fn object(&mut self, bytes: &mut &[u8]) -> PyResult<Py<PyAny>> {
        let token = Token::take(bytes);
        self.made(token, bytes)
    }

    fn made(&mut self, token: Option<Token<'_>>, bytes: &mut &[u8]) -> PyResult<Py<PyAny>> {
        let py = self.py;
        let odd = || PyTypeError::new_err("a column whose values are of no known form");
        // SAFETY: attached. Each call of `owned` is given a new reference, or null with an exception set; the containers are
        // new, and nobody else has them while they are filled.
        unsafe {
            match token.ok_or_else(odd)? {
                Token::None => Ok(py.None()),
                Token::Bool(b) => Ok(pyo3::types::PyBool::new(py, b).to_owned().into_any().unbind()),
                Token::Int(i) => owned(py, ffi::PyLong_FromLongLong(i)),
                Token::Float(f) => owned(py, ffi::PyFloat_FromDouble(f)),
                Token::Str(text) => owned(py, new_str(text)),
                Token::Bytes(b) => {
                    owned(py, ffi::PyBytes_FromStringAndSize(b.as_ptr().cast(), b.len() as ffi::Py_ssize_t))
                }
                Token::Tuple(len) => {
                    let tuple = owned(py, ffi::PyTuple_New(size(len, bytes)?))?;
                    let mut plain = len > 0;
                    for i in 0..len {
                        let token = Token::take(bytes);
                        plain &= !token.is_some_and(|token| token.is_container());
                        ffi::PyTuple_SetItem(tuple.as_ptr(), i as ffi::Py_ssize_t, self.made(token, bytes)?.into_ptr());
                    }
                    if plain {
                        // It can be in no cycle: the collector needn't visit it.
                        ffi::PyObject_GC_UnTrack(tuple.as_ptr().cast());
                    }
                    Ok(tuple)
                }
                Token::List(len) => {
                    let list = owned(py, ffi::PyList_New(size(len, bytes)?))?;
                    for i in 0..len {
                        ffi::PyList_SetItem(list.as_ptr(), i as ffi::Py_ssize_t, self.object(bytes)?.into_ptr());
                    }
                    Ok(list)
                }
                Token::Set(len, _) => {
                    let set = owned(py, ffi::PySet_New(ptr::null_mut()))?;
                    for _ in 0..len {
                        let item = self.object(bytes)?;
                        if ffi::PySet_Add(set.as_ptr(), item.as_ptr()) != 0 {
                            return Err(PyErr::fetch(py));
                        }
                    }
                    Ok(set)
                }
                Token::Dict(kind, len) => {
                    let dict = new_dict(py, kind)?;
                    for _ in 0..len {
                        let key = match Token::take(bytes) {
                            Some(Token::Str(text)) => self.keys.get(py, text)?,
                            token => self.made(token, bytes)?,
                        };
                        let value = self.object(bytes)?;
                        if ffi::PyDict_SetItem(dict.as_ptr(), key.as_ptr(), value.as_ptr()) != 0 {
                            return Err(PyErr::fetch(py));
                        }
                    }
                    Ok(dict)
                }
            }
        }
    }
}

/// A length; each item takes a byte at least.
fn size(len: usize, bytes: &[u8]) -> PyResult<ffi::Py_ssize_t> {
    if len > bytes.len() {
        return Err(PyTypeError::new_err("a column whose values are of no known form"));
    }
    Ok(len as ffi::Py_ssize_t)
}

/// An empty dict of a class.
fn new_dict(py: Python<'_>, kind: DictKind) -> PyResult<Py<PyAny>> {
    static COUNTER: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static DEFAULT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let of = |factory: Bound<'_, PyType>| {
        DEFAULT.import(py, "collections", "defaultdict")?.call1((factory,)).map(Bound::unbind)
    };
    match kind {
        // SAFETY: attached; a new reference or null.
        DictKind::Dict => unsafe { owned(py, ffi::PyDict_New()) },
        DictKind::Counter => COUNTER.import(py, "collections", "Counter")?.call0().map(Bound::unbind),
        DictKind::Ints => of(py.get_type::<PyInt>()),
        DictKind::Floats => of(py.get_type::<PyFloat>()),
        DictKind::Strs => of(py.get_type::<PyString>()),
        DictKind::Lists => of(py.get_type::<PyList>()),
    }
}

/// So many texts are remembered, each in the one place that it has.
const PLACES: usize = 64;

/// The texts that were keys before: a str with its hash, which needn't be made again.
struct Keys(Vec<Option<(Box<str>, Py<PyAny>)>>);

impl Default for Keys {
    fn default() -> Self {
        Self((0..PLACES).map(|_| None).collect())
    }
}

impl Keys {
    fn get(&mut self, py: Python<'_>, text: &str) -> PyResult<Py<PyAny>> {
        let bytes = text.as_bytes();
        let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
        let place = (bytes.len() * 7 + usize::from(first) * 3 + usize::from(last) * 31) % PLACES;
        if let Some((known, object)) = &self.0[place]
            && **known == *text
        {
            return Ok(object.clone_ref(py));
        }
        // SAFETY: attached; a new reference or null.
        let object = unsafe { owned(py, new_str(text))? };
        self.0[place] = Some((text.into(), object.clone_ref(py)));
        Ok(object)
    }
}
