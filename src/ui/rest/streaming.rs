//! The stream: Spark's `StreamingStatistics`, `ReceiverInfo`, `BatchInfo` and `OutputOperationInfo`.

use serde_json::{Value, json};

use super::{Answer, Query, with};
use crate::batch::{BatchInfo, Overview, Streaming};
use crate::id::InputId;
use crate::ui::dates::gmt;

const STATUSES: &[&str] = &["COMPLETED", "QUEUED", "PROCESSING"];

/// What stands behind `streaming/`.
pub fn answer(stream: &Streaming, path: &[&str], query: &Query) -> Answer {
    let now = stream.overview();
    match path {
        ["statistics"] => Ok(statistics(stream, &now)),
        ["receivers"] => Ok(stream.inputs().iter().map(|(id, name)| input(&now, *id, name, stream)).collect()),
        ["receivers", id] => {
            let found = stream.inputs().into_iter().find(|(known, _)| known.to_string() == *id);
            found.map(|(id, name)| input(&now, id, &name, stream)).ok_or_else(|| format!("unknown receiver: {id}"))
        }
        ["batches"] => {
            let wants = query.wants(STATUSES)?;
            let known = batches(&now).into_iter().filter(|(_, status)| wants(status));
            Ok(known.map(|(info, status)| batch(info, status, stream)).collect())
        }
        ["batches", time, rest @ ..] => {
            let found = batches(&now).into_iter().find(|(info, _)| info.time.0.to_string() == *time);
            let (info, status) = found.ok_or_else(|| format!("unknown batch: {time}"))?;
            match rest {
                [] => Ok(batch(info, status, stream)),
                ["operations"] => Ok((0..info.outputs.len()).map(|at| operation(info, at)).collect()),
                ["operations", id] => match id.parse().ok().filter(|at| *at < info.outputs.len()) {
                    Some(at) => Ok(operation(info, at)),
                    None => Err(format!("unknown output operation: {id}")),
                },
                _ => Err("Not Found".to_owned()),
            }
        }
        _ => Err("Not Found".to_owned()),
    }
}

