//! Lines from a TCP server: `socketTextStream`. Spark's `SocketReceiver`.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use encoding_rs::Encoding;

use crate::error::{Error, Kind, Result};
use crate::log::{Level, LogRef};
use crate::sync::Mutex;

use super::Environment;
use super::decode::{find_encoding, looks_like_cp949};
use super::lines::Lines;
use super::outage::Outage;
use super::receiver::{Receiver, ReceiverInput};
use super::reception::Reception;

const LOGGER: &str = "streaming.socket";
const READ_SIZE: usize = 256 << 10;
/// With a rate, less is read at once: what is read waits here for its turn.
const LIMITED_READ_SIZE: usize = 16 << 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that reads lines from `host:port` for as long as the stream runs, and connects again whenever it must.
pub struct SocketReceiver {
    host: String,
    port: u16,
    name: String,
    encoding: Option<&'static Encoding>,
    log: LogRef,
    /// The open connection, for `interrupt`.
    connection: Mutex<Option<TcpStream>>,
}

impl SocketReceiver {
    /// The stream of the lines that `host:port` sends. A port must be between 1 and 65535.
    pub fn input(env: &Environment, host: &str, port: i64) -> Result<ReceiverInput<Self>> {
        // Java's message; Spark finds out only in the receiver, and then asks again without end.
        let port = u16::try_from(port).ok().filter(|p| *p > 0).ok_or_else(|| {
            Error::new(Kind::IllegalArgument, format!("port out of range:{port}. A port is a number from 1 to 65535."))
        })?;
        let encoding = match env.config.get("pyrite.socket.encoding") {
            Some(name) => find_encoding(name)?,
            None => None,
        };
        let receiver = Self {
            host: host.to_owned(),
            port,
            name: format!("pyrite-socket-{}", env.input),
            encoding,
            log: env.log.clone(),
            connection: Mutex::default(),
        };
        ReceiverInput::new(env, receiver, Lines::new(encoding))
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|e| io::Error::new(ErrorKind::AddrNotAvailable, e))?
            .collect();
        let mut failure = io::Error::new(ErrorKind::AddrNotAvailable, "the name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(stream) => return Ok(stream),
                // A refusal says more than what the other addresses of the name say.
                Err(error) if failure.kind() != ErrorKind::ConnectionRefused => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }

    /// Why there is no connection, and what to do.
    fn explain(&self, error: &io::Error, restart_ms: i64) -> String {
        let again = Again(restart_ms);
        match error.kind() {
            ErrorKind::ConnectionRefused => format!(
                "Nobody listens on {self}. Start a server there, for example `nc -lk {port}` or `pyrite nc -lk {port}`; \
                 trying again {again}.",
                port = self.port
            ),
            ErrorKind::AddrNotAvailable => {
                format!("The host '{}' is not known ({error}). Check its name; trying again {again}.", self.host)
            }
            _ => format!("Can't connect to {self} ({error}); trying again {again}."),
        }
    }

