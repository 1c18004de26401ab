//! The write-ahead log: what is durable, what comes back, what goes, and what a damaged file does.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::{Int64Array, cast::AsArray, types::Int64Type};
use pyrite::block::{Block, BlockLog, Budget, Intake, Logged, Pending, Recovered, Rules};
use pyrite::chunk::{Chunk, Columns, Type};
use pyrite::config::Config;
use pyrite::time::{ManualClock, Time};

/// A directory of this test's own, gone at its end.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pyrite-log-{}-{number}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct Numbers(Vec<i64>);

impl Pending for Numbers {
    fn take(&mut self) -> Option<Block> {
        (!self.0.is_empty()).then(|| block(std::mem::take(&mut self.0)))
    }
    fn bytes(&self) -> usize {
        8 * self.0.len()
    }
}

fn block(numbers: Vec<i64>) -> Block {
    let bytes = 8 * numbers.len();
    Block { chunk: Chunk::Columns(Columns::new(Arc::new(Int64Array::from(numbers)), Type::Int)), bytes }
}

fn numbers(chunk: &Chunk) -> Vec<i64> {
    let Chunk::Columns(columns) = chunk else { panic!("not columns") };
    columns.array().as_primitive::<Int64Type>().values().to_vec()
}

fn rules(settings: &[(&str, &str)]) -> Rules {
    let mut all = vec![("spark.streaming.receiver.writeAheadLog.enable", "true")];
    all.extend_from_slice(settings);
    let config = Config::new(all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    Rules::of(&config).unwrap().unwrap()
}

struct Run {
    clock: Arc<ManualClock>,
    intake: Intake<Numbers>,
    left: Recovered,
}

/// A process that finds `dir` as the one before has left it.
fn run(dir: &Path, settings: &[(&str, &str)]) -> Run {
    let clock = Arc::new(ManualClock::new());
    let (log, left) = BlockLog::open(dir, rules(settings), clock.clone()).unwrap();
    let intake = Intake::new(Numbers::default(), 200, Budget::new(1 << 20), 10);
    intake.log_to(log, left.next);
    Run { clock, intake, left }
}

impl Run {
    fn receive(&self, numbers: &[i64]) {
        self.intake.receive(Time(0), |pending| pending.0.extend(numbers));
        self.intake.cut();
    }

    fn batch(&self, time: i64) -> Vec<Vec<i64>> {
        let (allocation, logged) = self.intake.allocate(Time(time), &[]);
        logged.unwrap();
        allocation.blocks.iter().map(|b| numbers(&b.chunk)).collect()
    }

    fn files(&self) -> usize {
        self.intake.log().unwrap().files().len()
    }
}

fn rows(blocks: &[Logged]) -> Vec<Vec<i64>> {
    blocks.iter().map(|b| numbers(&b.read(None).unwrap())).collect()
}

#[test]
fn blocks_come_back_in_their_batch() {
    let dir = TempDir::new().unwrap();
    let one = run(dir.path(), &[]);
    one.receive(&[1, 2]);
    one.receive(&[3]);
    assert_eq!(one.batch(1000), [vec![1, 2], vec![3]]);
    one.intake.log().unwrap().done(Time(1000));
    one.receive(&[4]);
    assert_eq!(one.batch(2000), [[4]]);
    one.receive(&[5]);
    one.intake.flush(Time(200)).unwrap();
    one.receive(&[6]);
    drop(one);
    let two = run(dir.path(), &[]);
    assert_eq!(rows(&two.left.done[&Time(1000)]), [vec![1, 2], vec![3]]);
    assert_eq!(rows(&two.left.taken[&Time(2000)]), [[4]]);
    assert_eq!(rows(&two.left.free), [[5]], "6 was not durable");
    two.intake.log().unwrap().done(Time(1000));
    assert_eq!(two.left.next, 4);
    two.receive(&[7]);
    let (allocation, logged) = two.intake.allocate(Time(3000), &[2..3, 3..4]);
    logged.unwrap();
    assert_eq!(allocation.numbers, 4..5);
    drop(two);
    let three = run(dir.path(), &[]);
    assert_eq!(rows(&three.left.taken[&Time(3000)]), [[4], [5], [7]], "who took a block last has it");
    assert!(!three.left.taken.contains_key(&Time(2000)));
}

#[test]
fn a_ticket_resolves_when_the_block_is_durable() {
    let dir = TempDir::new().unwrap();
    let one = run(dir.path(), &[]);
    let ticket = one.intake.store(block(vec![1]));
    assert!(!ticket.is_stored());
    assert!(!ticket.wait(Duration::from_millis(10)));
    one.intake.flush(Time(0)).unwrap();
    assert!(ticket.is_stored());
    let without = Intake::new(Numbers::default(), 200, Budget::new(1 << 20), 10);
    assert!(without.store(block(vec![1])).wait(Duration::ZERO));
}

#[test]
fn a_receiver_waits_while_the_log_is_behind() {
    let dir = TempDir::new().unwrap();
    let (log, _) = BlockLog::open(dir.path(), rules(&[]), Arc::new(ManualClock::new())).unwrap();
    let intake = Intake::new(Numbers::default(), 200, Budget::new(1 << 20), 2);
    intake.log_to(log, 0);
    intake.store(block(vec![1]));
    assert!(intake.wait_for_room());
    intake.store(block(vec![2]));
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| intake.wait_for_room());
        std::thread::sleep(Duration::from_millis(20));
        assert!(!waiter.is_finished());
        intake.flush(Time(0)).unwrap();
        assert!(waiter.join().unwrap());
        intake.store(block(vec![3]));
        intake.store(block(vec![4]));
        let waiter = scope.spawn(|| intake.wait_for_room());
        intake.close();
        assert!(!waiter.join().unwrap());
    });
}

