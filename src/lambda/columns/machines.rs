//! Trees with loops as machine code: their inputs are found in the frame.

use super::frame::{Frame, Value};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::write::broadcast;
use crate::lambda::machine::{Input, Kind, Known, Machines, Name, Path, Unit, is_enabled};
use crate::lambda::tree::Tree;
use crate::lambda::tree::turns::Loop;

/// The value of a tree, if it is compiled.
pub fn whole(tree: &Tree, frame: &Frame<'_>) -> Option<Result<Value, Decline>> {
    run(&Unit::Whole(tree), frame, Vec::new())
}

/// Whether the turns of a loop may be machine code.
pub fn may_turn(of: &Loop<Tree>, frame: &Frame<'_>) -> bool {
    let paths = |machines: &Machines| machines.paths(&Unit::Turns(of, Vec::new())).is_some();
    frame.rows > 0 && is_enabled() && frame.machines.is_some_and(paths)
}

/// What the carried locals of a loop are in the end, if it is compiled: `before` are their first values, and what the loop
/// goes through, of these trees.
pub fn turns(of: &Loop<Tree>, frame: &Frame<'_>, before: Vec<(&Tree, Value)>) -> Option<Result<Vec<Value>, Decline>> {
    let (trees, values) = before.into_iter().unzip();
    let carried = run(&Unit::Turns(of, trees), frame, values)?;
    Some(carried.and_then(|value| {
        match value {
            Value::Each(columns) => columns.items().ok_or(Decline::fixed("carried locals that are no tuple")),
            _ => Err(Decline::fixed("carried locals that are no tuple")),
        }
        .map(|items| items.into_iter().map(Value::Each).collect())
    }))
}

/// What the turns of a loop put out that has one for each of `rows`, at most so many a turn, and the tuple of what the
/// carried locals are in the end, if it is compiled. `row` is the local that a row is; the frame has one row.
pub fn scan(
    of: &Loop<Tree>,
    row: usize,
    most: usize,
    frame: &Frame<'_>,
    rows: &Columns,
    before: Vec<(&Tree, Value)>,
) -> Option<Result<[Columns; 2], Decline>> {
    if !is_enabled() {
        return None;
    }
    let machines = frame.machines?;
    let (trees, values): (Vec<&Tree>, Vec<Value>) = before.into_iter().unzip();
    let unit = Unit::Scan(of, trees);
    let mut inputs: Vec<Input> = Vec::new();
    let mut add = |input: Input| {
        if inputs.iter().all(|other| other.known.path != input.known.path) {
            inputs.push(input);
        }
    };
    let of_all = |mut input: Input| {
        input.known.constant = true;
        input
    };
    for path in machines.paths(&unit)?.iter() {
        let value = match path.name {
            Name::Local(slot) if slot == row => {
                add(input(path, Value::Each(rows.clone()))?);
                continue;
            }
            Name::Param(i) => frame.arg(i).ok()?,
            Name::Local(slot) => frame.local(slot).ok()??,
            Name::Captured(i) => Value::One(frame.captured.get(i)?.cell().ok()?),
            Name::Before(_) => return None,
        };
        add(of_all(input(path, value)?));
    }
    for (number, value) in values.into_iter().enumerate() {
        add(of_all(input(&Path { name: Name::Before(number), items: Vec::new() }, value)?));
    }
    match machines.machine(&unit, &inputs)?.scan(&inputs, rows.len(), most) {
        Ok(found) => Some(found),
        Err(stop) => stop.decline().map(Err),
    }
}

fn run(unit: &Unit<'_>, frame: &Frame<'_>, before: Vec<Value>) -> Option<Result<Value, Decline>> {
    if frame.rows == 0 || !is_enabled() {
        return None;
    }
    let machines = frame.machines?;
    let mut inputs: Vec<Input> = Vec::new();
    for path in machines.paths(unit)?.iter() {
        let value = match path.name {
            Name::Param(i) => frame.arg(i).ok()?,
            Name::Local(slot) => frame.local(slot).ok()??,
            Name::Captured(i) => Value::One(frame.captured.get(i)?.cell().ok()?),
            Name::Before(_) => return None,
        };
        let input = input(path, value)?;
        if inputs.iter().all(|other| other.known.path != input.known.path) {
            inputs.push(input);
        }
    }
    for (number, value) in before.into_iter().enumerate() {
        inputs.push(input(&Path { name: Name::Before(number), items: Vec::new() }, value)?);
    }
    match machines.machine(unit, &inputs)?.run(&inputs, frame.rows) {
        Ok(found) => Some(found.map(Value::Each)),
        // Where somebody wants to know which rows raise, the trees say it.
        Err(_) if frame.is_catching() => None,
        Err(stop) => stop.decline().map(Err),
    }
}

/// The input of a path, as far as there are tuples.
fn input(path: &Path, mut value: Value) -> Option<Input> {
    let mut taken = 0;
    for (at, count) in &path.items {
        let fits = |len: usize| *count == 0 || *count == len;
        value = match value {
            Value::Each(columns) if matches!(columns.kind(), Type::Tuple(_)) => {
                let items = columns.items().filter(|items| fits(items.len()))?;
                Value::Each(items.into_iter().nth(*at)?)
            }
            Value::One(Cell::Tuple(cells)) => Value::One(cells.into_iter().nth(*at).filter(|_| *count == 0)?),
            other => {
                value = other;
                break;
            }
        };
        taken += 1;
    }
    let empty = match &value {
        Value::One(Cell::List(items)) => items.is_empty(),
        Value::Each(columns) if matches!(columns.kind(), Type::List(_)) => {
            columns.lists().is_some_and(|(_, items)| items.is_empty())
        }
        _ => false,
    };
    let (columns, constant) = match value {
        Value::Each(columns) => (columns, false),
        Value::One(cell) => (broadcast(&cell, 1).ok()?, true),
        Value::Documents(_) => return None,
    };
    let path = Path { name: path.name, items: path.items[..taken].to_vec() };
    let kind = if empty { Kind::Empty } else { Kind::of(columns.kind())? };
    Some(Input { known: Known { path, kind, constant }, columns })
}
