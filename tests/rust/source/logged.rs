//! A receiver with a write-ahead log after a restart: which batch gets what, and what the log may let go meanwhile.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyrite::source::{Input, ReceiverInput, SocketReceiver};
use pyrite::time::{SystemClock, Time};

use super::{Kept, environment, partitions};

/// A process that receives lines and has a log; its end is a kill.
struct Process {
    input: ReceiverInput<SocketReceiver>,
    peer: TcpStream,
    log: Arc<Kept>,
}

fn directory() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("pyrite-logged-{}-{number}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

fn process(directory: &Path) -> Process {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Arc::new(Kept::default());
    let settings = [
        ("spark.streaming.receiver.writeAheadLog.enable", "true"),
        // A file for each write: what stands together is deleted together.
        ("spark.streaming.receiver.writeAheadLog.closeFileAfterWrite", "true"),
        ("spark.streaming.blockInterval", "5ms"),
    ];
    let env = environment(Arc::new(SystemClock::new()), log.clone(), &settings);
    let input = SocketReceiver::input(&env, "localhost", i64::from(port)).unwrap();
    input.keep_in(Some(directory)).unwrap();
    input.gone_on(Time(0));
    input.start().unwrap();
    let peer = listener.accept().unwrap().0;
    Process { input, peer, log }
}

impl Process {
    /// Sends a line and waits until it is in a block of the log.
    fn receive(&mut self, line: &str, place: &Path) {
        let before = size(place);
        writeln!(self.peer, "{line}").unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        while size(place) == before && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn batch(&self, time: i64) -> Vec<String> {
        drop(self.input.allocate(Time(time)));
        self.rows(time)
    }

    fn rows(&self, time: i64) -> Vec<String> {
        partitions(&self.input.compute(Time(time)).unwrap().unwrap()).into_iter().flatten().collect()
    }
}

fn size(place: &Path) -> u64 {
    let files = fs::read_dir(place).unwrap().filter_map(Result::ok);
    files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
}

/// Two batches that no checkpoint knows, and a line that no batch took.
fn crashed(directory: &Path) {
    let place = directory.join("receivedData").join("0");
    let mut one = process(directory);
    one.receive("a", &place);
    assert_eq!(one.batch(1000), ["a"]);
    one.receive("b", &place);
    assert_eq!(one.batch(2000), ["b"]);
    one.receive("c", &place);
    // Two processes don't write at once: the next one begins when this one has ended.
    one.input.stop();
    assert!(one.input.wait_stopped(Duration::from_secs(10)));
}

#[test]
fn what_is_older_comes_first_and_the_log_keeps_it_until_then() {
    let directory = directory();
    let place = directory.join("receivedData").join("0");
    crashed(&directory);
    let mut two = process(&directory);
    two.receive("d", &place);
    assert_eq!(two.batch(1000), ["a"], "what came since waits for the last batch that has older blocks");
    two.input.settled(Time(1000), None, true);
    two.input.unrecorded(Time(1000));
    assert_eq!(two.batch(2000), ["b", "c", "d"]);
    two.input.unrecorded(Time(1000));
    assert_eq!(two.rows(2000), ["b", "c", "d"]);
    two.receive("e", &place);
    assert_eq!(two.batch(3000), ["e"]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_batch_that_the_log_did_not_take_is_not_done_in_it() {
    let directory = directory();
    let place = directory.join("receivedData").join("0");
    crashed(&directory);
    let last = fs::read_dir(&place).unwrap().count();
    let two = process(&directory);
    // The names of the next files are taken: three tries fail.
    let blocked: Vec<PathBuf> = (last..last + 3).map(|n| place.join(format!("log-{n:08}"))).collect();
    for path in &blocked {
        fs::create_dir(path).unwrap();
    }
    assert!(two.batch(1000).is_empty());
    two.input.settled(Time(1000), None, true);
    assert!(two.log.messages().iter().any(|m| m.contains("waits for the next batch")), "{:?}", two.log.messages());
    for path in &blocked {
        fs::remove_dir(path).unwrap();
    }
    drop(two);
    let three = process(&directory);
    assert_eq!(three.batch(1000), ["a"]);
    assert_eq!(three.batch(2000), ["b", "c"]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_came_last_is_in_the_log_after_a_stop() {
    let directory = directory();
    let place = directory.join("receivedData").join("0");
    let mut one = process(&directory);
    one.receive("a", &place);
    writeln!(one.peer, "b").unwrap();
    one.peer.flush().unwrap();
    one.peer.shutdown(std::net::Shutdown::Write).unwrap();
    // Who has come to the end has read what was before it.
    let end = Instant::now() + Duration::from_secs(10);
    while !one.log.messages().iter().any(|message| message.contains("closed the connection")) {
        assert!(Instant::now() < end, "{:?}", one.log.messages());
        thread::sleep(Duration::from_millis(1));
    }
    one.input.stop();
    assert!(one.input.wait_stopped(Duration::from_secs(10)));
    drop(one);
    let two = process(&directory);
    assert_eq!(two.batch(1000), ["a", "b"]);
    fs::remove_dir_all(directory).unwrap();
}
