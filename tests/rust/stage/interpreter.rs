//! The seam's second implementation: functions of plain Rust values, run row by row.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pyrite::chunk::{BoxStream, Chunk, ChunkStream, Columns, Encoded, Objects, ObjectsRef};
use pyrite::error::{Decline, Error, Result, UserError};
use pyrite::lambda::{Compiled, Expr};
use pyrite::plan::{Counters, FrozenFunction, FunctionKind, FunctionRef, JoinKind, Opaque, UserFunction};
use pyrite::stage::{
    self, Aggregate, Calls, Keyed, Lifecycle, ObjectNumbers, ObjectOrder, ObjectTable, RowInput, Side, Sorting, States,
    Step, Tables, Task,
};
use pyrite::store::StoredRef;

pub use crate::shuffle::values::Value;
use crate::shuffle::values::{text, values};

type Call = Arc<dyn Fn(&[Value]) -> Result<Value, String> + Send + Sync>;

/// A function with an interpreted form and perhaps a compiled one.
pub struct Lambda {
    native: Result<Arc<Compiled>, Decline>,
    call: Call,
    counters: Counters,
    pub calls: Arc<AtomicUsize>,
}

/// What `freeze` hands to tasks.
struct Frozen(Call);

impl Lambda {
    pub fn new(call: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static) -> Arc<Self> {
        Self::make(Err(Decline::new("plain Rust")), call)
    }

    pub fn compiled(expr: Expr, call: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static) -> Arc<Self> {
        Self::make(Ok(Arc::new(Compiled::new(expr).unwrap())), call)
    }

    fn make(
        native: Result<Arc<Compiled>, Decline>,
        call: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = calls.clone();
        let call: Call = Arc::new(move |args| {
            count.fetch_add(1, Ordering::SeqCst);
            call(args)
        });
        Arc::new(Self { native, call, counters: Counters::default(), calls })
    }

    pub fn called(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub fn shared(self: &Arc<Self>) -> FunctionRef {
        self.clone()
    }
}

impl UserFunction for Lambda {
    fn describe(&self) -> String {
        "a Rust function".into()
    }