    /// Reads until the peer closes, an error, or the stop. What was wrong at the end, if it wasn't the stop.
    fn read(&self, mut stream: TcpStream, reception: &Reception<Lines>, hinted: &mut bool) -> Option<Trouble> {
        let mut buffer = vec![0; READ_SIZE];
        loop {
            if !reception.intake.wait_for_room() {
                return None;
            }
            let most = if reception.limiter.rate().is_some() { LIMITED_READ_SIZE } else { READ_SIZE };
            let result = stream.read(&mut buffer[..most]);
            if reception.wake.is_set() && !matches!(result, Ok(n) if n > 0) {
                return None;
            }
            let again = Again(reception.restart_ms);
            match result {
                Ok(0) => {
                    reception.receive(Lines::finish);
                    return Some(Trouble {
                        said: format!("{self} closed the connection; connecting again {again}."),
                        reason: "Socket data stream had no more data".to_owned(),
                        error: String::new(),
                    });
                }
                Ok(n) => {
                    let bytes = &buffer[..n];
                    if take_in(bytes, reception) && !*hinted && self.encoding.is_none() && looks_like_cp949(bytes) {
                        *hinted = true;
                        self.hint();
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Some(Trouble {
                        said: format!("The connection to {self} broke ({error}); connecting again {again}."),
                        reason: "Error receiving data".to_owned(),
                        error: error.to_string(),
                    });
                }
            }
        }
    }

    fn hint(&self) {
        let message = format!(
            "What {self} sends is not UTF-8 but looks like Korean text in CP949. Set the encoding before the \
             SparkContext is made: SparkConf().set('pyrite.socket.encoding', 'cp949')."
        );
        self.log.write(Level::Warning, LOGGER, message);
    }

    fn run(&self, reception: &Reception<Lines>) {
        let mut outage = Outage::new(self.log.clone(), LOGGER);
        let (mut hinted, mut before) = (false, None);
        while !reception.wake.is_set() {
            reception.started();
            // That it has begun is Spark's notion; whether lines come is ours.
            reception.connecting(before.take());
            let trouble = match self.connect() {
                Ok(stream) => {
                    *self.connection.lock() = stream.try_clone().ok();
                    outage.connected(|| format!("Connected to {self}."));
                    reception.connected();
                    // A stop that came before the line above found nothing to close.
                    let trouble =
                        if reception.wake.is_set() { None } else { self.read(stream, reception, &mut hinted) };
                    *self.connection.lock() = None;
                    reception.receive(Lines::abandon);
                    trouble
                }
                Err(error) => Some(Trouble {
                    said: self.explain(&error, reception.restart_ms),
                    reason: format!("Error connecting to {self}"),
                    error: error.to_string(),
                }),
            };
            let now = reception.clock.now();
            match trouble.filter(|_| !reception.wake.is_set()) {
                Some(Trouble { said, reason, error }) => {
                    before = Some(said.clone());
                    outage.trouble(now, said.clone());
                    let delay = reception.restart_ms;
                    reception.stopped(format!("Restarting receiver with delay {delay}ms: {reason}"), error);
                    reception.connecting(Some(said));
                }
                None => reception.stopped("Stopped by driver".to_owned(), String::new()),
            }
            reception.clock.wait_until(now.plus(reception.restart_ms), &reception.wake);
        }
    }
}

/// Why a connection ended or wasn't made: a sentence for the log, a reason and the error's text for listeners.
struct Trouble {
    said: String,
    reason: String,
    error: String,
}

/// Adds what was read, as fast as records may come. True when bytes had to be replaced because they are not text.
fn take_in(bytes: &[u8], reception: &Reception<Lines>) -> bool {
    let mut damaged = false;
    let mut rest = bytes;
    while !rest.is_empty() && reception.limiter.rate().is_some() {
        let ends = line_ends(rest);
        // The beginning of a line is no record yet; and what was read before a stop counts.
        let Some(allowed) = (ends > 0).then(|| reception.limiter.take(ends, &reception.wake)).flatten() else { break };
        let at = behind_line(rest, allowed);
        damaged |= reception.receive(|lines| lines.feed(&rest[..at]));
        rest = &rest[at..];
    }
    if !rest.is_empty() {
        damaged |= reception.receive(|lines| lines.feed(rest));
    }
    damaged
}

/// How many lines end in `bytes`; a return at their end counts, though a line feed may follow.
fn line_ends(bytes: &[u8]) -> usize {
    ends(bytes).count()
}

/// Where the line after `n` lines begins.
fn behind_line(bytes: &[u8], n: usize) -> usize {
    ends(bytes).nth(n.saturating_sub(1)).unwrap_or(bytes.len())
}

fn ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let is_end = |i: usize| bytes[i] == b'\n' || bytes.get(i + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', bytes).filter(move |i| is_end(*i)).map(|i| i + 1)
}

impl Receiver for SocketReceiver {
    type Pending = Lines;

    fn begin(self: Arc<Self>, reception: &Arc<Reception<Lines>>) -> Result<()> {
        let name = self.name.clone();
        reception.on_threads(&name, move |reception| self.run(reception))
    }

    fn interrupt(&self) {
        if let Some(stream) = self.connection.lock().as_ref() {
            // Fails only when the peer was faster.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn kind(&self) -> String {
        "SocketReceiver".to_owned()
    }

    fn place(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for SocketReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// "every 2 s"
struct Again(i64);

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 == 0 { write!(f, "every {} s", self.0 / 1000) } else { write!(f, "every {} ms", self.0) }
    }
}
