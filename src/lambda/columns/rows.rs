//! Evaluates trees row by row: exact for every construct, with branches and short circuits as Python takes them.

use std::borrow::Cow;
use std::sync::Arc;

use super::frame::{Frame, Source, Value};
use crate::chunk::{ClassKind, Columns};
use crate::error::{Decline, Exception, listening};
use crate::kernel::messages::text_of;
use crate::lambda::captured::Captured;
use crate::lambda::cells::builtins::{self, elements};
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::collections;
use crate::lambda::cells::compare::compare;
use crate::lambda::cells::maps::{self, Pairs};
use crate::lambda::cells::methods;
use crate::lambda::cells::operate::{binary, item, slice, unary};
use crate::lambda::cells::read::Reader;
use crate::lambda::cells::textual::write_format;
use crate::lambda::cells::write::Writer;
use crate::lambda::pattern::{self, RegexCall};
use crate::lambda::tree::expr::RegexFunction;
use crate::lambda::tree::functions::Function;
use crate::lambda::tree::tries::Try;
use crate::lambda::tree::turns::{Loop, Over, range_item, range_len};
use crate::lambda::tree::{Part, Tree};

/// What a row is evaluated in.
struct Env<'a> {
    args: Vec<Source<'a>>,
    /// Locals that were bound for all rows.
    outer: Vec<Option<Source<'a>>>,
    /// Locals that this row bound.
    inner: Vec<Option<Cell<'a>>>,
    /// Lists among the outer locals, by the row for which they were read.
    read: Vec<Option<(usize, Cell<'a>)>>,
    /// In a fold, what parameter 0 is at this row.
    state: Option<Cell<'a>>,
    /// Whether it is asked for no more than once: then nobody needs a copy.
    asked_once: bool,
    captured: &'a [Arc<Captured>],
    /// Turns of loops that are still allowed: CPython takes less for many.
    turns: usize,
    /// What each pattern gave the last time, and for which text.
    matches: Vec<(&'a RegexCall, &'a str, Cell<'a>)>,
    row: usize,
}

/// The columns that a frame's rows are read from.
struct Operands<'f> {
    args: Vec<Value>,
    locals: Vec<Option<Value>>,
    captured: &'f [Arc<Captured>],
}

impl<'f> Operands<'f> {
    fn new(frame: &Frame<'f>) -> Result<Self, Decline> {
        let args = (0..frame.params()).map(|i| frame.arg(i)).collect::<Result<_, _>>()?;
        let locals = (0..frame.locals()).map(|slot| frame.local(slot)).collect::<Result<_, _>>()?;
        Ok(Self { args, locals, captured: frame.captured })
    }

    fn env(&self) -> Env<'_> {
        Env {
            args: self.args.iter().map(Source::new).collect(),
            outer: self.locals.iter().map(|l| l.as_ref().map(Source::new)).collect(),
            inner: vec![None; self.locals.len()],
            read: vec![None; self.locals.len()],
            state: None,
            asked_once: false,
            captured: self.captured,
            turns: 0,
            matches: Vec::new(),
            row: 0,
        }
    }
}

/// The values of a tree, each row by itself.
pub fn eval_tree(tree: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    let operands = Operands::new(frame)?;
    let mut env = operands.env();
    env.turns = MOST_TURNS;
    let mut writer = Writer::mixing(frame.loads);
    let mut push = |row| {
        env.row = row;
        writer.push(&env.eval(tree)?)
    };
    (0..frame.rows).try_for_each(&mut push).map_err(|why| told(tree, frame, &operands, why))?;
    Ok(Value::Each(writer.finish()?))
}

/// The decline with the rows that raise.
fn told(tree: &Tree, frame: &Frame<'_>, operands: &Operands<'_>, why: Decline) -> Decline {
    let mut env = operands.env();
    env.turns = MOST_TURNS;
    frame.told(why, |row| {
        env.row = row;
        env.eval(tree).map(drop)
    })
}

