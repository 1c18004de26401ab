//! A worker process's own side: it waits for tasks and runs them with the machines that run them at home.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chunk::{Cancel, ChunkStream};
use crate::error::{Error, Result};
use crate::metrics::Usage;
use crate::plan::{FunctionKind, FunctionRef};
use crate::stage::{ObjectTable, TaskContext};

use super::super::chain::ChainStream;
use super::super::context::gathered;
use super::super::function::PyFunction;
use super::super::gate::attached;
use super::super::machine::{Link, Place};
use super::super::owned::Owned;
use super::super::raised::to_python_error;
use super::super::release;
use super::super::table::{self, PyTable};
use super::ahead::Ahead;
use super::inbox::{FromParent, Inbox};
use super::policy::Workers;
use super::session::Brief;
use super::together::Together;
use super::wire::{Gone, Kind, MAGIC, Port, file, number, sized};
use super::{failure, parcel, piecework};

/// A worker without tasks ends after this long.
const IDLE: Duration = Duration::from_secs(60);

/// And after this long once its context has stopped.
const LINGER: Duration = Duration::from_secs(2);

/// How long a task may go on when the parent has gone.
const ORPHANED: Duration = Duration::from_secs(1);

/// A worker's pipes to its parent.
#[pyclass(frozen, module = "pyrite._engine")]
pub struct WorkerPort {
    port: Arc<Port>,
    working: Arc<AtomicBool>,
    /// Set once the parent has gone.
    gone: Cancel,
}

#[pymethods]
impl WorkerPort {
    /// Over two file descriptors (on Windows, handles), which it closes.
    #[new]
    fn new(input: isize, output: isize) -> PyResult<Self> {
        let working = Arc::new(AtomicBool::new(false));
        let (busy, gone) = (working.clone(), Cancel::default());
        let told = gone.clone();
        let at_end = move || {
            told.set();
            std::thread::sleep(ORPHANED);
            if busy.load(Ordering::Relaxed) {
                std::process::exit(0);
            }
        };
        let mut output = file(output);
        output.write_all(&MAGIC)?;
        let port = Arc::new(Port::new(None, file(input), output, at_end)?);
        Ok(Self { port, working, gone })
    }

    /// Sends text that a function printed; stream 1 is standard output, 2 standard error.
    fn print(&self, py: Python<'_>, stream: u8, text: &str) {
        // Where nobody listens any more, it is lost.
        let _ = py.detach(|| self.port.send(Kind::Print, &[&[stream], text.as_bytes()]));
    }

    /// Runs tasks until the parent lets it go.
    fn serve(&self, py: Python<'_>) -> PyResult<()> {
        let module = py.import(intern!(py, "pyrite._worker"))?;
        let hash: i64 = module.call_method0(intern!(py, "known_hash"))?.extract()?;
        let port = &self.port;
        let _ = py.detach(|| port.send(Kind::Ready, &[&hash.to_le_bytes()]));
        let mut patience = IDLE;
        loop {
            let Ok(Some(frame)) = py.detach(|| port.receive(patience)) else { return Ok(()) };
            if frame.kind != Kind::Start {
                if frame.kind == Kind::Linger {
                    patience = LINGER;
                }
                continue; // or a task that was given up
            }
            patience = IDLE;
            self.working.store(true, Ordering::Relaxed);
            let done = run(py, &module, port, &frame.body, &self.gone);
            // What is amiss with the user's modules or streams doesn't undo the task.
            let _ = module.call_method0(intern!(py, "finish"));
            self.working.store(false, Ordering::Relaxed);
            match done {
                Ok(Outcome::Abandoned(None)) => {}
                Ok(Outcome::Abandoned(Some(tail))) => send(py, port, Kind::Left, &[&tail])?,
                Ok(Outcome::Done(tail)) => send(py, port, Kind::End, &[&tail])?,
                Ok(Outcome::Home(tail, functions)) => {
                    send(py, port, Kind::Home, &[&(tail.len() as u64).to_le_bytes(), &tail, &functions])?;
                }
                Ok(Outcome::Refused(why)) => send(py, port, Kind::Refused, &[why.as_bytes()])?,
                Ok(Outcome::Echoed(tail)) => send(py, port, Kind::Echoed, &[&tail])?,
                Ok(Outcome::Failed(tail, error)) => {
                    let dumped = failure::dump(py, error)?;
                    send(py, port, Kind::Failed, &[&(tail.len() as u64).to_le_bytes(), &tail, &dumped])?;
                }
                Err(Gone) => return Ok(()),
            }
        }
    }
}

