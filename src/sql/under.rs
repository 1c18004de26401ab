//! What a filter or an order may read that the relation below it hasn't any more: Spark's analyzer adds it to that relation
//! (`resolveExprsAndAddMissingAttrs`), through operators of one input, and has aggregates compute what groups were made of.
//!
//! The lists of columns on the way have slots, marks in their texts: what is read from below is put in there at the end.

use std::cell::RefCell;

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::operators::condition;
use super::planner::{Planner, Step};
use super::proto::relation::RelType;
use super::proto::{self, Relation};
use super::relation::{Planned, filtered, sorted};
use super::scope::{Column, Level, Slot};
use super::stream_rules::Rules;
use super::typed::Typed;
use super::types::Field;

/// What stands around the number of a slot in a text.
const MARK: char = '\u{7}';

/// Where a plan can go on from anew.
struct Mark {
    next: usize,
    steps: usize,
    udfs: usize,
    udafs: usize,
    lambdas: usize,
    grouping: usize,
    partials: usize,
    slots: usize,
    rules: Rules,
}

impl Planned {
    /// All columns of the query.
    pub fn all(&self) -> Vec<&Column> {
        self.columns.iter().chain(&self.hidden).collect()
    }

    /// The columns are to change, without the query: what they are now is under them.
    pub fn lay_under(&mut self) {
        let columns = self.all().into_iter().cloned().collect();
        self.under.insert(0, Level { columns, slots: Vec::new() });
    }
}

