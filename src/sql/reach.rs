//! Predicates that reach a watermark: Spark's optimizer moves them under it, and rows that they rule out don't move event time on.
//!
//! `PushDownPredicates`, `InferFiltersFromConstraints` and `PushExtraPredicateThroughJoin` say which: what doesn't read the event time
//! itself, also where it follows from values that are equal or that must not be null. The rows that go are needed nowhere above.

use std::collections::HashMap;

use super::coerce::common;
use super::operators::{as_type, condition};
use super::planner::{Planner, Step};
use super::proto::{Expression, expression::ExprType};
use super::relation::Planned;
use super::scope::Column;
use super::stream_join::conjuncts;
use super::typed::Typed;

/// A watermark below a relation, and what the relation's columns are there.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The watermark's step, or a join's, and which of its inputs.
    step: String,
    input: usize,
    values: HashMap<usize, Value>,
}

/// A column in terms of those at a watermark.
#[derive(Debug, Clone)]
struct Value {
    sql: String,
    /// Reads the event time.
    timed: bool,
    /// Null where one of these is.
    strict: Vec<usize>,
}

/// What holds for all rows of a relation.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    pub sql: String,
    pub reads: Vec<usize>,
    /// Doesn't hold where one of these is null.
    pub strict: Vec<usize>,
    equal: Option<[Term; 2]>,
}

/// A side of an equality.
#[derive(Debug, Clone)]
struct Term {
    sql: String,
    column: Option<usize>,
    /// A column, cast.
    cast: Option<usize>,
}

impl Reached {
    /// Right above a watermark of the column `time`.
    pub fn watermark(step: &str, time: usize, columns: &[Column]) -> Self {
        let value = |column: &Column| Value { sql: column.sql(), timed: column.id == time, strict: vec![column.id] };
        let values = columns.iter().map(|column| (column.id, value(column))).collect();
        Self { step: step.to_owned(), input: 0, values }
    }

    /// Right above a side of a join of streams: a filter goes below it, whatever it reads.
    pub fn side(step: &str, input: usize, columns: &[Column]) -> Self {
        let value = |column: &Column| Value { sql: column.sql(), timed: false, strict: vec![column.id] };
        let values = columns.iter().map(|column| (column.id, value(column))).collect();
        Self { step: step.to_owned(), input, values }
    }

    /// The value of something that reads columns of the relation.
    fn value(&self, sql: &str, reads: &[usize], strict: &[usize]) -> Option<Value> {
        // What a Python function gave has a name in the text that nothing below the function knows.
        let all_known = reads.iter().chain(&named(sql)).all(|id| self.values.contains_key(id));
        if reads.is_empty() || !all_known {
            return None;
        }
        let timed = reads.iter().any(|id| self.values[id].timed);
        let strict =
            strict.iter().filter_map(|id| self.values.get(id)).flat_map(|value| value.strict.clone()).collect();
        Some(Value { sql: substituted(sql, |id| self.values.get(&id).map(|value| value.sql.clone())), timed, strict })
    }

    /// The same under a relation that gives these values more.
    fn with(mut self, made: &[(usize, &Typed)]) -> Self {
        for (id, typed) in made {
            if let Some(value) = self.value(&typed.sql, &typed.parts.reads, &typed.parts.strict) {
                self.values.insert(*id, value);
            }
        }
        self
    }
}

impl Fact {
    /// That a condition holds which reads these columns.
    pub fn of(sql: String, reads: Vec<usize>) -> Self {
        Self { sql, reads, ..Self::default() }
    }

    fn new(value: &Typed) -> Self {
        Self {
            sql: value.sql.clone(),
            reads: value.parts.reads.clone(),
            strict: value.parts.strict.clone(),
            equal: None,
        }
    }

