//! The socket receiver against real loopback connections.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use pyrite::source::{Input, ReceiverInput, SocketReceiver};
use pyrite::time::{SystemClock, Time};

use super::{Kept, environment, partitions};

struct Setup {
    listener: TcpListener,
    input: ReceiverInput<SocketReceiver>,
    log: Arc<Kept>,
    batch: i64,
}

fn setup(settings: &[(&str, &str)]) -> Setup {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Arc::new(Kept::default());
    let mut all = vec![("spark.streaming.receiverRestartDelay", "20ms")];
    all.extend_from_slice(settings);
    let env = environment(Arc::new(SystemClock::new()), log.clone(), &all);
    let input = SocketReceiver::input(&env, "localhost", i64::from(port)).unwrap();
    input.start().unwrap();
    Setup { listener, input, log, batch: 0 }
}

impl Setup {
    fn accept(&self) -> TcpStream {
        self.listener.accept().unwrap().0
    }

    /// Lines of batches until there are `n`.
    fn lines(&mut self, n: usize) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(20);
        let mut lines = Vec::new();
        while lines.len() < n && Instant::now() < end {
            self.batch += 1;
            let time = Time(self.batch);
            drop(self.input.allocate(time));
            let plan = self.input.compute(time).unwrap().unwrap();
            lines.extend(partitions(&plan).into_iter().flatten());
            self.input.forget(time);
            thread::sleep(Duration::from_millis(2));
        }
        lines
    }
}

#[test]
fn characters_and_terminators_split_across_packets() {
    let mut s = setup(&[]);
    let mut peer = s.accept();
    peer.set_nodelay(true).unwrap();
    for part in [&b"n\xc3"[..], b"\xa9\r", b"\nb\xf0\x9f", b"\x98\x80\n"] {
        peer.write_all(part).unwrap();
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(s.lines(2), ["né", "b😀"]);
}

#[test]
fn the_tail_is_delivered_and_the_receiver_comes_back() {
    let mut s = setup(&[]);
    let mut peer = s.accept();
    peer.write_all(b"a\npartial").unwrap();
    drop(peer);
    assert_eq!(s.lines(2), ["a", "partial"]);
    let mut peer = s.accept();
    peer.write_all(b"again\n").unwrap();
    assert_eq!(s.lines(1), ["again"]);
    let messages = s.log.messages();
    assert!(messages[0].starts_with("Connected to localhost:"), "{messages:?}");
    assert!(messages[1].contains("closed the connection"), "{messages:?}");
    assert!(messages[2].starts_with("Connected to localhost:"), "{messages:?}");
}

#[test]
fn half_close_ends_the_stream() {
    let mut s = setup(&[]);
    let mut peer = s.accept();
    peer.write_all(b"x\ny").unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(s.lines(2), ["x", "y"]);
    let _second = s.accept();
}

#[test]
fn a_reset_is_told_and_mended() {
    let mut s = setup(&[]);
    let mut peer = s.accept();
    peer.write_all(b"before\nta").unwrap();
    assert_eq!(s.lines(1), ["before"]);
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    let mut peer = s.accept();
    peer.write_all(b"after\n").unwrap();
    assert_eq!(s.lines(1), ["after"], "half a line is no record");
    assert!(s.log.messages().iter().any(|m| m.contains("broke")), "{:?}", s.log.messages());
}

#[test]
fn a_stop_makes_no_record_of_half_a_line() {
    let mut s = setup(&[]);
    let mut peer = s.accept();
    peer.write_all(b"whole\r\nhal").unwrap();
    assert_eq!(s.lines(1), ["whole"]);
    s.input.stop();
    assert!(s.input.wait_stopped(Duration::from_secs(10)));
    assert!(!s.input.has_unallocated());
    drop(peer);
}

#[test]
fn a_refusal_is_one_line_and_then_a_retry() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let log = Arc::new(Kept::default());
    let settings = [("spark.streaming.receiverRestartDelay", "10ms")];
    let env = environment(Arc::new(SystemClock::new()), log.clone(), &settings);
    let input = SocketReceiver::input(&env, "127.0.0.1", i64::from(port)).unwrap();
    input.start().unwrap();
    thread::sleep(Duration::from_millis(150));
    let messages = log.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    let expected = format!(
        "Nobody listens on 127.0.0.1:{port}. Start a server there, for example `nc -lk {port}` or \
         `pyrite nc -lk {port}`; trying again every 10 ms."
    );
    assert_eq!(messages[0], expected);
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut peer = listener.accept().unwrap().0;
    peer.write_all(b"hello\n").unwrap();
    let mut s = Setup { listener, input, log, batch: 0 };
    assert_eq!(s.lines(1), ["hello"]);
    assert_eq!(s.log.messages()[1], format!("Connected to 127.0.0.1:{port}."));
    s.input.stop();
    assert!(s.input.wait_stopped(Duration::from_secs(5)));
}

#[test]
fn an_unknown_host_waits_and_a_bad_port_is_refused_at_once() {
    let log = Arc::new(Kept::default());
    let env = environment(Arc::new(SystemClock::new()), log.clone(), &[]);
    let error = SocketReceiver::input(&env, "localhost", 99_999).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "java.lang.IllegalArgumentException: port out of range:99999. A port is a number from 1 to 65535."
    );
    let input = SocketReceiver::input(&env, "no-such-host.invalid", 9999).unwrap();
    input.start().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while log.messages().is_empty() && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    let messages = log.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].contains("no-such-host.invalid"), "{messages:?}");
    input.stop();
    assert!(input.wait_stopped(Duration::from_secs(20)));
}

#[test]
fn korean_bytes_give_one_hint() {
    let mut s = setup(&[]);
    let mut peer = s.accept();
    peer.write_all(b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4\n").unwrap();
    s.lines(1);
    peer.write_all(b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4\n").unwrap();
    s.lines(1);
    let hints = s.log.messages().iter().filter(|m| m.contains("pyrite.socket.encoding")).count();
    assert_eq!(hints, 1);

    let mut s = setup(&[("pyrite.socket.encoding", "cp949")]);
    s.accept().write_all(b"\xbe\xc8\xb3\xe7\n").unwrap();
    assert_eq!(s.lines(1), ["안녕"]);
}

/// Nobody takes blocks: the sender must stall near the bound, and everything must arrive once blocks are taken.
#[test]
fn back_pressure_stops_the_sender_and_loses_nothing() {
    let mut s = setup(&[("pyrite.receiver.maxBufferedBytes", "1m")]);
    let mut peer = s.accept();
    socket2::SockRef::from(&peer).set_send_buffer_size(64 << 10).unwrap();
    let total = 64usize;
    let sender = thread::spawn(move || {
        let line = [vec![b'x'; (1 << 20) - 1], vec![b'\n']].concat();
        for _ in 0..total {
            peer.write_all(&line).unwrap();
        }
    });
    thread::sleep(Duration::from_millis(300));
    assert!(!sender.is_finished(), "64 MB went into a bound of 1 MB");
    let lines = s.lines(total);
    assert_eq!(lines.len(), total);
    assert!(lines.iter().all(|l| l.len() == (1 << 20) - 1));
    sender.join().unwrap();
}

#[test]
fn a_stop_ends_a_blocked_read_at_once() {
    let s = setup(&[]);
    let _peer = s.accept();
    thread::sleep(Duration::from_millis(20));
    let start = Instant::now();
    s.input.stop();
    assert!(s.input.wait_stopped(Duration::from_secs(5)));
    assert!(start.elapsed() < Duration::from_secs(1));
}
