//! Functions of a partition's iterator: what such a function gives for each row, where no row sees what came of another,
//! or what it gives for all rows together, as one list.

use std::sync::Arc;

use serde::Deserialize;

use super::captured::Captured;
use super::columns::frame::{Held, Value};
use super::compiled::{Compiled, Passing};
use super::scan::{self, Scan};
use super::tree::Expr;
use crate::chunk::Columns;
use crate::error::Decline;
use crate::lambda::cells::cell::Cell;

/// A compiled function of an iterator, and perhaps of the partition's index before it.
#[derive(Debug)]
pub struct Partition {
    skip: Option<Skip>,
    most: Option<usize>,
    lazy: bool,
    how: How,
}

/// How a function is written, in JSON.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    partition: Parts,
}

#[derive(Debug, Deserialize)]
struct Parts {
    skip: Option<Skip>,
    most: Option<usize>,
    lazy: bool,
    how: Told,
}

/// Rows at the beginning that the function takes from its iterator and doesn't look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Skip {
    /// How many.
    pub rows: usize,
    /// Whether only in the first partition.
    pub first: bool,
    /// Whether it raises where there are fewer.
    pub required: bool,
}

/// What a function does with its rows. Parameter 0 is the row, or all rows; parameter 1 is the index.
#[derive(Debug)]
enum How {
    /// The same with each: these, one after the other.
    Rows(Vec<Piece<Compiled>>),
    /// The rows are the elements of this.
    Whole(Compiled),
    /// The rows are what this puts out.
    Scan(Scan),
}

/// The same as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Rows(Vec<Piece<Expr>>),
    Whole(Expr),
    Scan(Box<scan::Written>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece<T> {
    Filter(T),
    Map(T),
    Flat(T),
}

impl Partition {
    pub(super) fn new(written: Written) -> Result<Self, Decline> {
        let Parts { skip, most, lazy, how } = written.partition;
        let how = match how {
            Told::Rows(pieces) => {
                let made =
                    How::Rows(pieces.into_iter().map(|piece| piece.map(Compiled::new)).collect::<Result<_, _>>()?);
                if let How::Rows(pieces) = &made
                    && let Some(Piece::Map(last)) = pieces.last()
                    && last.gives_documents()
                {
                    return Err(Decline::new("keeps a document of JSON"));
                }
                made
            }
            Told::Scan(all) => How::Scan(Scan::new(&all)?),
            Told::Whole(all) => {
                let made = Compiled::new(all)?;
                if made.gives_documents() {
                    return Err(Decline::new("keeps a document of JSON"));
                }
                made.check_loops_over_all()?;
                How::Whole(made)
            }
        };
        Ok(Self { skip, most, lazy, how })
    }

    /// The same function with what it captures now.
    pub(super) fn with(&self, captured: &[Arc<Captured>]) -> Result<Self, Decline> {
        let with = |compiled: &Compiled| compiled.with(captured.to_vec());
        let how = match &self.how {
            How::Rows(pieces) => {
                How::Rows(pieces.iter().map(|piece| piece.as_ref().map(with)).collect::<Result<_, _>>()?)
            }
            How::Whole(all) => How::Whole(with(all)?),
            How::Scan(all) => How::Scan(all.with(captured)?),
        };
        Ok(Self { skip: self.skip, most: self.most, lazy: self.lazy, how })
    }

    /// How many rows of a partition are skipped, and whether there must be so many.
    pub fn skipped(&self, index: usize) -> (usize, bool) {
        match self.skip {
            Some(skip) if index == 0 || !skip.first => (skip.rows, skip.required),
            _ => (0, false),
        }
    }

    /// How many rows it takes in all; without a limit, all.
    pub fn most(&self) -> Option<usize> {
        self.most
    }

    /// Whether its rows are made one by one as they are asked for. Others are made, and raise, before the first is there.
    pub fn is_lazy(&self) -> bool {
        self.lazy
    }

    /// Whether it does the same with each row.
    pub fn is_row_wise(&self) -> bool {
        matches!(self.how, How::Rows(_))
    }

    /// Whether a row may take long.
    pub fn may_take_long(&self) -> bool {
        match &self.how {
            How::Rows(pieces) => pieces.iter().any(|piece| piece.of().may_take_long()),
            How::Whole(all) => all.may_take_long(),
            How::Scan(_) => true,
        }
    }

    /// What comes of rows that the function does the same with.
    pub fn pass(&self, mut rows: Passing, index: usize) -> Result<Passing, Decline> {
        let How::Rows(pieces) = &self.how else { return Err(Decline::new("it takes all rows together")) };
        for piece in pieces {
            if rows.is_empty() {
                return Ok(rows);
            }
            let args = [rows.held(), number(index)];
            rows = match piece {
                Piece::Map(function) => function.pass_of(&args, rows.len())?,
                Piece::Flat(function) => function.pass_flat_of(&args, rows.len())?,
                Piece::Filter(function) => {
                    let keep = function.truth_at(&args, rows.len())?;
                    if keep.true_count() == keep.len() { rows } else { rows.filter(&keep)? }
                }
            };
        }
        Ok(rows)
    }

    /// What comes of all rows together.
    pub fn all(&self, rows: Columns, index: usize) -> Result<Vec<Columns>, Decline> {
        let function = match &self.how {
            How::Whole(function) => function,
            How::Scan(scan) => return scan.run(&rows, number(index)),
            How::Rows(_) => return Err(Decline::new("it takes rows one by one")),
        };
        let list = Columns::list_of(rows).ok_or(Decline::new("more rows than a list has here"))?;
        let args = [Held::Value(Value::Each(list)), number(index)];
        Ok(vec![function.pass_flat_of(&args, 1)?.into_columns()?])
    }
}

fn number(index: usize) -> Held {
    Held::Value(Value::One(Cell::Int(index as i64)))
}

impl<T> Piece<T> {
    fn map<U>(self, make: impl FnOnce(T) -> Result<U, Decline>) -> Result<Piece<U>, Decline> {
        Ok(match self {
            Self::Filter(of) => Piece::Filter(make(of)?),
            Self::Map(of) => Piece::Map(make(of)?),
            Self::Flat(of) => Piece::Flat(make(of)?),
        })
    }

    fn as_ref(&self) -> Piece<&T> {
        match self {
            Self::Filter(of) => Piece::Filter(of),
            Self::Map(of) => Piece::Map(of),
            Self::Flat(of) => Piece::Flat(of),
        }
    }

    fn of(&self) -> &T {
        match self {
            Self::Filter(of) | Self::Map(of) | Self::Flat(of) => of,
        }
    }
}
