//! A compiled user function: an expression that runs over columns.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, Int64Array, NullArray};

use super::captured::Captured;
use super::cells::cell::Cell;
use super::cells::encoded;
use super::columns::frame::{Frame, Held, Value};
use super::columns::logic;
use super::columns::machines;
use super::columns::rows;
use super::columns::vector;
use super::machine::{Machines, Unit, is_available};
use super::partition::{Partition, Written};
use super::tree::documents::{self, Given};
use super::tree::expr::{Expr, LookupKind};
use super::tree::functions::Function;
use super::tree::lower::Lowering;
use super::tree::reals;
use super::tree::shared::Repeats;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::filter::filter;
use crate::lambda::tree::Tree;

/// A function that compiled. It never raises: what it can't do as `CPython` does, it declines.
#[derive(Debug)]
pub struct Compiled {
    program: Arc<Program>,
    captured: Arc<[Arc<Captured>]>,
    /// Of a function of a partition's iterator: the program has nothing then.
    partition: Option<Arc<Partition>>,
}

/// What is the same for all jobs.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is another question")]
struct Program {
    expr: Expr,
    tree: Tree,
    /// `min` or `max` itself called with one argument, an iterable.
    alone: Option<Tree>,
    /// Whether a call gives a generator over the value.
    generates: bool,
    /// Whether the value is what `json.loads` gave.
    documents: bool,
    /// Whether it is a dict or a set.
    maps: bool,
    /// Whether documents are loaded in it.
    loads: bool,
    loops: bool,
    /// Why the value may not leave the function, though its truth may: a comparison of numpy's scalars is no `bool`.
    stays: Option<&'static str>,
    /// What may stand twice in a value: no object that can be changed may leave the function so.
    repeats: Repeats,
    locals: usize,
    params: usize,
    captured: Vec<(usize, Option<LookupKind>)>,
    /// The captured numbers of the accumulators whose summands stand beside the value, all of them in a tuple.
    counted: Vec<usize>,
    /// What of `tree` became machine code, where there is something that is better so.
    machines: Option<Machines>,
}

impl Compiled {
    /// From the JSON of an [`Expr`].
    pub fn parse(json: &str) -> Result<Self, Decline> {
        if json.starts_with("{\"partition\":") {
            let written: Written =
                serde_json::from_str(json).map_err(|e| Decline::new(format!("not a function of an iterator: {e}")))?;
            let partition = Some(Arc::new(Partition::new(written)?));
            return Ok(Self { partition, ..Self::new(Expr::Raises("it takes an iterator".to_owned()))? });
        }
        if json.starts_with("{\"counted\":") {
            let Counted { counted: Counting { of, places } } =
                serde_json::from_str(json).map_err(|e| Decline::new(format!("not a function that counts: {e}")))?;
            return Self::counting(of, false, places);
        }
        let expr = serde_json::from_str(json).map_err(|e| Decline::new(format!("not an expression: {e}")))?;
        match expr {
            Expr::Generator(over) => Self::made(*over, true),
            expr => Self::made(expr, false),
        }
    }

    /// From an expression.
    pub fn new(expr: Expr) -> Result<Self, Decline> {
        Self::made(expr, false)
    }

    fn made(expr: Expr, generates: bool) -> Result<Self, Decline> {
        Self::counting(expr, generates, Vec::new())
    }