#[test]
fn files_roll_and_go_when_no_batch_needs_them() {
    let dir = TempDir::new().unwrap();
    let one = run(dir.path(), &[("spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", "1")]);
    for time in 1..=5 {
        one.receive(&[time]);
        assert_eq!(one.batch(time * 1000), [[time]]);
        one.clock.advance(1000);
    }
    assert_eq!(one.files(), 5);
    one.intake.log().unwrap().release(Time(3000));
    assert_eq!(one.files(), 2);
    one.intake.log().unwrap().release(Time(5000));
    assert_eq!(one.files(), 1, "the last one is written to");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    one.receive(&[6]);
    one.intake.flush(Time(200)).unwrap();
    one.intake.log().unwrap().release(Time(9000));
    drop(one);
    assert_eq!(rows(&run(dir.path(), &[]).left.free), [[6]], "what no batch took stays");
}

#[test]
fn each_write_may_have_its_own_file_and_each_block_its_own_sync() {
    let dir = TempDir::new().unwrap();
    let settings = [
        ("spark.streaming.driver.writeAheadLog.closeFileAfterWrite", "true"),
        ("spark.streaming.driver.writeAheadLog.allowBatching", "false"),
    ];
    let one = run(dir.path(), &settings);
    one.receive(&[1]);
    one.receive(&[2]);
    one.batch(1000);
    one.receive(&[3]);
    one.batch(2000);
    assert_eq!(one.files(), 2);
    drop(one);
    let two = run(dir.path(), &[]);
    assert_eq!(rows(&two.left.taken[&Time(1000)]), [[1], [2]]);
    assert_eq!(rows(&two.left.taken[&Time(2000)]), [[3]]);
}

#[test]
fn a_torn_end_counts_for_nothing_and_damage_is_told() {
    let dir = TempDir::new().unwrap();
    let one = run(dir.path(), &[]);
    one.receive(&[1]);
    one.batch(1000);
    one.receive(&[2]);
    one.intake.flush(Time(200)).unwrap();
    let path = one.intake.log().unwrap().files()[0].clone();
    drop(one);
    let whole = fs::read(&path).unwrap();
    for cut in 1..20 {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let left = run(dir.path(), &[]).left;
        assert_eq!(rows(&left.taken[&Time(1000)]), [[1]]);
        assert!(left.free.is_empty());
    }
    let mut bad = whole.clone();
    bad[60] ^= 1;
    fs::write(&path, &bad).unwrap();
    let error = BlockLog::open(dir.path(), rules(&[]), Arc::new(ManualClock::new())).err().unwrap().to_string();
    assert!(error.contains("log-00000000 can't be read: the frame at byte 8 is damaged. Move it away"), "{error}");
    fs::write(&path, b"something else").unwrap();
    let error = BlockLog::open(dir.path(), rules(&[]), Arc::new(ManualClock::new())).err().unwrap().to_string();
    assert!(error.contains("no such file of Pyrite's"), "{error}");
    fs::write(&path, b"").unwrap();
    assert_eq!(run(dir.path(), &[]).left.next, 0);
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let place = dir.path().join("receivedData").join("0");
    let one = run(&place, &[]);
    one.receive(&[1]);
    one.batch(1000);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    assert_eq!(mode(&one.intake.log().unwrap().files()[0]), 0o600);
}

#[test]
fn a_log_that_fails_keeps_the_blocks_and_goes_on() {
    let dir = TempDir::new().unwrap();
    let place = dir.path().join("log");
    let one = run(&place, &[]);
    fs::remove_dir_all(&place).unwrap();
    one.receive(&[1]);
    let (allocation, logged) = one.intake.allocate(Time(1000), &[]);
    assert!(logged.unwrap_err().to_string().contains("can't be made"));
    assert!(allocation.blocks.is_empty());
    assert!(one.intake.has_unallocated());
    fs::create_dir_all(&place).unwrap();
    one.receive(&[2]);
    assert_eq!(one.batch(2000), [[1], [2]]);
    drop(one);
    let two = run(&place, &[]);
    assert_eq!(rows(&two.left.taken[&Time(2000)]), [[1], [2]]);
    // Another program's file beside ours is left alone.
    OpenOptions::new().create(true).append(true).open(place.join("note")).unwrap().write_all(b"x").unwrap();
    run(&place, &[]);
}

#[test]
fn what_was_done_last_is_written_at_the_end() {
    let dir = TempDir::new().unwrap();
    let one = run(dir.path(), &[]);
    one.receive(&[1]);
    one.batch(1000);
    one.intake.log().unwrap().done(Time(1000));
    drop(one);
    let left = run(dir.path(), &[]).left;
    assert_eq!(rows(&left.done[&Time(1000)]), [[1]]);
    assert!(left.taken.is_empty());
}