    fn freeze(&self, _compile: bool) -> Result<FrozenFunction> {
        Ok(FrozenFunction {
            native: self.native.clone(),
            parameters: None,
            object: Opaque::new(Frozen(self.call.clone())),
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// An exception of the user's.
pub struct Raised(pub String);

impl UserError for Raised {
    fn describe(&self) -> String {
        self.0.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn call(object: &Opaque, args: &[Value]) -> Result<Value> {
    let frozen = object.downcast_ref::<Frozen>().unwrap();
    (frozen.0)(args).map_err(|message| Error::User(Arc::new(Raised(message))))
}

static ENCODED: std::sync::Mutex<Vec<Vec<Value>>> = std::sync::Mutex::new(Vec::new());

/// Rows that are Rust values.
#[derive(Clone, Debug)]
pub struct Rows(pub Vec<Value>);

impl Rows {
    pub fn chunk(rows: Vec<Value>) -> Chunk {
        Chunk::Objects(Arc::new(Self(rows)))
    }
}

impl Objects for Rows {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn slice(&self, from: usize, len: usize) -> ObjectsRef {
        Arc::new(Self(self.0[from..from + len].to_vec()))
    }

    fn take(&self, indices: &[u32]) -> ObjectsRef {
        Arc::new(Self(indices.iter().map(|i| self.0[*i as usize].clone()).collect()))
    }

    fn try_columns(&self) -> Option<Columns> {
        None
    }

    fn weight(&self) -> usize {
        64 * self.0.len()
    }

    /// The values stay where they are; their number goes to the file.
    fn encode(&self) -> Result<Encoded> {
        let mut kept = ENCODED.lock().unwrap();
        kept.push(self.0.clone());
        let number = (kept.len() - 1) as u64;
        let decode = |bytes: &[u8], len: usize| {
            let number = u64::from_le_bytes(bytes.try_into().unwrap());
            let rows = ENCODED.lock().unwrap()[number as usize].clone();
            assert_eq!(rows.len(), len);
            Ok(Rows::chunk(rows))
        };
        Ok(Encoded { bytes: number.to_le_bytes().to_vec(), decode })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A chunk's rows.
pub fn load(chunk: &Chunk) -> Vec<Value> {
    match chunk {
        Chunk::Columns(columns) => values(columns),
        Chunk::Objects(objects) => objects.as_any().downcast_ref::<Rows>().unwrap().0.clone(),
    }
}

/// Runs Rust functions.
#[derive(Default)]
pub struct Rust {
    /// An interrupt has come.
    pub interrupted: AtomicBool,
    /// Sorting has a bug.
    pub sorts_badly: AtomicBool,
}

impl Calls for Rust {
    fn chain(&self, steps: &[Step], input: Box<dyn RowInput>, task: &Task) -> Result<BoxStream> {
        let (rows, ready) = (VecDeque::new(), VecDeque::new());
        Ok(Box::new(Chain { steps: steps.to_vec(), input, rows, ready, task: task.clone(), failed: None }))
    }

    fn resume(&self, step: &Step, input: Box<dyn RowInput>, task: &Task) -> Result<BoxStream> {
        self.chain(std::slice::from_ref(step), input, task)
    }
}

impl Tables for Rust {
    fn table(&self, aggregate: &Aggregate, _side: Side, _name: &Arc<str>) -> Result<Box<dyn ObjectTable>> {
        let Aggregate::Reduce { merge, .. } = aggregate else { panic!("only reduce") };
        Ok(Box::new(Table { merge: merge.frozen.object.clone(), pairs: Vec::new() }))
    }

    fn groups(&self, pairs: &Chunk) -> Result<Chunk> {
        Ok(pairs.clone())
    }

    fn numbers(&self) -> Result<Box<dyn ObjectNumbers>> {
        panic!("not tested here")
    }

    fn values(&self, _pairs: &Chunk, _lists: bool) -> Result<Chunk> {
        panic!("not tested here")
    }

    fn stored_groups(&self, _key: &Chunk, _sides: &[StoredRef], _tuple: bool, _task: &Task) -> Result<Chunk> {
        panic!("not tested here")
    }

    fn partition_ids(
        &self,
        chunk: &Chunk,
        _function: Option<&Opaque>,
        n: usize,
        _name: &str,
        _task: &Task,
    ) -> Result<(Vec<u32>, Chunk)> {
        let id = |pair: &Value| (text(&[key_value(pair).0]).len() % n) as u32;
        Ok((load(chunk).iter().map(id).collect(), chunk.clone()))
    }

    fn join(&self, _kind: JoinKind, _sides: Vec<BoxStream>, _name: &Arc<str>, _task: &Task) -> Result<BoxStream> {
        panic!("not tested here")
    }
}

impl Sorting for Rust {
    fn keyed(&self, rows: &Chunk, by: &ObjectOrder, _task: &Task) -> Result<Keyed> {
        let key = |row: Value| {
            let of = if by.by_key { key_value(&row).0 } else { row.clone() };
            let key = by.key.as_ref().map_or_else(|| Ok(of.clone()), |k| call(k, std::slice::from_ref(&of)))?;
            Ok(Value::Tuple(vec![key, row]))
        };
        Ok(Keyed::Pairs(Rows::chunk(load(rows).into_iter().map(key).collect::<Result<_>>()?)))
    }

    fn sort(
        &self,
        pairs: Vec<Chunk>,
        _ascending: bool,
        n: usize,
        _name: &Arc<str>,
        _task: &Task,
    ) -> Result<Vec<Chunk>> {
        assert!(!self.sorts_badly.load(Ordering::SeqCst), "it sorts badly");
        let mut keyed: Vec<(Value, Value)> = pairs.iter().flat_map(load).map(|pair| key_value(&pair)).collect();
        keyed.sort_by(|(a, _), (b, _)| if a.less(b) { std::cmp::Ordering::Less } else { b.less(a).cmp(&false) });
        let mut parts = vec![Rows::chunk(Vec::new()); n];
        parts[0] = Rows::chunk(keyed.into_iter().map(|(_, row)| row).collect());
        Ok(parts)
    }
}

impl stage::Rows for Rust {
    fn beside(&self, _rows: &ObjectsRef, _numbers: &Columns) -> Result<Chunk> {
        panic!("not tested here")
    }

    fn pair(&self, left: &Chunk, right: &Chunk) -> Result<Chunk> {
        let pairs = load(left).into_iter().zip(load(right)).map(|(left, right)| Value::Tuple(vec![left, right]));
        Ok(Rows::chunk(pairs.collect()))
    }

    fn scatter(&self, rows: &ObjectsRef, ids: &[u32], n: usize) -> Result<Vec<Chunk>> {
        let mut parts = vec![Vec::new(); n];
        for (row, id) in load(&Chunk::Objects(rows.clone())).into_iter().zip(ids) {
            parts[*id as usize].push(row);
        }
        Ok(parts.into_iter().map(Rows::chunk).collect())
    }

    fn gather(&self, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk> {
        let row = |(chunk, row): &(usize, usize)| match chunks[*chunk].slice(*row, 1) {
            Chunk::Objects(one) => one.as_any().downcast_ref::<Rows>().unwrap().0.clone(),
            Chunk::Columns(one) => values(&one),
        };
        Ok(Rows::chunk(places.iter().flat_map(row).collect()))
    }

    fn live(&self, rows: &Chunk) -> Result<Chunk> {
        Ok(rows.clone())
    }

    fn shareable(&self, rows: &ObjectsRef) -> Result<Chunk> {
        Ok(Chunk::Objects(rows.clone()))
    }

    fn texts(&self, _rows: &Chunk) -> Result<Columns> {
        panic!("not tested here")
    }
}

impl States for Rust {}

impl Lifecycle for Rust {
    fn check_interrupt(&self) -> Result<()> {
        if self.interrupted.load(Ordering::SeqCst) {
            Err(Error::User(Arc::new(Raised("interrupt".into()))))
        } else {
            Ok(())
        }
    }
}

/// Rows one by one through the steps.
struct Chain {
    steps: Vec<Step>,
    input: Box<dyn RowInput>,
    rows: VecDeque<(Value, usize)>,
    ready: VecDeque<Value>,
    task: Task,
    failed: Option<Error>,
}

impl Chain {
    /// All that a row becomes.
    fn run(&mut self, row: Value, from: usize) -> Result<()> {
        let Some(step) = self.steps.get(from).cloned() else {
            self.ready.push_back(row);
            return Ok(());
        };
        step.function.counters().add_python(1);
        let pair = match (step.kind, &row) {
            (FunctionKind::MapValues, Value::Tuple(pair)) => Some(pair.clone()),
            _ => None,
        };
        let argument = pair.as_ref().map_or(&row, |pair| &pair[1]);
        let value = call(&step.frozen.object, std::slice::from_ref(argument))?;
        match (step.kind, value) {
            (FunctionKind::Map, value) => self.run(value, from + 1),
            (FunctionKind::MapValues, value) => match pair {
                Some(pair) => self.run(Value::Tuple(vec![pair[0].clone(), value]), from + 1),
                None => panic!("not a pair: {row:?}"),
            },
            (FunctionKind::Filter, Value::Bool(keep)) => {
                if keep {
                    self.run(row, from + 1)
                } else {
                    Ok(())
                }
            }
            (FunctionKind::FlatMap, Value::List(items)) => items.into_iter().try_for_each(|i| self.run(i, from + 1)),
            (kind, value) => panic!("{kind:?} of {value:?}"),
        }
    }

    fn pull(&mut self) -> Result<bool> {
        self.task.cancel.check()?;
        while self.rows.is_empty() {
            let Some((chunk, start)) = self.input.next()? else { return Ok(false) };
            self.rows.extend(load(&chunk).into_iter().map(|row| (row, start)));
        }
        let Some((row, from)) = self.rows.pop_front() else { return Ok(false) };
        self.run(row, from).map(|()| true)
    }
}

impl ChunkStream for Chain {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        while self.ready.len() < want.min(100) && self.failed.is_none() {
            match self.pull() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => self.failed = Some(error),
            }
        }
        if self.ready.is_empty() {
            return self.failed.take().map_or(Ok(None), Err);
        }
        Ok(Some(Rows::chunk(self.ready.drain(..).collect())))
    }
}

struct Table {
    merge: Opaque,
    pairs: Vec<(Value, Value)>,
}

fn key_value(pair: &Value) -> (Value, Value) {
    let Value::Tuple(items) = pair else { panic!("not a pair: {pair:?}") };
    (items[0].clone(), items[1].clone())
}

impl ObjectTable for Table {
    fn merge(&mut self, chunk: &Chunk, _task: &Task) -> Result<()> {
        for row in load(chunk) {
            let (key, value) = key_value(&row);
            match self.pairs.iter_mut().find(|(known, _)| known.equals(&key)) {
                Some((_, old)) => *old = call(&self.merge, &[old.clone(), value])?,
                None => self.pairs.push((key, value)),
            }
        }
        Ok(())
    }

    fn consume_until(
        &mut self,
        stream: &mut BoxStream,
        task: &Task,
        _full: &mut dyn FnMut(usize) -> Result<bool>,
    ) -> Result<(usize, bool)> {
        let mut rows = 0;
        while let Some(chunk) = stream.next(usize::MAX)? {
            rows += chunk.len();
            self.merge(&chunk, task)?;
        }
        Ok((rows, true))
    }

    fn hand_out(&mut self) -> Result<Chunk> {
        Ok(Rows::chunk(self.pairs.drain(..).map(|(k, v)| Value::Tuple(vec![k, v])).collect()))
    }

    fn seed(&mut self, chunk: &Chunk) -> Result<()> {
        self.pairs.extend(load(chunk).iter().map(key_value));
        Ok(())
    }

    fn drain(self: Box<Self>) -> Result<Chunk> {
        Ok(Rows::chunk(self.pairs.into_iter().map(|(k, v)| Value::Tuple(vec![k, v])).collect()))
    }
}
