//! Python values of several types as the bytes of a column of `Type::Mixed`, and back. Exact types only, as in every column.

use std::borrow::Cow;
use std::{ptr, slice};

use arrow_array::LargeBinaryArray;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyList, PyString, PyType};

use super::convert::{new_str, owned};
use super::records::Asked;
use crate::chunk::{DictKind, Token};

/// Appends an object; nothing where it is none that a column has.
///
/// # Safety
/// Attached; `object` is live. Nothing here runs Python code, so nothing that it holds can go away meanwhile.
pub unsafe fn encode(object: *mut ffi::PyObject, depth: usize, asked: &mut Asked, out: &mut Vec<u8>) -> Option<()> {
    // SAFETY: by the caller's promise; the class is compared with the static types before its functions are called, and the
    // items that a container gives are kept alive by it.
    unsafe {
        let class = ffi::Py_TYPE(object);
        if class == &raw mut ffi::PyUnicode_Type {
            Token::Str(&text(object)?).put(out);
        } else if class == &raw mut ffi::PyLong_Type {
            let mut overflow = 0;
            let value = ffi::PyLong_AsLongLongAndOverflow(object, &raw mut overflow);
            if overflow != 0 {
                return None;
            }
            Token::Int(value).put(out);
        } else if class == &raw mut ffi::PyFloat_Type {
            Token::Float(ffi::PyFloat_AS_DOUBLE(object)).put(out);
        } else if class == &raw mut ffi::PyBool_Type {
            Token::Bool(object == ffi::Py_True()).put(out);
        } else if object == ffi::Py_None() {
            Token::None.put(out);
        } else if class == &raw mut ffi::PyBytes_Type {
            let len = ffi::PyBytes_Size(object) as usize;
            Token::Bytes(slice::from_raw_parts(ffi::PyBytes_AsString(object).cast::<u8>(), len)).put(out);
        } else {
            return encode_container(object, depth.checked_sub(1)?, asked, out);
        }
        Some(())
    }
}

/// # Safety
/// As `encode`.
unsafe fn encode_container(
    object: *mut ffi::PyObject,
    depth: usize,
    asked: &mut Asked,
    out: &mut Vec<u8>,
) -> Option<()> {
    // SAFETY: see `encode`.
    unsafe {
        let class = ffi::Py_TYPE(object);
        if class == &raw mut ffi::PyTuple_Type {
            let len = ffi::PyTuple_Size(object);
            Token::Tuple(len as usize).put(out);
            (0..len).try_for_each(|i| encode(ffi::PyTuple_GetItem(object, i), depth, asked, out))
        } else if class == &raw mut ffi::PyList_Type {
            let len = ffi::PyList_Size(object);
            Token::List(len as usize).put(out);
            (0..len).try_for_each(|i| encode(ffi::PyList_GetItem(object, i), depth, asked, out))
        } else if (class == &raw mut ffi::PyDict_Type || class == &raw mut ffi::PySet_Type) && !asked.is_new(object) {
            // One object stays one.
            None
        } else if class == &raw mut ffi::PyDict_Type {
            Token::Dict(DictKind::Dict, ffi::PyDict_Size(object) as usize).put(out);
            let (mut at, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
            while ffi::PyDict_Next(object, &raw mut at, &raw mut key, &raw mut value) != 0 {
                encode(key, depth, asked, out)?;
                encode(value, depth, asked, out)?;
            }
            Some(())
        } else if class == &raw mut ffi::PySet_Type {
            encode_set(object, depth, asked, out)
        } else {
            None
        }
    }
}

/// A set; how it came to be isn't known.
///
/// # Safety
/// As `encode`, and it is an exact set.
unsafe fn encode_set(set: *mut ffi::PyObject, depth: usize, asked: &mut Asked, out: &mut Vec<u8>) -> Option<()> {
    // SAFETY: an iterator over a set runs no Python code; each item is a new reference.
    unsafe {
        let len = ffi::PySet_Size(set) as usize;
        Token::Set(len, false).put(out);
        let iterator = ffi::PyObject_GetIter(set);
        if iterator.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        let mut done = Some(());
        for _ in 0..len {
            let item = ffi::PyIter_Next(iterator);
            if item.is_null() {
                ffi::PyErr_Clear();
                done = None;
                break;
            }
            done = encode(item, depth, asked, out);
            ffi::Py_DECREF(item);
            if done.is_none() {
                break;
            }
        }
        ffi::Py_DECREF(iterator);
        done
    }
}

/// The text of a str without lone surrogates.
///
/// # Safety
/// Attached; an exact str.
unsafe fn text<'a>(object: *mut ffi::PyObject) -> Option<Cow<'a, str>> {
    // SAFETY: by the caller's promise: its characters are `len` units of its kind.
    unsafe {
        if ffi::PyUnicode_READY(object) != 0 {
            ffi::PyErr_Clear();
            return None;
        }
        let (data, len) = (ffi::PyUnicode_DATA(object), ffi::PyUnicode_GetLength(object) as usize);
        match ffi::PyUnicode_KIND(object) {
            ffi::PyUnicode_1BYTE_KIND => {
                let bytes = slice::from_raw_parts(data.cast::<u8>(), len);
                if bytes.is_ascii() {
                    return Some(Cow::Borrowed(std::str::from_utf8_unchecked(bytes)));
                }
                Some(Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()))
            }
            ffi::PyUnicode_2BYTE_KIND => wide(slice::from_raw_parts(data.cast::<u16>(), len)),
            _ => wide(slice::from_raw_parts(data.cast::<u32>(), len)),
        }
    }
}

fn wide<'a, T: Copy + Into<u32>>(units: &[T]) -> Option<Cow<'a, str>> {
    units.iter().map(|&unit| char::from_u32(unit.into())).collect::<Option<String>>().map(Cow::Owned)
}

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