fn send(py: Python<'_>, port: &Port, kind: Kind, parts: &[&[u8]]) -> PyResult<()> {
    py.detach(|| port.send(kind, parts)).map_err(|Gone| PyRuntimeError::new_err("the parent has gone"))
}

/// What became of a task.
enum Outcome {
    /// It is done. This and others carry the body of `Kind::End`.
    Done(Vec<u8>),
    /// The rest is done at home, with these functions if they have changed here.
    Home(Vec<u8>, Vec<u8>),
    /// A function raised.
    Failed(Vec<u8>, PyErr),
    /// Its input failed.
    Echoed(Vec<u8>),
    /// The functions don't load here.
    Refused(String),
    /// The parent wants no more of it; perhaps the body of `Kind::Left`.
    Abandoned(Option<Vec<u8>>),
}

/// A task's functions, loaded.
struct Loaded {
    links: Vec<Link>,
    of: Vec<FunctionRef>,
    /// Those of the operations and those of the table.
    functions: Vec<Owned<PyAny>>,
    /// The table, and for how many partitions it is laid out in the end.
    table: Option<(PyTable, usize)>,
    place: Place,
}

/// The parts of `Kind::Start`.
fn parts(start: &[u8]) -> Option<(Brief, &[u8], &[u8])> {
    let (brief, rest) = sized(start)?;
    let (functions, rows) = sized(rest)?;
    Some((serde_json::from_slice(brief).ok()?, functions, rows))
}

fn short() -> PyErr {
    PyRuntimeError::new_err("a task that is cut short")
}

fn load(
    module: &Bound<'_, PyModule>,
    brief: Brief,
    functions: &[u8],
    rows: &[u8],
    context: &Arc<TaskContext>,
) -> PyResult<Loaded> {
    let py = module.py();
    let functions: Vec<Py<PyAny>> =
        module.call_method1(intern!(py, "load"), (PyBytes::new(py, functions),))?.extract()?;
    let all = functions.iter().map(|f| Owned::new(f.clone_ref(py))).collect();
    let mut functions = functions.into_iter();
    let mut links = Vec::with_capacity(brief.steps.len());
    for (kind, name) in brief.steps {
        let function = functions.next().ok_or_else(short)?;
        let kind = FunctionKind::parse(&kind).ok_or_else(short)?;
        let of: FunctionRef = Arc::new(PyFunction::counted(function.clone_ref(py), Arc::default()));
        links.push(Link { kind, name: name.into(), function, of });
    }
    let table = match brief.table {
        Some((kind, name, spread)) => {
            let mut table = PyTable::of(py, kind, functions.collect(), name.into())?;
            let rows = parcel::unpack(rows).map_err(|e| to_python_error(py, &e))?;
            table.seed(&rows).map_err(|e| to_python_error(py, &e))?;
            Some((table, spread))
        }
        None => None,
    };
    let of = links.iter().map(|link| link.of.clone()).collect();
    let place = Place { partition: brief.partition, context: context.clone(), cancel: context.cancel.clone() };
    Ok(Loaded { links, of, functions: all, table, place })
}

