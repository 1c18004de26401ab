//! What a tree is evaluated in: the columns of its parameters and locals, perhaps only at some of the rows.

use std::cell::{self, RefCell};
use std::sync::Arc;

use arrow_array::{Array, BooleanArray, StringViewArray};

use super::documents::Documents;
use super::matches::Matches;
use super::pieces::Pieces;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel;
use crate::lambda::captured::Captured;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::read::Reader;
use crate::lambda::cells::write::broadcast;
use crate::lambda::machine::Machines;
use crate::lambda::tree::matches::Key;

/// Parameters and locals of the rows that are evaluated.
pub struct Frame<'a> {
    /// Number of rows.
    pub rows: usize,
    /// Containers and values that the function captures.
    pub captured: &'a [Arc<Captured>],
    /// What of the function became machine code, if there are loops in it.
    pub machines: Option<&'a Machines>,
    /// Whether documents are loaded in the function: lists then may hold items of several types.
    pub loads: bool,
    base: Base<'a>,
    /// How many frames there are round this one.
    depth: usize,
    /// Whether a `try` wants to know which rows raise.
    catching: cell::Cell<bool>,
    locals: RefCell<Vec<Option<Held>>>,
    /// Locals that were bound here rather than taken from another frame.
    bound: RefCell<Vec<bool>>,
    /// Matches that were found for these rows.
    matches: RefCell<Vec<(Key, Matches)>>,
}

