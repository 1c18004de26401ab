//! What a function captures and its tree doesn't hold: containers that rows are looked up in, and values that are read
//! with every job. Equality is Python's; keys that could equal keys of another type decline.

use std::sync::OnceLock;

use arrow_array::{Array, Int64Array, StringViewArray};
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::cells::cell::Cell;
use super::cells::methods::owned;
use super::cells::read::Reader;
use super::cells::textual::to_repr;
use super::tree::expr::LookupKind;
use crate::chunk::{Columns, Type};
use crate::error::{Decline, Exception};

/// A list that is used as a whole is made anew for each use.
const MOST_ITEMS: usize = 1000;

/// A captured container or value, as columns.
#[derive(Debug)]
pub struct Captured {
    shape: Shape,
    /// Keys of a dict, elements of a set or sequence, or the one value; nothing where they are no column.
    items: Option<Columns>,
    /// Values of a dict, elements of a sequence.
    values: Option<Columns>,
    index: OnceLock<Result<Index, Decline>>,
}

/// What kind of container it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Dict,
    Set,
    /// A tuple.
    Sequence,
    List,
    Value,
}

impl Captured {
    /// A dict, by its keys and values in the same order.
    pub fn dict(keys: Option<Columns>, values: Option<Columns>) -> Self {
        Self { shape: Shape::Dict, items: keys, values, index: OnceLock::new() }
    }

    /// A set or frozenset.
    pub fn set(items: Option<Columns>) -> Self {
        Self { shape: Shape::Set, items, values: None, index: OnceLock::new() }
    }

    /// A tuple.
    pub fn sequence(items: Option<Columns>) -> Self {
        Self { shape: Shape::Sequence, values: items.clone(), items, index: OnceLock::new() }
    }

    /// A list.
    pub fn list(items: Option<Columns>) -> Self {
        Self { shape: Shape::List, ..Self::sequence(items) }
    }

    /// A value that is no container; one row.
    pub fn value(row: Option<Columns>) -> Self {
        Self { shape: Shape::Value, items: row, values: None, index: OnceLock::new() }
    }

    /// Why it can't be used so, if it can't; `None` stands for a use as a value.
    pub fn check(&self, how: Option<LookupKind>) -> Result<(), Decline> {
        let odd = || Err(Decline::new("a captured container is used as its type doesn't allow"));
        match (how, self.shape) {
            (None, Shape::Value | Shape::List) => self.cell().map(drop),
            (Some(LookupKind::Item), Shape::Sequence | Shape::List) => self.values().map(drop),
            (Some(LookupKind::Item | LookupKind::Get), Shape::Dict) => self.values().and(self.index()).map(drop),
            (Some(LookupKind::In), Shape::Dict | Shape::Set | Shape::Sequence | Shape::List) => self.index().map(drop),
            _ => odd(),
        }
    }