fn run(
    py: Python<'_>,
    module: &Bound<'_, PyModule>,
    port: &Arc<Port>,
    start: &[u8],
    gone: &Cancel,
) -> Result<Outcome, Gone> {
    let Some((brief, functions, rows)) = parts(start) else { return Ok(Outcome::Refused(short().to_string())) };
    let (by_stretches, before) = (brief.by_stretches, Usage::here());
    let context = Arc::new(brief.context(gone.clone()));
    let _running = context.enter();
    let loaded = match load(module, brief, functions, rows, &context) {
        Ok(loaded) => loaded,
        Err(error) => return Ok(Outcome::Refused(format!("{}: {}", error.get_type(py), error.value(py)))),
    };
    let Loaded { links, of, functions, mut table, place } = loaded;
    py.detach(|| {
        port.send(Kind::Started, &[])?;
        if by_stretches {
            piecework::serve(port, &links, &place)?;
            release::release(links);
            return Ok(Outcome::Abandoned(None));
        }
        let steps = links.iter().take_while(|link| !link.kind.takes_iterator()).count();
        let inbox = Arc::new(Inbox::new(port.clone()));
        let input = Ahead::new(Box::new(FromParent(inbox.clone(), steps)), None);
        let mut chain = ChainStream::new(links, input, place.clone(), &Workers::None);
        let (mut taken, mut made) = (0, Together::default());
        let ended = loop {
            let frame = inbox.order()?;
            if frame.kind == Kind::Abandon {
                break Ended::Abandoned(frame.body.first() == Some(&1));
            }
            let next = match (frame.kind, table.take()) {
                (Kind::Pull, Some((table, spread))) => table.fill(&mut chain, &place).and_then(|(rows, chunk)| {
                    taken = rows;
                    // What comes home half done is one table there.
                    made.put(if spread > 1 && !inbox.is_cut() { table::spread(chunk, spread)? } else { vec![chunk] });
                    made.next(&mut chain, 1)
                }),
                (Kind::Pull, None) => made.next(&mut chain, number(&frame.body) as usize),
                (Kind::Count, _) => chain.count(&place.cancel).map(|rows| {
                    taken = rows as usize;
                    None
                }),
                _ => break Ended::Abandoned(false),
            };
            match next.and_then(|chunk| chunk.map(|chunk| parcel::pack(&chunk)).transpose()) {
                Ok(Some(parcel)) => port.send(Kind::Rows, &[&parcel])?,
                Ok(None) => break Ended::Done,
                Err(error) => break Ended::Failed(error),
            }
        };
        drop(chain);
        inbox.close();
        if matches!(ended, Ended::Abandoned(false)) {
            // A generator is closed now, not when the next task comes.
            attached(release::empty);
            return Ok(Outcome::Abandoned(None));
        }
        let mut counts: Vec<u8> = of.iter().flat_map(|f| f.counters().read().2.to_le_bytes()).collect();
        counts.extend((taken as u64).to_le_bytes());
        counts.extend(Usage::here().since(before).cpu.to_le_bytes());
        let mut tail = (counts.len() as u64).to_le_bytes().to_vec();
        tail.extend(counts);
        Ok(attached(|py| {
            match gathered(py, &context) {
                Ok(updates) => tail.extend(updates),
                // The task fails as it would for rows that don't pickle.
                Err(error) if matches!(ended, Ended::Done | Ended::Abandoned(_)) => {
                    return Outcome::Failed(tail, error);
                }
                Err(_) => {}
            }
            match ended {
                Ended::Done if inbox.is_cut() => home(py, &functions, tail),
                Ended::Done => Outcome::Done(tail),
                Ended::Abandoned(_) => Outcome::Abandoned(Some(tail)),
                Ended::Failed(error) => {
                    let error = to_python_error(py, &error);
                    let echo = inbox.is_failure(error.value(py));
                    if echo { Outcome::Echoed(tail) } else { Outcome::Failed(tail, error) }
                }
            }
        }))
    })
}

/// The functions go home, if they have changed since they came.
fn home(py: Python<'_>, functions: &[Owned<PyAny>], tail: Vec<u8>) -> Outcome {
    let functions: Vec<&Py<PyAny>> = functions.iter().map(|f| &**f).collect();
    let dump = || -> PyResult<Vec<u8>> {
        let module = py.import(intern!(py, "pyrite._worker"))?;
        let dumped = module.call_method1(intern!(py, "dump_changed"), (functions,))?;
        Ok(dumped.cast::<PyBytes>()?.as_bytes().to_vec())
    };
    match dump() {
        Ok(functions) => Outcome::Home(tail, functions),
        Err(error) => Outcome::Failed(tail, error),
    }
}

/// How a task's rows ended.
enum Ended {
    /// There are no more.
    Done,
    /// By an error.
    Failed(Error),
    /// The parent wants no more; perhaps it waits for `Kind::Left`.
    Abandoned(bool),
}