    /// That two values of one type are equal; `columns` are what they were before a cast.
    pub fn equal(left: &Typed, right: &Typed, columns: [Option<usize>; 2]) -> Self {
        let term = |value: &Typed, before: Option<usize>| Term {
            sql: value.sql.clone(),
            column: value.column,
            cast: before.filter(|_| value.column.is_none()),
        };
        Self {
            sql: format!("{} = {}", left.sql, right.sql),
            reads: [left.parts.reads.clone(), right.parts.reads.clone()].concat(),
            strict: [left.parts.strict.clone(), right.parts.strict.clone()].concat(),
            equal: Some([term(left, columns[0]), term(right, columns[1])]),
        }
    }

    fn replaced(&self, id: usize, by: &Term) -> Option<Self> {
        let new = by.column.or(by.cast).filter(|_| self.reads.contains(&id))?;
        let swap = |ids: &[usize]| ids.iter().map(|each| if *each == id { new } else { *each }).collect();
        let text = |sql: &str| substituted(sql, |each| (each == id).then(|| by.sql.clone()));
        let term = |term: &Term| match term.column {
            Some(column) if column == id => by.clone(),
            _ => Term { sql: text(&term.sql), column: term.column, cast: None },
        };
        Some(Self {
            sql: text(&self.sql),
            reads: swap(&self.reads),
            strict: swap(&self.strict),
            equal: self.equal.as_ref().map(|[a, b]| [term(a), term(b)]),
        })
    }
}

/// A query's text with other values in the place of columns.
fn substituted(sql: &str, find: impl Fn(usize) -> Option<String>) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, more) = rest.split_at(end);
        let id = token.strip_prefix('c').and_then(|digits| digits.parse().ok());
        match id.and_then(&find) {
            Some(value) if value != token => out.push_str(&format!("({value})")),
            _ => out.push_str(token),
        }
        rest = more;
    }
    out
}

/// The ids of all columns that a query's text names.
fn named(sql: &str) -> Vec<usize> {
    let all = std::cell::RefCell::new(Vec::new());
    substituted(sql, |id| {
        all.borrow_mut().push(id);
        None
    });
    all.into_inner()
}

/// Facts, and what follows from equal values among them, once.
pub fn closure(facts: Vec<Fact>) -> Vec<Fact> {
    let mut all = facts.clone();
    for (at, fact) in facts.iter().enumerate() {
        let Some([left, right]) = &fact.equal else { continue };
        let swaps = match (left.column, right.column) {
            (Some(a), Some(b)) => vec![(a, right), (b, left)],
            (Some(a), None) if right.cast.is_some() => vec![(a, right)],
            (None, Some(b)) if left.cast.is_some() => vec![(b, left)],
            _ => continue,
        };
        for (id, term) in swaps {
            let others = facts.iter().enumerate().filter(|(other, _)| *other != at);
            all.extend(others.filter_map(|(_, other)| other.replaced(id, term)));
        }
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|fact| seen.insert(fact.sql.clone()));
    all
}

pub fn of_columns(planned: &Planned, id: usize) -> bool {
    planned.all().iter().any(|column| column.id == id)
}

/// Moves facts under the watermarks that they reach.
pub fn push(steps: &mut [Step], reached: &[Reached], facts: &[Fact]) {
    for each in reached {
        let Some(step) = steps.iter_mut().find(|step| step.name == each.step) else { continue };
        let Some((sql, _)) = step.inputs.get_mut(each.input) else { continue };
        let whole =
            facts.iter().filter_map(|fact| each.value(&fact.sql, &fact.reads, &[])).filter(|value| !value.timed);
        let mut more: Vec<String> = whole.map(|value| value.sql).collect();
        for value in facts.iter().flat_map(|fact| &fact.strict).filter_map(|id| each.values.get(id)) {
            if value.timed {
                let parts = value.strict.iter().filter_map(|id| each.values.get(id)).filter(|part| !part.timed);
                more.extend(parts.map(|part| format!("({}) IS NOT NULL", part.sql)));
            } else {
                more.push(format!("({}) IS NOT NULL", value.sql));
            }
        }
        for predicate in more {
            let end = format!(" WHERE ({predicate})");
            if !sql.contains(&end) {
                *sql = format!("SELECT * FROM ({sql}){end}");
            }
        }
    }
}

