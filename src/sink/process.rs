//! Whose a leftover is: the machine as its processes see it, and whether a process of it lives.

use std::sync::LazyLock;

/// A short name of this machine, or of this container: a number of a process means nothing outside of it.
pub(super) fn machine() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| format!("{:08x}", hash(&[host(), space()].concat())));
    &NAME
}

/// FNV-1a, folded: the same in every version of Pyrite.
fn hash(bytes: &[u8]) -> u32 {
    let long = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    (long ^ (long >> 32)) as u32
}

/// Linux: which numbers of processes are meant.
fn space() -> Vec<u8> {
    std::fs::read_link("/proc/self/ns/pid").map(|p| p.to_string_lossy().into_owned().into_bytes()).unwrap_or_default()
}

#[cfg(unix)]
fn host() -> Vec<u8> {
    let mut name = vec![0_u8; 256];
    // SAFETY: at most the length of the buffer is written.
    let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) } != 0;
    let end = name.iter().position(|b| *b == 0).filter(|_| !failed).unwrap_or(0);
    name.truncate(end);
    name
}

#[cfg(not(unix))]
fn host() -> Vec<u8> {
    std::env::var("COMPUTERNAME").unwrap_or_default().into_bytes()
}

/// Whether there is such a process; true when that can't be known.
#[cfg(unix)]
pub(super) fn is_alive(pid: u32) -> bool {
    // 0 and below name groups of processes.
    let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0) else { return true };
    // SAFETY: signal 0 only asks.
    unsafe { libc::kill(pid, 0) == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH) }
}

/// As above.
#[cfg(windows)]
pub(super) fn is_alive(pid: u32) -> bool {
    use std::ffi::c_void;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn OpenProcess(access: u32, inherit: i32, pid: u32) -> *mut c_void;
        fn GetExitCodeProcess(process: *mut c_void, code: *mut u32) -> i32;
        fn CloseHandle(handle: *mut c_void) -> i32;
    }
    const PROCESS_QUERY_LIMITED_INFORMATION: u32 = 0x1000;
    const ERROR_INVALID_PARAMETER: i32 = 87;
    const STILL_ACTIVE: u32 = 259;

    // SAFETY: asks for a handle, which is closed below.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if process.is_null() {
        return std::io::Error::last_os_error().raw_os_error() != Some(ERROR_INVALID_PARAMETER);
    }
    let mut code = STILL_ACTIVE;
    // SAFETY: the handle is open, and `code` outlives the call.
    let known = unsafe { GetExitCodeProcess(process, &raw mut code) } != 0;
    // SAFETY: opened above and not used again.
    unsafe { CloseHandle(process) };
    !known || code == STILL_ACTIVE
}

#[cfg(not(any(unix, windows)))]
pub(super) fn is_alive(_: u32) -> bool {
    true
}
