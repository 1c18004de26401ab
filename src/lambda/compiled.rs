//! A compiled user function: an expression that runs over columns.

use std::sync::Arc;

use arrow_array::BooleanArray;

use super::expr::Expr;
use super::frame::Frame;
use super::logic;
use super::lower::Lowering;
use super::node::Node;
use super::rows;
use super::vector;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel;

/// A function that compiled. It never raises: what it can't do as `CPython` does, it declines.
#[derive(Debug)]
pub struct Compiled {
    expr: Expr,
    node: Node,
    locals: usize,
    params: usize,
}

impl Compiled {
    /// From the JSON of an [`Expr`].
    pub fn parse(json: &str) -> Result<Self, Decline> {
        let expr = serde_json::from_str(json).map_err(|e| Decline::new(format!("not an expression: {e}")))?;
        Self::new(expr)
    }

    /// From an expression.
    pub fn new(expr: Expr) -> Result<Self, Decline> {
        let mut lowering = Lowering::default();
        let node = lowering.node(&expr)?;
        Ok(Self { expr, node, locals: lowering.locals, params: lowering.params })
    }

    /// The expression.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The function's value for each row. `args` holds one column a parameter, all of one length.
    pub fn map(&self, args: &[Columns]) -> Result<Columns, Decline> {
        let frame = self.frame(args)?;
        vector::eval(&self.node, &frame)?.into_columns(frame.rows)
    }

    /// Python's truth of the value for each row.
    pub fn truth(&self, args: &[Columns]) -> Result<BooleanArray, Decline> {
        logic::truth(&self.node, &self.frame(args)?)
    }

    /// As `truth`, as a column of bools.
    pub fn truth_column(&self, args: &[Columns]) -> Result<Columns, Decline> {
        Ok(Columns::new(Arc::new(self.truth(args)?), Type::Bool))
    }

    /// The elements of the values, which are iterated in order.
    pub fn flat(&self, args: &[Columns]) -> Result<Columns, Decline> {
        vector::flat(&self.node, &self.frame(args)?)
    }

    /// The rows of `rows` for which the function is true.
    pub fn filter(&self, rows: &Columns) -> Result<Columns, Decline> {
        let mask = self.truth(std::slice::from_ref(rows))?;
        let array = kernel::filter::filter(rows.array(), &mask)?;
        Ok(Columns::new(array, rows.kind().clone()))
    }

    fn frame<'a>(&self, args: &'a [Columns]) -> Result<Frame<'a>, Decline> {
        let rows = args.first().map_or(0, Columns::len);
        if args.len() < self.params || args.iter().any(|a| a.len() != rows) {
            return Err(Decline::new("the function's arguments are not what it takes"));
        }
        Ok(Frame::new(args, rows, self.locals))
    }
}

/// Shared use of one function by many tasks.
pub type CompiledRef = Arc<Compiled>;

impl super::BinaryFn for Compiled {
    fn apply(&self, left: &Columns, right: &Columns) -> Result<Columns, Decline> {
        self.map(&[left.clone(), right.clone()])
    }

    fn fold(&self, states: &Columns, values: &Columns, runs: &[&[u32]]) -> Result<Columns, Decline> {
        if self.params > 2 {
            return Err(Decline::new("the function's arguments are not what it takes"));
        }
        rows::fold_node(&self.node, self.locals, states, values, runs)
    }
}
