//! Lines from a TCP server: `socketTextStream`. Spark's `SocketReceiver`.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use encoding_rs::Encoding;

use crate::error::{Error, Kind, Result};
use crate::log::{Level, LogRef};
use crate::sync::Mutex;

use super::Environment;
use super::decode::{find_encoding, looks_like_cp949};
use super::lines::Lines;
use super::outage::Outage;
use super::receiver::{Receiver, ReceiverInput, Reception};

const LOGGER: &str = "streaming.socket";
const READ_SIZE: usize = 256 << 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that reads lines from `host:port` for as long as the stream runs, and connects again whenever it must.
pub struct SocketReceiver {
    host: String,
    port: u16,
    name: String,
    restart_ms: i64,
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
        let restart_ms = env.config.duration_ms("spark.streaming.receiverRestartDelay")?.unwrap_or(2000).max(1);
        let receiver = Self {
            host: host.to_owned(),
            port,
            name: format!("pyrite-socket-{}", env.input),
            restart_ms,
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
    fn explain(&self, error: &io::Error) -> String {
        let again = Again(self.restart_ms);
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
    fn read(&self, mut stream: TcpStream, reception: &Reception<Lines>, hinted: &mut bool) -> Option<String> {
        let mut buffer = vec![0; READ_SIZE];
        loop {
            if !reception.intake.budget().wait_below() {
                return None;
            }
            let result = stream.read(&mut buffer);
            if reception.wake.is_set() && !matches!(result, Ok(n) if n > 0) {
                return None;
            }
            match result {
                Ok(0) => {
                    return Some(format!("{self} closed the connection; connecting again {}.", Again(self.restart_ms)));
                }
                Ok(n) => {
                    let bytes = &buffer[..n];
                    let damaged = reception.intake.receive(reception.clock.now(), |lines| lines.feed(bytes));
                    if damaged && !*hinted && self.encoding.is_none() && looks_like_cp949(bytes) {
                        *hinted = true;
                        self.hint();
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Some(format!(
                        "The connection to {self} broke ({error}); connecting again {}.",
                        Again(self.restart_ms)
                    ));
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
}

impl Receiver for SocketReceiver {
    type Pending = Lines;

    fn run(&self, reception: &Reception<Lines>) {
        let mut outage = Outage::new(self.log.clone(), LOGGER);
        let mut hinted = false;
        while !reception.wake.is_set() {
            let trouble = match self.connect() {
                Ok(stream) => {
                    *self.connection.lock() = stream.try_clone().ok();
                    outage.connected(|| format!("Connected to {self}."));
                    // A stop that came before the line above found nothing to close.
                    let trouble =
                        if reception.wake.is_set() { None } else { self.read(stream, reception, &mut hinted) };
                    *self.connection.lock() = None;
                    reception.intake.receive(reception.clock.now(), Lines::finish);
                    trouble
                }
                Err(error) => Some(self.explain(&error)),
            };
            let now = reception.clock.now();
            if let Some(message) = trouble.filter(|_| !reception.wake.is_set()) {
                outage.trouble(now, message);
            }
            reception.clock.wait_until(now.plus(self.restart_ms), &reception.wake);
        }
    }

    fn interrupt(&self) {
        if let Some(stream) = self.connection.lock().as_ref() {
            // Fails only when the peer was faster.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn name(&self) -> String {
        self.name.clone()
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
