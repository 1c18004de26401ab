//! Rows of a `DataFrame` as messages: columns `topic`, `partition`, `key`, `value` and `headers`, in this order.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array as _, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_schema::ArrowError;
use rdkafka::message::{Header, OwnedHeaders};

use crate::error::{Error, Kind, Result};
use crate::time::Time;

use super::output::{KafkaOutput, Outcome, Part};
use super::producer::Outgoing;

/// How often a transaction is made that Kafka ends before its time.
const ATTEMPTS: usize = 10;

/// Writes the rows of a stream of Arrow's; as those of a batch, if its number is given, that an output in transactions may
/// have written before. Done once everything is acknowledged.
pub fn write_rows(output: &KafkaOutput, data: &[u8], batch: Option<i64>, check: &dyn Fn() -> Result<()>) -> Result<()> {
    let rows = read(data).map_err(|e| Error::new(Kind::IllegalState, format!("rows for Kafka: {e}")))?;
    let time = batch.map(Time);
    for _ in 1..ATTEMPTS {
        let Some(begun) = output.begin(time, check)? else { return Ok(()) };
        let batch = begun.batch().clone();
        let ran = batch.part(0).and_then(|part| send(&part, &rows, check).and_then(|()| part.finish(check)));
        let ran = ran.inspect_err(|error| batch.failed(error));
        match begun.end(time, ran, check)? {
            Outcome::Written => return Ok(()),
            Outcome::Again => {}
        }
    }
    Err(Error::new(Kind::Spark, "Kafka ends each transaction before its time: see transaction.timeout.ms"))
}

fn read(data: &[u8]) -> std::result::Result<Vec<RecordBatch>, ArrowError> {
    StreamReader::try_new(data, None)?.collect()
}

fn send(part: &Part, rows: &[RecordBatch], check: &dyn Fn() -> Result<()>) -> Result<()> {
    let wrong = || Error::new(Kind::IllegalState, "rows for Kafka have other columns");
    for batch in rows {
        let [topic, partition, key, value, headers] = batch.columns() else { return Err(wrong()) };
        let topic = topic.as_string_opt::<i32>().ok_or_else(wrong)?;
        let partition = partition.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?;
        let key = key.as_binary_opt::<i32>().ok_or_else(wrong)?;
        let value = value.as_binary_opt::<i32>().ok_or_else(wrong)?;
        let headers = headers.as_list_opt::<i32>().ok_or_else(wrong)?;
        for row in 0..batch.num_rows() {
            let mut owned = None;
            if headers.is_valid(row) {
                let each = headers.value(row);
                let fields = each.as_struct_opt().ok_or_else(wrong)?;
                let (names, values) = (fields.column(0), fields.column(1));
                let names = names.as_string_opt::<i32>().ok_or_else(wrong)?;
                let values = values.as_binary_opt::<i32>().ok_or_else(wrong)?;
                let mut made = OwnedHeaders::new_with_capacity(fields.len());
                for at in 0..fields.len() {
                    let value = values.is_valid(at).then(|| values.value(at));
                    made = made.insert(Header { key: names.value(at), value });
                }
                owned = Some(made);
            }
            let message = Outgoing {
                topic: topic.value(row),
                partition: partition.is_valid(row).then(|| partition.value(row)),
                key: key.is_valid(row).then(|| key.value(row)),
                value: value.is_valid(row).then(|| value.value(row)),
                headers: owned,
            };
            part.send(message, check)?;
        }
    }
    Ok(())
}
