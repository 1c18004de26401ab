//! Loops over whole columns: one turn of all rows that are still in the loop at once. Rows leave as their elements end, their
//! test fails or they break off; the few that stay longest are better gone through one by one.

use arrow_array::{Array, BooleanArray, Int64Array};
use arrow_buffer::BooleanBuffer;

use super::comprehension::elements;
use super::frame::{Frame, Source, Value};
use super::logic::truth;
use super::machines;
use super::merge::{invert, merge};
use super::rows;
use super::tries;
use super::vector::eval;
use crate::chunk::{Columns, compact};
use crate::error::Decline;
use crate::lambda::cells::builtins;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::write::Writer;
use crate::lambda::tree::Tree;
use crate::lambda::tree::turns::{Loop, Over, look, range_item, range_len};

/// So few rows cost more together than one by one.
const FEW: usize = 12;
/// As long as that is not many turns.
const SOME: usize = 16;

/// After so many turns texts are gathered in one place.
const GATHER: usize = 32;

/// Binds what the carried locals of a loop are in the end.
pub fn run(of: &Loop<Tree>, frame: &Frame<'_>) -> Result<(), Decline> {
    let values = of.carried.iter().map(|(_, tree)| eval(tree, frame)).collect::<Result<Vec<_>, _>>()?;
    let last = match machine_code(of, frame, &values) {
        Some(last) => last?,
        // Cells are slower than CPython there.
        None if of.turn.changes() => {
            return Err(Decline::new("changes a list, a set or a dict in a loop that is no machine code"));
        }
        None => turns(of, frame, values)?,
    };
    bind(of, frame, &last);
    Ok(())
}

/// The same as `turns`, if the turns are machine code.
fn machine_code(of: &Loop<Tree>, frame: &Frame<'_>, values: &[Value]) -> Option<Result<Vec<Value>, Decline>> {
    if !machines::may_turn(of, frame) {
        return None;
    }
    let over: &[Tree] = match &of.over {
        Over::Range { ends, .. } => ends,
        Over::Items { of, .. } => std::slice::from_ref(of),
        Over::While(_) => &[],
    };
    let first = of.carried.iter().zip(values).map(|((_, tree), value)| Ok((tree, value.clone())));
    let before = first.chain(over.iter().map(|tree| Ok((tree, eval(tree, frame)?)))).collect::<Result<_, Decline>>();
    machines::turns(of, frame, before.ok()?)
}

fn bind(of: &Loop<Tree>, frame: &Frame<'_>, values: &[Value]) {
    for ((slot, _), value) in of.carried.iter().zip(values) {
        frame.bind(*slot, value.clone());
    }
}

fn turns(of: &Loop<Tree>, frame: &Frame<'_>, mut values: Vec<Value>) -> Result<Vec<Value>, Decline> {
    let over = Elements::of(&of.over, frame)?;
    let mut left = Left::default();
    let mut active: Option<Vec<u32>> = None;
    let mut turn = 0;
    loop {
        let picked;
        let inner = match &active {
            None => frame,
            Some(rows) => {
                picked = frame.spread(rows);
                &picked
            }
        };
        let then = together(of, inner, &over, active.as_deref(), &mut turn, &mut values);
        match then.map_err(|why| if active.is_some() { inner.outward(why) } else { why })? {
            Then::End => {
                left.leave(active, values);
                break;
            }
            Then::OneByOne => {
                bind(of, inner, &values);
                let last = rows::end_loop(of, inner, turn)?;
                left.leave(active, last);
                break;
            }
            Then::Without(stay) => {
                let (mut rest, mut gone) = (Vec::new(), Vec::new());
                for (at, stays) in stay.values().iter().enumerate() {
                    let row = active.as_ref().map_or(at as u32, |rows| rows[at]);
                    if stays { rest.push(row) } else { gone.push(row) }
                }
                let leaves = invert(&stay);
                let last = values.iter().map(|v| v.pick(&leaves)).collect::<Result<_, _>>()?;
                left.leave(Some(gone), last);
                values = values.iter().map(|v| v.pick(&stay)).collect::<Result<_, _>>()?;
                active = Some(rest);
            }
        }
    }
    left.values(frame.rows)
}

