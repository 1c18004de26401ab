//! A worker process: the same interpreter and extension, started anew (never forked: threads would be lost), ending when
//! the pipe from its parent ends.

use std::ffi::OsString;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;

use super::wire::{Frame, Gone, Kind, MAGIC, Port, number};

/// A worker that isn't there after this long doesn't start.
const START: Duration = Duration::from_secs(60);

/// A running worker process; killed when dropped.
pub struct Worker {
    child: Child,
    /// What passes between us.
    pub port: Port,
    /// Whether texts hash in it as they do here.
    pub same_hashes: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Worker {
    /// How the process ended, for a message.
    pub fn ending(&mut self) -> String {
        for _ in 0..20 {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                Err(_) => break,
            }
        }
        "it closed its pipe".to_owned()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it, and the programs that its functions have started: it is in the middle of a task that nobody wants any more.
    pub fn end_programs(&mut self) {
        if self.runs() {
            end_group(&self.child);
        }
    }

    /// Has it end soon, unless a task comes. One that has gone needn't be told.
    pub fn linger(&self) {
        let _ = self.port.send(Kind::Linger, &[]);
    }

    /// Starts one and waits until it is there; otherwise says why it isn't. `at_end` is called when it has let go.
    pub fn start(launch: &Launch, at_end: impl FnOnce() + Send + 'static) -> Result<Self, String> {
        let (program, arguments) = launch.command.split_first().ok_or("sys.executable is not set")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.envs(launch.environment.iter().map(|(k, v)| (k, v)));
        apart(&mut command);
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        let pipes = child.stdout.take().zip(child.stdin.take()).ok_or("it has no pipes")?;
        let port = Port::new(Some(MAGIC), pipes.0, pipes.1, at_end).map_err(|e| e.to_string())?;
        let mut worker = Self { child, port, same_hashes: false };
        match worker.port.receive(START) {
            Ok(Some(Frame { kind: Kind::Ready, body })) => {
                worker.same_hashes = number(&body) == launch.hash;
                Ok(worker)
            }
            Ok(_) => Err("it doesn't answer".to_owned()),
            Err(Gone) => Err(format!("it ended at once ({})", worker.ending())),
        }
    }
}

/// A process group of its own: Ctrl-C in the terminal is the parent's to handle.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// As above.
#[cfg(windows)]
fn apart(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

#[cfg(not(any(unix, windows)))]
fn apart(_: &mut Command) {}

/// Kills a process that `apart` made, and those that it has started.
#[cfg(unix)]
fn end_group(child: &Child) {
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: takes numbers only; the process wasn't waited for, so that the number is still its own.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// Elsewhere they notice that their pipes have ended.
#[cfg(not(unix))]
fn end_group(_: &Child) {}

/// How a worker is started, read from the interpreter: its own executable, flags and search path.
#[derive(Clone)]
pub struct Launch {
    command: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    /// What the known text hashes to here.
    hash: u64,
    /// Whether texts will hash there as they do here: the seed is known.
    pub same_hashes: bool,
}

impl Launch {
    /// Asks the interpreter.
    pub fn read(py: Python<'_>) -> PyResult<Self> {
        let (command, environment, hash, same_hashes): (_, _, i64, _) =
            py.import(intern!(py, "pyrite._worker"))?.call_method0(intern!(py, "launch"))?.extract()?;
        Ok(Self { command, environment, hash: hash as u64, same_hashes })
    }
}