    fn counting(expr: Expr, generates: bool, counted: Vec<usize>) -> Result<Self, Decline> {
        let mut lowering = Lowering::default();
        let tree = lowering.tree(&expr)?;
        let alone = match &tree {
            Tree::Call(function @ (Function::Min | Function::Max), args)
                if matches!(args.as_slice(), [Tree::Param(0), Tree::Param(1)]) =>
            {
                Some(Tree::Call(*function, vec![Tree::Param(0)]))
            }
            _ => None,
        };
        if lowering.loops && tree.changes_in_a_loop() && !is_available() {
            return Err(Decline::new("changes a list, a set or a dict in a loop, which CPython does faster"));
        }
        if lowering.loops && tree.by_rows() {
            return Err(Decline::new("a loop row by row"));
        }
        if lowering.reals && reals::asked(&tree) {
            return Err(Decline::new("a comparison of a numpy.float64 as a value"));
        }
        let stays = (lowering.reals && reals::as_value(&tree)).then_some("a numpy.bool as a value");
        let (documents, maps) = match documents::given(&tree) {
            Given::Documents => (true, false),
            Given::Maps => (false, true),
            // What is bound to a name or put together by a loop is not looked into.
            Given::Others => (false, documents::makes_maps(&tree)),
            Given::Kept => (false, false),
        };
        let loads = tree.any(&mut |tree| matches!(tree, Tree::Call(Function::JsonLoads, _)));
        let Lowering { loops, locals, params, mut captured, .. } = lowering;
        captured.extend(counted.iter().map(|place| (*place, None)));
        let machines = (loops || tree.sorts()).then(Machines::default);
        let repeats = Repeats::of(&tree);
        let program = Program {
            expr,
            tree,
            alone,
            generates,
            documents,
            maps,
            loads,
            loops,
            stays,
            repeats,
            locals,
            params,
            captured,
            counted,
            machines,
        };
        Ok(Self { program: Arc::new(program), captured: Arc::from([]), partition: None })
    }

    /// The same function with what it captures now.
    pub fn with(&self, captured: Vec<Arc<Captured>>) -> Result<Self, Decline> {
        for (i, how) in &self.program.captured {
            captured.get(*i).ok_or(Decline::new("a captured value that isn't there"))?.check(*how)?;
        }
        let partition = self.partition.as_ref().map(|of| of.with(&captured).map(Arc::new)).transpose()?;
        Ok(Self { program: self.program.clone(), captured: captured.into(), partition })
    }

    /// What it is as a function of a partition's iterator, if it is one.
    pub fn partition(&self) -> Option<&Partition> {
        self.partition.as_deref()
    }

    /// Another function of the same captured values.
    pub fn derive(&self, expr: Expr) -> Result<Self, Decline> {
        Self::new(expr)?.with(self.captured.to_vec())
    }

    /// The expression.
    pub fn expr(&self) -> &Expr {
        &self.program.expr
    }

    /// Whether a call gives a generator: then only `flat` gives what Python would.
    pub fn generates(&self) -> bool {
        self.program.generates
    }

    /// Whether the value is all that a text of JSON holds, a dict most likely: only another function can take that.
    pub fn gives_documents(&self) -> bool {
        self.program.documents
    }

    /// Whether the value is a dict or a set: one that goes to Python is made faster there.
    pub fn gives_maps(&self) -> bool {
        self.program.maps
    }

    /// Whether a row may take long: there is a loop, which may have no end.
    pub fn may_take_long(&self) -> bool {
        self.program.loops || self.partition.as_ref().is_some_and(|of| of.may_take_long())
    }

    /// Whether a call adds to accumulators: then only `count` does what Python would.
    pub fn counts(&self) -> bool {
        !self.program.counted.is_empty()
    }

    /// The function's value for each row, and what its accumulators, by their numbers, get of all rows.
    pub fn count(&self, rows: &Passing) -> Result<(Columns, Vec<(i64, i64)>), Decline> {
        let odd = || Decline::new("a function that counts and gives no tuple");
        let values = self.value(std::slice::from_ref(&rows.0), rows.len())?.into_columns(rows.len())?;
        let mut items = values.items().ok_or_else(odd)?.into_iter();
        let value = items.next().ok_or_else(odd)?;
        let mut sums = Vec::new();
        for (place, summands) in self.program.counted.iter().zip(items) {
            let Some(Cell::Int(number)) = self.captured.get(*place).map(|of| of.cell()).transpose()? else {
                return Err(odd());
            };
            let ints = summands.array().as_any().downcast_ref::<Int64Array>().filter(|ints| ints.null_count() == 0);
            let ints = ints.ok_or_else(|| Decline::new("adds what is no int to an accumulator"))?;
            let sum = ints.values().iter().try_fold(0i64, |sum, summand| sum.checked_add(*summand));
            sums.push((number, sum.ok_or_else(|| Decline::new("a sum past 64 bits"))?));
        }
        Ok((value, sums))
    }

