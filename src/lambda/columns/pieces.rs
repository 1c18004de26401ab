//! Texts that are split at a character and whose pieces nobody has asked for yet: a look at the third piece cuts that one out
//! of every row, and makes no list.

use std::sync::{Arc, OnceLock};

use arrow_array::{Array, BooleanArray, StringViewArray};

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::class::Class;
use crate::kernel::cuts::Cuts;
use crate::kernel::filter::filter;
use crate::kernel::split::split_class;
use crate::kernel::views::{Source, Views};
use crate::lambda::cells::write::list_column;

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
        let lists = split_at(&texts, self.character)?;
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
        Ok(Columns::ints(lengths))
    }

    /// One piece of every row, counted from the end if `index` is negative; else the rows that have no such piece.
    pub fn item(&self, index: i64) -> Result<Result<Columns, Vec<u32>>, Decline> {
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
            return Ok(Err(out));
        }
        Ok(Ok(Columns::new(Arc::new(pieces.finish(None)?), Type::Str)))
    }

    /// The rows that have another number of pieces.
    pub fn others(&self, count: i64) -> Result<Vec<u32>, Decline> {
        let cuts = self.cuts()?;
        let is_other = |row: &u32| cuts.of(self.row(*row as usize)).len() as i64 + 1 != count;
        Ok((0..self.len() as u32).filter(is_other).collect())
    }
}

/// Texts split at an ASCII character, as lists.
pub fn split_at(strings: &StringViewArray, character: u8) -> Result<Columns, Decline> {
    let code = u32::from(character);
    let pieces = split_class(strings, &Class::new(false, &[(code, code)], &[])?, false)?;
    list_column(pieces.offsets, &Columns::new(Arc::new(pieces.values), Type::Str), None)
}
