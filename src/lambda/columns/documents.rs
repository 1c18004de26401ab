//! A column of values that were loaded from JSON and not looked at further: each is the text that it was loaded from, which
//! was checked. It stays within compiled functions; what leaves them becomes a column of a type, or declines.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use arrow_array::{Array, BooleanArray, StringViewArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::filter::filter;
use crate::kernel::json::{self, Part, parts};
use crate::kernel::length::text_length;
use crate::kernel::strings::{map_part, map_part_or_text, map_parts};
use crate::kernel::views::Views;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::document::{self, Kind};
use crate::lambda::cells::textual::no_key;
use crate::lambda::cells::write::{Writer, list_column};

/// Values of JSON, one a row. Without a value a row is `null`.
#[derive(Clone, Debug)]
pub struct Documents {
    texts: StringViewArray,
    /// Where the members and elements are, once somebody has asked.
    index: Arc<OnceLock<Index>>,
}

/// Members and elements of all rows; each row's stand together.
#[derive(Clone, Debug)]
struct Index {
    parts: Arc<Vec<Part>>,
    rows: Vec<(u32, u32)>,
}

impl Index {
    fn of(&self, row: usize) -> &[Part] {
        let (from, to) = self.rows[row];
        &self.parts[from as usize..to as usize]
    }
}

/// Goes through the parts of texts.
#[derive(Default)]
struct Indexing {
    parts: Vec<Part>,
    rows: Vec<(u32, u32)>,
}

impl Indexing {
    fn add(&mut self, text: &str) -> Result<(), Decline> {
        let from = self.parts.len();
        parts(text, |part| self.parts.push(part)).ok_or_else(|| document::invalid(text))?;
        let place = |at: usize| u32::try_from(at).map_err(|_| Decline::new("documents of more than 2^32 parts"));
        self.rows.push((place(from)?, place(self.parts.len())?));
        Ok(())
    }

    fn finish(self) -> Index {
        Index { parts: Arc::new(self.parts), rows: self.rows }
    }
}

/// The elements of all rows.
pub struct Elements {
    /// Each row's borders, from 0 on.
    pub offsets: Vec<i32>,
    /// The elements of all rows, one after the other.
    pub values: Documents,
    /// Which rows aren't `None`; nothing where none is.
    pub valid: Option<NullBuffer>,
}

impl Documents {
    /// Loads texts.
    pub fn load(texts: &StringViewArray) -> Result<Self, Decline> {
        let mut index = Indexing::default();
        let texts = map_part(texts, |text| {
            let text = text.trim_matches([' ', '\t', '\n', '\r']);
            index.add(text)?;
            Ok(text)
        })?;
        Ok(Self { texts, index: Arc::new(OnceLock::from(index.finish())) })
    }

    /// The same value for `rows` rows, by its text.
    pub fn repeat(text: &str, rows: usize) -> Result<Self, Decline> {
        Self::load(&Views::repeat(text, rows)?)
    }

    /// Of texts that were checked.
    pub fn checked(texts: StringViewArray) -> Self {
        Self { texts, index: Arc::default() }
    }

    /// The texts.
    pub fn texts(&self) -> &StringViewArray {
        &self.texts
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Result<Cell<'_>, Decline> {
        document::value(self.texts.value(row))
    }

    fn kinds(&self) -> impl Iterator<Item = Kind> {
        (0..self.len()).map(|row| document::kind(self.texts.value(row)))
    }

    /// Whether every row is a dict.
    pub fn are_dicts(&self) -> bool {
        self.kinds().all(|kind| kind == Kind::Dict)
    }

    /// Whether every row is a list.
    pub fn are_lists(&self) -> bool {
        self.kinds().all(|kind| kind == Kind::List)
    }

