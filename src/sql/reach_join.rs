//! What reaches the sides of a join: its condition where only rows come out for which it holds, and a filter above that makes an outer
//! join an inner one (`EliminateOuterJoin`).

use super::join::Kind;
use super::planner::Planner;
use super::proto::{Expression, expression::ExprType};
use super::reach::{Fact, Reached, closure, of_columns, push};
use super::relation::Planned;
use super::stream_join::{Kept, conjuncts};

/// What a join's condition says beside which rows meet.
#[derive(Debug, Default)]
pub struct Reach {
    /// Which rows of each side can come out at all.
    pub sides: [Vec<String>; 2],
    /// For the joined rows.
    pub reached: Vec<Reached>,
    pub known: Vec<Fact>,
    pub outer: Option<Box<Outer>>,
}

impl Reach {
    /// The join keeps rows: what reaches its sides from above goes below it.
    pub fn keeps(&mut self, kind: Kind, sides: [Reached; 2]) {
        let above = match kind {
            Kind::Inner | Kind::Cross => [true, true],
            Kind::Left | Kind::Semi | Kind::Anti => [true, false],
            Kind::Right => [false, true],
            Kind::Full => [false, false],
        };
        for (at, side) in sides.into_iter().enumerate() {
            if above[at] {
                self.reached.push(side.clone());
            }
            if let Some(outer) = &mut self.outer {
                outer.sides[at].1.push(side);
            }
        }
    }
}

/// A join as filters above it see it: an outer one until they want none of its nulls.
#[derive(Debug, Clone)]
pub struct Outer {
    kind: Kind,
    kept: Option<Kept>,
    /// The columns of each side, and what is reached through it.
    sides: [(Vec<usize>, Vec<Reached>); 2],
    /// What is known of each side alone.
    known: [Vec<Fact>; 2],
    facts: Vec<Fact>,
}

/// The sides that a join's condition reaches.
fn wanted(kind: Kind) -> [bool; 2] {
    match kind {
        Kind::Inner | Kind::Cross | Kind::Semi => [true, true],
        Kind::Left | Kind::Anti => [false, true],
        Kind::Right => [true, false],
        Kind::Full => [false, false],
    }
}

