//! How much memory this process may take: the machine's, or its container's where that is less.

/// Assumed where the system doesn't say.
const UNKNOWN: usize = 4 << 30;

/// Bytes of memory that the machine has or the container allows.
pub fn machine_memory() -> usize {
    total().filter(|bytes| *bytes > 0).unwrap_or(UNKNOWN)
}

/// About how many bytes are free now, where the system says; else what there are in all.
pub fn free_memory() -> usize {
    let available = available().unwrap_or(usize::MAX);
    available.min(machine_memory())
}

#[cfg(target_os = "linux")]
fn available() -> Option<usize> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").as_deref().and_then(|text| linux::field(text, "MemAvailable:"));
    let used = read("/sys/fs/cgroup/memory.current").and_then(|text| text.trim().parse::<usize>().ok());
    let container = linux::container_limit(&read).zip(used).map(|(limit, used)| limit.saturating_sub(used));
    [machine, container].into_iter().flatten().min()
}

#[cfg(not(target_os = "linux"))]
fn available() -> Option<usize> {
    None
}

#[cfg(target_os = "linux")]
fn total() -> Option<usize> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").as_deref().and_then(|text| linux::field(text, "MemTotal:"));
    let container = linux::container_limit(&read);
    [machine, container].into_iter().flatten().min()
}

/// The control groups of Linux.
#[cfg(target_os = "linux")]
mod linux {
    /// A line of `/proc/meminfo`.
    pub(super) fn field(text: &str, name: &str) -> Option<usize> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse::<usize>().ok()?.checked_mul(1024)
    }

    /// The least limit of this process's groups, of version 2 or 1. Within a container the paths of
    /// `/proc/self/cgroup` may be the host's, while the mounted root is the container's own group: both are looked at.
    pub(super) fn container_limit(read: &dyn Fn(&str) -> Option<String>) -> Option<usize> {
        let groups = read("/proc/self/cgroup").unwrap_or_default();
        let mut least: Option<usize> = None;
        let mut consider = |path: String| {
            // "max", or version 1's largest number of pages, is no limit.
            let limit = read(&path).and_then(|text| text.trim().parse::<usize>().ok()).filter(|n| *n < 1 << 60);
            least = [least, limit].into_iter().flatten().min();
        };
        for line in groups.lines().chain(["0::/", ":memory:/"]) {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
            let (root, file) = match controllers {
                "" => ("/sys/fs/cgroup", "memory.max"),
                other if other.split(',').any(|c| c == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                _ => continue,
            };
            // A limit of a group above holds as well.
            let mut group = group.trim_end_matches('/');
            loop {
                consider(format!("{root}{group}/{file}"));
                let Some((above, _)) = group.rsplit_once('/') else { break };
                group = above;
            }
        }
        least
    }

    #[cfg(test)]
    #[allow(clippy::unwrap_used, reason = "a test fails loudly")]
    mod tests {
        use super::*;

        fn limit(files: &[(&str, &str)]) -> Option<usize> {
            container_limit(&|path| files.iter().find(|(p, _)| *p == path).map(|(_, text)| (*text).to_owned()))
        }

        #[test]
        fn the_machine_says() {
            assert_eq!(field("MemTotal:       16300000 kB\nMemFree: 1 kB\n", "MemTotal:"), Some(16_300_000 * 1024));
            assert_eq!(field("nothing", "MemTotal:"), None);
        }

        #[test]
        fn the_container_says() {
            let own = ("/proc/self/cgroup", "0::/a/b\n");
            assert_eq!(limit(&[own, ("/sys/fs/cgroup/a/b/memory.max", "max\n")]), None);
            assert_eq!(limit(&[own, ("/sys/fs/cgroup/a/memory.max", "1000\n")]), Some(1000));
            let both = [own, ("/sys/fs/cgroup/a/b/memory.max", "900\n"), ("/sys/fs/cgroup/memory.max", "1000\n")];
            assert_eq!(limit(&both), Some(900));
            let old = ("/proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n");
            assert_eq!(limit(&[old, ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "700\n")]), Some(700));
            assert_eq!(limit(&[old, ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712")]), None);
            assert_eq!(limit(&[]), None);
        }
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn total() -> Option<usize> {
    // SAFETY: asks the system for two numbers.
    let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    usize::try_from(pages).ok()?.checked_mul(usize::try_from(size).ok()?)
}

#[cfg(windows)]
fn total() -> Option<usize> {
    use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
    let dw_length = size_of::<MEMORYSTATUSEX>() as u32;
    let mut status = MEMORYSTATUSEX { dwLength: dw_length, ..MEMORYSTATUSEX::default() };
    // SAFETY: the structure is this function's own and says how long it is.
    let asked = unsafe { GlobalMemoryStatusEx(&raw mut status) };
    (asked != 0).then(|| usize::try_from(status.ullTotalPhys).ok()).flatten()
}

#[cfg(not(any(unix, windows)))]
fn total() -> Option<usize> {
    None
}
