//! Messages as columns: a tuple of topic, partition, offset, key and value for each.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
use arrow_array::{Array as _, NullArray};

use crate::chunk::{Chunk, Columns, Type};

/// Bytes of one block of a column.
const BLOCK: u32 = 256 << 10;
/// As many bytes of keys and values are a chunk, however few messages they are.
const MOST_BYTES: usize = 16 << 20;

/// Messages that become a chunk.
pub struct Messages {
    origins: Vec<Origin>,
    offsets: Vec<i64>,
    keys: Texts,
    values: Texts,
    bytes: usize,
}

/// Where messages that follow one another are from: mostly all of a chunk.
struct Origin {
    topic: Box<str>,
    partition: i32,
    messages: usize,
}

/// Bytes or none.
struct Texts {
    bytes: BinaryViewBuilder,
    nulls: usize,
}

impl Texts {
    fn new() -> Self {
        Self { bytes: BinaryViewBuilder::new().with_fixed_block_size(BLOCK), nulls: 0 }
    }

    fn push(&mut self, text: Option<&[u8]>) {
        self.nulls += usize::from(text.is_none());
        self.bytes.append_option(text);
    }

    fn finish(mut self) -> Columns {
        let array = self.bytes.finish();
        let len = array.len();
        match self.nulls {
            0 => Columns::new(Arc::new(array), Type::Bytes),
            nulls if nulls == len => Columns::new(Arc::new(NullArray::new(len)), Type::Null),
            _ => Columns::new(Arc::new(array), Type::Optional(Box::new(Type::Bytes))),
        }
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self { origins: Vec::new(), offsets: Vec::new(), keys: Texts::new(), values: Texts::new(), bytes: 0 }
    }
}

impl Messages {
    /// Adds one.
    pub fn push(&mut self, topic: &str, partition: i32, offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        match self.origins.last_mut() {
            Some(last) if last.partition == partition && *last.topic == *topic => last.messages += 1,
            _ => self.origins.push(Origin { topic: topic.into(), partition, messages: 1 }),
        }
        self.offsets.push(offset);
        self.keys.push(key);
        self.values.push(value);
        self.bytes += key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether they should become a chunk: there are `most` of them, or they are large.
    pub fn are_enough(&self, most: usize) -> bool {
        self.len() >= most || self.bytes >= MOST_BYTES
    }

    /// The rows.
    pub fn finish(self) -> Chunk {
        let len = self.len();
        let mut topics = StringViewBuilder::with_capacity(len).with_fixed_block_size(BLOCK);
        let mut partitions = Vec::with_capacity(len);
        for Origin { topic, partition, messages } in &self.origins {
            topics.extend(std::iter::repeat_n(Some(topic), *messages));
            partitions.extend(std::iter::repeat_n(i64::from(*partition), *messages));
        }
        let items = vec![
            Columns::new(Arc::new(topics.finish()), Type::Str),
            Columns::ints(partitions),
            Columns::ints(self.offsets),
            self.keys.finish(),
            self.values.finish(),
        ];
        Chunk::Columns(Columns::tuple(items, len))
    }
}