/// What facts say of the rows of one side of a join.
fn said_of(side: &Planned, facts: &[Fact]) -> Vec<String> {
    let own = |fact: &&Fact| !fact.reads.is_empty() && fact.reads.iter().all(|id| of_columns(side, *id));
    let mut all: Vec<String> = facts.iter().filter(own).map(|fact| format!("({})", fact.sql)).collect();
    let columns = side.all();
    let strict = facts.iter().flat_map(|fact| &fact.strict);
    for column in strict.filter_map(|id| columns.iter().find(|column| column.id == *id && column.nullable)) {
        let text = format!("{} IS NOT NULL", column.sql());
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

impl Planner<'_> {
    /// What the alternatives of a condition over two sides say of one of them.
    fn of_side(&mut self, sides: &[&Planned], side: &Planned, part: &Expression) -> Option<Fact> {
        if let Some(ExprType::UnresolvedFunction(call)) = &part.expr_type
            && let [a, b] = call.arguments.as_slice()
        {
            let word = call.function_name.to_lowercase();
            if matches!(word.as_str(), "and" | "or") {
                let (a, b) = (self.of_side(sides, side, a), self.of_side(sides, side, b));
                return match (a, b) {
                    (Some(a), Some(b)) => {
                        let reads = [a.reads, b.reads].concat();
                        Some(Fact::of(format!("(({}) {word} ({}))", a.sql, b.sql), reads))
                    }
                    (one, other) if word == "and" => one.or(other),
                    _ => None,
                };
            }
        }
        let fact = self.fact(sides, part)?;
        (!fact.reads.is_empty() && fact.reads.iter().all(|id| of_columns(side, *id)))
            .then(|| Fact::of(fact.sql, fact.reads))
    }

    /// A join's condition reaches the sides whose rows come out only where it holds.
    pub fn join_reaches(
        &mut self,
        left: &Planned,
        right: &Planned,
        kind: Kind,
        on: Option<&Expression>,
        equal: Vec<Fact>,
    ) -> Reach {
        let mut reach = Reach::default();
        if self.start.is_none() {
            return reach;
        }
        let mut facts = equal;
        let mut parts = Vec::new();
        if let Some(on) = on.filter(|on| conjuncts(on, &mut parts).is_ok()) {
            facts.extend(self.facts(&[left, right], on));
        }
        facts.extend(left.known.iter().chain(&right.known).cloned());
        let all = closure(facts.clone());
        for (at, side) in [left, right].into_iter().enumerate().filter(|(at, _)| wanted(kind)[*at]) {
            let more: Vec<Fact> = parts.iter().filter_map(|part| self.of_side(&[left, right], side, part)).collect();
            push(&mut self.steps, &side.reached, &all);
            push(&mut self.steps, &side.reached, &more);
            reach.sides[at] = said_of(side, &all);
            reach.sides[at].extend(said_of(side, &more));
        }
        let side = |planned: &Planned| {
            let ids = planned.all().iter().map(|column| column.id).collect();
            (ids, planned.reached.clone())
        };
        let outer = Outer {
            kind,
            kept: None,
            sides: [side(left), side(right)],
            known: [left.known.clone(), right.known.clone()],
            facts,
        };
        (reach.reached, reach.known) = outer.above(all);
        reach.outer = (!matches!(kind, Kind::Semi | Kind::Anti)).then(|| Box::new(outer));
        reach
    }

    /// A filter that no row with nulls of an outer join's passes: Spark makes the join another.
    pub fn inner_by_filter(&mut self, planned: &mut Planned, facts: &[Fact]) {
        let Some(outer) = planned.outer.as_mut() else { return };
        let strict = |at: usize| facts.iter().flat_map(|fact| &fact.strict).any(|id| outer.sides[at].0.contains(id));
        let kind = match (outer.kind, strict(0), strict(1)) {
            (Kind::Left, _, true) | (Kind::Right, true, _) | (Kind::Full, true, true) => Kind::Inner,
            (Kind::Full, true, false) => Kind::Left,
            (Kind::Full, false, true) => Kind::Right,
            _ => return,
        };
        outer.kind = kind;
        // A filter over both sides is the inner join's own condition.
        let mut all = outer.facts.clone();
        if kind == Kind::Inner {
            all.extend(facts.iter().cloned());
        }
        let all = closure(all);
        for ((_, reached), _) in outer.sides.iter().zip(wanted(kind)).filter(|(_, wanted)| *wanted) {
            push(&mut self.steps, reached, &all);
        }
        (planned.reached, planned.known) = outer.above(all);
    }
}

impl Outer {
    /// An inner join of streams.
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref().filter(|_| matches!(self.kind, Kind::Inner | Kind::Cross))
    }

    /// What it keeps rows by.
    pub fn keep(&mut self, kept: Kept) {
        self.kept = Some(kept);
    }

    /// What is reached from above the join, and known there.
    fn above(&self, mut all: Vec<Fact>) -> (Vec<Reached>, Vec<Fact>) {
        let [(left, reached), (_, others)] = &self.sides;
        match self.kind {
            Kind::Inner | Kind::Cross => (reached.iter().chain(others).cloned().collect(), all),
            Kind::Semi => {
                all.retain(|fact| fact.reads.iter().all(|id| left.contains(id)));
                (reached.clone(), all)
            }
            Kind::Left | Kind::Anti => (reached.clone(), self.known[0].clone()),
            Kind::Right => (others.clone(), self.known[1].clone()),
            Kind::Full => (Vec::new(), Vec::new()),
        }
    }
}

impl Planned {
    /// The same rows, of an outer join.
    pub fn with_outer(mut self, outer: Option<Box<Outer>>) -> Self {
        self.outer = outer;
        self
    }

    /// A join's rows, reached from above as it says.
    pub fn reached_as(mut self, reach: Reach) -> Self {
        (self.reached, self.known, self.outer) = (reach.reached, reach.known, reach.outer);
        self
    }
}
