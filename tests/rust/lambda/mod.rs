//! Compiled functions over columns, without an interpreter.

mod groups;
mod idle;
mod speed;
mod word_count;

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array, Int64Array, ListArray, StringViewArray, StructArray};
use pyrite::chunk::{Columns, Type};
use pyrite::kernel::filter::filter;
use pyrite::lambda::{CharClass, CompareOp, Compiled, Expr, Matcher, Pattern, RegexFunction};

/// A column of strings.
pub fn strings<S: AsRef<str>>(values: &[S]) -> Columns {
    Columns::new(Arc::new(StringViewArray::from_iter_values(values)), Type::Str)
}

/// A column of strings in one buffer, as a source makes it.
pub fn block(lines: &[String]) -> Columns {
    let mut builder = StringViewBuilder::new().with_fixed_block_size(1 << 30);
    for line in lines {
        builder.append_value(line);
    }
    Columns::new(Arc::new(builder.finish()), Type::Str)
}

/// The rows as Rust would show them.
pub fn show(columns: &Columns) -> Vec<String> {
    (0..columns.len()).map(|i| show_row(columns.array().as_ref(), i)).collect()
}

fn show_row(array: &dyn Array, row: usize) -> String {
    let any = array.as_any();
    if array.is_null(row) {
        "None".into()
    } else if let Some(a) = any.downcast_ref::<StringViewArray>() {
        format!("{:?}", a.value(row))
    } else if let Some(a) = any.downcast_ref::<Int64Array>() {
        a.value(row).to_string()
    } else if let Some(a) = any.downcast_ref::<StructArray>() {
        let items: Vec<String> = a.columns().iter().map(|c| show_row(c.as_ref(), row)).collect();
        format!("({})", items.join(", "))
    } else if let Some(a) = any.downcast_ref::<ListArray>() {
        let items = a.value(row);
        let items: Vec<String> = (0..items.len()).map(|i| show_row(items.as_ref(), i)).collect();
        format!("[{}]", items.join(", "))
    } else {
        format!("{:?}", array.slice(row, 1))
    }
}

pub fn param(i: usize) -> Box<Expr> {
    Box::new(Expr::Param(i))
}

pub fn compiled(expr: Expr) -> Compiled {
    Compiled::new(expr).unwrap()
}

/// `re.split("\W+", x)`
pub fn split_words() -> Compiled {
    let class = CharClass { negated: false, ranges: vec![], categories: vec!['W'] };
    let pattern = Pattern { source: r"\W+".into(), groups: 0, matcher: Matcher::ClassRun(class) };
    compiled(Expr::Regex { function: RegexFunction::Split, pattern, replacement: vec![], args: vec![Expr::Param(0)] })
}

/// `len(x) > 0`
pub fn not_empty() -> Compiled {
    let len = Expr::Call { function: "len".into(), args: vec![Expr::Param(0)] };
    compiled(Expr::Compare { first: Box::new(len), rest: vec![(CompareOp::Gt, Expr::Int(0))] })
}

/// The rows for which the function is true.
pub fn kept(function: &Compiled, rows: &Columns) -> Columns {
    let mask = function.truth(std::slice::from_ref(rows)).unwrap();
    Columns::new(filter(rows.array(), &mask).unwrap(), rows.kind().clone())
}

/// `x.lower()`
pub fn lower() -> Compiled {
    compiled(Expr::Method { name: "lower".into(), of: param(0), args: vec![] })
}

/// `(x, 1)`
pub fn pair() -> Compiled {
    compiled(Expr::Tuple(vec![Expr::Param(0), Expr::Int(1)]))
}
