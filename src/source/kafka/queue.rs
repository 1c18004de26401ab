//! The queue of one partition: messages by the handful, where the safe interface gives them one by one and doesn't say where
//! a partition ends. The only file that calls librdkafka itself.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::kafka::{Aside, Watch};

use super::ranges::TopicPartition;

/// Messages that are taken out of a queue at once.
const HANDFUL: usize = 1024;

/// The consumer of a stream, with its queues.
pub(super) type Consuming = Arc<Aside<BaseConsumer<Watch>>>;

/// What comes for a partition that a consumer is assigned.
pub(super) struct Queue {
    // Before the consumer, which must outlive them.
    waiting: VecDeque<Received>,
    native: NonNull<sys::rd_kafka_queue_t>,
    consumer: Consuming,
    room: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: librdkafka's objects may be used from any thread; `&mut self` keeps the room to one of them.
unsafe impl Send for Queue {}

/// A message, or what is said instead of one.
pub(super) struct Received(NonNull<sys::rd_kafka_message_t>);

// SAFETY: a message belongs to nobody else until it is destroyed.
unsafe impl Send for Received {}

impl Queue {
    /// The queue of a partition, from now on apart from the consumer's own. Before the partition is assigned, so that
    /// nothing goes elsewhere.
    pub(super) fn of(consumer: &Consuming, of: &TopicPartition) -> Option<Self> {
        let topic = CString::new(&*of.topic).ok()?;
        let client = consumer.client().native_ptr();
        // SAFETY: the client lives as long as `consumer`, which the result holds; the name ends with a zero.
        let queue = unsafe { sys::rd_kafka_queue_get_partition(client, topic.as_ptr(), of.partition) };
        let queue = NonNull::new(queue)?;
        // SAFETY: the queue is ours; no other queue is named.
        unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), std::ptr::null_mut()) };
        Some(Self {
            waiting: VecDeque::new(),
            native: queue,
            consumer: consumer.clone(),
            room: Vec::with_capacity(HANDFUL),
        })
    }

    /// The next that came, waiting for it no longer than `timeout`.
    pub(super) fn next(&mut self, timeout: Duration) -> Option<Received> {
        if self.waiting.is_empty() {
            self.receive(HANDFUL, Duration::ZERO);
        }
        if self.waiting.is_empty() && !timeout.is_zero() {
            self.receive(1, timeout);
        }
        self.waiting.pop_front()
    }

    /// Puts back what was taken last.
    pub(super) fn put_back(&mut self, received: Received) {
        self.waiting.push_front(received);
    }

    /// Lets go of what has come.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// The consumer whose queue it is.
    pub(super) fn consumer(&self) -> &Consuming {
        &self.consumer
    }

    /// librdkafka waits until all of `most` have come, or the timeout is over.
    fn receive(&mut self, most: usize, timeout: Duration) {
        self.room.clear();
        let most = most.min(HANDFUL);
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the room has been made for so many pointers; librdkafka says how many of them it has written, each
        // a message that is ours from now on.
        let messages = unsafe {
            let count = sys::rd_kafka_consume_batch_queue(self.native.as_ptr(), timeout, self.room.as_mut_ptr(), most);
            self.room.set_len(usize::try_from(count).unwrap_or_default().min(most));
            &self.room
        };
        self.waiting.extend(messages.iter().filter_map(|message| NonNull::new(*message)).map(Received));
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.waiting.clear();
        // SAFETY: ours, and not used again; the consumer is still there.
        unsafe { sys::rd_kafka_queue_destroy(self.native.as_ptr()) };
    }
}

impl Received {
    fn message(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: ours until it is destroyed, when `self` is dropped.
        unsafe { self.0.as_ref() }
    }

    /// What went wrong, or what is said: the end of the partition.
    pub(super) fn error(&self) -> Option<RDKafkaErrorCode> {
        let error = self.message().err;
        (error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| error.into())
    }

    /// The message's offset; at the end of a partition, where that is.
    pub(super) fn offset(&self) -> i64 {
        self.message().offset
    }

    pub(super) fn key(&self) -> Option<&[u8]> {
        let message = self.message();
        // SAFETY: librdkafka says where the key is, and how long; it lives as long as the message.
        (!message.key.is_null()).then(|| unsafe { std::slice::from_raw_parts(message.key.cast(), message.key_len) })
    }

    pub(super) fn value(&self) -> Option<&[u8]> {
        let message = self.message();
        // SAFETY: as for the key.
        (!message.payload.is_null()).then(|| unsafe { std::slice::from_raw_parts(message.payload.cast(), message.len) })
    }
}

impl Received {
    /// When it was written, in milliseconds, and by whom that was said: 0 the writer, 1 the broker; -1 and -1 if nobody.
    pub(super) fn timestamp(&self) -> (i64, i32) {
        use sys::rd_kafka_timestamp_type_t::{
            RD_KAFKA_TIMESTAMP_CREATE_TIME, RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME, RD_KAFKA_TIMESTAMP_NOT_AVAILABLE,
        };
        let mut kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is ours; librdkafka writes the kind.
        let time = unsafe { sys::rd_kafka_message_timestamp(self.0.as_ptr(), &raw mut kind) };
        match kind {
            _ if time == -1 => (-1, -1),
            RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => (-1, -1),
            RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => (time, 1),
            RD_KAFKA_TIMESTAMP_CREATE_TIME => (time, 0),
        }
    }

    /// Its headers, one after the other: names that are text, and values. False if there is none.
    pub(super) fn headers(&self, mut each: impl FnMut(&str, Option<&[u8]>)) -> bool {
        const OK: sys::rd_kafka_resp_err_t = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
        let mut list = std::ptr::null_mut();
        // SAFETY: the message is ours; the list stays the message's.
        if unsafe { sys::rd_kafka_message_headers(self.0.as_ptr(), &raw mut list) } != OK {
            return false;
        }
        let mut count = 0;
        loop {
            let (mut name, mut value, mut size) = (std::ptr::null(), std::ptr::null(), 0);
            // SAFETY: as above; past the last one librdkafka says so.
            let found =
                unsafe { sys::rd_kafka_header_get_all(list, count, &raw mut name, &raw mut value, &raw mut size) };
            if found != OK || name.is_null() {
                return count > 0;
            }
            count += 1;
            // SAFETY: a name ends with a zero, a value is as long as is said; both live as long as the message.
            let (name, value) = unsafe {
                let value = (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast::<u8>(), size));
                (CStr::from_ptr(name), value)
            };
            each(&name.to_string_lossy(), value);
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) };
    }
}
