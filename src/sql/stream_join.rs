//! Joins of two streams: rows of each side are kept until no row of the other can meet them any more.
//!
//! How long that is, the watermark says: of an event time among the keys, or of one that a condition bounds by the other side's.

use super::coerce::common;
use super::error::{SqlError, SqlResult};
use super::event_time;
use super::join::Kind;
use super::operators::{as_type, condition};
use super::planner::{Planner, Step};
use super::proto::{Expression, expression::ExprType};
use super::reach::Reached;
use super::reach_join::Reach;
use super::relation::Planned;
use super::scope::Column;
use super::stream::{OutputMode, refused};
use super::typed::Typed;
use super::types::{Field, Type};

/// What the condition of a join is made of.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Equal values: of the left side and of the right.
    pub keys: Vec<(Typed, Typed)>,
    /// All of it, joined by AND.
    pub on: Vec<String>,
    /// What only one side is asked.
    pub left: Vec<String>,
    pub right: Vec<String>,
    /// Sums that are below 0, or not above.
    pub bounds: Vec<(Sum, bool)>,
}

/// A join that keeps rows, for filters above it.
#[derive(Debug, Clone)]
pub struct Kept {
    step: String,
    /// The columns of each side.
    sides: [Planned; 2],
    terms: Terms,
}

/// The facts of a side: where its event time stands, and how long the other side's rows can still meet its own.
const BOUNDS: [(&str, &str); 2] = [("left_event", "left_bound"), ("right_event", "right_bound")];

/// Columns with signs, and a number of microseconds.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    columns: Vec<(usize, i64)>,
    micros: i64,
}

impl Sum {
    fn minus(mut self, other: Self) -> Option<Self> {
        self.columns.extend(other.columns.into_iter().map(|(id, sign)| (id, -sign)));
        self.micros = self.micros.checked_sub(other.micros)?;
        Some(self)
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Inner | Kind::Cross => "Inner",
        Kind::Full => "FullOuter",
        Kind::Left => "LeftOuter",
        Kind::Right => "RightOuter",
        Kind::Anti => "LeftAnti",
        Kind::Semi => "LeftSemi",
    }
}

/// The parts of a condition that all must hold.
pub fn conjuncts(message: &Expression, all: &mut Vec<Expression>) -> SqlResult<()> {
    match &message.expr_type {
        Some(ExprType::UnresolvedFunction(call)) if call.function_name.eq_ignore_ascii_case("and") => {
            call.arguments.iter().try_for_each(|part| conjuncts(part, all))
        }
        Some(ExprType::UnresolvedFunction(call))
            if call.arguments.len() == 3 && call.function_name.eq_ignore_ascii_case("between") =>
        {
            for (word, end) in [(">=", 1), ("<=", 2)] {
                let mut half = call.clone();
                word.clone_into(&mut half.function_name);
                half.arguments.remove(3 - end);
                all.push(Expression { expr_type: Some(ExprType::UnresolvedFunction(half)), ..message.clone() });
            }
            Ok(())
        }
        Some(ExprType::ExpressionString(text)) => conjuncts(&super::text::read_expression(&text.expression)?, all),
        _ => {
            all.push(message.clone());
            Ok(())
        }
    }
}

fn holds(planned: &Planned, id: usize) -> bool {
    planned.all().iter().any(|column| column.id == id)
}

/// Whether a value reads columns of this side only.
fn is_of(planned: &Planned, value: &Typed) -> bool {
    !value.parts.reads.is_empty() && value.parts.reads.iter().all(|id| holds(planned, *id))
}

fn event(planned: &Planned) -> Option<&Column> {
    planned.all().into_iter().find(|column| event_time::delay(&column.metadata).is_some())
}

