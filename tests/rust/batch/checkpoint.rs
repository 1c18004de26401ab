//! Checkpoints on the manual clock: what runs again after a restart, with which input, from which state.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pyrite::batch::{At, Files, Found, Outcome, Program, Stateful, Stop, StreamRef, Streaming};
use pyrite::config::Config;
use pyrite::error::{Error, Kind, Result};
use pyrite::log::LogRef;
use pyrite::memory::Memory;
use pyrite::plan::PlanRef;
use pyrite::source::{Environment, Input};
use pyrite::time::{Clock, ManualClock, Time};

use super::{Out, boom, plan, taken};
use crate::source::{Kept, partitions};

struct Words;

impl Program for Words {
    fn record(&self) -> Result<Vec<u8>> {
        Ok(b"a program".to_vec())
    }
}

/// Counts up; what a batch took it reads again.
#[derive(Default)]
struct Counter {
    state: Mutex<(i64, std::collections::BTreeMap<Time, i64>)>,
}

impl Input for Counter {
    fn compute(&self, time: Time) -> Result<Option<PlanRef>> {
        let mut state = self.state.lock().unwrap();
        let next = state.0 + 1;
        let took = *state.1.entry(time).or_insert(next);
        state.0 = state.0.max(took);
        Ok(Some(plan(&[&took.to_string()])))
    }

    fn record(&self, time: Time) -> Result<Option<Vec<u8>>> {
        Ok(self.state.lock().unwrap().1.get(&time).map(|took| took.to_le_bytes().to_vec()))
    }

    fn restore(&self, time: Time, record: &[u8]) -> Result<()> {
        let mut state = self.state.lock().unwrap();
        let took = i64::from_le_bytes(record.try_into().unwrap());
        state.1.insert(time, took);
        state.0 = state.0.max(took);
        Ok(())
    }

    fn memory(&self) -> Result<Option<Vec<u8>>> {
        Ok(Some(self.state.lock().unwrap().0.to_le_bytes().to_vec()))
    }

    fn recall(&self, memory: &[u8]) -> Result<()> {
        self.state.lock().unwrap().0 = i64::from_le_bytes(memory.try_into().unwrap());
        Ok(())
    }
}

/// The sum of all that came, by a version for each time.
#[derive(Default)]
struct Sum {
    versions: Mutex<std::collections::BTreeMap<Time, i64>>,
    pending: Mutex<std::collections::BTreeMap<Time, i64>>,
}

impl Stateful for Sum {
    fn compute(&self, at: &At<'_>) -> Result<Option<PlanRef>> {
        let before = at.time.plus(-at.slide_ms());
        let pending = self.pending.lock().unwrap().get(&before).copied();
        let old = pending.or_else(|| self.versions.lock().unwrap().get(&before).copied()).unwrap_or(0);
        let came = at.parent(0, at.time)?.map_or(0, |plan| partitions(&plan)[0][0].parse::<i64>().unwrap());
        self.pending.lock().unwrap().insert(at.time, old + came);
        Ok(Some(plan(&[&(old + came).to_string()])))
    }

    fn settled(&self, time: Time, outcome: Outcome) -> Result<()> {
        let made = self.pending.lock().unwrap().remove(&time);
        if let (Some(made), Outcome::Committed) = (made, outcome) {
            let mut versions = self.versions.lock().unwrap();
            versions.clear();
            versions.insert(time, made);
        }
        Ok(())
    }

    fn save(&self, time: Time, files: &dyn Files) -> Result<Vec<u8>> {
        let Some(sum) = self.versions.lock().unwrap().get(&time).copied() else { return Err(boom("no such version")) };
        let name = format!("sum-{}", time.0);
        if !files.has(&name) {
            files
                .put(&name, &mut |sink| sink.write_all(sum.to_string().as_bytes()).map_err(|e| Error::io("sum", &e)))?;
        }
        Ok(name.into_bytes())
    }

    fn restore(&self, time: Time, saved: &[u8], files: &dyn Files) -> Result<()> {
        let mut text = String::new();
        files.open(std::str::from_utf8(saved).unwrap())?.read_to_string(&mut text).map_err(|e| Error::io("sum", &e))?;
        self.versions.lock().unwrap().insert(time, text.parse().unwrap());
        Ok(())
    }
}

type Rows = Arc<Mutex<Vec<(i64, String)>>>;