impl Planner<'_> {
    /// The levels that are seen above a list which holds these columns, with the mark of its slot.
    pub fn above(&mut self, below: &Planned, held: &[&Column], step: Option<(String, usize)>) -> (Vec<Level>, String) {
        let number = self.slots.borrow().len();
        let held = held.iter().map(|column| column.id).collect();
        self.slots.borrow_mut().push(Slot { held, more: Vec::new(), step });
        let own = Level { columns: below.all().into_iter().cloned().collect(), slots: Vec::new() };
        let mut levels: Vec<Level> = std::iter::once(own).chain(below.under.iter().cloned()).collect();
        for level in &mut levels {
            level.slots.push(number);
        }
        (levels, format!("{MARK}{number}{MARK}"))
    }

    /// The last slot is of a step for expressions that have read from under the relation before: that goes along.
    pub fn take_along(&self, below: &Planned) {
        let mut slots = self.slots.borrow_mut();
        let Some(slot) = slots.last_mut() else { return };
        for column in self.brought.borrow().iter() {
            let is_of = |level: &Level| level.columns.iter().any(|each| each.id == column.id);
            if below.under.iter().any(is_of) && slot.held.insert(column.id) {
                slot.more.push(column.clone());
            }
        }
    }

    /// A column of a level is read: it is to come up to here.
    pub fn bring_up(&self, level: &Level, column: &Column) {
        self.brought.borrow_mut().push(column.clone());
        let mut slots = self.slots.borrow_mut();
        for number in &level.slots {
            let slot = &mut slots[*number];
            if slot.held.insert(column.id) {
                slot.more.push(column.clone());
            }
        }
    }

    /// A text with what has come into its slots.
    pub fn filled(&self, text: &str) -> String {
        let slots = self.slots.borrow();
        let mut made = String::with_capacity(text.len());
        for (at, part) in text.split(MARK).enumerate() {
            let slot = part.parse::<usize>().ok().filter(|_| at % 2 == 1).and_then(|number| slots.get(number));
            match slot {
                Some(slot) => slot.more.iter().for_each(|column| made.push_str(&format!(", {}", column.sql()))),
                None => made.push_str(part),
            }
        }
        made
    }

    /// Steps with what has come into their slots.
    pub fn filled_steps(&self) -> Vec<Step> {
        let mut steps = self.steps.clone();
        for step in &mut steps {
            step.inputs.iter_mut().for_each(|(text, _)| *text = self.filled(text));
            let slots = self.slots.borrow();
            for slot in slots.iter() {
                let Some((_, last)) = slot.step.as_ref().filter(|(name, _)| *name == step.name) else { continue };
                let more = slot.more.iter().map(|column| Field { name: column.sql(), ..column.field() });
                if let Some((_, fields)) = step.inputs.first_mut() {
                    fields.extend(more.clone());
                }
                let at = step.output.len().saturating_sub(*last);
                step.output.splice(at..at, more);
            }
        }
        steps
    }

    fn mark(&self) -> Mark {
        Mark {
            next: self.next,
            steps: self.steps.len(),
            udfs: self.udfs.len(),
            udafs: self.udafs.len(),
            lambdas: self.lambdas.len(),
            grouping: self.grouping.len(),
            partials: self.partials.len(),
            slots: self.slots.borrow().len(),
            rules: self.rules.clone(),
        }
    }

    fn back_to(&mut self, mark: Mark) {
        self.next = mark.next;
        self.steps.truncate(mark.steps);
        self.udfs.truncate(mark.udfs);
        self.udafs.truncate(mark.udafs);
        self.lambdas.truncate(mark.lambdas);
        self.grouping.truncate(mark.grouping);
        self.partials.truncate(mark.partials);
        self.slots.borrow_mut().truncate(mark.slots);
        self.rules = mark.rules;
        self.window_order = None;
        self.window_radix.clear();
    }

    /// Runs where names may mean what is under the relation.
    pub fn over<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.sees_under, true);
        let made = run(self);
        self.sees_under = before;
        made
    }

    pub fn filter(&mut self, filter: &proto::Filter) -> SqlResult<Planned> {
        let message = filter.condition.as_ref().ok_or_else(|| SqlError::malformed("a condition"))?;
        let of_groups = |error: &SqlError| error.is_unresolved() || error.condition == "INVALID_WHERE_CONDITION";
        self.over_groups(
            filter.input.as_deref(),
            of_groups,
            |planner, below| {
                let run = |planner: &mut Self| Ok(vec![planner.expr(message)?]);
                let (mut values, below) = planner.over(|planner| planner.with_functions(below, run))?;
                let value = values.pop().ok_or_else(|| SqlError::malformed("a condition"))?;
                let mut planned = filtered(below, &value)?;
                planner.filter_reaches(&mut planned, message);
                Ok(planned)
            },
            |planner| {
                let value = planner.expr(message)?;
                Ok(vec![condition(&value, &value.name)?])
            },
            |_, mut planned, tests| {
                for test in tests {
                    planned.sql = format!("SELECT * FROM {} WHERE {}", planned.from(), test.sql());
                }
                Ok(planned)
            },
        )
    }

    pub fn sort(&mut self, sort: &proto::Sort) -> SqlResult<Planned> {
        let of_groups = |error: &SqlError| error.is_unresolved() || error.condition == UNSUPPORTED;
        self.over_groups(
            sort.input.as_deref(),
            of_groups,
            |planner, below| {
                planner.check_sort(&below);
                let texts = RefCell::new(Vec::new());
                let run = |planner: &mut Self| {
                    let orders = sort.order.iter().map(|order| planner.order(order)).collect::<SqlResult<Vec<_>>>()?;
                    let (values, found): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
                    let aggregate = |value: &&Typed| value.parts.aggregate && !value.parts.window;
                    if let Some(value) = values.iter().find(aggregate) {
                        return Err(unsupported(value));
                    }
                    texts.replace(found);
                    Ok(values)
                };
                let (_, below) = planner.over(|planner| planner.with_functions(below, run))?;
                Ok(sorted(below, &texts.into_inner()))
            },
            |planner| sort.order.iter().map(|order| planner.order(order).map(|(value, _)| value)).collect(),
            |planner, planned, values| {
                planner.check_sort(&planned);
                let orders = values.iter().zip(&sort.order);
                let orders = orders.map(|(value, order)| planner.order_text(&column_value(value), order));
                let orders = orders.collect::<SqlResult<Vec<_>>>()?;
                Ok(sorted(planned, &orders))
            },
        )
    }

    /// Plans what stands over a relation. Where that is groups and has no column of a name, values are computed for each
    /// group beside its columns, and `then` takes them.
    fn over_groups(
        &mut self,
        message: Option<&Relation>,
        of_groups: impl Fn(&SqlError) -> bool,
        run: impl Fn(&mut Self, Planned) -> SqlResult<Planned>,
        more: impl Fn(&mut Self) -> SqlResult<Vec<Typed>>,
        then: impl Fn(&mut Self, Planned, Vec<Column>) -> SqlResult<Planned>,
    ) -> SqlResult<Planned> {
        let message = message.ok_or_else(|| SqlError::malformed("an input"))?;
        let groups = plain_aggregate(message).filter(|_| matches!(self.catalog.cached(message), Ok(None)));
        let Some(aggregate) = groups else {
            let below = self.relation(message)?;
            return run(self, below);
        };
        let input = self.aggregate_input(aggregate)?;
        let mark = self.mark();
        let groups = self.aggregate_of(input.clone(), aggregate, |_, _| Ok(Vec::new()))?;
        let groups = self.came_through(groups, message);
        let error = match run(self, groups) {
            Err(error) if of_groups(&error) => error,
            made => return made,
        };
        self.back_to(mark);
        let count = std::cell::Cell::new(0);
        let made = self.aggregate_of(input, aggregate, |planner, values| {
            // Names mean what comes out, but within an aggregate what goes in.
            planner.aliases.extend(values.iter().cloned());
            planner.aliases_first = true;
            let made = more(planner);
            planner.aliases_first = false;
            planner.aliases.clear();
            let made = made?;
            count.set(made.len());
            Ok(made)
        });
        let Ok(mut planned) = made else { return Err(error) };
        let values = planned.columns.split_off(planned.columns.len().saturating_sub(count.get()));
        let planned = self.came_through(planned, message);
        then(self, planned, values)
    }
}

const UNSUPPORTED: &str = "UNSUPPORTED_EXPR_FOR_OPERATOR";

/// An order of rows can't read aggregates.
fn unsupported(value: &Typed) -> SqlError {
    SqlError::analysis(
        UNSUPPORTED,
        "42K0E",
        &[("operator", "Sort"), ("invalidExprSqls", &format!("\"{}\"", value.name))],
        &format!(
            "The query operator Sort contains one or more unsupported expressions.\nConsider to rewrite it to avoid \
             window functions, aggregate functions, and generator functions in the Sort operator.\nInvalid expressions: \
             [\"{}\"]",
            value.name
        ),
    )
}

/// The groups that a relation is, where their columns aren't a matter of values.
fn plain_aggregate(message: &Relation) -> Option<&proto::Aggregate> {
    match message.rel_type.as_ref()? {
        RelType::Aggregate(aggregate) if aggregate.pivot.is_none() => Some(aggregate),
        _ => None,
    }
}