enum Base<'a> {
    /// The function's arguments.
    Args(&'a [Held]),
    /// Some rows of another frame, taken when they are asked for.
    Other { from: &'a Frame<'a>, rows: Rows<'a>, args: RefCell<Vec<Option<Held>>> },
}

/// Which rows of another frame.
enum Rows<'a> {
    /// Those at which a mask is true.
    Picked(&'a BooleanArray),
    /// Any, in any order, perhaps more than once.
    Spread(&'a [u32]),
}

impl Rows<'_> {
    fn of(&self, held: &Held) -> Result<Held, Decline> {
        match self {
            Self::Picked(mask) => held.pick(mask),
            Self::Spread(rows) => held.take(rows),
        }
    }

    /// Where these rows are in the other frame.
    fn places(&self, rows: &[u32]) -> Vec<u32> {
        match self {
            Self::Picked(mask) => {
                let all: Vec<u32> = mask.values().set_indices_u32().collect();
                rows.iter().map(|row| all[*row as usize]).collect()
            }
            Self::Spread(all) => rows.iter().map(|row| all[*row as usize]).collect(),
        }
    }
}

impl<'a> Frame<'a> {
    /// All rows, no local bound yet.
    pub fn new(
        args: &'a [Held],
        rows: usize,
        locals: usize,
        captured: &'a [Arc<Captured>],
        machines: Option<&'a Machines>,
    ) -> Self {
        let (depth, catching) = (0, cell::Cell::new(false));
        Self {
            rows,
            captured,
            machines,
            loads: false,
            base: Base::Args(args),
            depth,
            catching,
            locals: RefCell::new(vec![None; locals]),
            bound: RefCell::new(vec![false; locals]),
            matches: RefCell::default(),
        }
    }

    /// Whether somebody wants to know which rows raise.
    pub fn is_catching(&self) -> bool {
        self.catching.get()
    }

    /// The rows at which `mask` is true.
    pub fn pick<'b>(&'b self, mask: &'b BooleanArray) -> Frame<'b> {
        self.other(Rows::Picked(mask), mask.true_count())
    }

    /// The given rows.
    pub fn spread<'b>(&'b self, rows: &'b [u32]) -> Frame<'b> {
        self.other(Rows::Spread(rows), rows.len())
    }

    fn other<'b>(&'b self, rows: Rows<'b>, len: usize) -> Frame<'b> {
        let args = RefCell::new(vec![None; self.params()]);
        let locals = RefCell::new(vec![None; self.locals.borrow().len()]);
        let base = Base::Other { from: self, rows, args };
        Frame {
            rows: len,
            captured: self.captured,
            machines: self.machines,
            loads: self.loads,
            base,
            depth: self.depth + 1,
            catching: self.catching.clone(),
            locals,
            bound: RefCell::new(vec![false; self.locals()]),
            matches: RefCell::default(),
        }
    }

    /// Evaluates what a `try` protects.
    pub fn protected<T>(&self, evaluate: impl FnOnce(&Self) -> T) -> T {
        let before = self.catching.replace(true);
        let made = evaluate(self);
        self.catching.set(before);
        made
    }

    /// The decline with the rows that raise, where somebody wants to know and it is known of each: `row` does again for
    /// one what was declined for all.
    pub fn told(&self, decline: Decline, mut row: impl FnMut(usize) -> Result<(), Decline>) -> Decline {
        if !self.catching.get() {
            return decline;
        }
        let mut raised: Option<Decline> = None;
        let mut rows = Vec::new();
        for at in 0..self.rows {
            let Err(why) = row(at) else { continue };
            if why.raised().is_none() {
                return why;
            }
            match &raised {
                Some(first) if !first.is_alike(&why) => continue,
                Some(_) => {}
                None => raised = Some(why),
            }
            rows.push(at as u32);
        }
        raised.map_or_else(|| decline.unsure(), |why| self.at(why, rows))
    }

    /// The decline of these rows of this frame.
    pub fn at(&self, decline: Decline, rows: Vec<u32>) -> Decline {
        decline.at(self.depth, rows)
    }

    /// The rows of this frame that raise.
    pub fn raising<'d>(&self, decline: &'d Decline) -> Option<&'d [u32]> {
        decline.rows(self.depth).filter(|rows| !rows.is_empty())
    }

    /// What was declined in this frame, as the one sees it that it has its rows from.
    pub fn outward(&self, decline: Decline) -> Decline {
        match &self.base {
            Base::Args(_) => decline,
            Base::Other { rows, .. } => decline.outward(self.depth, |known| rows.places(known)),
        }
    }

    /// Number of parameters.
    pub fn params(&self) -> usize {
        match &self.base {
            Base::Args(args) => args.len(),
            Base::Other { from, .. } => from.params(),
        }
    }

    /// Number of locals.
    pub fn locals(&self) -> usize {
        self.locals.borrow().len()
    }

    /// A parameter's values.
    pub fn arg(&self, i: usize) -> Result<Value, Decline> {
        self.held_arg(i)?.settled()
    }

    /// The same as it is held.
    pub fn held_arg(&self, i: usize) -> Result<Held, Decline> {
        match &self.base {
            Base::Args(args) => args[i].known(),
            Base::Other { from, rows, args } => {
                if let Some(known) = &args.borrow()[i] {
                    return Ok(known.clone());
                }
                let picked = rows.of(&from.held_arg(i)?)?;
                args.borrow_mut()[i] = Some(picked.clone());
                Ok(picked)
            }
        }
    }

    /// Binds a local.
    pub fn bind(&self, slot: usize, value: Value) {
        self.hold(slot, Held::Value(value));
    }

    /// As `bind`.
    pub fn hold(&self, slot: usize, held: Held) {
        self.locals.borrow_mut()[slot] = Some(held);
        self.bound.borrow_mut()[slot] = true;
        self.matches.borrow_mut().retain(|(key, _)| key.slot != Some(slot));
    }

    /// Forgets what a local was bound to.
    pub fn unbind(&self, slot: usize) {
        self.locals.borrow_mut()[slot] = None;
        self.matches.borrow_mut().retain(|(key, _)| key.slot != Some(slot));
    }

    /// Whether a local was bound for these very rows.
    pub fn is_bound(&self, slot: usize) -> bool {
        self.locals.borrow()[slot].is_some()
    }

    /// A local's values, if it is bound.
    pub fn local(&self, slot: usize) -> Result<Option<Value>, Decline> {
        self.held_local(slot)?.map(Held::settled).transpose()
    }

    /// The same as it is held.
    pub fn held_local(&self, slot: usize) -> Result<Option<Held>, Decline> {
        if let Some(known) = &self.locals.borrow()[slot] {
            return Ok(Some(known.clone()));
        }
        let Base::Other { from, rows, .. } = &self.base else { return Ok(None) };
        let Some(held) = from.held_local(slot)? else { return Ok(None) };
        let picked = rows.of(&held)?;
        self.locals.borrow_mut()[slot] = Some(picked.clone());
        Ok(Some(picked))
    }

    /// Matches that were found for these rows, or for all rows of a frame that these are from.
    pub fn known_matches(&self, key: &Key) -> Option<Matches> {
        if let Some((_, known)) = self.matches.borrow().iter().find(|(known, _)| known == key) {
            return Some(known.clone());
        }
        let Base::Other { from, rows, .. } = &self.base else { return None };
        if key.slot.is_some_and(|slot| self.bound.borrow()[slot]) {
            return None;
        }
        let all = from.known_matches(key)?;
        let these = match rows {
            Rows::Picked(mask) => all.take(mask.values().set_indices_u32()),
            Rows::Spread(rows) => all.take(rows.iter().copied()),
        };
        self.keep_matches(key.clone(), these.clone());
        Some(these)
    }

    /// Remembers what a pattern has found.
    pub fn keep_matches(&self, key: Key, found: Matches) {
        self.matches.borrow_mut().push((key, found));
    }
}

/// What a parameter or a local holds: values, or texts that are split when somebody looks.
#[derive(Clone, Debug)]
pub enum Held {
    /// Values.
    Value(Value),
    /// Lists that nobody has made yet.
    Pieces(Pieces),
}