impl Planner<'_> {
    /// What a condition says of two streams.
    pub fn terms(&mut self, left: &Planned, right: &Planned, message: &Expression) -> SqlResult<Terms> {
        let mut parts = Vec::new();
        conjuncts(message, &mut parts)?;
        let mut terms = Terms::default();
        for part in &parts {
            let value = self.within(&[left, right], |planner| {
                let value = planner.expr(part)?;
                condition(&value, &value.name)
            })?;
            if is_of(left, &value) {
                terms.left.push(value.sql.clone());
            } else if is_of(right, &value) {
                terms.right.push(value.sql.clone());
            }
            terms.on.push(value.sql);
            let Some(ExprType::UnresolvedFunction(call)) = &part.expr_type else { continue };
            let [a, b] = call.arguments.as_slice() else { continue };
            if matches!(call.function_name.as_str(), "==" | "=") {
                let (x, y) = self.within(&[left, right], |planner| Ok((planner.expr(a)?, planner.expr(b)?)))?;
                let (x, y) = if is_of(left, &x) { (x, y) } else { (y, x) };
                if is_of(left, &x) && is_of(right, &y) {
                    terms.add_key(x, y)?;
                    // The keys say it.
                    terms.on.pop();
                }
            }
            terms.bounds.extend(self.bound(&[left, right], part));
        }
        Ok(terms)
    }

    /// What a comparison says of two sides' times.
    fn bound(&mut self, sides: &[&Planned], part: &Expression) -> Option<(Sum, bool)> {
        let Some(ExprType::UnresolvedFunction(call)) = &part.expr_type else { return None };
        let [a, b] = call.arguments.as_slice() else { return None };
        let (less, more) = match call.function_name.as_str() {
            "<" | "<=" => (a, b),
            ">" | ">=" => (b, a),
            _ => return None,
        };
        let strict = call.function_name.len() == 1;
        Some((self.sum(sides, less)?.minus(self.sum(sides, more)?)?, strict))
    }

    /// A filter above an inner join of streams bounds it as its own condition would: Spark makes it one.
    pub fn bound_by_filter(&mut self, planned: &mut Planned, message: &Expression) {
        let Some(mut kept) = planned.outer.as_ref().and_then(|outer| outer.kept()).cloned() else { return };
        let mut parts = Vec::new();
        if self.start.is_none() || conjuncts(message, &mut parts).is_err() {
            return;
        }
        for part in &parts {
            let found = self.again(&[planned], |planner| Ok(planner.bound(&[planned], part)));
            kept.terms.bounds.extend(found.flatten());
        }
        let [left, right] = &kept.sides;
        let bounds = [kept.terms.bound(left, right), kept.terms.bound(right, left)];
        if let Some(step) = self.steps.iter_mut().find(|step| step.name == kept.step)
            && step.facts.iter().all(|(name, _)| *name != "key")
        {
            for ((event, bound), offset) in BOUNDS.into_iter().zip(bounds) {
                if let Some(offset) = offset.filter(|_| step.facts.iter().any(|(name, _)| *name == event)) {
                    step.facts.retain(|(name, _)| *name != bound);
                    step.facts.push((bound, offset.to_string()));
                }
            }
        }
        if let Some(outer) = &mut planned.outer {
            outer.keep(kept);
        }
    }

    /// Times and lengths of time that are added up.
    fn sum(&mut self, sides: &[&Planned], message: &Expression) -> Option<Sum> {
        if let Some(ExprType::UnresolvedFunction(call)) = &message.expr_type
            && let [a, b] = call.arguments.as_slice()
        {
            let (a, b) = (self.sum(sides, a)?, self.sum(sides, b)?);
            return match call.function_name.as_str() {
                "-" => a.minus(b),
                "+" => a.minus(Sum::default().minus(b)?),
                _ => None,
            };
        }
        let value = self.within(sides, |planner| planner.expr(message)).ok()?;
        if let (Some(id), Type::Timestamp | Type::TimestampNtz) = (value.column, &value.ty) {
            return Some(Sum { columns: vec![(id, 1)], micros: 0 });
        }
        let micros = event_time::length(&value).ok().filter(|_| matches!(value.ty, Type::DayTime(..)))?;
        Some(Sum { columns: Vec::new(), micros })
    }

    /// The output mode that a join of streams is in.
    fn check_streams(&mut self, kind: Kind) {
        let mode = self.start.unwrap_or(OutputMode::Append);
        let modes = match kind {
            Kind::Inner | Kind::Cross | Kind::Semi => "Append and Update output modes",
            _ => "Append output mode",
        };
        if kind == Kind::Anti {
            self.rules
                .refuse(refused("LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported"));
        } else if mode == OutputMode::Complete || mode == OutputMode::Update && modes == "Append output mode" {
            self.rules.refuse(refused(&format!(
                "{} join between two streaming DataFrames/Datasets is not supported in {} output mode, only in {modes}",
                kind_name(kind),
                mode.name()
            )));
        }
    }

    /// A join that keeps rows.
    pub fn join_streams(
        &mut self,
        left: Planned,
        right: Planned,
        kind: Kind,
        terms: &Terms,
        mut reach: Reach,
    ) -> Planned {
        self.check_streams(kind);
        let key = terms
            .keys
            .iter()
            .position(|(a, b)| event_time::delay(&a.metadata).is_some() || event_time::delay(&b.metadata).is_some());
        let bounds = [terms.bound(&left, &right), terms.bound(&right, &left)];
        // The side itself needs no event time for that.
        let bounded = match kind {
            Kind::Left | Kind::Semi => terms.between(&left, &right).is_some(),
            Kind::Right => terms.between(&right, &left).is_some(),
            Kind::Full => terms.between(&left, &right).or(terms.between(&right, &left)).is_some(),
            _ => true,
        };
        if kind != Kind::Anti && key.is_none() && !bounded {
            self.rules.refuse(refused(&format!(
                "Stream-stream {} join between two streaming DataFrame/Datasets is not supported without a watermark in the join keys, or a watermark on the nullable side and an appropriate range condition",
                kind_name(kind)
            )));
        }
        let ranged = key.is_none() && bounds.iter().any(Option::is_some);
        let both = Planned { sql: format!("{} {}", left.sql, right.sql), ..Planned::default() };
        let name = both.table_name(&format!("{}{}", if ranged { RANGED } else { "join" }, self.id()));
        let mut facts = vec![("kind", kind_name(kind).to_owned())];
        if let Some(at) = key {
            facts.push(("key", at.to_string()));
        }
        let mut inputs = Vec::new();
        let mut outputs: Vec<Field> = Vec::new();
        let mut selected = Vec::new();
        for (at, side) in [&left, &right].into_iter().enumerate() {
            self.rules.side(&side.columns);
            let mut texts = Vec::new();
            let mut fields = Vec::new();
            for (number, (a, b)) in terms.keys.iter().enumerate() {
                let value = if at == 0 { a } else { b };
                texts.push(format!("{} AS k{number}", value.sql));
                fields.push(Field::new(&format!("k{number}"), value.ty.clone(), true));
            }
            let own = if at == 0 { &terms.left } else { &terms.right };
            let own = if own.is_empty() { "true".to_owned() } else { own.join(" AND ") };
            texts.push(format!("coalesce({own}, false) AS p_"));
            fields.push(Field::new("p_", Type::Boolean, true));
            if let Some(column) = event(side) {
                let places = side.all().iter().position(|each| each.id == column.id);
                let place = fields.len() + places.unwrap_or(0);
                facts.push((BOUNDS[at].0, place.to_string()));
                if let Some(offset) = bounds[at].filter(|_| key.is_none()) {
                    facts.push((BOUNDS[at].1, offset.to_string()));
                }
            }
            let shown = at == 0 || kind != Kind::Semi;
            for column in side.all() {
                texts.push(column.sql());
                fields.push(Field { name: column.sql(), ..column.field() });
                if shown {
                    selected.push(format!("{}_.{}", ["l", "r"][at], column.sql()));
                    outputs.push(Field { name: column.sql(), nullable: true, ..column.field() });
                }
            }
            let said = reach.sides[at].join(" AND ");
            let said = if said.is_empty() { said } else { format!(" WHERE {said}") };
            inputs.push((format!("SELECT {} FROM {}{said}", texts.join(", "), side.from()), fields));
        }
        // Spark's state compares the bytes of keys: nulls meet each other where no side's are left out before, in a full join.
        let same = if kind == Kind::Full { "IS NOT DISTINCT FROM" } else { "=" };
        let keys = (0..terms.keys.len()).map(|at| format!("l_.k{at} {same} r_.k{at}"));
        let mut on: Vec<String> = keys.chain(terms.on.iter().cloned()).collect();
        on.push("l_.p_ AND r_.p_ AND NOT (l_.o_ = 0 AND r_.o_ = 0)".to_owned());
        let mut fields = outputs.clone();
        for side in ["l", "r"] {
            selected.push(format!("{side}_.n_ AS {side}_n_"));
            fields.push(Field::new(&format!("{side}_n_"), Type::Long, true));
        }
        let met =
            format!("SELECT {} FROM {name}_left l_ JOIN {name}_right r_ ON {}", selected.join(", "), on.join(" AND "));
        inputs.push((met, fields));
        self.steps.push(Step {
            name: name.clone(),
            inputs,
            kind: "join",
            eval_type: 0,
            command: Vec::new(),
            function: String::new(),
            keys: vec![terms.keys.len()],
            output: outputs,
            facts,
        });
        let held = |side: &Planned| -> Vec<Column> { side.all().into_iter().cloned().collect() };
        reach.keeps(kind, [Reached::side(&name, 0, &held(&left)), Reached::side(&name, 1, &held(&right))]);
        if let Some(outer) = &mut reach.outer {
            let side = |side: &Planned| Planned { columns: held(side), ..Planned::default() };
            outer.keep(Kept { step: name.clone(), sides: [side(&left), side(&right)], terms: terms.clone() });
        }
        let planned = super::join::sides(left, right, kind, format!("SELECT * FROM {name}"));
        planned.reached_as(reach)
    }
}

