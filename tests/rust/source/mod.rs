//! Sources: text and lines, sockets, files.

mod elsewhere;
mod files;
mod kafka;
#[cfg(feature = "kafka")]
mod kafka_client;
mod lines;
mod logged;
mod owed;
mod slicing;
mod socket;

use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use pyrite::chunk::{Cancel, Chunk, drain};
use pyrite::config::Config;
use pyrite::id::InputId;
use pyrite::log::{Level, Log, Message};
use pyrite::memory::Memory;
use pyrite::plan::{Op, Plan};
use pyrite::source::{Environment, Unheard};
use pyrite::time::Clock;

/// Keeps messages.
#[derive(Default)]
pub struct Kept(pub Mutex<Vec<(Level, String)>>);

impl Log for Kept {
    fn put(&self, message: Message) {
        self.0.lock().unwrap().push((message.level, message.to_string()));
    }
}

impl Kept {
    pub fn messages(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(_, m)| m.clone()).collect()
    }
}

pub fn environment(clock: Arc<dyn Clock>, log: Arc<Kept>, settings: &[(&str, &str)]) -> Environment {
    let config = Config::new(settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    Environment {
        input: InputId(0),
        batch_ms: 1000,
        clock,
        config,
        log,
        memory: Memory::unlimited(),
        events: Arc::new(Unheard),
    }
}

/// The strings of a chunk.
pub fn strings(chunk: &Chunk) -> Vec<String> {
    let Chunk::Columns(columns) = chunk else { panic!("not columns") };
    columns.array().as_string_view().iter().map(|s| s.unwrap().to_owned()).collect()
}

/// The strings of each partition of a plan of chunks.
pub fn partitions(plan: &Plan) -> Vec<Vec<String>> {
    match plan.op() {
        Op::Scan(scan) => {
            let read = |i| drain(scan.open(i, &Cancel::default()).unwrap().as_mut(), usize::MAX, &Cancel::default());
            (0..scan.partitions().unwrap()).map(|i| read(i).unwrap().iter().flat_map(strings).collect()).collect()
        }
        Op::Union => plan.inputs().iter().flat_map(|input| partitions(&input.plan)).collect(),
        _ => panic!("not a source"),
    }
}
