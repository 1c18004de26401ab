//! What a task uses, counted where it is used: on its own thread. What others do for it is added there.

use std::cell::Cell;

/// Processor time, and what was read of files and of kept rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Nanoseconds of a processor.
    pub cpu: u64,
    /// Bytes as they lie there, packed ones too.
    pub read_bytes: u64,
    /// Rows.
    pub read_rows: u64,
}

thread_local! {
    static HERE: Cell<Usage> = const { Cell::new(Usage { cpu: 0, read_bytes: 0, read_rows: 0 }) };
}

impl Usage {
    /// All that the calling thread has used so far.
    pub fn here() -> Self {
        let noted = HERE.get();
        Self { cpu: noted.cpu + thread_cpu(), ..noted }
    }

    /// What came after `before`, which the same thread took.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            read_bytes: self.read_bytes - before.read_bytes,
            read_rows: self.read_rows - before.read_rows,
        }
    }

    /// Both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            read_bytes: self.read_bytes + other.read_bytes,
            read_rows: self.read_rows + other.read_rows,
        }
    }

    /// The calling thread has had this used for it, by others.
    pub fn note(self) {
        HERE.set(HERE.get().plus(self));
    }

    /// The calling thread has read bytes.
    pub fn note_bytes(bytes: u64) {
        Self { read_bytes: bytes, ..Self::default() }.note();
    }

    /// The calling thread has read rows.
    pub fn note_rows(rows: usize) {
        Self { read_rows: rows as u64, ..Self::default() }.note();
    }

    /// Others have worked for the calling thread, for so many nanoseconds.
    pub fn note_cpu(nanos: u64) {
        Self { cpu: nanos, ..Self::default() }.note();
    }
}

/// Nanoseconds that the calling thread has had a processor.
#[cfg(unix)]
fn thread_cpu() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock is written to `time`, which lives longer than the call.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if done == 0 { time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64 } else { 0 }
}

/// The same; Windows counts in steps of 100 ns.
#[cfg(windows)]
fn thread_cpu() -> u64 {
    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};

    const NEVER: FILETIME = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
    let (mut began, mut ended, mut kernel, mut user) = (NEVER, NEVER, NEVER, NEVER);
    // SAFETY: the handle stands for the calling thread, and the four times live longer than the call.
    let done =
        unsafe { GetThreadTimes(GetCurrentThread(), &raw mut began, &raw mut ended, &raw mut kernel, &raw mut user) };
    let nanos = |time: FILETIME| (u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)) * 100;
    if done == 0 { 0 } else { nanos(kernel) + nanos(user) }
}

/// Nothing is known there.
#[cfg(not(any(unix, windows)))]
fn thread_cpu() -> u64 {
    0
}
