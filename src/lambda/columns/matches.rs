//! Where the groups of a pattern lie in every text of a column: each one that is asked for is a column of views into the
//! texts.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, StringViewArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::views::{Source, Views};
use crate::lambda::pattern::{Bounds, NOWHERE, RegexCall, bounds};

/// The first match of each text, if it has one.
#[derive(Clone, Debug)]
pub struct Matches {
    all: Arc<All>,
    /// The rows of `all` that these are; all of them where there is nothing.
    rows: Option<Arc<[u32]>>,
}

#[derive(Debug)]
struct All {
    texts: StringViewArray,
    groups: usize,
    /// Of every row so many as there are groups, the whole match's first.
    bounds: Vec<Bounds>,
}

impl Matches {
    /// Tries the pattern on texts, none of which is null.
    pub fn find(call: &RegexCall, texts: &StringViewArray) -> Result<Self, Decline> {
        let groups = call.groups() + 1;
        let mut found = Vec::with_capacity(groups * texts.len());
        for text in texts {
            bounds(&call.pattern, text.unwrap_or_default(), &mut found)?;
        }
        if found.len() != groups * texts.len() {
            return Err(Decline::new("a pattern with another number of groups"));
        }
        Ok(Self { all: Arc::new(All { texts: texts.clone(), groups, bounds: found }), rows: None })
    }

    fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.all.texts.len(), |rows| rows.len())
    }

    /// The given rows.
    pub fn take(&self, rows: impl Iterator<Item = u32>) -> Self {
        let rows = match &self.rows {
            None => rows.collect(),
            Some(known) => rows.map(|row| known[row as usize]).collect(),
        };
        Self { all: self.all.clone(), rows: Some(rows) }
    }

    fn bounds(&self, row: usize, group: usize) -> (usize, Bounds) {
        let row = self.rows.as_ref().map_or(row, |rows| rows[row] as usize);
        (row, self.all.bounds[row * self.all.groups + group])
    }

    /// Where there is a match.
    pub fn found(&self) -> BooleanArray {
        let found = BooleanBuffer::collect_bool(self.len(), |row| self.bounds(row, 0).1.0 != NOWHERE);
        BooleanArray::new(found, None)
    }

    /// The rows without a match.
    pub fn missing(&self) -> Vec<u32> {
        (0..self.len() as u32).filter(|row| self.bounds(*row as usize, 0).1.0 == NOWHERE).collect()
    }

    /// All groups but the whole match, as tuples.
    pub fn groups(&self) -> Result<Columns, Decline> {
        let items = (1..self.all.groups).map(|i| self.group(i)).collect::<Result<_, _>>()?;
        Ok(Columns::tuple(items, self.len()))
    }

    /// What a group has matched, `None` where it has taken no part.
    pub fn group(&self, group: usize) -> Result<Columns, Decline> {
        let texts = &self.all.texts;
        let (buffers, views) = (texts.data_buffers(), texts.views());
        let mut parts = Views::new(buffers, self.len());
        let mut nothing = Vec::new();
        for row in 0..self.len() {
            let (at, Bounds(from, to)) = self.bounds(row, group);
            if from == NOWHERE {
                nothing.push(row);
                parts.push(0);
                continue;
            }
            let mut room = [0; 32];
            // SAFETY: the view comes from the array whose buffers these are.
            let text = unsafe { Source::new(views[at], buffers, &mut room) };
            // SAFETY: `bounds` gave them for this text: they are borders of characters, in order.
            parts.push(unsafe { text.part(from as usize, to as usize) });
        }
        let nulls = (!nothing.is_empty()).then(|| {
            let mut present = vec![true; self.len()];
            for row in &nothing {
                present[*row] = false;
            }
            NullBuffer::from(present)
        });
        let kind = if nulls.is_some() { Type::Optional(Box::new(Type::Str)) } else { Type::Str };
        Ok(Columns::new(Arc::new(parts.finish(nulls)?), kind))
    }
}
