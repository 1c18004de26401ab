//! Text output: complete or not there at all, and a re-run replaces what stood there.

use std::fs;
use std::path::{Path, PathBuf};

use pyrite::sink::{Codec, TextOutput};

/// A directory that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("pyrite-sink-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn save(path: &Path, line: &str) {
    let output = TextOutput::create(path.to_str().unwrap(), Codec::Plain, true).unwrap();
    let mut part = output.part(0).unwrap();
    part.line(line.as_bytes()).unwrap();
    part.finish().unwrap();
    output.commit().unwrap();
}

#[test]
fn a_re_run_replaces_the_output_and_leaves_nothing_beside_it() {
    let scratch = Scratch::new("replace");
    let path = scratch.path("out-1000.txt");
    for line in ["first", "second"] {
        save(&path, line);
        assert_eq!(fs::read_to_string(path.join("part-00000")).unwrap(), format!("{line}\n"));
        assert!(path.join("_SUCCESS").exists());
        assert_eq!(scratch.names(), ["out-1000.txt"]);
    }
}

/// A directory that looks like what process `pid` of this machine was writing.
fn leftover(scratch: &Scratch, target: &str, pid: u32, suffix: &str) -> PathBuf {
    let elsewhere = Scratch::new(&format!("whose-{target}-{pid}{suffix}"));
    let _output = TextOutput::create(elsewhere.path(target).to_str().unwrap(), Codec::Plain, false).unwrap();
    let own = format!("-{}-", std::process::id());
    let name = elsewhere.names()[0].replace(&own, &format!("-{pid}-"));
    let path = scratch.path(&format!("{name}{suffix}"));
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("part-00000"), "left\n").unwrap();
    path
}

/// A process that is no more.
fn dead() -> u32 {
    let mut child =
        std::process::Command::new("rustc").arg("--version").stdout(std::process::Stdio::null()).spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
#[cfg(unix)]
fn what_a_killed_process_left_is_removed_and_nothing_else() {
    let scratch = Scratch::new("sweep");
    let gone = leftover(&scratch, "out", dead(), "");
    let gone_too = leftover(&scratch, "other", dead(), "-old");
    fs::create_dir_all(scratch.path("other")).unwrap();
    let alive = leftover(&scratch, "out", std::os::unix::process::parent_id(), "");
    let foreign = scratch.path(&format!(".out._temporary-00000000-{}-0", dead()));
    let ours_before = scratch.path(&format!(".out._temporary-{}-0", dead()));
    let programs_own = scratch.path(".out._temporary-backup");
    for path in [&foreign, &ours_before, &programs_own] {
        fs::create_dir_all(path).unwrap();
    }
    save(&scratch.path("out"), "x");
    assert!(!gone.exists() && !gone_too.exists());
    assert!(alive.exists() && foreign.exists() && ours_before.exists() && programs_own.exists());
}

/// Where two names can't be exchanged in one step, a process may die between two.
#[test]
fn a_replacement_that_was_cut_off_is_undone() {
    let scratch = Scratch::new("undone");
    leftover(&scratch, "cut", dead(), "-old");
    save(&scratch.path("out"), "x");
    assert_eq!(scratch.names(), ["cut", "out"]);
    assert_eq!(fs::read_to_string(scratch.path("cut").join("part-00000")).unwrap(), "left\n");
}

/// Somebody reads all the time: there is a complete output at every moment.
#[test]
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn there_is_a_complete_output_while_it_is_replaced() {
    let scratch = Scratch::new("exchange");
    let path = scratch.path("out");
    save(&path, "0");
    let (part, done) = (path.join("part-00000"), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let over = done.clone();
    let reader = std::thread::spawn(move || {
        let mut missing = 0;
        while !over.load(std::sync::atomic::Ordering::SeqCst) {
            missing += usize::from(!part.exists());
        }
        missing
    });
    for n in 1..50 {
        save(&path, &n.to_string());
    }
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(reader.join().unwrap(), 0);
    assert_eq!(scratch.names(), ["out"]);
}

/// A crash between two renames left the old output under a hidden name, and no batch could be saved there again.
#[test]
fn what_a_crash_left_is_in_nobodys_way() {
    let scratch = Scratch::new("crash");
    let path = scratch.path("out");
    save(&path, "first");
    fs::create_dir_all(scratch.path(".out.old").join("full")).unwrap();
    save(&path, "second");
    assert_eq!(fs::read_to_string(path.join("part-00000")).unwrap(), "second\n");
}

#[test]
fn what_is_not_committed_is_removed() {
    let scratch = Scratch::new("dropped");
    let output = TextOutput::create(scratch.path("out").to_str().unwrap(), Codec::Plain, false).unwrap();
    output.part(0).unwrap().line(b"x").unwrap();
    drop(output);
    assert!(scratch.names().is_empty(), "{:?}", scratch.names());
}
