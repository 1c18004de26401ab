//! What a filter or an order may read that the relation below it hasn't any more: Spark's analyzer adds it to that relation
//! (`resolveExprsAndAddMissingAttrs`), through operators of one input, and has aggregates compute what groups were made of.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::operators::condition;
use super::planner::Planner;
use super::proto::relation::RelType;
use super::proto::{self, Relation};
use super::relation::{Planned, filtered, sorted};
use super::scope::Column;
use super::stream_rules::Rules;
use super::typed::Typed;

/// Where a plan can go on from anew.
struct Mark {
    next: usize,
    steps: usize,
    lambdas: usize,
    grouping: usize,
    rules: Rules,
}

/// What is planned over a relation, and the relation, which may have become wider.
type Over<T> = SqlResult<(T, Planned)>;

impl Planned {
    /// All columns of the query, each once.
    pub fn all(&self) -> Vec<&Column> {
        let mut seen = std::collections::HashSet::new();
        let under = self.under.iter().flatten();
        self.columns.iter().chain(&self.hidden).chain(under).filter(|column| seen.insert(column.id)).collect()
    }

    /// The same as what a relation above may see of it: the nearest first.
    pub fn levels(&self) -> Vec<Vec<Column>> {
        let own = self.columns.iter().chain(&self.hidden).cloned().collect();
        std::iter::once(own).chain(self.under.iter().cloned()).collect()
    }
}

/// Whether what is below the operator may still be read above it.
pub fn passes(kind: &RelType) -> bool {
    matches!(
        kind,
        RelType::Project(_)
            | RelType::Filter(_)
            | RelType::Limit(_)
            | RelType::Offset(_)
            | RelType::Tail(_)
            | RelType::Sort(_)
            | RelType::Deduplicate(_)
            | RelType::WithColumns(_)
            | RelType::WithColumnsRenamed(_)
            | RelType::ToDf(_)
            | RelType::ToSchema(_)
            | RelType::Drop(_)
            | RelType::Repartition(_)
            | RelType::RepartitionByExpression(_)
            | RelType::Hint(_)
            | RelType::Sample(_)
            | RelType::FillNa(_)
            | RelType::DropNa(_)
            | RelType::Replace(_)
            | RelType::WithWatermark(_)
            | RelType::WithRelations(_)
            | RelType::Sql(_)
    )
}

impl Planner<'_> {
    fn mark(&self) -> Mark {
        Mark {
            next: self.next,
            steps: self.steps.len(),
            lambdas: self.lambdas.len(),
            grouping: self.grouping.len(),
            rules: self.rules.clone(),
        }
    }

    fn back_to(&mut self, mark: Mark) {
        self.next = mark.next;
        self.steps.truncate(mark.steps);
        self.lambdas.truncate(mark.lambdas);
        self.grouping.truncate(mark.grouping);
        self.rules = mark.rules;
    }

    /// Runs while relations show what is under them, or don't.
    pub fn showing_under<T>(&mut self, shows: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.shows_under, shows);
        let made = run(self);
        self.shows_under = before;
        made
    }

    /// Plans what stands over a relation. Where there is no column of a name, the relation is planned once more with what is
    /// under it.
    pub fn over<T>(&mut self, message: &Relation, run: impl Fn(&mut Self, Planned) -> Over<T>) -> Over<T> {
        let shows = self.shows_under;
        let mark = self.mark();
        let below = self.relation(message)?;
        let first = match run(self, below) {
            Err(error) if error.is_unresolved() && !shows => error,
            made => return made,
        };
        self.back_to(mark);
        let wide = self.showing_under(true, |planner| planner.relation(message))?;
        match run(self, wide) {
            Ok((made, mut planned)) => {
                planned.under.clear();
                Ok((made, planned))
            }
            Err(error) if error.is_unresolved() || error.condition == "AMBIGUOUS_REFERENCE" => Err(first),
            Err(error) => Err(error),
        }
    }

    pub fn filter(&mut self, filter: &proto::Filter) -> SqlResult<Planned> {
        let message = filter.condition.as_ref().ok_or_else(|| SqlError::malformed("a condition"))?;
        let below = filter.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?;
        let mark = self.mark();
        let made = self.over(below, |planner, below| {
            let (mut values, below) = planner.with_functions(below, |planner| Ok(vec![planner.expr(message)?]))?;
            let value = values.pop().ok_or_else(|| SqlError::malformed("a condition"))?;
            let mut planned = filtered(below, &value)?;
            planner.filter_reaches(&mut planned, message);
            Ok(((), planned))
        });
        let error = match made {
            Ok(((), planned)) => return Ok(planned),
            Err(error) => error,
        };
        let of_groups = error.is_unresolved() || error.condition == "INVALID_WHERE_CONDITION";
        let Some(aggregate) = plain_aggregate(below).filter(|_| of_groups) else { return Err(error) };
        self.back_to(mark);
        let made = self.aggregate_with(aggregate, |planner| {
            let value = planner.expr(message)?;
            Ok(vec![condition(&value, &value.name)?])
        });
        let Ok((mut planned, tests)) = made else { return Err(error) };
        for test in tests {
            planned.sql = format!("SELECT * FROM {} WHERE {}", planned.from(), test.sql());
        }
        Ok(planned)
    }

    pub fn sort(&mut self, sort: &proto::Sort) -> SqlResult<Planned> {
        let below = sort.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?;
        let mark = self.mark();
        let made = self.over(below, |planner, below| {
            planner.check_sort(&below);
            let texts = std::cell::RefCell::new(Vec::new());
            let (_, below) = planner.with_functions(below, |planner| {
                let orders = sort.order.iter().map(|order| planner.order(order)).collect::<SqlResult<Vec<_>>>()?;
                let (values, found): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
                if let Some(value) = values.iter().find(|value| value.parts.aggregate && !value.parts.window) {
                    return Err(unsupported(value));
                }
                texts.replace(found);
                Ok(values)
            })?;
            let orders = texts.into_inner();
            Ok((orders, below))
        });
        let error = match made {
            Ok((orders, below)) => return Ok(sorted(below, &orders)),
            Err(error) => error,
        };
        let of_groups = error.is_unresolved() || error.condition == UNSUPPORTED;
        let Some(aggregate) = plain_aggregate(below).filter(|_| of_groups) else { return Err(error) };
        self.back_to(mark);
        let made = self.aggregate_with(aggregate, |planner| {
            sort.order.iter().map(|order| planner.order(order).map(|(value, _)| value)).collect()
        });
        let Ok((planned, values)) = made else { return Err(error) };
        self.check_sort(&planned);
        let orders = values.iter().zip(&sort.order).map(|(value, order)| self.order_text(&column_value(value), order));
        let orders = orders.collect::<SqlResult<Vec<_>>>()?;
        Ok(sorted(planned, &orders))
    }

    /// Groups with what a relation above has computed for each beside its columns.
    fn aggregate_with(
        &mut self,
        message: &proto::Aggregate,
        more: impl Fn(&mut Self) -> SqlResult<Vec<Typed>>,
    ) -> SqlResult<(Planned, Vec<Column>)> {
        let count = std::cell::Cell::new(0);
        let mut planned = self.aggregate_and(message, |planner, values| {
            // Names mean what comes out, but within an aggregate what goes in.
            planner.aliases.extend(values.iter().cloned());
            planner.aliases_first = true;
            let made = more(planner);
            planner.aliases_first = false;
            planner.aliases.clear();
            let made = made?;
            count.set(made.len());
            Ok(made)
        })?;
        let more = planned.columns.split_off(planned.columns.len().saturating_sub(count.get()));
        Ok((planned, more))
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
