//! Joins: with conditions, with columns of the same name, crossed.

use super::coerce::common;
use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::operators::{as_type, condition};
use super::planner::Planner;
use super::proto::{self, expression::ExprType};
use super::reach::Fact;
use super::relation::Planned;
use super::scope::{Column, ambiguous, matches, name_parts, same_name, unresolved};
use super::stream_join::Terms;
use super::typed::Typed;

/// How rows meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Inner,
    Full,
    Left,
    Right,
    Anti,
    Semi,
    Cross,
}

impl Planner<'_> {
    pub fn join(&mut self, join: &proto::Join) -> SqlResult<Planned> {
        let missing = || SqlError::malformed("a join's side");
        if join.join_data_type.is_some() {
            return Err(SqlError::declined("joinWith"));
        }
        let left = self.relation(join.left.as_deref().ok_or_else(missing)?)?;
        let right = self.relation(join.right.as_deref().ok_or_else(missing)?)?;
        let kind = match join.join_type {
            2 => Kind::Full,
            3 => Kind::Left,
            4 => Kind::Right,
            5 => Kind::Anti,
            6 => Kind::Semi,
            7 => Kind::Cross,
            _ => Kind::Inner,
        };
        self.check_join(kind, &left, &right);
        if !join.using_columns.is_empty() {
            return self.join_using(left, right, kind, &join.using_columns);
        }
        self.join_where(left, right, kind, join.join_condition.as_ref())
    }

    /// The rows of both sides that meet a condition, or all of them.
    pub fn join_where(
        &mut self,
        left: Planned,
        right: Planned,
        kind: Kind,
        on: Option<&proto::Expression>,
    ) -> SqlResult<Planned> {
        let (mut left, mut right) = (left, right);
        let of_both = on.map(|message| self_join(&mut left, &mut right, message)).transpose()?.flatten();
        let on = of_both.as_ref().or(on);
        if self.start.is_some() && left.streams() && right.streams() {
            let terms = on.map(|message| self.terms(&left, &right, message)).transpose()?.unwrap_or_default();
            let reach = self.join_reaches(&left, &right, kind, on, Vec::new());
            return Ok(self.join_streams(left, right, kind, &terms, reach));
        }
        let reach = self.join_reaches(&left, &right, kind, on, Vec::new());
        let on = match on {
            Some(message) => Some(self.within(&[&left, &right], |planner| {
                let value = planner.expr(message)?;
                condition(&value, &value.name)
            })?),
            None => None,
        };
        Ok(join_on(left, right, kind, on.as_ref()).reached_as(reach))
    }

    pub fn join_using(&mut self, left: Planned, right: Planned, kind: Kind, names: &[String]) -> SqlResult<Planned> {
        // Where several are called so, Spark takes the first.
        let side = |planned: &Planned, name: &String, at: &str| -> SqlResult<Typed> {
            if let Some(column) = planned.columns.iter().find(|column| same_name(&column.name, name)) {
                return Ok(column_value(column));
            }
            let mut all: Vec<_> = planned.columns.iter().map(|column| column.name.clone()).collect();
            all.sort();
            let all = all.join(", ");
            Err(SqlError::analysis(
                "UNRESOLVED_USING_COLUMN_FOR_JOIN",
                "42703",
                &[("colName", &super::types::backquoted(name)), ("side", at), ("suggestion", &all)],
                &format!(
                    "USING column {} cannot be resolved on the {at} side of the join. The {at}-side columns: [{all}].",
                    super::types::backquoted(name)
                ),
            ))
        };
        let mut conditions = Vec::new();
        let mut keys = Vec::new();
        for name in names {
            let (a, b) = (side(&left, name, "left")?, side(&right, name, "right")?);
            let ty = common(&a.ty, &b.ty).ok_or_else(|| unresolved(std::slice::from_ref(name), &left.columns))?;
            let (x, y) = (as_type(&a, &ty)?, as_type(&b, &ty)?);
            conditions.push(format!("{} = {}", x.sql, y.sql));
            keys.push((a, b, x, y));
        }
        let kept = left.columns.clone();
        let right_columns = right.columns.clone();
        let equal = keys.iter().map(|(a, b, x, y)| Fact::equal(x, y, [a.column, b.column])).collect();
        let reach = self.join_reaches(&left, &right, kind, None, equal);
        let planned = if self.start.is_some() && left.streams() && right.streams() {
            let mut terms = Terms::default();
            for (a, b, ..) in &keys {
                terms.add_key(a.clone(), b.clone())?;
            }
            self.join_streams(left, right, kind, &terms, reach)
        } else {
            joined(left, right, kind, &conditions.join(" AND ")).reached_as(reach)
        };
        if matches!(kind, Kind::Anti | Kind::Semi) {
            let (mut columns, others): (Vec<_>, Vec<_>) = planned
                .columns
                .into_iter()
                .partition(|column| keys.iter().any(|(key, ..)| key.column == Some(column.id)));
            columns.sort_by_key(|column| keys.iter().position(|(key, ..)| key.column == Some(column.id)));
            let same: Vec<usize> = columns.iter().map(|column| column.same).collect();
            columns.extend(others.into_iter().filter(|column| !same.contains(&column.same)));
            return Ok(Planned { columns, ..planned });
        }
        let mut values: Vec<Typed> = keys
            .iter()
            .map(|(a, b, x, y)| match kind {
                Kind::Full => {
                    let made =
                        Typed::new(format!("coalesce({}, {})", x.sql, y.sql), x.ty.clone(), true, a.name.clone());
                    made.of(&[a.clone(), b.clone()])
                }
                Kind::Right => Typed { name: a.name.clone(), ..b.clone() },
                _ => a.clone(),
            })
            .collect();
        // The same column may be there twice.
        let same = |id: Option<usize>| {
            kept.iter().chain(&right_columns).find(|each| Some(each.id) == id).map(|each| each.same)
        };
        let is_key = |column: &Column, which: fn(&(Typed, Typed, Typed, Typed)) -> &Typed| {
            keys.iter().any(|key| same(which(key).column) == Some(column.same))
        };
        let others = |column: &&Column| planned.columns.iter().find(|each| each.id == column.id).cloned();
        values.extend(
            kept.iter()
                .filter(|column| !is_key(column, |key| &key.0))
                .filter_map(|c| others(&c))
                .map(|c| column_value(&c)),
        );
        values.extend(
            right_columns
                .iter()
                .filter(|column| !is_key(column, |key| &key.1))
                .filter_map(|c| others(&c))
                .map(|c| column_value(&c)),
        );
        let hides = |column: &&Column| match kind {
            Kind::Right => is_key(column, |key| &key.0),
            Kind::Full => is_key(column, |key| &key.0) || is_key(column, |key| &key.1),
            _ => is_key(column, |key| &key.1),
        };
        let hides = planned.columns.iter().filter(hides);
        let hidden: Vec<Column> = hides.map(|column| Column { qualified_only: true, ..column.clone() }).collect();
        let mut planned = planned;
        planned.hidden.splice(0..0, hidden);
        Ok(self.select(planned, values))
    }
}

