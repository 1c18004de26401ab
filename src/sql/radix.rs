//! In which order Spark's sort leaves rows that tie: as they came in, but for a sort by one column alone.
//!
//! Rows go into such a sort's buffer one by one. One whose key is null is put before all others, in the place of the first
//! that has a key, and that one goes to the end (`UnsafeInMemorySorter.insertRecord`). The radix sort itself is stable.

use super::planner::Planner;
use super::relation::{Planned, numbered};
use super::types::Type;

/// Whether a sort by values of this type alone is such a one.
pub fn sorts_by_radix(ty: &Type) -> bool {
    match ty {
        Type::Decimal(precision, _) => *precision <= 18,
        Type::Boolean | Type::DayTime(..) | Type::YearMonth(..) => true,
        _ => ty.is_integral() || ty.is_fractional() || ty.is_time(),
    }
}

/// Whether Spark holds values of this type in place while it aggregates: else groups are sorted, not hashed.
pub fn held_in_place(ty: &Type) -> bool {
    !ty.is_nested() && !matches!(ty, Type::String | Type::Binary | Type::Udt(..))
}

impl Planner<'_> {
    /// The query of a relation with its rows numbered as Spark's sort by this key takes them. Without nulls that is as they come.
    pub fn numbered_for(&mut self, below: &Planned, key: &str, name: &str) -> String {
        let id = self.id();
        let [rows, first, nulls, slots, last] =
            ["in", "first", "null", "slot", "last"].map(|part| format!("r{id}_{part}"));
        // A row's slot is the number of what was put at the end before it; the nth null moves what is in the nth slot.
        format!(
            "WITH RECURSIVE {rows} AS MATERIALIZED ({}), \
             {first} AS (SELECT min({name}) AS f FROM {rows} WHERE {key} IS NOT NULL), \
             {nulls} AS MATERIALIZED (SELECT row_number() OVER (ORDER BY {name}) AS s, {name} - f + 1 AS t \
             FROM {rows}, {first} WHERE {key} IS NULL AND {name} > f), \
             {slots}(r, s) AS (SELECT {name}, {name} - f + 1 FROM {rows}, {first} \
             WHERE {key} IS NOT NULL AND EXISTS (SELECT 1 FROM {nulls}) \
             UNION ALL SELECT r, t FROM {slots} JOIN {nulls} USING (s)), \
             {last} AS (SELECT r, max(s) AS s FROM {slots} GROUP BY r) \
             SELECT {rows}.* REPLACE (coalesce({last}.s, {rows}.{name}) AS {name}) FROM {rows} \
             LEFT JOIN {last} ON {rows}.{name} = {last}.r",
            numbered(below, name)
        )
    }
}