    /// The value that is no container, or a list that is used as a whole.
    pub fn cell(&self) -> Result<Cell<'static>, Decline> {
        if self.shape == Shape::List {
            let items = self.values()?;
            if items.len() > MOST_ITEMS {
                return Err(Decline::new("a captured list of very many items"));
            }
            let reader = Reader::new(items).ok_or(Decline::new("a column of another type"))?;
            return Ok(Cell::List((0..items.len()).map(|row| owned(reader.get(row))).collect()));
        }
        let reader = self.items.as_ref().filter(|row| row.len() == 1).and_then(Reader::new);
        reader.map(|r| owned(r.get(0))).ok_or(Decline::new("a captured value of a type that no column has"))
    }

    /// The values of a dict, the elements of a sequence.
    pub fn values(&self) -> Result<&Columns, Decline> {
        self.values.as_ref().ok_or(Decline::new("a captured container whose values are not of one type"))
    }

    /// Where `container[key]` lies among the values, for each key; nothing where it isn't there.
    pub fn places(&self, keys: &Columns) -> Result<Vec<Option<u32>>, Decline> {
        if !self.is_sequence() {
            return self.found(keys);
        }
        let len = self.values()?.len();
        let (Type::Int, Some(keys)) = (keys.kind(), keys.array().as_any().downcast_ref::<Int64Array>()) else {
            return Err(Decline::new("a captured sequence is indexed by what is no int"));
        };
        Ok(keys.values().iter().map(|&at| place(at, len)).collect())
    }

    /// The place of each key among the keys or elements.
    pub fn found(&self, keys: &Columns) -> Result<Vec<Option<u32>>, Decline> {
        self.index()?.find(keys)
    }

    /// A look into the container for one row.
    pub fn look<'a>(&self, how: LookupKind, key: &Cell<'_>, default: Option<Cell<'a>>) -> Result<Cell<'a>, Decline> {
        let at = match (how, self.shape, key) {
            (LookupKind::Item, Shape::Sequence | Shape::List, Cell::Int(at)) => place(*at, self.values()?.len()),
            (LookupKind::Item, Shape::Sequence | Shape::List, _) => return Err(key.unsupported("an index")),
            _ => self.index()?.find_one(key)?,
        };
        if how == LookupKind::In {
            return Ok(Cell::Bool(at.is_some()));
        }
        match (at, how) {
            (Some(at), _) => {
                let reader = Reader::new(self.values()?).ok_or(Decline::new("a column of another type"))?;
                Ok(owned(reader.get(at as usize)))
            }
            (None, LookupKind::Get) => Ok(default.unwrap_or(Cell::None)),
            (None, _) => {
                Err(if self.is_sequence() { self.missing() } else { self.missing().saying(|| to_repr(key).ok()) })
            }
        }
    }

    /// Whether it is looked into by the number of an element.
    fn is_sequence(&self) -> bool {
        matches!(self.shape, Shape::Sequence | Shape::List)
    }

    /// Why a row without its key declines: the interpreter raises.
    pub fn missing(&self) -> Decline {
        let exception = if self.is_sequence() { Exception::IndexError } else { Exception::KeyError };
        Decline::raises(exception, "a key or index that a captured container has not")
    }

    fn index(&self) -> Result<&Index, Decline> {
        let made = self.index.get_or_init(|| {
            let items =
                self.items.as_ref().ok_or(Decline::new("a captured container whose keys are not of one type"))?;
            Index::new(items)
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn place(at: i64, len: usize) -> Option<u32> {
    let at = if at < 0 { at.checked_add(len as i64)? } else { at };
    u32::try_from(at).ok().filter(|&at| (at as usize) < len)
}

/// Where each key of a container lies.
#[derive(Debug)]
struct Index {
    kind: Type,
    places: Places,
}

#[derive(Debug)]
enum Places {
    Int(HashMap<i64, u32, RandomState>),
    /// Text as it is; other keys encoded.
    Bytes(HashMap<Box<[u8]>, u32, RandomState>),
}

impl Index {
    fn new(items: &Columns) -> Result<Self, Decline> {
        let kind = items.kind().clone();
        if !(is_key(&kind) || items.is_empty()) {
            return Err(Decline::new(format!("a captured container with keys of type {kind}")));
        }
        let reader = Reader::new(items).ok_or(Decline::new("a column of another type"))?;
        let mut room = Vec::new();
        let mut places = match kind {
            Type::Int => Places::Int(HashMap::with_capacity_and_hasher(items.len(), RandomState::default())),
            _ => Places::Bytes(HashMap::with_capacity_and_hasher(items.len(), RandomState::default())),
        };
        for row in 0..items.len() {
            let cell = reader.get(row);
            match (&mut places, &cell) {
                (Places::Int(map), Cell::Int(i)) => map.insert(*i, row as u32),
                (Places::Bytes(map), cell) => {
                    room.clear();
                    if !encode(cell, &kind, &mut room)? {
                        return Err(Decline::new("a captured container with nan among its keys"));
                    }
                    map.insert(room.as_slice().into(), row as u32)
                }
                (Places::Int(_), _) => return Err(Decline::new("a column of another type")),
            };
        }
        Ok(Self { kind, places })
    }

    fn find(&self, keys: &Columns) -> Result<Vec<Option<u32>>, Decline> {
        let any = keys.array().as_any();
        match (&self.places, keys.kind()) {
            (Places::Int(map), Type::Int) => {
                let keys = any.downcast_ref::<Int64Array>().ok_or(Decline::new("a column of another type"))?;
                Ok(keys.values().iter().map(|key| map.get(key).copied()).collect())
            }
            (Places::Bytes(map), Type::Str) if self.kind == Type::Str => {
                let keys = any.downcast_ref::<StringViewArray>().ok_or(Decline::new("a column of another type"))?;
                Ok((0..keys.len()).map(|i| map.get(keys.value(i).as_bytes()).copied()).collect())
            }
            _ => {
                let reader = Reader::new(keys).ok_or(Decline::new("a column of another type"))?;
                (0..keys.len()).map(|row| self.find_one(&reader.get(row))).collect()
            }
        }
    }

    fn find_one(&self, key: &Cell<'_>) -> Result<Option<u32>, Decline> {
        match (&self.places, key) {
            (Places::Int(map), Cell::Int(i)) => Ok(map.get(i).copied()),
            (_, Cell::None) => Ok(None),
            (Places::Int(_), _) => Err(other_type(key)),
            (Places::Bytes(map), _) if map.is_empty() => {
                if may_be_key(key) {
                    Ok(None)
                } else {
                    Err(other_type(key))
                }
            }
            (Places::Bytes(map), Cell::Str(text)) if self.kind == Type::Str => Ok(map.get(text.as_bytes()).copied()),
            (Places::Bytes(map), _) => {
                let mut room = Vec::new();
                Ok(if encode(key, &self.kind, &mut room)? { map.get(room.as_slice()).copied() } else { None })
            }
        }
    }
}

fn other_type(key: &Cell<'_>) -> Decline {
    key.unsupported("a look into a container with other keys")
}

fn is_key(kind: &Type) -> bool {
    match kind {
        Type::Bool | Type::Int | Type::Float | Type::Str | Type::Bytes | Type::Date | Type::DateTime | Type::Delta => {
            true
        }
        Type::Tuple(items) => items.iter().all(is_key),
        Type::Null
        | Type::List(_)
        | Type::Group(_)
        | Type::Vector
        | Type::Record(..)
        | Type::Real
        | Type::Mixed
        | Type::Optional(_) => false,
    }
}

/// Whether a value has a hash.
fn may_be_key(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Tuple(items) => items.iter().all(may_be_key),
        Cell::List(_) | Cell::Record(..) | Cell::Dict(_) | Cell::Group(_) | Cell::Match(_) | Cell::Vector(_) => false,
        _ => true,
    }
}

/// Appends bytes that are equal where keys of this type are. False for what equals no key: nan, and `None`.
fn encode(cell: &Cell<'_>, kind: &Type, out: &mut Vec<u8>) -> Result<bool, Decline> {
    match (kind, cell) {
        (_, Cell::None) => return Ok(false),
        (Type::Bool, Cell::Bool(b)) => out.push(u8::from(*b)),
        (Type::Int, Cell::Int(i)) => out.extend_from_slice(&i.to_le_bytes()),
        (Type::Date, Cell::Date(day)) => out.extend_from_slice(&day.to_le_bytes()),
        (Type::DateTime, Cell::DateTime(of)) | (Type::Delta, Cell::Delta(of)) => {
            out.extend_from_slice(&of.to_le_bytes());
        }
        (Type::Float, Cell::Float(f)) => {
            // 0.0 and -0.0 are one key.
            out.extend_from_slice(&(f + 0.0).to_bits().to_le_bytes());
            return Ok(!f.is_nan());
        }
        (Type::Str, Cell::Str(s)) => out.extend_from_slice(s.as_bytes()),
        (Type::Bytes, Cell::Bytes(b)) => out.extend_from_slice(b),
        (Type::Tuple(kinds), Cell::Tuple(items)) if kinds.len() == items.len() => {
            let mut has_place = true;
            for (item, kind) in items.iter().zip(kinds) {
                let from = out.len();
                out.extend_from_slice(&[0; 8]);
                // Each is looked at, also after one without a place: it may have no hash.
                has_place &= encode(item, kind, out)?;
                let len = (out.len() - from - 8) as u64;
                out[from..from + 8].copy_from_slice(&len.to_le_bytes());
            }
            return Ok(has_place);
        }
        _ => return Err(other_type(cell)),
    }
    Ok(true)
}