impl Held {
    /// As values.
    pub fn settled(self) -> Result<Value, Decline> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Pieces(pieces) => pieces.lists().map(Value::Each),
        }
    }

    /// The type of the rows, or another that holds no objects as theirs doesn't, where that is known.
    pub fn kind(&self) -> Option<&Type> {
        match self {
            Self::Value(Value::Each(columns)) => Some(columns.kind()),
            Self::Value(_) => None,
            Self::Pieces(_) => Some(&Type::Str),
        }
    }

    /// The same rows; when none of them is `None`, as behind a filter, the type says so.
    fn known(&self) -> Result<Self, Decline> {
        match self {
            Self::Value(Value::Each(columns))
                if matches!(columns.kind(), Type::Optional(_)) && columns.array().null_count() == 0 =>
            {
                columns.with_nulls(None).map(Value::Each).map(Self::Value)
            }
            other => Ok(other.clone()),
        }
    }

    /// Those of the rows at which a mask is true.
    pub fn pick(&self, mask: &BooleanArray) -> Result<Self, Decline> {
        Ok(match self {
            Self::Value(value) => Self::Value(value.pick(mask)?),
            Self::Pieces(pieces) => Self::Pieces(pieces.pick(mask)?),
        })
    }

    fn take(&self, rows: &[u32]) -> Result<Self, Decline> {
        Ok(match self {
            Self::Value(value) => Self::Value(value.take(rows)?),
            Self::Pieces(pieces) => Self::Pieces(pieces.take(rows)),
        })
    }
}

/// The rows at which a mask is true; when none of them is `None`, the type says so.
pub fn pick_rows(columns: &Columns, mask: &BooleanArray) -> Result<Columns, Decline> {
    let picked = Columns::new(kernel::filter::filter(columns.array(), mask)?, columns.kind().clone());
    match columns.kind() {
        Type::Optional(_) if picked.array().null_count() == 0 => picked.with_nulls(None),
        _ => Ok(picked),
    }
}

/// A value for each row, or one for all.
#[derive(Clone, Debug)]
pub enum Value {
    /// The same for every row.
    One(Cell<'static>),
    /// One a row.
    Each(Columns),
    /// One a row, of no type that a column has.
    Documents(Documents),
}

impl Value {
    /// As a column of `rows` rows.
    pub fn into_columns(self, rows: usize) -> Result<Columns, Decline> {
        match self {
            Self::One(cell) => broadcast(&cell, rows),
            Self::Each(columns) => Ok(columns),
            Self::Documents(documents) => documents.into_columns(),
        }
    }

    /// The values of the rows at which a mask is true.
    pub fn pick(&self, mask: &BooleanArray) -> Result<Self, Decline> {
        Ok(match self {
            Self::One(cell) => Self::One(cell.clone()),
            Self::Each(columns) => Self::Each(pick_rows(columns, mask)?),
            Self::Documents(documents) => Self::Documents(documents.pick(mask)?),
        })
    }

    /// The values of the given rows.
    pub fn take(&self, rows: &[u32]) -> Result<Self, Decline> {
        Ok(match self {
            Self::One(cell) => Self::One(cell.clone()),
            Self::Each(columns) => Self::Each(columns.take(rows)?),
            Self::Documents(documents) => Self::Documents(documents.take(rows)?),
        })
    }

    /// The strings, when the value is a column of str without `None`.
    pub fn strings(&self) -> Option<&StringViewArray> {
        match self {
            Self::Each(c) if *c.kind() == Type::Str => c.array().as_any().downcast_ref(),
            _ => None,
        }
    }

    /// The text, when all rows have the same.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::One(Cell::Str(s)) => Some(s),
            _ => None,
        }
    }
}

/// A truth as a value.
pub fn as_value(mask: BooleanArray) -> Value {
    Value::Each(Columns::new(Arc::new(mask), Type::Bool))
}

/// Reads an operand row by row.
pub enum Source<'a> {
    /// One value for all rows.
    One(&'a Cell<'static>),
    /// A column; nothing when the array isn't what its type says.
    Each(Option<Reader<'a>>),
    /// Values of JSON.
    Documents(&'a Documents),
}

impl<'a> Source<'a> {
    /// For a value.
    pub fn new(value: &'a Value) -> Self {
        match value {
            Value::One(cell) => Self::One(cell),
            Value::Each(columns) => Self::Each(Reader::new(columns)),
            Value::Documents(documents) => Self::Documents(documents),
        }
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Result<Cell<'a>, Decline> {
        match self {
            Self::One(cell) => Ok(cell.borrowed()),
            Self::Each(Some(reader)) => Ok(reader.get(row)),
            Self::Documents(documents) => documents.get(row),
            Self::Each(None) => Err(Decline::new("a column whose array is of another type")),
        }
    }
}
