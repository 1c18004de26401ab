//! Reduced values by key, from which an inverse function takes what has left a window and to which a reduce function
//! adds what came. A call that declines leaves it unfit: its owner drops it.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::{BinaryFn, Compiled};
use crate::shuffle::table::keys::Keys;
use crate::shuffle::table::split;
use crate::shuffle::widen::fit;

/// One value a key, keys in first-seen order.
#[derive(Default)]
pub struct Carried(Option<Contents>);

/// Invariant: one value for each key, of a type without `None`.
struct Contents {
    keys: Keys,
    values: Columns,
}

impl Carried {
    /// From pairs of different keys.
    pub fn of(pairs: &[Columns]) -> Result<Self, Decline> {
        let mut carried = Self::default();
        for part in pairs.iter().filter(|part| !part.is_empty()) {
            let (keys, values) = plain(part)?;
            let before = carried.keys();
            let new = carried.take_in(&keys, &values)?;
            if carried.keys() != before + keys.len() {
                return Err(Decline::new("a key that comes twice"));
            }
            carried.append(&values.take(&new.fresh)?)?;
        }
        Ok(carried)
    }

    /// `inverse(value, gone)` for every key that is here, of pairs of different keys.
    pub fn subtract(&mut self, gone: &Columns, inverse: &dyn BinaryFn) -> Result<(), Decline> {
        if gone.is_empty() || self.0.is_none() {
            return Ok(());
        }
        let (keys, values) = plain(gone)?;
        let before = self.keys();
        let found = self.take_in(&keys, &values)?;
        let Some(contents) = &mut self.0 else { return Ok(()) };
        let rows = rows_below(&found.slots, before);
        if rows.len() < found.slots.len() {
            // A filter has taken them out.
            contents.keys.truncate(before);
        }
        contents.replace(&rows, &found.slots, &values, inverse)
    }

    /// `merge(value, came)` for every key that is here, `came` for all others, of pairs of different keys.
    pub fn add(&mut self, came: &Columns, merge: &dyn BinaryFn) -> Result<(), Decline> {
        if came.is_empty() {
            return Ok(());
        }
        let (keys, values) = plain(came)?;
        let before = self.keys();
        let found = self.take_in(&keys, &values)?;
        let Some(contents) = &mut self.0 else { return Ok(()) };
        contents.replace(&rows_below(&found.slots, before), &found.slots, &values, merge)?;
        self.append(&values.take(&found.fresh)?)
    }

    /// Keeps the pairs for which `filter` is true.
    pub fn keep(&mut self, filter: &Compiled) -> Result<(), Decline> {
        if self.keys() == 0 {
            return Ok(());
        }
        let pairs = self.pairs();
        let kept = filter.truth(std::slice::from_ref(&pairs))?;
        if kept.true_count() == pairs.len() {
            return Ok(());
        }
        let rows: Vec<u32> = (0..pairs.len()).filter(|row| kept.value(*row)).map(|row| row as u32).collect();
        *self = Self::of(&[pairs.take(&rows)?])?;
        Ok(())
    }

    /// The pairs, keys in first-seen order.
    pub fn pairs(&self) -> Columns {
        match &self.0 {
            Some(contents) => {
                let (keys, values) = (contents.keys.to_columns(), contents.values.clone());
                let len = keys.len();
                Columns::tuple(vec![keys, values], len)
            }
            None => Columns::empty(Type::Tuple(vec![Type::Null, Type::Null])),
        }
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        self.0.as_ref().map_or(0, |contents| contents.keys.weight() + contents.values.weight())
    }

    fn keys(&self) -> usize {
        self.0.as_ref().map_or(0, |contents| contents.keys.len())
    }

    /// Numbers the keys, new ones behind those that are here.
    fn take_in(&mut self, keys: &Columns, values: &Columns) -> Result<Found, Decline> {
        let contents = self.0.get_or_insert_with(|| Contents {
            keys: Keys::new(keys.kind()),
            values: Columns::empty(values.kind().clone()),
        });
        if contents.keys.kind() != keys.kind() || contents.values.kind() != values.kind() {
            return Err(Decline::new("keys or values of another type than before"));
        }
        let mut found = Found::default();
        contents.keys.slots(keys, &mut found.slots, &mut found.fresh)?;
        Ok(found)
    }

    fn append(&mut self, values: &Columns) -> Result<(), Decline> {
        if let Some(contents) = &mut self.0
            && !values.is_empty()
        {
            let all = [contents.values.clone(), values.clone()];
            contents.values = Columns::concat(&all).ok_or(Decline::new("lists of more than 2^31 items in all"))?;
        }
        Ok(())
    }
}

/// Where keys are: the number of each row's key, and the rows that brought new ones.
#[derive(Default)]
struct Found {
    slots: Vec<u32>,
    fresh: Vec<u32>,
}

impl Contents {
    /// The values at the slots of `rows` are what `function` makes of them and of the rows' `values`.
    fn replace(
        &mut self,
        rows: &[u32],
        slots: &[u32],
        values: &Columns,
        function: &dyn BinaryFn,
    ) -> Result<(), Decline> {
        if rows.is_empty() {
            return Ok(());
        }
        let slots: Vec<u32> = rows.iter().map(|row| slots[*row as usize]).collect();
        let right = if rows.len() == values.len() { values.clone() } else { values.take(rows)? };
        let made = function.apply(&self.values.take(&slots)?, &right)?;
        let odd = || Decline::new(format!("the function makes {} of {}", made.kind(), self.values.kind()));
        let made = fit(&made, self.values.kind()).filter(|made| made.len() == rows.len()).ok_or_else(odd)?;
        self.values = scattered(&self.values, &slots, &made)?;
        Ok(())
    }
}

/// The values with those of some slots replaced.
fn scattered(values: &Columns, slots: &[u32], made: &Columns) -> Result<Columns, Decline> {
    if *values.kind() == Type::Int {
        let mut ints = values.array().as_primitive::<Int64Type>().values().to_vec();
        for (slot, value) in slots.iter().zip(made.array().as_primitive::<Int64Type>().values()) {
            ints[*slot as usize] = *value;
        }
        return Ok(Columns::ints(ints));
    }
    let mut places: Vec<u32> = (0..values.len() as u32).collect();
    for (row, slot) in slots.iter().enumerate() {
        places[*slot as usize] = (values.len() + row) as u32;
    }
    let all = Columns::concat(&[values.clone(), made.clone()]);
    all.ok_or(Decline::new("lists of more than 2^31 items in all"))?.take(&places)
}

/// The rows whose key has a lower number.
fn rows_below(slots: &[u32], number: usize) -> Vec<u32> {
    (0..slots.len() as u32).filter(|row| (slots[*row as usize] as usize) < number).collect()
}

/// Keys and values of pairs. Declines values that may be `None`: an inverse isn't asked for those.
fn plain(pairs: &Columns) -> Result<(Columns, Columns), Decline> {
    let (keys, values) = split(pairs)?;
    match values.kind() {
        Type::Null | Type::Optional(_) => Err(Decline::new("values that may be None")),
        _ => Ok((keys, values)),
    }
}