/// Left folds by a tree of two parameters, a state and a value: state i takes the rows `runs[i]` of `values`.
pub fn fold_tree(
    tree: &Tree,
    locals: usize,
    captured: &[Arc<Captured>],
    states: &Columns,
    values: &Columns,
    runs: &[&[u32]],
) -> Result<Columns, Decline> {
    let operands = Operands {
        args: vec![Value::One(Cell::None), Value::Each(values.clone())],
        locals: vec![None; locals],
        captured,
    };
    let starts = Reader::new(states).ok_or(Decline::new("a column whose array is of another type"))?;
    let mut env = operands.env();
    env.asked_once = tree.asks_once(0);
    let mut writer = Writer::default();
    for (i, run) in runs.iter().enumerate() {
        env.state = Some(starts.get(i));
        for row in *run {
            env.row = *row as usize;
            let state = env.eval(tree)?;
            env.state = Some(state);
        }
        writer.push(env.state.as_ref().unwrap_or(&Cell::None))?;
    }
    writer.finish()
}

/// As `fold_tree`, by a tree that gives a row's result beside the state: `next` says what a state is after it. What the
/// tree gave for each row of the first run comes first.
pub fn scan_tree(
    tree: &Tree,
    locals: usize,
    captured: &[Arc<Captured>],
    states: &Columns,
    rest: &[Columns],
    runs: &[&[u32]],
    next: impl for<'c> Fn(&Cell<'c>, Cell<'c>) -> Cell<'c>,
) -> Result<Columns, Decline> {
    let mut args = vec![Value::One(Cell::None)];
    args.extend(rest.iter().cloned().map(Value::Each));
    let operands = Operands { args, locals: vec![None; locals], captured };
    let starts = Reader::new(states).ok_or(Decline::new("a column whose array is of another type"))?;
    let mut env = operands.env();
    let mut writer = Writer::default();
    for (i, run) in runs.iter().enumerate() {
        let mut state = starts.get(i);
        for row in *run {
            env.row = *row as usize;
            env.state = Some(state.clone());
            let given = env.eval(tree)?;
            writer.push(&given)?;
            state = next(&given, state);
        }
    }
    writer.finish()
}

/// Python's truth of a tree's value, each row by itself; the value may be of any type.
pub fn truth_tree(tree: &Tree, frame: &Frame<'_>) -> Result<Vec<bool>, Decline> {
    let operands = Operands::new(frame)?;
    let mut env = operands.env();
    let truths = (0..frame.rows).map(|row| {
        env.row = row;
        env.truth(tree)
    });
    truths.collect::<Result<_, _>>().map_err(|why| told(tree, frame, &operands, why))
}

/// Turns of the rows that stay longest in a loop. So many are no time; who takes more is CPython's.
const MOST_TURNS: usize = 20_000;

/// A loop row by row from turn `from` on, where the frame has the carried locals: what they are in the end.
pub fn end_loop(of: &Loop<Tree>, frame: &Frame<'_>, from: usize) -> Result<Vec<Value>, Decline> {
    let operands = Operands::new(frame)?;
    let mut env = operands.env();
    env.turns = MOST_TURNS;
    let mut writers: Vec<Writer> = of.carried.iter().map(|_| Writer::default()).collect();
    for row in 0..frame.rows {
        env.row = row;
        for (slot, _) in &of.carried {
            env.inner[*slot] = None;
        }
        env.run(of, from)?;
        for ((slot, _), writer) in of.carried.iter().zip(&mut writers) {
            writer.push(&env.local(*slot)?)?;
        }
    }
    writers.into_iter().map(|writer| writer.finish().map(Value::Each)).collect()
}