    fn index(&self) -> Result<&Index, Decline> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let mut index = Indexing::default();
        for row in 0..self.len() {
            index.add(self.texts.value(row))?;
        }
        Ok(self.index.get_or_init(|| index.finish()))
    }

    fn other(&self, texts: StringViewArray, rows: impl Fn(&Index) -> Vec<(u32, u32)>) -> Self {
        let index = match self.index.get() {
            Some(index) => OnceLock::from(Index { parts: index.parts.clone(), rows: rows(index) }),
            None => OnceLock::new(),
        };
        Self { texts, index: Arc::new(index) }
    }

    /// The rows at which a mask is true.
    pub fn pick(&self, mask: &BooleanArray) -> Result<Self, Decline> {
        let picked = strings(&Columns::new(filter(&as_array(&self.texts), mask)?, Type::Str))?;
        let kept = |index: &Index| mask.values().set_indices().map(|row| index.rows[row]).collect();
        Ok(self.other(picked, kept))
    }

    /// The given rows.
    pub fn take(&self, rows: &[u32]) -> Result<Self, Decline> {
        let taken = strings(&Columns::new(as_array(&self.texts), Type::Str).take(rows)?)?;
        Ok(self.other(taken, |index| rows.iter().map(|row| index.rows[*row as usize]).collect()))
    }

    /// Which rows have a key; the caller has seen that all of them are dicts.
    pub fn has(&self, key: &str) -> Result<BooleanArray, Decline> {
        let index = self.index()?;
        let has = |row| {
            let text = self.texts.value(row);
            index.of(row).iter().any(|part| part.is_named(key, text))
        };
        Ok(BooleanArray::new(BooleanBuffer::collect_bool(self.len(), has), None))
    }

    /// The values of a key of rows that are all dicts. Where there is none it is the value with the text `default`, and
    /// without that it declines.
    pub fn member(&self, key: &str, default: Option<&str>) -> Result<Self, Decline> {
        let index = self.index()?;
        let mut row = 0;
        let values = map_part_or_text(&self.texts, |text| {
            if document::kind(text) != Kind::Dict {
                return Err(Decline::new("a key of what is no dict"));
            }
            let found = index.of(row).iter().rev().find(|part| part.is_named(key, text));
            row += 1;
            match (found, default) {
                (Some(part), _) => Ok(Cow::Borrowed(&text[part.value()])),
                (None, Some(default)) => Ok(Cow::Owned(default.to_owned())),
                (None, None) => Err(no_key(&Cell::text(key))),
            }
        })?;
        Ok(Self::checked(values))
    }

    /// Whether a row is a dict that has a key, or why not.
    pub fn has_item(&self, row: usize, key: &str) -> Result<(), Decline> {
        let text = self.texts.value(row);
        if document::kind(text) != Kind::Dict {
            return Err(Decline::new("a key of what is no dict"));
        }
        document::member(text, key)?.map(drop).ok_or_else(|| no_key(&Cell::text(key)))
    }

    /// The elements at an index of rows that are all lists.
    pub fn element(&self, index: i64) -> Result<Self, Decline> {
        let parts = self.index()?;
        let mut row = 0;
        let values = map_part(&self.texts, |text| {
            if document::kind(text) != Kind::List {
                return Err(Decline::new("an index of what is no list"));
            }
            let elements = parts.of(row);
            row += 1;
            let at = if index < 0 { index.checked_add(elements.len() as i64) } else { Some(index) };
            let found = at.and_then(|at| elements.get(usize::try_from(at).ok()?));
            found.map(|part| &text[part.value()]).ok_or(Decline::new("a list index out of range"))
        })?;
        Ok(Self::checked(values))
    }

    /// The elements of rows that are all lists or `None`; nothing where a row is something else.
    pub fn elements(&self) -> Result<Option<Elements>, Decline> {
        if !self.kinds().all(|kind| matches!(kind, Kind::List | Kind::Null)) {
            return Ok(None);
        }
        let index = self.index()?;
        let mut row = 0;
        let pieces = map_parts(&self.texts, |text, piece| {
            for part in index.of(row) {
                piece(&text[part.value()]);
            }
            row += 1;
            Ok(())
        })?;
        let valid = NullBuffer::new(!&self.nulls());
        let valid = Some(valid).filter(|valid| valid.null_count() > 0);
        Ok(Some(Elements { offsets: pieces.offsets.to_vec(), values: Self::checked(pieces.values), valid }))
    }

    /// `len()` of each row.
    pub fn lengths(&self) -> Result<Vec<i64>, Decline> {
        let index = self.index()?;
        let length = |row| {
            let text = self.texts.value(row);
            match document::kind(text) {
                Kind::Dict => document::distinct(index.of(row), text),
                Kind::List => Ok(index.of(row).len() as i64),
                Kind::Str => Ok(text_length(document::string(text)?.as_bytes())),
                _ => Err(Decline::new("len() of what has none")),
            }
        };
        (0..self.len()).map(length).collect()
    }

    /// Python's truth of each row.
    pub fn truth(&self) -> BooleanArray {
        let mut bits = BooleanBufferBuilder::new(self.len());
        for row in 0..self.len() {
            let text = self.texts.value(row);
            bits.append(match document::kind(text) {
                Kind::Dict | Kind::List => !json::is_empty(text),
                Kind::Str => text.len() > 2,
                // An int is 0 or it isn't, however large.
                Kind::Number => json::number(text).is_none_or(|n| match n {
                    json::Number::Int(i) => i != 0,
                    json::Number::Float(f) => f != 0.0,
                }),
                Kind::Null | Kind::Bool => text == "true",
            });
        }
        BooleanArray::new(bits.finish(), None)
    }

    /// Which rows are `None`.
    pub fn nulls(&self) -> BooleanBuffer {
        self.kinds().map(|kind| kind == Kind::Null).collect()
    }

    /// The values as a column where they all are of one simple type, or that and `None`.
    pub fn settled(&self) -> Option<Columns> {
        match self.kinds().find(|kind| *kind != Kind::Null) {
            Some(Kind::Dict | Kind::List) => None,
            Some(Kind::Str) => self.settled_texts(),
            _ => self.written().ok().filter(|column| !column.kind().holds_mixed()),
        }
    }

    fn settled_texts(&self) -> Option<Columns> {
        let mut nulls = false;
        let found = map_part_or_text(&self.texts, |text| match document::kind(text) {
            Kind::Str => document::string(text),
            Kind::Null => {
                nulls = true;
                Ok(Cow::Borrowed(""))
            }
            _ => Err(Decline::new("the rows have different types")),
        });
        let column = Columns::new(Arc::new(found.ok()?), Type::Str);
        if !nulls {
            return Some(column);
        }
        column.with_nulls(Some(NullBuffer::new(!&self.nulls()))).ok()
    }

    fn written(&self) -> Result<Columns, Decline> {
        let mut writer = Writer::mixing(true);
        for row in 0..self.len() {
            writer.push(&self.get(row)?)?;
        }
        writer.finish()
    }

    /// The values as a column of lists, where they are lists whose elements are of one type.
    pub fn lists(&self) -> Result<Option<Columns>, Decline> {
        if self.kinds().find(|kind| *kind != Kind::Null) != Some(Kind::List) {
            return Ok(None);
        }
        let Some(Elements { offsets, values, valid }) = self.elements()? else { return Ok(None) };
        let items = match values.settled() {
            None => values.lists()?,
            settled => settled,
        };
        let Some(items) = items else { return Ok(None) };
        list_column(OffsetBuffer::new(ScalarBuffer::from(offsets)), &items, valid).map(Some)
    }

    /// The values as a column.
    pub fn into_columns(self) -> Result<Columns, Decline> {
        match self.lists()? {
            Some(lists) => Ok(lists),
            None => self.written(),
        }
    }
}

fn as_array(texts: &StringViewArray) -> Arc<dyn Array> {
    Arc::new(texts.clone())
}

fn strings(columns: &Columns) -> Result<StringViewArray, Decline> {
    let array = columns.array().as_any().downcast_ref::<StringViewArray>();
    array.cloned().ok_or(Decline::new("a column whose array is of another type"))
}
