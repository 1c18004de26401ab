//! New files of a directory, under a manual clock.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use pyrite::plan::Op;
use pyrite::source::{FileInput, Input};
use pyrite::time::{ManualClock, Time};

use super::{Kept, environment};

struct Setup {
    directory: PathBuf,
    clock: Arc<ManualClock>,
    log: Arc<Kept>,
}

fn setup(name: &str) -> Setup {
    let directory = std::env::temp_dir().join(format!("pyrite-files-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    Setup { directory, clock: Arc::new(ManualClock::new()), log: Arc::default() }
}

impl Setup {
    fn stream(&self, settings: &[(&str, &str)]) -> FileInput {
        let env = environment(self.clock.clone(), self.log.clone(), settings);
        FileInput::new(&env, self.directory.to_str().unwrap()).unwrap()
    }

    fn write(&self, name: &str, modified_ms: u64) -> PathBuf {
        let path = self.directory.join(name);
        fs::write(&path, "x\n").unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(UNIX_EPOCH + Duration::from_millis(modified_ms))
            .unwrap();
        path
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn names(input: &FileInput, time: i64) -> Vec<String> {
    let plan = input.compute(Time(time)).unwrap().unwrap();
    let Op::Scan(scan) = plan.op() else { panic!("not read") };
    assert!(scan.as_any().is::<pyrite::source::TextFiles>());
    let report = input.report(Time(time)).unwrap().description.unwrap();
    report.lines().map(|l| Path::new(l).file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn new_files_go_to_the_batch_of_their_time() {
    let s = setup("new");
    s.write("old", 0);
    let input = s.stream(&[]);
    s.write("b", 900);
    s.write("a", 1000);
    s.write("late", 1500);
    assert_eq!(names(&input, 1000), ["b", "a"]);
    assert_eq!(names(&input, 2000), ["late"]);
    assert_eq!(names(&input, 3000), [] as [&str; 0]);
    assert!(s.log.messages()[0].contains("before the stream was made"), "{:?}", s.log.messages());
}

#[test]
fn hidden_files_are_skipped_and_underscores_told_once() {
    let s = setup("hidden");
    let input = s.stream(&[]);
    s.write(".dot", 500);
    s.write("_mark", 500);
    s.write("x.tmp", 500);
    assert_eq!(names(&input, 1000), ["x.tmp"]);
    assert_eq!(names(&input, 2000), [] as [&str; 0]);
    let told: Vec<String> = s.log.messages().into_iter().filter(|m| m.contains("_mark")).collect();
    assert_eq!(told.len(), 1);
}

#[test]
fn a_moved_file_with_an_old_time_is_taken_unless_strict() {
    let s = setup("moved");
    s.clock.set(Time(5000));
    let (free, strict) = (s.stream(&[]), s.stream(&[("pyrite.files.strict", "true")]));
    s.write("moved", 1000);
    assert_eq!(names(&free, 6000), ["moved"]);
    assert_eq!(names(&strict, 6000), [] as [&str; 0]);
    assert!(s.log.messages().iter().any(|m| m.contains("moved is not read") && m.contains("pyrite.files.strict")));
    assert_eq!(names(&free, 7000), [] as [&str; 0]);
    assert_eq!(names(&free, 100_000), [] as [&str; 0], "not again when its selection is forgotten");
}

#[test]
fn a_changed_file_is_not_read_again() {
    let s = setup("changed");
    let input = s.stream(&[]);
    s.write("f", 500);
    assert_eq!(names(&input, 1000), ["f"]);
    s.write("f", 1800);
    assert_eq!(names(&input, 2000), [] as [&str; 0]);
    assert!(s.log.messages().iter().any(|m| m.contains("a file is read once")));
    s.write("f", 70_500);
    assert_eq!(names(&input, 71_000), ["f"], "after the remembered time a fresh one counts");
}

#[test]
fn a_directory_may_come_later() {
    let s = setup("later");
    fs::remove_dir_all(&s.directory).unwrap();
    let input = s.stream(&[]);
    assert_eq!(names(&input, 1000), [] as [&str; 0]);
    assert!(s.log.messages()[0].contains("There is no directory"), "{:?}", s.log.messages());
    fs::create_dir_all(&s.directory).unwrap();
    s.write("f", 1500);
    assert_eq!(names(&input, 2000), ["f"]);
    assert_eq!(s.log.messages().len(), 1);
}

/// Temporary files come and go between the listing of the directory and the look at each file.
#[test]
fn a_file_that_is_gone_meanwhile_breaks_no_batch() {
    let s = setup("gone");
    let input = s.stream(&[]);
    s.write("stays", 10);
    let directory = s.directory.clone();
    let over = Arc::new(AtomicBool::new(false));
    let editor = {
        let over = over.clone();
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                for name in ["x", "y", "z"] {
                    let path = directory.join(name);
                    fs::write(&path, "x\n").unwrap();
                    fs::remove_file(&path).unwrap();
                }
            }
        })
    };
    let mut taken = Vec::new();
    // Times far ahead, where whatever there is counts as modified before.
    let far = i64::MAX / 4;
    for batch in 0..3000 {
        let time = far + batch * 1_000_000;
        taken.extend(names(&input, time).into_iter().filter(|name| name == "stays"));
        input.forget(Time(time));
    }
    over.store(true, Ordering::Relaxed);
    editor.join().unwrap();
    assert_eq!(taken, ["stays"]);
}
