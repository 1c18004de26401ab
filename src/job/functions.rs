//! The program's functions that jobs have had: one account for each place in its text, whatever became of the plans. Who
//! asks for them needs no interpreter.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::{Account, How, Place, Role, Rows};
use crate::stage::{Frozen, Prepared};
use crate::sync::Mutex;

/// So many places are remembered; then the one that came first is forgotten. A program that makes new text for ever
/// (`eval`) loses the oldest.
const MOST: usize = 500;

/// The accounts of a context.
#[derive(Default)]
pub struct Functions {
    known: Mutex<Known>,
}

/// The operation, what the function is to it, where it stands.
type Key = (String, &'static str, Place);

#[derive(Default)]
struct Known {
    accounts: HashMap<Key, Arc<Account>>,
    next: u64,
    /// What those had counted that are forgotten.
    gone: Rows,
}

impl Functions {
    /// A job has these functions. Nothing may be locked.
    pub fn note(&self, prepared: &Prepared) {
        for (role, frozen) in prepared.functions() {
            // The update function is there for the interpreter as well, as another function of ours.
            if role == Role::UpdateAll {
                continue;
            }
            let counters = frozen.function.counters();
            if let Some(account) = counters.account(|| self.account(role, frozen)) {
                account.runs(match &frozen.frozen.native {
                    Ok(native) if native.is_machine_code() => How::MachineCode,
                    Ok(_) => How::Native,
                    Err(decline) => How::Python(decline.to_string()),
                });
            }
        }
    }

    /// All that are remembered, in the order in which they came.
    pub fn all(&self) -> Vec<Arc<Account>> {
        let mut all: Vec<Arc<Account>> = self.known.lock().accounts.values().cloned().collect();
        all.sort_unstable_by_key(|account| account.id);
        all
    }

    /// Rows and time of all there were.
    pub fn total(&self) -> Rows {
        let known = self.known.lock();
        let mut total = known.gone;
        known.accounts.values().for_each(|account| total += account.read());
        total
    }

    /// The account of a function, which may be that of another one from the same place.
    fn account(&self, role: Role, frozen: &Frozen) -> Option<Arc<Account>> {
        let place = frozen.function.place()?;
        let key = (frozen.name.to_string(), role.name(), place);
        let mut known = self.known.lock();
        let mut forgotten = None;
        if !known.accounts.contains_key(&key) && known.accounts.len() >= MOST {
            let oldest = known.accounts.iter().min_by_key(|(_, account)| account.id).map(|(key, _)| key.clone());
            forgotten = oldest.and_then(|key| known.accounts.remove(&key));
            known.gone += forgotten.as_ref().map(|account| account.read()).unwrap_or_default();
        }
        let Known { accounts, next, .. } = &mut *known;
        let account = accounts.entry(key).or_insert_with_key(|(operation, role, place)| {
            *next += 1;
            Arc::new(Account::new(*next - 1, operation.clone(), role, place.clone()))
        });
        let account = account.clone();
        drop(known);
        drop(forgotten);
        Some(account)
    }
}
