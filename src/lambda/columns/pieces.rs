//! Texts that are split at a character and whose pieces nobody has asked for yet: a look at the third piece cuts that one out
//! of every row, and makes no list.

use std::sync::{Arc, OnceLock};

use arrow_array::{Array, BooleanArray, Int64Array, StringViewArray};

use super::frame::{Frame, Value};
use super::texts;
use crate::chunk::{Columns, Type};
use crate::error::{Decline, Exception};
use crate::kernel::cuts::Cuts;
use crate::kernel::filter::filter;
use crate::kernel::views::{Source, Views};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::functions::{Function, Method};

/// `text.split(character)` of every row.
#[derive(Clone, Debug)]
pub struct Pieces {
    texts: StringViewArray,
    character: u8,
    cuts: Arc<OnceLock<Cuts>>,
    /// The rows of `texts` that these are; all of them where there is nothing.
    rows: Option<Vec<u32>>,
    /// As a column of lists, once somebody has asked for that.
    lists: Arc<OnceLock<Columns>>,
}

/// The texts and the ASCII character at which a tree splits them.
pub fn split_of(tree: &Tree) -> Option<(&Tree, u8)> {
    let Tree::Method(Method::Split, texts, args) = tree else { return None };
    let [Tree::Const(Cell::Str(separator))] = args.as_slice() else { return None };
    match separator.as_bytes() {
        [character] => Some((texts, *character)),
        _ => None,
    }
}

impl Pieces {
    /// Of texts, none of which is null.
    pub fn new(texts: StringViewArray, character: u8) -> Self {
        Self { texts, character, cuts: Arc::default(), rows: None, lists: Arc::default() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.texts.len(), Vec::len)
    }

    /// The rows at which a mask is true.
    pub fn pick(&self, mask: &BooleanArray) -> Result<Self, Decline> {
        if mask.true_count() == self.len() {
            return Ok(self.clone());
        }
        if self.cuts.get().is_none() && self.rows.is_none() {
            let texts: Arc<dyn Array> = Arc::new(self.texts.clone());
            let picked = filter(&texts, mask)?;
            let texts = picked.as_any().downcast_ref::<StringViewArray>().cloned();
            return texts.map(|texts| Self::new(texts, self.character)).ok_or(Decline::new("texts that are none"));
        }
        let picked = mask.values().set_indices_u32();
        Ok(self.at(match &self.rows {
            None => picked.collect(),
            Some(rows) => picked.map(|row| rows[row as usize]).collect(),
        }))
    }

    /// The given rows.
    pub fn take(&self, rows: &[u32]) -> Self {
        self.at(rows.iter().map(|row| self.row(*row as usize) as u32).collect())
    }

    fn at(&self, rows: Vec<u32>) -> Self {
        Self { rows: Some(rows), lists: Arc::default(), ..self.clone() }
    }

    fn row(&self, row: usize) -> usize {
        self.rows.as_ref().map_or(row, |rows| rows[row] as usize)
    }

    /// As lists of strings.
    pub fn lists(&self) -> Result<Columns, Decline> {
        if let Some(lists) = self.lists.get() {
            return Ok(lists.clone());
        }
        let texts = match &self.rows {
            None => self.texts.clone(),
            Some(rows) => {
                let views = rows.iter().map(|row| self.texts.views()[*row as usize]);
                let mut picked = Views::new(self.texts.data_buffers(), rows.len());
                views.for_each(|view| picked.push(view));
                picked.finish(None)?
            }
        };
        let lists = texts::split_at(&texts, self.character)?;
        Ok(self.lists.get_or_init(|| lists).clone())
    }

    fn cuts(&self) -> Result<&Cuts, Decline> {
        if let Some(cuts) = self.cuts.get() {
            return Ok(cuts);
        }
        let cuts = Cuts::new(&self.texts, self.character).ok_or(Decline::new("more than 2^32 pieces in one chunk"))?;
        Ok(self.cuts.get_or_init(|| cuts))
    }

    /// How many pieces each row has.
    pub fn lengths(&self) -> Result<Columns, Decline> {
        let cuts = self.cuts()?;
        let lengths: Vec<i64> = (0..self.len()).map(|row| cuts.of(self.row(row)).len() as i64 + 1).collect();
        Ok(Columns::new(Arc::new(Int64Array::from(lengths)), Type::Int))
    }

    /// One piece of every row, counted from the end if `index` is negative.
    pub fn item(&self, index: i64, frame: &Frame<'_>) -> Result<Columns, Decline> {
        let (cuts, buffers) = (self.cuts()?, self.texts.data_buffers());
        let mut pieces = Views::new(self.texts.data_buffers(), self.len());
        let mut out = Vec::new();
        for row in 0..self.len() {
            let row_of = self.row(row);
            let cut = cuts.of(row_of);
            let at = if index < 0 { index.saturating_add(cut.len() as i64 + 1) } else { index };
            let Some(at) = usize::try_from(at).ok().filter(|at| *at <= cut.len()) else {
                out.push(row as u32);
                continue;
            };
            let mut room = [0; 32];
            // SAFETY: the view comes from the array whose buffers these are.
            let text = unsafe { Source::new(self.texts.views()[row_of], buffers, &mut room) };
            let from = if at == 0 { 0 } else { cut[at - 1] as usize + 1 };
            let to = cut.get(at).map_or(text.bytes().len(), |to| *to as usize);
            // SAFETY: places rise within the text and are those of an ASCII character, so that both are borders.
            pieces.push(unsafe { text.part(from, to) });
        }
        if !out.is_empty() {
            return Err(frame.at(Decline::raises(Exception::IndexError, "a list index out of range"), out));
        }
        Ok(Columns::new(Arc::new(pieces.finish(None)?), Type::Str))
    }

    /// The pieces of rows that have so many each, as a tuple.
    fn unpacked(&self, count: i64, frame: &Frame<'_>) -> Result<Columns, Decline> {
        let cuts = self.cuts()?;
        let other = |row: &u32| cuts.of(self.row(*row as usize)).len() as i64 + 1 != count;
        let other: Vec<u32> = (0..self.len() as u32).filter(other).collect();
        if !other.is_empty() {
            let why = "unpacking into another number of names";
            return Err(frame.at(Decline::raises(Exception::ValueError, why), other));
        }
        let items = (0..count).map(|at| self.item(at, frame)).collect::<Result<_, _>>()?;
        Ok(Columns::tuple(items, self.len()))
    }

    /// A built-in's call that needs no list; `None` for another.
    pub fn call(&self, function: Function, rest: &[Value], frame: &Frame<'_>) -> Result<Option<Value>, Decline> {
        Ok(match (function, rest) {
            (Function::Len, []) => Some(Value::Each(self.lengths()?)),
            (Function::Unpack, [Value::One(Cell::Int(count))]) => Some(Value::Each(self.unpacked(*count, frame)?)),
            _ => None,
        })
    }
}
