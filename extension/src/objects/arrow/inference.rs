//! Python rows as arrays of other libraries. The type of a column is that of its values, which have exactly one, `None`
//! apart: nothing is widened, rounded or made text, and what has no exact type is an error that says what to do.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, Decimal256Array, DurationMicrosecondArray, MapArray,
    StructArray, Time64MicrosecondArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, i256};
use arrow_schema::{ArrowError, DataType, Field, Fields};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use crate::chunk::foreign::{Layout, Texts, give, list_of, struct_of};
use crate::chunk::{Chunk, Columns};

use super::super::convert::to_columns;
use super::super::rows::load;
use super::super::slices::SLICE;

/// How deeply containers may nest: a list may contain itself.
const DEPTH: usize = 32;

/// A chunk's rows as a table: tuples, named tuples, Rows and dicts have a column for each item, anything else is one
/// column, `value`.
pub struct Piece {
    /// The columns.
    pub table: StructArray,
    /// Their names and types.
    pub layout: Layout,
}

type Rows<'a, 'py> = &'a [Bound<'py, PyAny>];

/// The rows of a chunk. `names` are those of the items of its tuples, where somebody knows them.
pub fn piece(py: Python<'_>, chunk: &Chunk, names: Option<&[String]>, texts: Texts) -> PyResult<Piece> {
    let (rows, by_key) = match chunk {
        Chunk::Columns(columns) if !columns.kind().holds_records() && !columns.kind().holds_mixed() => {
            (py.detach(|| given(columns, texts))?, false)
        }
        Chunk::Columns(_) | Chunk::Objects(_) => {
            let mut rows: Vec<Bound<'_, PyAny>> = Vec::with_capacity(chunk.len());
            for from in (0..chunk.len()).step_by(SLICE) {
                py.check_signals()?;
                let slice = chunk.slice(from, SLICE.min(chunk.len() - from));
                rows.extend(load(py, &slice)?.into_iter().map(|row| row.into_bound(py)));
            }
            let reading = Reading::new(py, texts)?;
            match rows.iter().find(|row| !row.is_none()) {
                Some(first) if first.is_exact_instance_of::<PyDict>() => (reading.by_key(&rows)?, true),
                _ => (reading.column(&rows, "a row", DEPTH)?, false),
            }
        }
    };
    let Some(table) = rows.as_struct_opt() else {
        let table = struct_of(&["value".to_owned()], vec![rows.clone()], rows.len(), None).map_err(|e| broken(&e))?;
        return Ok(piece_of(table.as_struct().clone(), by_key));
    };
    if table.null_count() > 0 {
        let message = "a row is None and others have items, of which Arrow makes columns: leave such rows out first, with \
                       filter(lambda row: row is not None)";
        return Err(PyTypeError::new_err(message));
    }
    let mut table = table.clone();
    if let Some(names) = names.filter(|names| names.len() == table.num_columns()) {
        table =
            struct_of(names, table.columns().to_vec(), table.len(), None).map_err(|e| broken(&e))?.as_struct().clone();
    }
    Ok(piece_of(table, by_key))
}

fn piece_of(table: StructArray, by_key: bool) -> Piece {
    let layout = Layout { fields: table.fields().clone(), by_key };
    Piece { table, layout }
}

fn broken(error: &ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn given(columns: &Columns, texts: Texts) -> PyResult<ArrayRef> {
    give(columns, texts).map_err(|e| broken(&e))
}

/// What reading a chunk's rows needs of Python.
struct Reading<'py> {
    numbers: Bound<'py, PyAny>,
    names: Bound<'py, PyAny>,
    texts: Texts,
}

impl<'py> Reading<'py> {
    fn new(py: Python<'py>, texts: Texts) -> PyResult<Self> {
        let module = py.import(intern!(py, "pyrite._arrow.numbers"))?;
        Ok(Self {
            numbers: module.getattr(intern!(py, "read"))?,
            names: module.getattr(intern!(py, "names_of"))?,
            texts,
        })
    }