/// How turns go on after some that all rows took.
enum Then {
    /// All rows have left.
    End,
    /// The rows at which this is true go on.
    Without(BooleanArray),
    /// The rows go on one by one.
    OneByOne,
}

/// Turns of all rows of a frame, which are the `active` ones of the loop's, until some leave.
fn together(
    of: &Loop<Tree>,
    frame: &Frame<'_>,
    over: &Elements,
    active: Option<&[u32]>,
    turn: &mut usize,
    values: &mut Vec<Value>,
) -> Result<Then, Decline> {
    if frame.rows == 0 {
        return Ok(Then::End);
    }
    let least = over.least(active);
    loop {
        bind(of, frame, values);
        let stay = match &of.over {
            Over::While(test) => Some(truth(test, frame)?),
            _ if (*turn as u64) < least => None,
            _ => Some(over.longer(*turn as u64, active, frame.rows)),
        };
        if let Some(then) = stay.and_then(then) {
            return Ok(then);
        }
        look(*turn)?;
        if frame.rows <= FEW && *turn >= SOME {
            // Many turns of few rows are CPython's: it takes less for one than we do.
            let few = || Decline::new("a loop of many turns for few rows");
            return active.map(|_| Then::OneByOne).ok_or_else(few);
        }
        if let Over::Range { slot, .. } | Over::Items { slot, .. } = &of.over {
            frame.bind(*slot, over.at(*turn, active)?);
        }
        *values = several(&of.turn, frame)?;
        if values.len() != of.carried.len() {
            return Err(Decline::new("a turn of another number of locals"));
        }
        *turn += 1;
        if turn.is_multiple_of(GATHER) {
            // Texts that turns have made stay where they were made.
            for value in values.iter_mut() {
                if let Value::Each(columns) = value {
                    *columns = compact(columns);
                }
            }
        }
        if of.exits {
            let goes_on = match values.first() {
                Some(Value::One(Cell::Int(0))) => continue,
                Some(Value::Each(how)) => zeros(how)?,
                _ => return Ok(Then::End),
            };
            if let Some(then) = then(goes_on) {
                return Ok(then);
            }
        }
    }
}

/// What follows where these rows stay; nothing where all do.
fn then(stay: BooleanArray) -> Option<Then> {
    match stay.true_count() {
        0 => Some(Then::End),
        count if count == stay.len() => None,
        _ => Some(Then::Without(stay)),
    }
}

fn zeros(how: &Columns) -> Result<BooleanArray, Decline> {
    let ints = how.array().as_any().downcast_ref::<Int64Array>().filter(|a| a.null_count() == 0);
    let ints = ints.ok_or_else(|| Decline::new("a turn that says in another way how it ended"))?;
    Ok(BooleanArray::new(BooleanBuffer::collect_bool(ints.len(), |i| ints.value(i) == 0), None))
}

/// The items of a tuple that a tree chooses or makes: no column of tuples is made.
pub fn several(tree: &Tree, frame: &Frame<'_>) -> Result<Vec<Value>, Decline> {
    match tree {
        Tree::Try(of) if !tree.by_rows() => match tries::values(of, frame, &several, &|_| Ok(None))? {
            Some(values) => Ok(values),
            None => several_of(rows::eval_tree(tree, frame)?),
        },
        Tree::Outside(number, of) => several(of, frame).map_err(|why| why.passing(*number)),
        Tree::Tuple(items) => items.iter().map(|item| eval(item, frame)).collect(),
        Tree::Const(Cell::Tuple(cells)) => Ok(cells.iter().cloned().map(Value::One).collect()),
        Tree::Let(slot, value, body) if !value.by_rows() => {
            frame.bind(*slot, eval(value, frame)?);
            several(body, frame)
        }
        Tree::Loop(of) if !tree.by_rows() => {
            run(of, frame)?;
            several(&of.body, frame)
        }
        Tree::If(parts) => {
            let [test, yes, no] = &**parts;
            let mask = truth(test, frame)?;
            match mask.true_count() {
                0 => return several(no, frame),
                count if count == frame.rows => return several(yes, frame),
                _ => {}
            }
            let others = invert(&mask);
            let side = |tree, mask| {
                let inner = frame.pick(mask);
                several(tree, &inner).map_err(|why| inner.outward(why))
            };
            let (there, here) = (side(yes, &mask)?, side(no, &others)?);
            // What neither side has changed is bound before both.
            let unchanged = |at: usize| match (tail(yes)?.get(at)?, tail(no)?.get(at)?) {
                (Tree::Local(a), Tree::Local(b)) if a == b => frame.local(*a).transpose(),
                _ => None,
            };
            let each = there.iter().zip(&here).enumerate();
            each.map(|(at, (there, here))| unchanged(at).unwrap_or_else(|| merge(&mask, there, here))).collect()
        }
        other => several_of(eval(other, frame)?),
    }
}