impl Planner<'_> {
    /// A part of a condition, resolved again without a trace; None where Spark wouldn't move it.
    pub fn again<T>(
        &mut self,
        sides: &[&Planned],
        run: impl FnOnce(&mut Self) -> super::error::SqlResult<T>,
    ) -> Option<T> {
        let (udfs, windows) = (std::mem::take(&mut self.udfs), std::mem::take(&mut self.windows));
        let (next, steps) = (self.next, self.steps.len());
        let made = self.within(sides, run);
        (self.udfs, self.windows, self.next) = (udfs, windows, next);
        self.steps.truncate(steps);
        made.ok()
    }

    pub fn fact(&mut self, sides: &[&Planned], part: &Expression) -> Option<Fact> {
        let value = self.again(sides, |planner| {
            let value = planner.expr(part)?;
            condition(&value, &value.name)
        })?;
        if value.parts.random || value.parts.query || value.parts.aggregate || value.parts.window {
            return None;
        }
        let mut fact = Fact::new(&value);
        let Some(ExprType::UnresolvedFunction(call)) = &part.expr_type else { return Some(fact) };
        match (call.function_name.to_lowercase().as_str(), call.arguments.as_slice()) {
            ("isnotnull", [of]) => fact.strict = self.again(sides, |planner| planner.expr(of))?.parts.strict,
            ("==" | "=", [a, b]) => {
                let (a, b) = self.again(sides, |planner| Ok((planner.expr(a)?, planner.expr(b)?)))?;
                if let Some(ty) = common(&a.ty, &b.ty)
                    && let (Ok(x), Ok(y)) = (as_type(&a, &ty), as_type(&b, &ty))
                {
                    fact.equal = Fact::equal(&x, &y, [a.column, b.column]).equal;
                }
            }
            _ => {}
        }
        Some(fact)
    }

    /// What a condition says, part by part.
    pub fn facts(&mut self, sides: &[&Planned], message: &Expression) -> Vec<Fact> {
        let mut parts = Vec::new();
        if self.start.is_none() || conjuncts(message, &mut parts).is_err() {
            return Vec::new();
        }
        parts.iter().filter_map(|part| self.fact(sides, part)).collect()
    }

    /// A filter's condition holds above it, and reaches what is below.
    pub fn filter_reaches(&mut self, planned: &mut Planned, message: &Expression) {
        let facts = self.facts(&[planned], message);
        self.holds(planned, facts);
        self.bound_by_filter(planned, message);
    }

    /// Facts hold from here on.
    pub fn holds(&mut self, planned: &mut Planned, facts: Vec<Fact>) {
        if self.start.is_none() || facts.is_empty() {
            return;
        }
        self.inner_by_filter(planned, &facts);
        planned.known.extend(facts);
        planned.known = closure(std::mem::take(&mut planned.known));
        push(&mut self.steps, &planned.reached, &planned.known);
    }
}

impl Planned {
    /// What reaches through a list of values: these columns are made of them.
    pub fn through(&self, made: &[(usize, &Typed)], kept: &[Column]) -> (Vec<Reached>, Vec<Fact>) {
        if made.iter().any(|(_, value)| value.parts.random) {
            return (Vec::new(), Vec::new());
        }
        let reached = self.reached.iter().map(|each| each.clone().with(made)).collect();
        let mut known = self.known.clone();
        for (id, value) in made {
            let Some(column) = value.column else { continue };
            let term = Term { sql: format!("c{id}"), column: Some(*id), cast: None };
            let more: Vec<Fact> = known.iter().filter_map(|fact| fact.replaced(column, &term)).collect();
            known.extend(more);
        }
        known.retain(|fact| fact.reads.iter().all(|read| kept.iter().any(|column| column.id == *read)));
        (reached, known)
    }
}

impl Planned {
    /// The same, reached from above by what reaches this list of values.
    pub fn reached_through(mut self, below: &(Vec<Reached>, Vec<Fact>)) -> Self {
        self.reached.clone_from(&below.0);
        self.known.clone_from(&below.1);
        self
    }
}