/// Every batch that is known, newest first, and Spark's word for how it is.
fn batches(now: &Overview) -> Vec<(&BatchInfo, &'static str)> {
    let mut all: Vec<(&BatchInfo, &'static str)> = now.completed.iter().map(|info| (info, "COMPLETED")).collect();
    all.extend(now.running.iter().map(|info| (info, "PROCESSING")));
    all.extend(now.waiting.iter().map(|info| (info, "QUEUED")));
    all.sort_by_key(|(info, _)| std::cmp::Reverse(info.time));
    all
}

fn statistics(stream: &Streaming, now: &Overview) -> Value {
    let interval = stream.timeline().interval_ms;
    let active = now.receivers.iter().filter(|receiver| receiver.active).count();
    let known = json!({
        "startTime": gmt(now.started.unwrap_or_default()),
        "batchDuration": interval,
        "numReceivers": now.receivers.len(),
        "numActiveReceivers": active,
        "numInactiveReceivers": now.receivers.len() - active,
        "numTotalCompletedBatches": now.counts.committed + now.counts.failed,
        "numRetainedCompletedBatches": now.completed.len(),
        "numActiveBatches": now.waiting.len() + now.running.len(),
        "numProcessedRecords": now.records,
        "numReceivedRecords": now.records + now.running.iter().map(|info| info.records() as u64).sum::<u64>(),
    });
    let mean = |of: &dyn Fn(&BatchInfo) -> i64| {
        let count = now.completed.len() as i64;
        (count > 0).then(|| Value::from(now.completed.iter().map(of).sum::<i64>() / count))
    };
    let seconds = interval as f64 / 1000.0;
    let all = batches(now);
    let rate = all.iter().map(|(info, _)| info.records() as f64 / seconds).sum::<f64>() / all.len().max(1) as f64;
    with(
        known,
        [
            ("avgInputRate", (!all.is_empty()).then(|| rate.into())),
            ("avgSchedulingDelay", mean(&|info| info.scheduling.as_millis() as i64)),
            ("avgProcessingTime", mean(&|info| info.processing.as_millis() as i64)),
            ("avgTotalDelay", mean(&|info| (info.scheduling + info.processing).as_millis() as i64)),
        ],
    )
}

/// An input stream, which may have a receiver.
fn input(now: &Overview, id: InputId, name: &str, stream: &Streaming) -> Value {
    let seconds = stream.timeline().interval_ms as f64 / 1000.0;
    let mut all = batches(now);
    all.reverse();
    let records =
        |info: &BatchInfo| info.inputs.iter().find(|(of, _)| *of == id).map_or(0, |(_, report)| report.records);
    let rates: Vec<(i64, f64)> = all.iter().map(|(info, _)| (info.time.0, records(info) as f64 / seconds)).collect();
    let mean = rates.iter().map(|(_, rate)| rate).sum::<f64>() / rates.len().max(1) as f64;
    let receiver = now.receivers.iter().find(|receiver| receiver.stream == id);
    let known = json!({
        "streamId": id.0,
        "streamName": receiver.map_or_else(|| title(name, id), |receiver| receiver.name.clone()),
        "eventRates": rates,
    });
    let error = receiver.filter(|receiver| receiver.last_error_time.is_some());
    with(
        known,
        [
            ("avgEventRate", (!rates.is_empty()).then(|| mean.into())),
            ("isActive", receiver.map(|receiver| receiver.active.into())),
            ("executorId", receiver.map(|receiver| receiver.executor.clone().into())),
            ("executorHost", receiver.map(|receiver| receiver.location.clone().into())),
            ("lastErrorTime", error.and_then(|receiver| receiver.last_error_time).map(|time| gmt(time).into())),
            ("lastErrorMessage", error.map(|receiver| receiver.last_error_message.clone().into())),
            ("lastError", error.map(|receiver| receiver.last_error.clone().into())),
        ],
    )
}

/// Spark's title of an input stream without a receiver.
fn title(name: &str, id: InputId) -> String {
    let kind = match name {
        "queueStream" => "Queue stream",
        "textFileStream" | "binaryRecordsStream" => "File stream",
        "createDirectStream" => "Kafka direct stream",
        other => other,
    };
    format!("{kind} [{id}]")
}

fn batch(info: &BatchInfo, status: &'static str, stream: &Streaming) -> Value {
    let ended = |failed: bool| info.outputs.iter().filter(move |o| o.ended.is_some() && o.failure.is_some() == failed);
    let known = json!({
        "batchId": info.time.0,
        "batchTime": gmt(info.time),
        "status": status,
        "batchDuration": stream.timeline().interval_ms,
        "inputSize": info.records(),
        "numActiveOutputOps": info.outputs.iter().filter(|output| output.ended.is_none()).count(),
        "numCompletedOutputOps": ended(false).count(),
        "numFailedOutputOps": ended(true).count(),
        "numTotalOutputOps": info.outputs.len(),
    });
    let millis = |time: std::time::Duration| Value::from(time.as_millis() as u64);
    with(
        known,
        [
            ("schedulingDelay", info.started.map(|_| millis(info.scheduling))),
            ("processingTime", info.ended.map(|_| millis(info.processing))),
            ("totalDelay", info.ended.map(|_| millis(info.scheduling + info.processing))),
            ("firstFailureReason", info.outputs.iter().find_map(|output| output.failure.clone()).map(Value::from)),
        ],
    )
}

fn operation(info: &BatchInfo, at: usize) -> Value {
    let output = &info.outputs[at];
    let known = json!({ "outputOpId": at, "name": output.name, "description": output.name, "jobIds": [] });
    with(
        known,
        [
            ("startTime", output.started.map(|time| gmt(time).into())),
            ("endTime", output.ended.map(|time| gmt(time).into())),
            ("duration", output.started.zip(output.ended).map(|(from, to)| to.since(from).into())),
            ("failureReason", output.failure.clone().map(Value::from)),
        ],
    )
}