impl<'a> Env<'a> {
    #[expect(clippy::too_many_lines, reason = "an arm for each construct")]
    fn eval(&mut self, tree: &'a Tree) -> Result<Cell<'a>, Decline> {
        if let Some(reader) = self.path(tree) {
            return Ok(reader.get(self.row));
        }
        Ok(match tree {
            Tree::Param(i) => self.param(*i)?,
            Tree::Local(slot) => self.local(*slot)?,
            Tree::Const(cell) => cell.borrowed(),
            Tree::Tuple(items) => Cell::Tuple(self.all(items)?),
            Tree::List(items) => Cell::List(self.all(items)?),
            Tree::Item(of, index) => self.item(of, index)?,
            Tree::Slice(of, bounds) => {
                let of = self.eval(of)?;
                let mut cells = [const { None }; 3];
                for (cell, bound) in cells.iter_mut().zip(bounds) {
                    *cell = bound.as_ref().map(|b| self.eval(b)).transpose()?;
                }
                slice(of, &cells)?
            }
            Tree::Unary(op, of) => unary(*op, &self.eval(of)?)?,
            Tree::Binary(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                binary(*op, left, right)?
            }
            Tree::Compare(..) => Cell::Bool(self.truth(tree)?),
            Tree::And(items) | Tree::Or(items) => {
                let stop = matches!(tree, Tree::Or(_));
                let mut value = Cell::None;
                for item in items {
                    value = self.eval(item)?;
                    if value.truth()? == stop {
                        break;
                    }
                }
                value
            }
            Tree::If(parts) => {
                let [test, then, orelse] = &**parts;
                let taken = if self.truth(test)? { then } else { orelse };
                self.eval(taken)?
            }
            Tree::Let(slot, value, body) => {
                let value = self.eval(value)?;
                self.inner[*slot] = Some(value);
                self.eval(body)?
            }
            Tree::Call(Function::DictMake, args) => match args.as_slice() {
                [of, Tree::Const(kind)] => Cell::Map(collections::dict_kind(kind)?, self.pairs(of)?),
                _ => return Err(Decline::new("a dict of no known class")),
            },
            Tree::Call(function, args) if function.is_of_collections() => self.of_collections(*function, args)?,
            Tree::Call(function, args) => builtins::call(*function, self.all(args)?)?,
            Tree::Method(method, of, args) => {
                let of = self.eval(of)?;
                methods::has(*method, &of)?;
                let args = self.all(args)?;
                methods::call(*method, of, &args)?
            }
            Tree::StrMethod(method, args) => {
                let mut args = self.all(args)?;
                let of = args.remove(0);
                if !matches!(of, Cell::Str(_)) {
                    return Err(of.unsupported("a method of str"));
                }
                methods::call(*method, of, &args)?
            }
            Tree::Lookup(table, how, key, default) => {
                let key = self.eval(key)?;
                let default = default.as_ref().map(|d| self.eval(d)).transpose()?;
                self.captured[*table].look(*how, &key, default)?
            }
            Tree::Captured(i) => self.captured[*i].cell()?,
            Tree::Regex(call, args) if call.gives_match() => match self.all(args)?.as_slice() {
                [Cell::Str(Cow::Borrowed(text))] => self.first_match(call, text)?,
                args => regex(call, args)?,
            },
            Tree::Regex(call, args) => regex(call, &self.all(args)?)?,
            Tree::Format(parts) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Value(value, conversion, spec) => {
                            write_format(&self.eval(value)?, *conversion, spec, &mut out)?;
                        }
                    }
                }
                Cell::owned(out)
            }
            Tree::Comprehension(slot, source, conditions, item) => {
                self.comprehension(*slot, source, conditions, item)?
            }
            Tree::Loop(of) => {
                self.enter(of)?;
                for (slot, value) in &of.carried {
                    self.inner[*slot] = Some(self.eval(value)?);
                }
                self.run(of, 0)?;
                self.eval(&of.body)?
            }
            Tree::Try(of) => self.attempt(of)?,
            Tree::Outside(number, of) => self.eval(of).map_err(|why| why.passing(*number))?,
            Tree::Unsure(of) => self.eval(of).map_err(Decline::unsure)?,
            Tree::Raises(why) => return Err(Decline::new(why.clone())),
        })
    }

    fn attempt(&mut self, of: &'a Try<Tree>) -> Result<Cell<'a>, Decline> {
        let named = of.names.iter().any(Option::is_some);
        let tried = if named { listening(|| self.eval(&of.body)) } else { self.eval(&of.body) };
        let Err(why) = &tried else { return tried };
        let Some(at) = of.handler(why) else { return tried };
        if let Some(slot) = of.name(at) {
            let (Some(raised), Some(said)) = (why.raised(), why.said()) else {
                return Err(Decline::new(format!("{why}, whose text is asked for")));
            };
            self.inner[slot] =
                Some(Cell::Tuple(vec![Cell::owned(format!("{raised:?}")), Cell::owned(said.to_owned())]));
        }
        self.eval(&of.handlers[at].1)
    }

    /// The pairs of a dict, without a list of them on the way.
    fn pairs(&mut self, tree: &'a Tree) -> Result<Pairs<'a>, Decline> {
        match tree {
            Tree::Call(Function::DictOf, args) if args.len() == 1 => collections::dict_of(self.eval(&args[0])?),
            Tree::Call(Function::DictPairs, args) if args.len() == 1 => maps::pairs(self.eval(&args[0])?),
            Tree::Call(Function::DictMerge, args) if args.len() == 2 => {
                let (left, right) = (self.pairs(&args[0])?, self.pairs(&args[1])?);
                maps::merged(left, right)
            }
            Tree::Call(Function::DictSet, args) if args.len() == 3 && !matches!(args[0], Tree::Local(_)) => {
                let of = self.pairs(&args[0])?;
                let (name, given) = (self.eval(&args[1])?, self.eval(&args[2])?);
                maps::merged(of, vec![(name, given)])
            }
            _ => collections::pairs_of(self.eval(tree)?),
        }
    }

    /// What is asked of, or done to, a list that has a name: it isn't copied, and one that is changed has no other.
    fn of_collections(&mut self, function: Function, args: &'a [Tree]) -> Result<Cell<'a>, Decline> {
        let [Tree::Local(slot), rest @ ..] = args else { return collections::call(function, self.all(args)?) };
        let rest = self.all(rest)?;
        if !function.changes() {
            if let Some(found) = self.named(*slot)? {
                return collections::look(function, found, &rest);
            }
            let mut all = vec![self.local(*slot)?];
            all.extend(rest);
            return collections::call(function, all);
        }
        let of = match self.inner[*slot].take() {
            Some(cell) => cell,
            None => self.local(*slot)?,
        };
        let mut all = vec![of];
        all.extend(rest);
        // A handler would not find the list any more.
        collections::call(function, all).map_err(Decline::unsure)
    }

    /// A local that is a list, where it stands.
    fn named(&mut self, slot: usize) -> Result<Option<&Cell<'a>>, Decline> {
        if self.inner[slot].is_none() && !matches!(&self.read[slot], Some((row, _)) if *row == self.row) {
            self.read[slot] = Some((self.row, self.local(slot)?));
        }
        let cell = self.inner[slot].as_ref().or(self.read[slot].as_ref().map(|(_, cell)| cell));
        Ok(cell.filter(|cell| matches!(cell, Cell::List(_))))
    }

    /// The turns of a loop from number `from` on.
    fn run(&mut self, of: &'a Loop<Tree>, from: usize) -> Result<(), Decline> {
        match &of.over {
            Over::Range { slot, ends } => {
                let [start, stop, by] = [self.int(&ends[0])?, self.int(&ends[1])?, self.int(&ends[2])?];
                let count = range_len(start, stop, by)?;
                for turn in from as u64..count {
                    self.inner[*slot] = Some(Cell::Int(range_item(start, by, turn)));
                    if self.turn(of)? {
                        break;
                    }
                }
            }
            Over::Items { slot, of: source } => {
                for element in elements(self.eval(source)?)?.into_iter().skip(from) {
                    self.inner[*slot] = Some(element);
                    if self.turn(of)? {
                        break;
                    }
                }
            }
            Over::While(test) => while self.truth(test)? && !self.turn(of)? {},
        }
        Ok(())
    }

    /// A loop begins.
    fn enter(&mut self, of: &Loop<Tree>) -> Result<(), Decline> {
        if of.turn.changes() {
            return Err(Decline::new("changes a list, a set or a dict in a loop that is no machine code"));
        }
        self.count_turn()
    }

    fn count_turn(&mut self) -> Result<(), Decline> {
        self.turns = self.turns.checked_sub(1).ok_or_else(|| Decline::new("a loop row by row"))?;
        Ok(())
    }

    /// One turn; whether it was the last.
    fn turn(&mut self, of: &'a Loop<Tree>) -> Result<bool, Decline> {
        self.count_turn()?;
        let Cell::Tuple(values) = self.eval(&of.turn)? else { return Err(Decline::new("a turn that is no tuple")) };
        let ends = of.exits && !matches!(values.first(), Some(Cell::Int(0)));
        for ((slot, _), value) in of.carried.iter().zip(values) {
            self.inner[*slot] = Some(value);
        }
        Ok(ends)
    }

    fn int(&mut self, tree: &'a Tree) -> Result<i64, Decline> {
        match self.eval(tree)? {
            Cell::Int(i) => Ok(i),
            other => Err(other.unsupported("range()")),
        }
    }

    fn param(&mut self, i: usize) -> Result<Cell<'a>, Decline> {
        if i == 0 && self.asked_once {
            return self.state.take().ok_or(Decline::new("a state that is gone"));
        }
        match &self.state {
            Some(state) if i == 0 => Ok(state.clone()),
            _ => self.args[i].get(self.row),
        }
    }

    fn item(&mut self, of: &'a Tree, index: &'a Tree) -> Result<Cell<'a>, Decline> {
        // One item of a tuple that is the state needs no copy of the others.
        if let (Tree::Param(0), Some(state), Tree::Const(index)) = (of, &self.state, index)
            && let Some(found) = item_of(state, index)
        {
            return Ok(found);
        }
        if let Tree::Local(slot) = of
            && self.named(*slot)?.is_some()
        {
            let index = self.eval(index)?;
            if let (Cell::Int(at), Some(Cell::List(items))) = (&index, self.named(*slot)?) {
                let from = if *at < 0 { at.saturating_add(items.len() as i64) } else { *at };
                let found = usize::try_from(from).ok().and_then(|at| items.get(at));
                return found.cloned().ok_or_else(|| {
                    Decline::raises(Exception::IndexError, "an index out of range").saying(|| text_of("list index"))
                });
            }
            return item(self.local(*slot)?, &index);
        }
        let (of, index) = (self.eval(of)?, self.eval(index)?);
        item(of, &index)
    }

    /// A match of the text; of the very text that the pattern had the last time it is known.
    fn first_match(&mut self, call: &'a RegexCall, text: &'a str) -> Result<Cell<'a>, Decline> {
        let known = self.matches.iter_mut().find(|(known, ..)| std::ptr::eq(*known, call));
        if let Some((_, of, found)) = &known
            && std::ptr::eq(*of, text)
        {
            return Ok(found.clone());
        }
        let found = pattern::first_match(&call.pattern, text)?;
        match known {
            Some(known) => (known.1, known.2) = (text, found.clone()),
            None => self.matches.push((call, text, found.clone())),
        }
        Ok(found)
    }

    fn comprehension(
        &mut self,
        slot: usize,
        source: &'a Tree,
        conditions: &'a [Tree],
        item: &'a Tree,
    ) -> Result<Cell<'a>, Decline> {
        let source = elements(self.eval(source)?)?;
        let mut out = Vec::with_capacity(source.len());
        'items: for element in source {
            self.inner[slot] = Some(element);
            for condition in conditions {
                if !self.truth(condition)? {
                    continue 'items;
                }
            }
            out.push(self.eval(item)?);
        }
        Ok(Cell::List(out))
    }

    fn all(&mut self, trees: &'a [Tree]) -> Result<Vec<Cell<'a>>, Decline> {
        trees.iter().map(|n| self.eval(n)).collect()
    }

    /// Python's truth of a tree's value.
    fn truth(&mut self, tree: &'a Tree) -> Result<bool, Decline> {
        match tree {
            Tree::Compare(first, rest) => {
                let mut left = self.eval(first)?;
                for (op, right) in rest {
                    let holds = if let Tree::Const(right) = right {
                        let holds = compare(*op, &left, right)?;
                        left = if rest.len() > 1 { right.borrowed() } else { Cell::None };
                        holds
                    } else {
                        let right = self.eval(right)?;
                        let holds = compare(*op, &left, &right)?;
                        left = right;
                        holds
                    };
                    if !holds {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => self.eval(tree)?.truth(),
        }
    }

    fn local(&self, slot: usize) -> Result<Cell<'a>, Decline> {
        match (&self.inner[slot], &self.outer[slot]) {
            (Some(cell), _) => Ok(cell.clone()),
            (None, Some(source)) => source.get(self.row),
            (None, None) => Err(Decline::new("a local that is not bound yet")),
        }
    }

    /// The column that a tree names by a parameter and constant indices, so that no tuple is made to take one item.
    fn path(&self, tree: &Tree) -> Option<&Reader<'a>> {
        match tree {
            Tree::Param(i) => match &self.args[*i] {
                Source::Each(reader) => reader.as_ref(),
                Source::One(_) | Source::Documents(_) => None,
            },
            Tree::Call(Function::RecordAttr, args) => {
                let [of, Tree::Const(Cell::Str(name))] = args.as_slice() else { return None };
                match present(self.path(of)?) {
                    Reader::Record(class, items) => items.get(class.attribute(name)?),
                    _ => None,
                }
            }
            Tree::Item(of, index) => {
                let index = match &**index {
                    Tree::Const(Cell::Int(index)) => index,
                    Tree::Const(Cell::Str(name)) => match present(self.path(of)?) {
                        Reader::Record(class, items) if matches!(class.kind, ClassKind::Dict | ClassKind::Row) => {
                            return items.get(class.place(name)?);
                        }
                        _ => return None,
                    },
                    _ => return None,
                };
                match present(self.path(of)?) {
                    Reader::Record(class, items) if class.is_tuple() => {
                        let at = if *index < 0 { *index + items.len() as i64 } else { *index };
                        items.get(usize::try_from(at).ok()?)
                    }
                    Reader::Tuple(items) => {
                        let at = if *index < 0 { *index + items.len() as i64 } else { *index };
                        items.get(usize::try_from(at).ok()?)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Of rows among which none is `None`, what reads them.
fn present<'r, 'a>(reader: &'r Reader<'a>) -> &'r Reader<'a> {
    match reader {
        Reader::Optional(None, inner) => inner,
        other => other,
    }
}

/// `of[index]` of a tuple, by a constant index from the front.
fn item_of<'a>(of: &Cell<'a>, index: &Cell<'_>) -> Option<Cell<'a>> {
    match (of, index) {
        (Cell::Tuple(items), Cell::Int(at)) => items.get(usize::try_from(*at).ok()?).cloned(),
        _ => None,
    }
}

/// A function of `re` on a row's values.
pub fn regex<'a>(call: &RegexCall, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let limit = |at: usize| match args.get(at) {
        None => Ok(0),
        Some(Cell::Int(i)) => Ok(*i),
        Some(other) => Err(other.unsupported("a limit")),
    };
    match (call.function, args) {
        (RegexFunction::Sub, [Cell::Str(text), ..]) => Ok(Cell::owned(pattern::substitute(call, text, limit(1)?)?)),
        (function, [Cell::Str(Cow::Borrowed(text)), ..]) => match function {
            RegexFunction::Split => Ok(Cell::List(pattern::split(&call.pattern, text, limit(1)?)?)),
            RegexFunction::Findall => Ok(Cell::List(pattern::find_all(&call.pattern, text)?)),
            RegexFunction::Finditer => Ok(Cell::List(pattern::find_each(call, text, limit(1)?)?)),
            _ => pattern::first_match(&call.pattern, text),
        },
        (function, [Cell::Str(text), ..]) => match function {
            RegexFunction::Split => Ok(methods::owned(Cell::List(pattern::split(&call.pattern, text, limit(1)?)?))),
            RegexFunction::Findall => Ok(methods::owned(Cell::List(pattern::find_all(&call.pattern, text)?))),
            RegexFunction::Finditer => Ok(methods::owned(Cell::List(pattern::find_each(call, text, limit(1)?)?))),
            _ => Ok(methods::owned(pattern::first_match(&call.pattern, text)?)),
        },
        (_, [other, ..]) => Err(other.refuses(Exception::TypeError, "a function of re")),
        _ => Err(Decline::new("a function of re on nothing")),
    }
}