/// What `df.a == df.a` means in a join's condition: Spark takes the column from each side, though both are of one frame.
const SIDES: [i64; 2] = [i64::MIN, i64::MIN + 1];

/// The condition of a join where it says such a thing of columns that both sides have by name.
fn self_join(
    left: &mut Planned,
    right: &mut Planned,
    message: &proto::Expression,
) -> SqlResult<Option<proto::Expression>> {
    let mut made = message.clone();
    if !tell_apart(&mut made, left, right)? {
        return Ok(None);
    }
    for (side, plan) in [left, right].into_iter().zip(SIDES) {
        for column in &mut side.columns {
            column.plans.push((plan, column.name.clone()));
        }
    }
    Ok(Some(made))
}

fn tell_apart(message: &mut proto::Expression, left: &Planned, right: &Planned) -> SqlResult<bool> {
    let Some(ExprType::UnresolvedFunction(call)) = &mut message.expr_type else { return Ok(false) };
    if let [a, b] = call.arguments.as_mut_slice()
        && matches!(call.function_name.as_str(), "==" | "<=>")
        && let (Some(ExprType::UnresolvedAttribute(a)), Some(ExprType::UnresolvedAttribute(b))) =
            (&mut a.expr_type, &mut b.expr_type)
    {
        if a != b || a.plan_id.is_none() {
            return Ok(false);
        }
        let parts = name_parts(&a.unparsed_identifier)?;
        for side in [left, right] {
            match matches(&side.columns, &parts).0.as_slice() {
                [] => return Ok(false),
                [first, rest @ ..] if rest.iter().all(|other| other.same == first.same) => {}
                several => return Err(ambiguous(&a.unparsed_identifier, several)),
            }
        }
        (a.plan_id, b.plan_id) = (Some(SIDES[0]), Some(SIDES[1]));
        return Ok(true);
    }
    let mut found = false;
    for each in &mut call.arguments {
        found |= tell_apart(each, left, right)?;
    }
    Ok(found)
}

/// The rows of both sides that meet a condition, or all of them.
pub fn join_on(left: Planned, right: Planned, kind: Kind, on: Option<&Typed>) -> Planned {
    let on = on.map_or_else(|| "true".to_owned(), |value| value.sql.clone());
    joined(left, right, kind, &on)
}

fn joined(left: Planned, right: Planned, kind: Kind, on: &str) -> Planned {
    let word = match kind {
        Kind::Inner => "JOIN",
        Kind::Cross if on == "true" => "CROSS JOIN",
        Kind::Cross => "JOIN",
        Kind::Full => "FULL JOIN",
        Kind::Left => "LEFT JOIN",
        Kind::Right => "RIGHT JOIN",
        Kind::Anti => "ANTI JOIN",
        Kind::Semi => "SEMI JOIN",
    };
    let on = if word == "CROSS JOIN" { String::new() } else { format!(" ON {on}") };
    let mut texts: Vec<String> = left.all().iter().map(|column| format!("l_.{}", column.sql())).collect();
    let one_sided = matches!(kind, Kind::Anti | Kind::Semi);
    if !one_sided {
        texts.extend(right.all().iter().map(|column| format!("r_.{}", column.sql())));
    }
    if texts.is_empty() {
        texts.push("1 AS one".to_owned());
    }
    let sql = format!("SELECT {} FROM {} l_ {word} {} r_{on}", texts.join(", "), left.from(), right.from());
    sides(left, right, kind, sql)
}

/// The columns of both sides, where a query gives them in this order.
pub fn sides(left: Planned, right: Planned, kind: Kind, sql: String) -> Planned {
    let one_sided = matches!(kind, Kind::Anti | Kind::Semi);
    let mut columns = left.columns;
    let mut hidden = left.hidden;
    if matches!(kind, Kind::Right | Kind::Full) {
        columns.iter_mut().chain(&mut hidden).for_each(|column| column.nullable = true);
    }
    if !one_sided {
        let (mut others, mut more) = (right.columns, right.hidden);
        if matches!(kind, Kind::Left | Kind::Full) {
            others.iter_mut().chain(&mut more).for_each(|column| column.nullable = true);
        }
        columns.extend(others);
        hidden.extend(more);
    }
    Planned { sql, columns, hidden, ..Planned::default() }
}