/// What the names of joins begin with that keep rows by a range of time: what they give may be late for another operator.
pub const RANGED: &str = "rangejoin";

impl Terms {
    /// Values that are to be equal.
    pub fn add_key(&mut self, left: Typed, right: Typed) -> SqlResult<()> {
        let Some(ty) = common(&left.ty, &right.ty) else {
            return Err(SqlError::declined("A join of streams by values of such types"));
        };
        let cast = |value: &Typed| {
            let made = as_type(value, &ty)?;
            Ok(Typed { metadata: value.metadata.clone(), ..made })
        };
        self.keys.push((cast(&left)?, cast(&right)?));
        Ok(())
    }

    /// Where a condition bounds the event time of rows of `side` by that of the other's: microseconds to add to the watermark.
    fn bound(&self, side: &Planned, other: &Planned) -> Option<i64> {
        event(side)?;
        self.between(side, other)
    }

    /// The same, whether or not the side has an event time.
    fn between(&self, side: &Planned, other: &Planned) -> Option<i64> {
        let found = self.bounds.iter().filter_map(|(sum, strict)| {
            let [(a, x), (b, y)] = sum.columns.as_slice() else { return None };
            let (own, theirs, sign) = if holds(side, *a) && holds(other, *b) {
                (a, b, (x, y))
            } else if holds(side, *b) && holds(other, *a) {
                (b, a, (y, x))
            } else {
                return None;
            };
            let timed = |planned: &Planned, id: &usize| {
                planned.all().iter().any(|column| column.id == *id && event_time::delay(&column.metadata).is_some())
            };
            // theirs + micros < own: rows of this side that are older than the watermark and that have met all.
            let bounded = sign == (&-1, &1) && timed(other, theirs) && holds(side, *own);
            bounded.then(|| sum.micros.div_euclid(1000) * 1000 - if *strict { 0 } else { 1000 })
        });
        found.min()
    }
}