fn several_of(tuples: Value) -> Result<Vec<Value>, Decline> {
    match tuples {
        Value::One(Cell::Tuple(cells)) => Ok(cells.into_iter().map(Value::One).collect()),
        Value::Each(columns) => columns
            .items()
            .map(|items| items.into_iter().map(Value::Each).collect())
            .ok_or_else(|| Decline::new("a turn that is no tuple")),
        Value::One(_) | Value::Documents(_) => Err(Decline::new("a turn that is no tuple")),
    }
}

/// The items of the tuple at the end of bindings.
fn tail(tree: &Tree) -> Option<&[Tree]> {
    match tree {
        Tree::Tuple(items) => Some(items),
        Tree::Let(_, _, body) => tail(body),
        _ => None,
    }
}

/// What a loop goes through, of all rows.
enum Elements {
    /// A `while` asks.
    Asked,
    /// The same for all rows.
    Same(Vec<Cell<'static>>),
    /// One `range` for all rows: start, step and length.
    Range(i64, i64, u64),
    /// A `range` of each row, and whether they begin alike.
    Ranges(Vec<(i64, i64, u64)>, bool),
    /// A list of each row.
    Lists(Vec<i32>, Value),
}

impl Elements {
    fn of(over: &Over<Tree>, frame: &Frame<'_>) -> Result<Self, Decline> {
        Ok(match over {
            Over::While(_) => Self::Asked,
            Over::Items { of, .. } => match eval(of, frame)? {
                Value::One(cell) => Self::Same(builtins::elements(cell)?),
                each => match elements(&each)? {
                    Some((offsets, items)) => Self::Lists(offsets, items),
                    None => return Err(Decline::new("a loop over what is no list")),
                },
            },
            Over::Range { ends, .. } => {
                let ends = ends.iter().map(|end| eval(end, frame)).collect::<Result<Vec<_>, _>>()?;
                if let [Value::One(start), Value::One(stop), Value::One(by)] = ends.as_slice() {
                    let (start, by, len) = range(start, stop, by)?;
                    Self::Range(start, by, len)
                } else {
                    let ends: Vec<_> = ends.iter().map(Source::new).collect();
                    let of_row = |row| range(&ends[0].get(row)?, &ends[1].get(row)?, &ends[2].get(row)?);
                    let ranges = (0..frame.rows).map(of_row).collect::<Result<Vec<_>, Decline>>()?;
                    let alike = ranges.windows(2).all(|two| (two[0].0, two[0].1) == (two[1].0, two[1].1));
                    Self::Ranges(ranges, alike)
                }
            }
        })
    }

    fn len(&self, row: usize) -> u64 {
        match self {
            Self::Asked => u64::MAX,
            Self::Same(cells) => cells.len() as u64,
            Self::Range(_, _, len) => *len,
            Self::Ranges(ranges, _) => ranges[row].2,
            Self::Lists(offsets, _) => (offsets[row + 1] - offsets[row]) as u64,
        }
    }

    /// How many turns all active rows have.
    fn least(&self, active: Option<&[u32]>) -> u64 {
        let all = match self {
            Self::Ranges(ranges, _) => ranges.len(),
            Self::Lists(offsets, _) => offsets.len() - 1,
            _ => return self.len(0),
        };
        match active {
            None => (0..all).map(|row| self.len(row)).min().unwrap_or(0),
            Some(rows) => rows.iter().map(|row| self.len(*row as usize)).min().unwrap_or(0),
        }
    }