    /// Values of one type as a column; `place` says in errors what they are.
    fn column(&self, rows: Rows<'_, 'py>, place: &str, depth: usize) -> PyResult<ArrayRef> {
        let py = self.numbers.py();
        if let Some(columns) = to_columns(py, rows).filter(|columns| !columns.kind().holds_records()) {
            return given(&columns, self.texts);
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(PyValueError::new_err(format!("{place} is nested too deeply")));
        };
        let Some(first) = rows.iter().find(|row| !row.is_none()) else {
            return Ok(new_null_array(&DataType::Null, rows.len()));
        };
        if first.is_instance_of::<PyTuple>() {
            return self.tuples(rows, place, depth);
        }
        if first.is_exact_instance_of::<PyDict>() {
            return self.maps(rows, place, depth);
        }
        let answer = self.numbers.call1((PyList::new(py, rows)?, place))?;
        let (kind, values, more): (String, Bound<'py, PyAny>, String) = answer.extract()?;
        self.array(&kind, &values, &more, (place, depth))
    }

    /// What `pyrite._arrow.numbers.read` found.
    fn array(
        &self,
        kind: &str,
        values: &Bound<'py, PyAny>,
        more: &str,
        (place, depth): (&str, usize),
    ) -> PyResult<ArrayRef> {
        Ok(match kind {
            "again" => self.column(&values.extract::<Vec<Bound<'py, PyAny>>>()?, place, depth)?,
            "lists" => self.lists(&values.extract::<Vec<Option<Bound<'py, PyList>>>>()?, place, depth)?,
            "date" => Arc::new(Date32Array::from(values.extract::<Vec<Option<i32>>>()?)),
            "time" => Arc::new(Time64MicrosecondArray::from(values.extract::<Vec<Option<i64>>>()?)),
            "timedelta" => Arc::new(DurationMicrosecondArray::from(values.extract::<Vec<Option<i64>>>()?)),
            "datetime" => {
                let zone = (!more.is_empty()).then(|| Arc::from(more));
                let ticks = values.extract::<Vec<Option<i64>>>()?;
                Arc::new(TimestampMicrosecondArray::from(ticks).with_timezone_opt::<Arc<str>>(zone))
            }
            "bytes" => Arc::new(
                values.extract::<Vec<Option<Vec<u8>>>>()?.iter().map(Option::as_deref).collect::<BinaryArray>(),
            ),
            "decimal" => decimals(&values.extract::<Vec<Option<String>>>()?, more)
                .ok_or_else(|| PyValueError::new_err(format!("{place}: Arrow's decimals have 76 digits at most")))?,
            _ => return Err(PyTypeError::new_err(format!("{place}: no {kind}"))),
        })
    }

    fn names(&self, row: &Bound<'py, PyAny>, place: &str) -> PyResult<Vec<String>> {
        self.names.call1((row, place))?.extract()
    }

    fn tuples(&self, rows: Rows<'_, 'py>, place: &str, depth: usize) -> PyResult<ArrayRef> {
        let py = self.numbers.py();
        let mut names: Option<Vec<String>> = None;
        let mut items: Vec<Vec<Bound<'py, PyAny>>> = Vec::new();
        let none = py.None().into_bound(py);
        // Rows in a row are of one kind, as a rule.
        let mut known: Option<Kind<'py>> = None;
        for (i, row) in rows.iter().enumerate() {
            if i % SLICE == 0 {
                py.check_signals()?;
            }
            if row.is_none() {
                for item in &mut items {
                    item.push(none.clone());
                }
                continue;
            }
            let kind = Kind::of(row)?;
            if !known.as_ref().is_some_and(|known| known.is(&kind)) {
                let own = self.names(row, place)?;
                match &names {
                    None => {
                        items = own.iter().map(|_| vec![none.clone(); i]).collect();
                        names = Some(own);
                    }
                    Some(names) if *names == own => {}
                    Some(names) => {
                        return Err(PyTypeError::new_err(format!(
                            "{place} has the fields ({}), and before it one has ({}): Arrow makes columns of them, so map \
                             all rows to the same fields first",
                            own.join(", "),
                            names.join(", ")
                        )));
                    }
                }
                known = Some(kind);
            }
            let row = row.cast::<PyTuple>()?;
            for (at, item) in items.iter_mut().enumerate() {
                item.push(row.get_item(at)?);
            }
        }
        let names = names.unwrap_or_default();
        let columns = names.iter().zip(&items);
        let columns = columns.map(|(name, item)| self.column(item, &format!("the field {name}"), depth));
        let columns = columns.collect::<PyResult<Vec<_>>>()?;
        struct_of(&names, columns, rows.len(), nulls(rows)).map_err(|e| broken(&e))
    }

    /// Rows that are dicts: a column for each key.
    fn by_key(&self, rows: Rows<'_, 'py>) -> PyResult<ArrayRef> {
        let py = self.numbers.py();
        let module = py.import(intern!(py, "pyrite._arrow.numbers"))?;
        let columns = module.call_method1(intern!(py, "by_key"), (PyList::new(py, rows)?,))?;
        let columns: Vec<(String, Vec<Bound<'py, PyAny>>)> = columns.extract()?;
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let items = columns.iter().map(|(name, item)| self.column(item, &format!("the field {name}"), DEPTH));
        struct_of(&names, items.collect::<PyResult<Vec<_>>>()?, rows.len(), None).map_err(|e| broken(&e))
    }

    fn lists(&self, rows: &[Option<Bound<'py, PyList>>], place: &str, depth: usize) -> PyResult<ArrayRef> {
        let mut items = Vec::new();
        for list in rows.iter().flatten() {
            items.extend(list.iter());
        }
        let lengths = rows.iter().map(|list| list.as_ref().map_or(0, PyListMethods::len));
        let offsets = offsets(lengths, place)?;
        let nulls: Vec<bool> = rows.iter().map(Option::is_some).collect();
        let nulls = nulls.contains(&false).then(|| NullBuffer::from(nulls));
        list_of(offsets, self.column(&items, &format!("an item of {place}"), depth)?, nulls).map_err(|e| broken(&e))
    }

    fn maps(&self, rows: Rows<'_, 'py>, place: &str, depth: usize) -> PyResult<ArrayRef> {
        let (mut keys, mut values, mut lengths) = (Vec::new(), Vec::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            if row.is_none() {
                lengths.push(0);
                continue;
            }
            let Ok(dict) = row.cast_exact::<PyDict>() else {
                return Err(PyTypeError::new_err(format!(
                    "{place} is a {}, and before it one is a dict: map them to one type first",
                    row.get_type().name()?
                )));
            };
            lengths.push(dict.len());
            for (key, value) in dict.iter() {
                if key.is_none() {
                    return Err(PyTypeError::new_err(format!(
                        "{place} has the key None, which Arrow's maps can't have"
                    )));
                }
                keys.push(key);
                values.push(value);
            }
        }
        let keys = self.column(&keys, &format!("a key of {place}"), depth)?;
        let values = self.column(&values, &format!("a value of {place}"), depth)?;
        let fields = Fields::from(vec![
            Field::new("key", keys.data_type().clone(), false),
            Field::new("value", values.data_type().clone(), true),
        ]);
        let entries = StructArray::try_new(fields.clone(), vec![keys, values], None).map_err(|e| broken(&e))?;
        let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
        let offsets = offsets(lengths.into_iter(), place)?;
        Ok(Arc::new(MapArray::try_new(field, offsets, entries, nulls(rows), false).map_err(|e| broken(&e))?))
    }
}

/// What decides how the items of a tuple are called.
struct Kind<'py> {
    class: Bound<'py, PyType>,
    len: Option<usize>,
    fields: Option<Bound<'py, PyAny>>,
}

impl<'py> Kind<'py> {
    fn of(row: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = row.py();
        let len = row.cast::<PyTuple>().ok().map(PyTupleMethods::len);
        Ok(Self { class: row.get_type(), len, fields: row.getattr_opt(intern!(py, "__fields__"))? })
    }

    fn is(&self, other: &Self) -> bool {
        let alike = match (&self.fields, &other.fields) {
            (None, None) => true,
            (Some(own), Some(others)) => own.eq(others).unwrap_or(false),
            _ => false,
        };
        alike && self.len == other.len && self.class.is(&other.class)
    }
}

fn offsets(lengths: impl Iterator<Item = usize> + Clone, place: &str) -> PyResult<OffsetBuffer<i32>> {
    if lengths.clone().sum::<usize>() > i32::MAX as usize {
        return Err(PyValueError::new_err(format!("{place}: more than 2^31 items in one partition")));
    }
    Ok(OffsetBuffer::from_lengths(lengths))
}

fn nulls(rows: Rows<'_, '_>) -> Option<NullBuffer> {
    let any = rows.iter().any(Bound::is_none);
    any.then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows.len(), |i| !rows[i].is_none())))
}

/// Numbers without their point; `more` is how many digits they have and how many of them stand behind it.
fn decimals(numbers: &[Option<String>], more: &str) -> Option<ArrayRef> {
    let (digits, scale) = more.split_once(' ')?;
    let (digits, scale) = (digits.parse::<usize>().ok()?, scale.parse::<i8>().ok()?);
    Some(if digits <= 38 {
        let numbers: Vec<Option<i128>> = numbers.iter().map(|n| n.as_ref().and_then(|n| n.parse().ok())).collect();
        let array = Decimal128Array::from(numbers).with_precision_and_scale(digits.max(1) as u8, scale);
        Arc::new(array.ok()?)
    } else if digits <= 76 {
        let numbers: Vec<Option<i256>> =
            numbers.iter().map(|n| n.as_ref().and_then(|n| i256::from_string(n))).collect();
        Arc::new(Decimal256Array::from(numbers).with_precision_and_scale(digits as u8, scale).ok()?)
    } else {
        return None;
    })
}