    /// Declines where it goes through one long list turn by turn and no machine code could: there `CPython` is faster.
    pub(super) fn check_loops_over_all(&self) -> Result<(), Decline> {
        let paths = |machines: &Machines, of: &_| machines.paths(&Unit::Turns(of, Vec::new())).is_some();
        let is_code = |of: &_| self.program.machines.as_ref().is_some_and(|machines| paths(machines, of));
        if self.program.loops && !self.program.tree.loops_of_one_row(&mut |of| is_code(of)) {
            return Err(Decline::new("a loop over all rows that is no machine code, which CPython does faster"));
        }
        Ok(())
    }

    /// Whether it runs as machine code, where there is a translation for its rows' types.
    pub fn is_machine_code(&self) -> bool {
        let Program { tree, machines: Some(machines), .. } = &*self.program else { return false };
        let known = |of: &Tree| match of {
            Tree::Loop(of) => machines.paths(&Unit::Turns(of, Vec::new())).is_some(),
            _ => false,
        };
        is_available() && (machines.paths(&Unit::Whole(tree)).is_some() || tree.any(&mut |of| known(of)))
    }

    /// The function's value for each row. `args` holds one column a parameter, all of one length.
    pub fn map(&self, args: &[Columns]) -> Result<Columns, Decline> {
        let (args, rows) = values(args)?;
        let values = self.value(&args, rows)?.into_columns(rows)?;
        encoded::check_sets(&values)?;
        Ok(values)
    }

    /// A value that leaves the function: scalars of numpy's don't, nor does an object that stands there twice.
    fn pythons(&self, value: Value, args: &[Held]) -> Result<Value, Decline> {
        match &value {
            Value::One(cell) => {
                self.leaves(cell.holds_reals(), false, || value.clone().into_columns(1), args)?;
            }
            Value::Each(columns) => self.leaves_as(columns, args)?,
            Value::Documents(_) => self.leaves(false, false, || Ok(Columns::empty(Type::Null)), args)?,
        }
        Ok(value)
    }

    fn leaves_as(&self, columns: &Columns, args: &[Held]) -> Result<(), Decline> {
        if !self.program.loads && columns.kind().mixes_in_lists() {
            return Err(Decline::new(MADE_SOONER));
        }
        self.leaves(columns.kind().holds_reals(), false, || Ok(columns.clone()), args)
    }

    fn leaves(
        &self,
        holds_reals: bool,
        in_lists: bool,
        columns: impl FnOnce() -> Result<Columns, Decline>,
        args: &[Held],
    ) -> Result<(), Decline> {
        if let Some(why) = self.program.stays.or(holds_reals.then_some("a numpy.float64 as a value")) {
            return Err(Decline::new(why));
        }
        if self.program.repeats.is_empty() {
            return Ok(());
        }
        let columns = columns()?;
        let kind = columns.kind();
        if (kind.may_repeat_objects() || in_lists && kind.holds_objects())
            && (!kind.is_all_mixed() || encoded::holds_objects(&columns))
            && self.program.repeats.may_be_objects(&|i| args.get(i).and_then(Held::kind))
        {
            return Err(Decline::new("an object that may stand twice in a row"));
        }
        Ok(())
    }

    /// As `map`, of rows on their way to another function.
    pub fn pass(&self, rows: &Passing) -> Result<Passing, Decline> {
        self.pass_of(std::slice::from_ref(&rows.0), rows.len())
    }

    pub(super) fn pass_of(&self, args: &[Held], rows: usize) -> Result<Passing, Decline> {
        let frame = self.frame(args, rows)?;
        let tree = self.tree(args.len());
        let found = machines::whole(tree, &frame).map(|found| found.map(Held::Value));
        let held = match found.unwrap_or_else(|| vector::held(tree, &frame))? {
            Held::Value(value) => Held::Value(match self.pythons(value, args)? {
                value @ Value::One(_) => Value::Each(value.into_columns(rows)?),
                each => each,
            }),
            pieces @ Held::Pieces(_) => pieces,
        };
        Ok(Passing(held))
    }

