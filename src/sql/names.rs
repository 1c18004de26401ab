//! What the name of a column means where it stands.

use super::error::{SqlError, SqlResult};
use super::expr::{column_value, extract_value};
use super::literal;
use super::planner::{Planner, Scope};
use super::proto::expression::UnresolvedAttribute;
use super::scope::{Column, ambiguous, born_alike, by_plan, matches, missing, name_parts, same_name, unresolved};
use super::typed::Typed;
use super::types::backquoted;

impl Planner<'_> {
    pub fn attribute(&mut self, attribute: &UnresolvedAttribute) -> SqlResult<Typed> {
        if attribute.is_metadata_column == Some(true) {
            return Err(SqlError::declined("A metadata column"));
        }
        let parts = name_parts(&attribute.unparsed_identifier)?;
        self.named(&parts, attribute.plan_id)
    }

    /// What a name means: a lambda's variable, a column, a field of one, a column of an outer query.
    pub fn named(&self, parts: &[String], plan: Option<i64>) -> SqlResult<Typed> {
        if let Some((_, found)) = self.lambdas.iter().rev().find(|(each, _)| same_name(each, &parts[0])) {
            return parts[1..]
                .iter()
                .try_fold(found.clone(), |value, field| extract_value(&value, &literal::string(field)));
        }
        if plan.is_none()
            && let Some(found) = self.alias(parts)?
        {
            return Ok(found);
        }
        if let Some(plan) = plan {
            for scope in self.scopes.iter().rev() {
                let find =
                    |columns: &[Column]| by_plan(columns, plan, parts).map(|found| found.map(|(c, n)| (c.clone(), n)));
                if let Some((column, taken)) = self.find_in(scope, find)? {
                    return fields_of(&column, parts, taken);
                }
            }
            // The same column may have come another way. What a relation that isn't here had goes by its name.
            if let Some(born) = self.seen.get(&plan) {
                for scope in self.scopes.iter().rev() {
                    let find =
                        |columns: &[Column]| Ok(born_alike(columns, born, &parts[0]).map(|column| (column.clone(), 1)));
                    if let Some((column, taken)) = self.find_in(scope, find)? {
                        return fields_of(&column, parts, taken);
                    }
                }
                let had = born.iter().any(|(name, _)| same_name(name, &parts[0]));
                return Err(if had { missing } else { unresolved }(parts, self.columns()));
            }
        }
        for scope in self.scopes.iter().rev() {
            let find = |columns: &[Column]| {
                let (found, taken) = matches(columns, parts);
                match found.as_slice() {
                    [] => Ok(None),
                    [first, rest @ ..] if rest.iter().all(|column| column.same == first.same) => {
                        Ok(Some(((*first).clone(), taken)))
                    }
                    several => Err(ambiguous(&parts.join("."), several)),
                }
            };
            if let Some((column, taken)) = self.find_in(scope, find)? {
                return fields_of(&column, parts, taken);
            }
        }
        // A window that is a key may be called by its name.
        if let Some(window) = self.windows.first().filter(|window| window.column.name.eq_ignore_ascii_case(&parts[0])) {
            let mut value = fields_of(&window.column, parts, 1)?;
            value.column = None;
            return Ok(value);
        }
        Err(unresolved(parts, self.columns()))
    }

    /// A column of a scope: one of its own, one that a join left out, or one from under it, which is brought up then.
    fn find_in(
        &self,
        scope: &Scope,
        find: impl Fn(&[Column]) -> SqlResult<Option<(Column, usize)>>,
    ) -> SqlResult<Option<(Column, usize)>> {
        for columns in [&scope.columns, &scope.hidden] {
            if let Some(found) = find(columns)? {
                return Ok(Some(found));
            }
        }
        for level in &scope.under {
            // Where it can't be told what a name means there, it means nothing.
            match find(&level.columns) {
                Ok(None) => {}
                Ok(Some((column, taken))) => {
                    self.bring_up(level, &column);
                    return Ok(Some((column, taken)));
                }
                Err(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What the same list made before under a name.
    fn alias(&self, parts: &[String]) -> SqlResult<Option<Typed>> {
        let is_meant = |alias: &&Typed| same_name(&alias.name, &parts[0]);
        let Some(alias) = self.aliases.iter().rev().find(is_meant) else { return Ok(None) };
        let held =
            |scope: &Scope| [&scope.columns, &scope.hidden].iter().any(|each| !matches(each, parts).0.is_empty());
        if !self.aliases_first && self.scopes.last().is_some_and(held) {
            return Ok(None);
        }
        let count = self.aliases.iter().filter(|alias| alias.named && is_meant(alias)).count();
        if count > 1 && !self.aliases_first {
            let name = backquoted(&parts[0]);
            return Err(SqlError::analysis(
                "AMBIGUOUS_LATERAL_COLUMN_ALIAS",
                "42702",
                &[("name", &name), ("n", &count.to_string())],
                &format!("Lateral column alias {name} is ambiguous and has {count} matches."),
            ));
        }
        let mut value = alias.clone();
        if alias.named && !self.aliases_first && parts.len() == 1 {
            value.top = Some(alias.name.clone());
            value.name = format!("lateralAliasReference({})", alias.name);
        }
        let mut fields = parts[1..].iter();
        fields.try_fold(value, |value, field| extract_value(&value, &literal::string(field))).map(Some)
    }
}

fn fields_of(column: &Column, parts: &[String], taken: usize) -> SqlResult<Typed> {
    let mut value = column_value(column);
    value.name.clone_from(&parts[taken - 1]);
    for part in &parts[taken..] {
        value = extract_value(&value, &literal::string(part))?;
        value.top = Some(part.clone());
        value.named = true;
    }
    Ok(value)
}
