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
    input.start().unwrap();
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

#[test]
fn a_restart_reads_what_was_recorded_and_then_what_is_new() {
    let s = setup("restart");
    s.write("old", 0);
    let input = s.stream(&[]);
    s.write("a", 900);
    assert_eq!(names(&input, 1000), ["a"]);
    let memory = input.memory().unwrap().unwrap();
    s.write("b", 1500);
    assert_eq!(names(&input, 2000), ["b"]);
    let record = input.record(Time(2000)).unwrap().unwrap();
    assert_eq!(input.record(Time(3000)).unwrap(), None);

    s.write("c", 1600);
    let again = s.stream(&[]);
    again.recall(&memory).unwrap();
    again.restore(Time(2000), &record).unwrap();
    assert_eq!(names(&again, 2000), ["b"]);
    assert_eq!(names(&again, 3000), ["c"]);
    assert_eq!(names(&again, 4000), [] as [&str; 0]);
    assert!(again.recall(&memory[..memory.len() - 1]).is_err());
}

#[test]
fn a_directory_of_many_old_files_costs_a_batch_little() {
    let s = setup("many");
    for i in 0..100_000 {
        File::create(s.directory.join(format!("old-{i}"))).unwrap();
    }
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    s.clock.set(Time(now + 1000));
    let input = s.stream(&[]);
    let mut took = Vec::new();
    for batch in 1..=20 {
        let time = now + 1000 + batch * 1000;
        let name = format!("new-{batch}");
        s.write(&name, time as u64 - 500);
        let begin = std::time::Instant::now();
        assert_eq!(names(&input, time), [name]);
        took.push(begin.elapsed());
    }
    took.sort();
    println!("a batch of a directory of 100,000 old files: {:?}", took[10]);
    #[cfg(target_os = "linux")]
    assert!(took[10] < Duration::from_millis(10), "{took:?}");
}

#[test]
fn a_directory_that_is_replaced_is_listed_again() {
    let s = setup("replaced");
    let input = s.stream(&[]);
    s.write("a", 500);
    assert_eq!(names(&input, 1000), ["a"]);
    let aside = s.directory.with_extension("aside");
    let _ = fs::remove_dir_all(&aside);
    fs::create_dir_all(&aside).unwrap();
    fs::write(aside.join("b"), "x\n").unwrap();
    File::options().write(true).open(aside.join("b")).unwrap().set_modified(UNIX_EPOCH).unwrap();
    fs::remove_dir_all(&s.directory).unwrap();
    fs::rename(&aside, &s.directory).unwrap();
    assert_eq!(names(&input, 2000), ["b"]);
    s.write("c", 2500);
    assert_eq!(names(&input, 3000), ["c"]);
}