    fn value(&self, args: &[Held], rows: usize) -> Result<Value, Decline> {
        let frame = self.frame(args, rows)?;
        let tree = self.tree(args.len());
        self.pythons(machines::whole(tree, &frame).unwrap_or_else(|| vector::eval(tree, &frame))?, args)
    }

    /// Python's truth of the value for each row.
    pub fn truth(&self, args: &[Columns]) -> Result<BooleanArray, Decline> {
        let (args, rows) = values(args)?;
        self.truth_at(&args, rows)
    }

    pub(super) fn truth_at(&self, args: &[Held], rows: usize) -> Result<BooleanArray, Decline> {
        let frame = self.frame(args, rows)?;
        let tree = self.tree(args.len());
        match machines::whole(tree, &frame) {
            Some(found) => logic::truth_of(&found?, rows),
            None => logic::truth(tree, &frame),
        }
    }

    /// As `truth`, of rows on their way to another function.
    pub fn truth_of(&self, rows: &Passing) -> Result<BooleanArray, Decline> {
        self.truth_at(std::slice::from_ref(&rows.0), rows.len())
    }

    /// As `truth`, as a column of bools.
    pub fn truth_column(&self, args: &[Columns]) -> Result<Columns, Decline> {
        Ok(Columns::new(Arc::new(self.truth(args)?), Type::Bool))
    }

    /// The elements of the values, which are iterated in order.
    pub fn flat(&self, args: &[Columns]) -> Result<Columns, Decline> {
        let (args, rows) = values(args)?;
        let values = self.flat_value(&args, rows)?.into_columns(rows)?;
        encoded::check_sets(&values)?;
        Ok(values)
    }

    /// As `flat`, of rows on their way to another function.
    pub fn pass_flat(&self, rows: &Passing) -> Result<Passing, Decline> {
        self.pass_flat_of(std::slice::from_ref(&rows.0), rows.len())
    }

    pub(super) fn pass_flat_of(&self, args: &[Held], rows: usize) -> Result<Passing, Decline> {
        self.flat_value(args, rows).map(Held::Value).map(Passing)
    }

    fn flat_value(&self, args: &[Held], rows: usize) -> Result<Value, Decline> {
        let elements = vector::flat(self.tree(args.len()), &self.frame(args, rows)?)?;
        if let Value::Each(columns) = &elements {
            if !self.program.loads && columns.kind().holds_mixed() {
                return Err(Decline::new(MADE_SOONER));
            }
            // Those of one row have been in one list.
            self.leaves(false, true, || Ok(columns.clone()), args)?;
        }
        self.pythons(elements, args)
    }

    /// The function's value row by row, where the first argument is a state that goes from row to row of a run as `next`
    /// says: it gets what the function gave and the state before. State i begins `runs[i]`, rows of the other arguments.
    pub(super) fn scan(
        &self,
        states: &Columns,
        rest: &[Columns],
        runs: &[&[u32]],
        next: impl for<'c> Fn(&Cell<'c>, Cell<'c>) -> Cell<'c>,
    ) -> Result<Columns, Decline> {
        if self.program.params > rest.len() + 1 {
            return Err(Decline::new("the function's arguments are not what it takes"));
        }
        let Program { tree, locals, .. } = &*self.program;
        let scanned = rows::scan_tree(tree, *locals, &self.captured, states, rest, runs, next)?;
        self.leaves_as(&scanned, &[])?;
        encoded::check_sets(&scanned)?;
        Ok(scanned)
    }

    fn tree(&self, args: usize) -> &Tree {
        match &self.program.alone {
            Some(alone) if args == 1 => alone,
            _ => &self.program.tree,
        }
    }

    fn frame<'a>(&'a self, args: &'a [Held], rows: usize) -> Result<Frame<'a>, Decline> {
        let params = if self.program.alone.is_some() { 1 } else { self.program.params };
        if args.len() < params {
            return Err(Decline::new("the function's arguments are not what it takes"));
        }
        if self.program.captured.iter().any(|(i, _)| *i >= self.captured.len()) {
            return Err(Decline::new("a captured value that isn't there"));
        }
        let machines = self.program.machines.as_ref();
        let mut frame = Frame::new(args, rows, self.program.locals, &self.captured, machines);
        frame.loads = self.program.loads;
        Ok(frame)
    }
}