    /// Which rows have a turn of this number.
    fn longer(&self, turn: u64, active: Option<&[u32]>, rows: usize) -> BooleanArray {
        let has = |at: usize| self.len(active.map_or(at, |active| active[at] as usize)) > turn;
        BooleanArray::new(BooleanBuffer::collect_bool(rows, has), None)
    }

    /// The elements of a turn.
    fn at(&self, turn: usize, active: Option<&[u32]>) -> Result<Value, Decline> {
        let of_active = |all: usize| active.map_or_else(|| (0..all as u32).collect(), <[u32]>::to_vec);
        Ok(match self {
            Self::Asked => Value::One(Cell::None),
            Self::Same(cells) => Value::One(cells.get(turn).cloned().unwrap_or(Cell::None)),
            Self::Range(start, step, _) => Value::One(Cell::Int(range_item(*start, *step, turn as u64))),
            Self::Ranges(ranges, alike) => {
                let item = |row: u32| {
                    let (start, step, _) = ranges[row as usize];
                    range_item(start, step, turn as u64)
                };
                if *alike && let Some((start, step, _)) = ranges.first() {
                    return Ok(Value::One(Cell::Int(range_item(*start, *step, turn as u64))));
                }
                let items: Vec<i64> = of_active(ranges.len()).into_iter().map(item).collect();
                Value::Each(Columns::ints(items))
            }
            Self::Lists(offsets, items) => {
                let rows = of_active(offsets.len() - 1);
                let at: Vec<u32> = rows.into_iter().map(|row| offsets[row as usize] as u32 + turn as u32).collect();
                items.take(&at)?
            }
        })
    }
}

/// Start, step and length of a `range`.
fn range(start: &Cell<'_>, stop: &Cell<'_>, by: &Cell<'_>) -> Result<(i64, i64, u64), Decline> {
    match (start, stop, by) {
        (Cell::Int(start), Cell::Int(stop), Cell::Int(by)) => Ok((*start, *by, range_len(*start, *stop, *by)?)),
        _ => Err(Decline::new("range() of what are no ints")),
    }
}

/// Rows that have left, with what the carried locals were then.
#[derive(Default)]
struct Left(Vec<(Option<Vec<u32>>, Vec<Value>)>);

impl Left {
    fn leave(&mut self, rows: Option<Vec<u32>>, values: Vec<Value>) {
        self.0.push((rows, values));
    }

    /// Of all rows in order.
    fn values(mut self, rows: usize) -> Result<Vec<Value>, Decline> {
        if let [(None, _)] = self.0.as_slice()
            && let Some((_, values)) = self.0.pop()
        {
            return Ok(values);
        }
        // Where each row is: in which group, and where all groups stand one behind the other.
        let mut places = vec![(0, 0, 0); rows];
        let mut before = 0;
        for (group, (of, _)) in self.0.iter().enumerate() {
            for (at, row) in of.iter().flatten().enumerate() {
                places[*row as usize] = (group, at, before + at as u32);
            }
            before += of.as_ref().map_or(0, Vec::len) as u32;
        }
        let order: Vec<u32> = places.iter().map(|(_, _, place)| *place).collect();
        let locals = self.0.first().map_or(0, |(_, values)| values.len());
        (0..locals)
            .map(|local| {
                let values: Vec<&Value> = self.0.iter().map(|(_, values)| &values[local]).collect();
                let parts = self
                    .0
                    .iter()
                    .zip(&values)
                    .map(|((of, _), value)| (*value).clone().into_columns(of.as_ref().map_or(0, Vec::len)));
                if let Some(all) = Columns::concat(&parts.collect::<Result<Vec<_>, _>>()?) {
                    return Ok(Value::Each(all.take(&order)?));
                }
                let sources: Vec<_> = values.into_iter().map(Source::new).collect();
                let mut writer = Writer::default();
                for (group, at, _) in &places {
                    writer.push(&sources[*group].get(*at)?)?;
                }
                Ok(Value::Each(writer.finish()?))
            })
            .collect()
    }
}