struct Run {
    clock: Arc<ManualClock>,
    streaming: Arc<Streaming>,
    log: Arc<Kept>,
    seen: Rows,
    threads: Vec<JoinHandle<()>>,
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("pyrite-checkpoints-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

impl Run {
    /// Starts a run; `at` is the clock's time. What `fails` says of a time makes its output fail.
    fn start(path: &Path, at: i64, stateful: bool, fails: impl Fn(i64) -> bool + Send + Sync + 'static) -> Self {
        let clock = Arc::new(ManualClock::new());
        clock.set(Time(at));
        let log = Arc::new(Kept::default());
        let streaming = Streaming::new(1000, clock.clone(), Config::new([]), log.clone(), Memory::unlimited()).unwrap();
        let make = |_: &Environment| Ok(Arc::new(Counter::default()) as Arc<dyn Input>);
        let mut stream: StreamRef = streaming.add_input("counter", make).unwrap();
        if stateful {
            stream = streaming.add_stateful("sum", vec![stream], Arc::new(Sum::default()), None).unwrap();
            stream.checkpoint(2000);
        }
        let seen = Rows::default();
        let rows = seen.clone();
        let output = Out(move |time: Time, plan: &PlanRef| {
            if fails(time.0) {
                return Err(boom("on purpose"));
            }
            rows.lock().unwrap().push((time.0 / 1000, partitions(plan)[0][0].clone()));
            Ok(())
        });
        streaming.add_output("foreachRDD", stream, Arc::new(output)).unwrap();
        let logged: LogRef = log.clone();
        match Found::newest(path, None, &logged).unwrap() {
            Some(found) => {
                assert_eq!(found.program(), b"a program");
                streaming.recover(found, path, Arc::new(Words)).unwrap();
            }
            None => streaming.checkpoint(path, Arc::new(Words)).unwrap(),
        }
        streaming.start().unwrap();
        let mut threads = Vec::new();
        let works: [fn(&Streaming); 3] = [Streaming::run_generator, Streaming::run_checkpoints, jobs];
        for work in works {
            let streaming = streaming.clone();
            threads.push(thread::spawn(move || work(&streaming)));
        }
        Self { clock, streaming, log, seen, threads }
    }

    fn to(&self, second: i64) {
        while self.clock.now().0 < second * 1000 {
            self.clock.advance(1000);
            assert!(self.streaming.wait_idle(Duration::from_secs(10)));
        }
        assert!(self.streaming.wait_idle(Duration::from_secs(10)));
    }

    fn stop(self) -> Vec<(i64, String)> {
        let grace = Duration::from_secs(2);
        let (check, cancel): (&mut dyn FnMut() -> Result<()>, &mut dyn FnMut()) = (&mut || Ok(()), &mut || ());
        self.streaming.stop(Stop { graceful: false, own_jobs: 0, own_generator: false, grace, check, cancel }).unwrap();
        self.streaming.release();
        for thread in self.threads {
            thread.join().unwrap();
        }
        taken(&self.seen)
    }
}

fn jobs(streaming: &Streaming) {
    while let Some(job) = streaming.next_job() {
        let result = job.function.call(job.time, &job.plan);
        let (time, output) = (job.time, job.output);
        drop(job);
        streaming.finish_job(time, output, result);
    }
}

fn rows(expected: &[(i64, i64)]) -> Vec<(i64, String)> {
    expected.iter().map(|(time, row)| (*time, row.to_string())).collect()
}

/// A copy of what is there now, as a power cut would leave it.
fn copy(from: &Path, name: &str) -> PathBuf {
    let to = directory(name);
    fs::create_dir_all(to.join("state")).unwrap();
    for folder in ["", "state"] {
        for entry in fs::read_dir(from.join(folder)).unwrap().filter_map(std::result::Result::ok) {
            if entry.path().is_file() {
                let _ = fs::copy(entry.path(), to.join(folder).join(entry.file_name()));
            }
        }
    }
    to
}

fn wait_for(path: &Path) {
    let end = Instant::now() + Duration::from_secs(10);
    while !path.exists() {
        assert!(Instant::now() < end, "{} is not written", path.display());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stopped_run_goes_on_behind_its_last_batch_and_makes_up_for_the_time_between() {
    let path = directory("stopped");
    let run = Run::start(&path, 0, false, |_| false);
    run.to(3);
    assert_eq!(run.stop(), rows(&[(1, 1), (2, 2), (3, 3)]));
    let run = Run::start(&path, 5500, false, |_| false);
    run.to(7);
    assert_eq!(run.stop(), rows(&[(4, 4), (5, 5), (6, 6), (7, 7)]));
}

#[test]
fn what_a_crash_interrupts_runs_again_with_the_same_input() {
    let path = directory("crashed");
    let run = Run::start(&path, 0, false, |_| false);
    run.to(3);
    // The fourth batch is under way: its input is logged, what becomes of it isn't.
    run.to(4);
    let left = copy(&path, "crashed-left");
    for entry in fs::read_dir(&left).unwrap().filter_map(std::result::Result::ok) {
        let name = entry.file_name().into_string().unwrap();
        if name.strip_prefix("checkpoint-").is_some_and(|t| t.parse::<i64>().unwrap() > 0) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    run.stop();
    // Only the first checkpoint and the log are left: they know that four batches were done.
    let run = Run::start(&left, 5000, false, |_| false);
    run.to(6);
    assert_eq!(run.stop(), rows(&[(5, 5), (6, 6)]));
}

#[test]
fn a_failed_batch_runs_again() {
    let path = directory("failed");
    let run = Run::start(&path, 0, false, |time| time == 2000);
    run.to(3);
    assert_eq!(run.stop(), rows(&[(1, 1), (3, 3)]));
    let run = Run::start(&path, 3000, false, |_| false);
    run.to(4);
    assert_eq!(run.stop(), rows(&[(2, 2), (4, 4)]));
    let run = Run::start(&path, 4000, false, |_| false);
    run.to(5);
    assert_eq!(run.stop(), rows(&[(5, 5)]));
}

#[test]
fn states_go_on_and_batches_behind_them_run_again() {
    let path = directory("states");
    let run = Run::start(&path, 0, true, |_| false);
    run.to(5);
    wait_for(&path.join("checkpoint-5000"));
    let left = copy(&path, "states-left");
    assert_eq!(run.stop(), rows(&[(1, 1), (2, 3), (3, 6), (4, 10), (5, 15)]));
    // The stop has written the last state.
    let run = Run::start(&path, 5000, true, |_| false);
    run.to(6);
    assert_eq!(run.stop(), rows(&[(6, 21)]));
    // A crash leaves the one before, or that of batch 5 if it was written just then: what came since runs again.
    let run = Run::start(&left, 5000, true, |_| false);
    run.to(6);
    let seen = run.stop();
    assert!(!seen.is_empty() && rows(&[(3, 6), (4, 10), (5, 15), (6, 21)]).ends_with(&seen), "{seen:?}");
}

#[test]
fn the_last_ten_are_kept_with_what_belongs_to_them() {
    let path = directory("kept");
    let run = Run::start(&path, 0, true, |_| false);
    for second in 1..=40 {
        run.to(second);
        wait_for(&path.join(format!("checkpoint-{}", second * 1000)));
    }
    run.stop();
    let names = |folder: &Path| -> Vec<String> {
        let found = fs::read_dir(folder).unwrap().filter_map(std::result::Result::ok);
        found.filter_map(|e| e.file_name().into_string().ok()).collect()
    };
    let checkpoints = names(&path).into_iter().filter(|name| name.starts_with("checkpoint-")).count();
    assert_eq!(checkpoints, 10);
    let states = names(&path.join("state"));
    assert!(states.len() <= 8, "{states:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for directory in [path.clone(), path.join("state")] {
            assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}

#[test]
fn what_cannot_be_read_is_passed_over_for_an_older_one_and_named() {
    let path = directory("damaged");
    let run = Run::start(&path, 0, false, |_| false);
    for second in 1..=3 {
        run.to(second);
        wait_for(&path.join(format!("checkpoint-{}", second * 1000)));
    }
    run.stop();
    let newest = path.join("checkpoint-3000");
    let whole = fs::read(&newest).unwrap();
    let log = Arc::new(Kept::default());
    let logged: LogRef = log.clone();
    let mut newer_layout = whole.clone();
    newer_layout[4] = 99;
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for (bytes, said) in [
        (whole[..whole.len() - 3].to_vec(), "ends within the frame"),
        (flipped, "damaged"),
        (b"PK something else".to_vec(), "no such file of Pyrite's"),
        (newer_layout, "layout 99 is of a later Pyrite"),
    ] {
        fs::write(&newest, bytes).unwrap();
        let found = Found::newest(&path, None, &logged).unwrap().unwrap();
        assert_eq!(found.time(), Time(2000));
        // The log behind the older one knows of the third batch.
        assert_eq!(found.settled(), Time(3000));
        let told = log.messages().pop().unwrap();
        assert!(told.contains(said) && told.contains("checkpoint-3000"), "{told}");
    }
    for entry in fs::read_dir(&path).unwrap().filter_map(std::result::Result::ok) {
        if entry.file_name().to_str().unwrap().starts_with("checkpoint-") {
            fs::write(entry.path(), b"nonsense").unwrap();
        }
    }
    let error = Found::newest(&path, None, &logged).map(|_| ()).unwrap_err();
    assert!(matches!(&error, Error::Engine { kind: Kind::Spark, message }
        if message.starts_with("Failed to read checkpoint from directory") && message.contains("remove this one")));
}

#[test]
fn a_stream_goes_on_when_no_checkpoint_can_be_written() {
    let path = directory("unwritable");
    let run = Run::start(&path, 0, false, |_| false);
    run.to(1);
    wait_for(&path.join("checkpoint-1000"));
    // A file where the directory was: nothing can be put there.
    fs::remove_dir_all(&path).unwrap();
    fs::write(&path, b"in the way").unwrap();
    run.to(4);
    let said = run.log.clone();
    assert_eq!(run.stop(), rows(&[(1, 1), (2, 2), (3, 3), (4, 4)]));
    let told: Vec<String> = said.messages().into_iter().filter(|text| text.contains("No checkpoint")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("The stream goes on"));
    fs::remove_file(&path).unwrap();
}