/// Why lists of values of several types decline: `CPython` makes them sooner, but where documents are loaded for them.
const MADE_SOONER: &str = "the rows have different types";

/// As a function that counts is written.
#[derive(serde::Deserialize)]
struct Counted {
    counted: Counting,
}

#[derive(serde::Deserialize)]
struct Counting {
    of: Expr,
    places: Vec<usize>,
}

/// Columns as arguments, and their length.
fn values(args: &[Columns]) -> Result<(Vec<Held>, usize), Decline> {
    let rows = args.first().map_or(0, Columns::len);
    if args.iter().any(|a| a.len() != rows) {
        return Err(Decline::new("the function's arguments are not what it takes"));
    }
    Ok((args.iter().cloned().map(Value::Each).map(Held::Value).collect(), rows))
}

/// Rows on their way from one function to the next: also what no column holds, dicts that were loaded from JSON, and texts
/// that are split when somebody looks.
#[derive(Clone, Debug)]
pub struct Passing(Held);

impl Passing {
    /// Rows of a column.
    pub fn new(columns: Columns) -> Self {
        Self(Held::Value(Value::Each(columns)))
    }

    pub(super) fn held(&self) -> Held {
        self.0.clone()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::Value(Value::One(_)) => 0,
            Held::Value(Value::Each(columns)) => columns.len(),
            Held::Value(Value::Documents(documents)) => documents.len(),
            Held::Pieces(pieces) => pieces.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows at which a mask is true.
    pub fn filter(&self, mask: &BooleanArray) -> Result<Self, Decline> {
        Ok(Self(match &self.0 {
            // The type stays as it is, whichever rows stay.
            Held::Value(Value::Each(columns)) => {
                Held::Value(Value::Each(Columns::new(filter(columns.array(), mask)?, columns.kind().clone())))
            }
            other => other.pick(mask)?,
        }))
    }

    /// The elements of the rows, which are lists, as `flat`.
    pub fn flat(self) -> Result<Self, Decline> {
        let lists = self.on_their_way()?;
        let (_, items) = lists.lists().ok_or_else(|| Decline::new("rows that are no lists"))?;
        Ok(Self::new(items))
    }

    /// Python's truth of each row.
    pub fn truth(&self) -> Result<BooleanArray, Decline> {
        let rows = self.len();
        logic::truth_of(&self.0.clone().settled()?, rows)
    }

    /// As a column of as many rows, where nobody will look at them.
    pub fn counted(self) -> Columns {
        match self.0 {
            Held::Value(Value::Each(columns)) => columns,
            other => Columns::new(Arc::new(NullArray::new(Self(other).len())), Type::Null),
        }
    }

    /// As a column, where they go nowhere else; sets whose order matters decline.
    pub fn into_columns(self) -> Result<Columns, Decline> {
        let columns = self.on_their_way()?;
        encoded::check_sets(&columns)?;
        Ok(columns)
    }

    /// As a column on the way to another function.
    pub fn on_their_way(self) -> Result<Columns, Decline> {
        let rows = self.len();
        self.0.settled()?.into_columns(rows)
    }
}

impl super::BinaryFn for Compiled {
    fn apply(&self, left: &Columns, right: &Columns) -> Result<Columns, Decline> {
        self.map(&[left.clone(), right.clone()])
    }

    fn fold(&self, states: &Columns, values: &Columns, runs: &[&[u32]]) -> Result<Columns, Decline> {
        if self.program.params > 2 {
            return Err(Decline::new("the function's arguments are not what it takes"));
        }
        let Program { tree, locals, .. } = &*self.program;
        let folded = rows::fold_tree(tree, *locals, &self.captured, states, values, runs)?;
        self.leaves_as(&folded, &[])?;
        encoded::check_sets(&folded)?;
        Ok(folded)
    }
}
