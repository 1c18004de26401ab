//! What became of a function's rows: of one function for `explain()`, and of all that the same place in the program's text
//! has made, for who looks from outside. The latter stays when the functions are gone; it holds nothing of theirs.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::Decline;
use crate::sync::Mutex;

/// Where a function stands in the program's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// What it is called: `<lambda>`, `operator.add`.
    pub name: String,
    /// The file, or the notebook's cell (`In[3]`); empty where there is no text.
    pub file: String,
    /// The line there, from 1 on; 0 where there is none.
    pub line: u32,
    /// Its text, shortened; empty where it isn't known.
    pub text: String,
}

/// How a function runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// No job had it yet.
    #[default]
    Unknown,
    /// By kernels.
    Native,
    /// By machine code.
    MachineCode,
    /// By the interpreter, and why.
    Python(String),
}

/// Rows and time.
#[derive(Debug, Default)]
struct Sums {
    native: AtomicU64,
    declined: AtomicU64,
    python: AtomicU64,
    away: AtomicU64,
    native_ns: AtomicU64,
    python_ns: AtomicU64,
}

/// The same as plain numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows done by kernels.
    pub native: u64,
    /// Rows that kernels declined.
    pub declined: u64,
    /// Rows done by the interpreter.
    pub python: u64,
    /// Of those, the ones that worker processes did.
    pub away: u64,
    /// How long kernels took.
    pub native_time: Duration,
    /// How long the interpreter of this process took.
    pub python_time: Duration,
}

impl AddAssign for Rows {
    fn add_assign(&mut self, more: Self) {
        self.native += more.native;
        self.declined += more.declined;
        self.python += more.python;
        self.away += more.away;
        self.native_time += more.native_time;
        self.python_time += more.python_time;
    }
}

impl Sums {
    /// What they are now.
    pub fn read(&self) -> Rows {
        let load = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        Rows {
            native: load(&self.native),
            declined: load(&self.declined),
            python: load(&self.python),
            away: load(&self.away),
            native_time: Duration::from_nanos(load(&self.native_ns)),
            python_time: Duration::from_nanos(load(&self.python_ns)),
        }
    }
}

/// All functions that one place in the program's text has made for one operation.
#[derive(Debug)]
pub struct Account {
    /// Its number, in the order in which they came.
    pub id: u64,
    /// What the operation is called: `map at word_count.py:12`.
    pub operation: String,
    /// What the function is to it: `step`, `merge`.
    pub role: &'static str,
    /// Where it stands.
    pub place: Place,
    sums: Sums,
    how: Mutex<How>,
    reason: Mutex<Option<String>>,
    rested: AtomicBool,
}

impl Account {
    /// An account of nothing yet.
    pub fn new(id: u64, operation: String, role: &'static str, place: Place) -> Self {
        let (sums, how, reason, rested) = Default::default();
        Self { id, operation, role, place, sums, how, reason, rested }
    }

    /// The newest job's functions run so.
    pub fn runs(&self, how: How) {
        let mut known = self.how.lock();
        if *known != how {
            *known = how;
        }
    }

    /// How they run.
    pub fn how(&self) -> How {
        self.how.lock().clone()
    }

    /// Rows and time so far.
    pub fn read(&self) -> Rows {
        self.sums.read()
    }

    /// Why kernels declined rows last.
    pub fn reason(&self) -> Option<String> {
        self.reason.lock().clone()
    }

    /// Whether rows went to the interpreter untried.
    pub fn rested(&self) -> bool {
        self.rested.load(Ordering::Relaxed)
    }
}

/// What became of a function's rows.
#[derive(Debug, Default)]
pub struct Counters {
    own: Sums,
    account: OnceLock<Option<Arc<Account>>>,
    busy_us: AtomicU64,
    rested: AtomicBool,
    reason: Mutex<Option<String>>,
    stays: Mutex<Option<String>>,
}

impl Counters {
    /// The account that takes part in what is counted from now on, from what `make` says the first time. That may enter the
    /// interpreter: nobody waits for it here.
    pub fn account(&self, make: impl FnOnce() -> Option<Arc<Account>>) -> Option<&Arc<Account>> {
        if self.account.get().is_none() {
            // Another thread may be faster, and has the same account.
            let _ = self.account.set(make());
        }
        self.known()
    }

    fn known(&self) -> Option<&Arc<Account>> {
        self.account.get()?.as_ref()
    }

    fn add(&self, which: fn(&Sums) -> &AtomicU64, count: u64) {
        which(&self.own).fetch_add(count, Ordering::Relaxed);
        if let Some(account) = self.known() {
            which(&account.sums).fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Rows done by kernels.
    pub fn add_native(&self, rows: usize) {
        self.add(|sums| &sums.native, rows as u64);
    }

    /// Rows that kernels declined, with the reason.
    pub fn add_declined(&self, rows: usize, reason: &Decline) {
        self.add(|sums| &sums.declined, rows as u64);
        let reason = reason.to_string();
        if let Some(account) = self.known() {
            *account.reason.lock() = Some(reason.clone());
        }
        *self.reason.lock() = Some(reason);
    }

    /// Notes that rows went to the interpreter untried: so many before them had been declined.
    pub fn note_rested(&self) {
        self.rested.store(true, Ordering::Relaxed);
        if let Some(account) = self.known() {
            account.rested.store(true, Ordering::Relaxed);
        }
    }

    /// Whether rows went to the interpreter untried.
    pub fn rested(&self) -> bool {
        self.rested.load(Ordering::Relaxed)
    }

    /// Rows done by the interpreter.
    pub fn add_python(&self, rows: usize) {
        self.add(|sums| &sums.python, rows as u64);
    }

    /// Rows that the interpreter of a worker process did; `add_python` counts them, too.
    pub fn add_away(&self, rows: usize) {
        self.add(|sums| &sums.away, rows as u64);
    }

    /// Kernels took so long.
    pub fn add_native_time(&self, time: Duration) {
        self.add(|sums| &sums.native_ns, time.as_nanos() as u64);
    }

    /// The interpreter of this process took so long.
    pub fn add_python_time(&self, time: Duration) {
        self.add(|sums| &sums.python_ns, time.as_nanos() as u64);
    }

    /// Rows done in worker processes.
    pub fn away(&self) -> u64 {
        self.own.away.load(Ordering::Relaxed)
    }

    /// Notes how long the interpreter was busy with a task of the chain that begins with this function.
    pub fn note_busy(&self, time: Duration) {
        let noted = self.recently_busy() / 2 + time;
        self.busy_us.store(noted.as_micros() as u64, Ordering::Relaxed);
    }

    /// How long it was busy with the last tasks: of two equal ones, the newer counts double.
    pub fn recently_busy(&self) -> Duration {
        Duration::from_micros(self.busy_us.load(Ordering::Relaxed))
    }

    /// Notes why its tasks couldn't move to a worker process.
    pub fn note_stay(&self, why: String) {
        *self.stays.lock() = Some(why);
    }

    /// Why its tasks couldn't move to a worker process, when they last wanted to.
    pub fn stays(&self) -> Option<String> {
        self.stays.lock().clone()
    }

    /// Native, declined and interpreted rows so far, and the last decline's reason.
    pub fn read(&self) -> (u64, u64, u64, Option<String>) {
        let rows = self.own.read();
        (rows.native, rows.declined, rows.python, self.reason.lock().clone())
    }
}
