//! What Spark's REST has no place for, below `pyrite/`: functions, the log, why jobs failed, how uneven stages were,
//! streaming queries, and the stream's sources, states and checkpoints.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Query, queries, with};
use crate::batch::{Checkpoint, Streaming};
use crate::id::InputId;
use crate::job::registry::StageRun;
use crate::metrics::Outcome;
use crate::plan::{Account, How};
use crate::source::{Condition, Link};
use crate::ui::app::App;
use crate::ui::dates::gmt;

/// What stands behind `pyrite/`.
pub fn answer(app: &App, path: &[&str], query: &Query) -> Answer {
    match path {
        ["functions"] => Ok(app.engine.jobs().functions().all().iter().map(|account| function(account)).collect()),
        ["log"] => Ok(log(app, query.first("from").and_then(|from| from.parse().ok()).unwrap_or(0))),
        ["failures"] => Ok(failures(app, query.length())),
        ["stages"] => Ok(app.engine.jobs().stages().iter().take(query.length()).map(|stage| spread(stage)).collect()),
        ["streaming"] => match app.stream() {
            Some(stream) => Ok(streaming(&stream)),
            None => Err(format!("no stream runs in {}", app.name)),
        },
        ["queries", rest @ ..] => queries::answer(app, rest, query),
        _ => Err("Not Found".to_owned()),
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1000.0
}

fn function(account: &Account) -> Value {
    let rows = account.read();
    let (how, why) = match account.how() {
        How::Unknown => ("UNKNOWN", None),
        How::Native => ("NATIVE", None),
        How::MachineCode => ("MACHINE_CODE", None),
        How::Python(why) => ("PYTHON", Some(why)),
    };
    let known = json!({
        "id": account.id,
        "operation": account.operation,
        "role": account.role,
        "name": account.place.name,
        "how": how,
        "nativeRows": rows.native,
        "declinedRows": rows.declined,
        "pythonRows": rows.python,
        "workerRows": rows.away,
        "nativeMs": millis(rows.native_time),
        "pythonMs": millis(rows.python_time),
        "rested": account.rested(),
    });
    let place = &account.place;
    with(
        known,
        [
            ("file", (!place.file.is_empty()).then(|| place.file.clone().into())),
            ("line", (place.line > 0).then(|| place.line.into())),
            ("text", (!place.text.is_empty()).then(|| place.text.clone().into())),
            ("why", why.map(Value::from)),
            ("lastDecline", account.reason().map(Value::from)),
        ],
    )
}

fn log(app: &App, from: u64) -> Value {
    let (count, lines) = app.log.read(from);
    let one = |line: &crate::ui::log::Line| {
        json!({
            "number": line.number,
            "time": gmt(crate::time::Time(line.time)),
            "level": line.level,
            "logger": line.logger,
            "message": line.text,
        })
    };
    json!({ "count": count, "lines": lines.iter().map(one).collect::<Vec<_>>() })
}

/// The jobs that failed or were cancelled and that say why, newest first.
fn failures(app: &App, most: usize) -> Value {
    let jobs = app.engine.jobs().all();
    let one = |job: &Arc<crate::job::registry::Job>| {
        let end = job.ended().filter(|end| end.outcome != Outcome::Succeeded)?;
        Some(json!({
            "jobId": job.id.0,
            "cancelled": end.outcome == Outcome::Cancelled,
            "failureReason": end.failure.unwrap_or_default(),
        }))
    };
    jobs.iter().filter_map(one).take(most).collect()
}

/// How a stage's tasks differ: the middle one and the largest.
fn spread(stage: &StageRun) -> Value {
    let attempts = stage.attempts();
    let done: Vec<_> = attempts.iter().filter(|attempt| attempt.outcome == Outcome::Succeeded).collect();
    let pair = |of: &dyn Fn(&crate::job::registry::Attempt) -> u64| {
        let mut all: Vec<u64> = done.iter().map(|attempt| of(attempt)).collect();
        all.sort_unstable();
        json!({ "median": all.get(all.len() / 2).copied().unwrap_or(0), "max": all.last().copied().unwrap_or(0) })
    };
    json!({
        "stageId": stage.id.0,
        "reads": stage.reads.iter().map(|read| read.0).collect::<Vec<_>>(),
        "tasks": done.len(),
        "micros": pair(&|attempt| attempt.busy.as_micros() as u64),
        "rows": pair(&|attempt| attempt.work.rows),
        "bytes": pair(&|attempt| attempt.work.bytes),
        "totalBytes": attempts.iter().map(|attempt| attempt.work.bytes).sum::<u64>(),
        "spilledBytes": attempts.iter().map(|attempt| attempt.work.spilled).sum::<u64>(),
    })
}

fn streaming(stream: &Streaming) -> Value {
    let states = stream.states();
    let state = |state: &crate::batch::StateInfo| json!({ "streamId": state.stream.0, "name": state.name, "keys": state.size.keys, "bytes": state.size.bytes });
    let known = json!({
        "sources": stream.conditions().iter().map(|(id, name, how)| source(*id, name, how)).collect::<Vec<_>>(),
        "states": states.iter().map(state).collect::<Vec<_>>(),
    });
    let written = stream.checkpoints();
    with(
        known,
        [
            ("checkpointCount", written.as_ref().map(|(count, _)| (*count).into())),
            ("checkpoints", written.map(|(_, last)| last.iter().rev().map(checkpoint).collect())),
        ],
    )
}

fn checkpoint(one: &Checkpoint) -> Value {
    json!({ "batchId": one.batch.0, "time": gmt(one.at), "durationMs": millis(one.took), "bytes": one.bytes })
}

fn source(id: InputId, name: &str, how: &Condition) -> Value {
    let state = match how.link {
        Link::Local => "LOCAL",
        Link::Connecting => "CONNECTING",
        Link::Connected => "CONNECTED",
        Link::Retrying => "RETRYING",
        Link::Stopped => "STOPPED",
    };
    let partition = |(name, next, lag): &(String, i64, u64)| json!({ "name": name, "nextOffset": next, "lag": lag });
    let known = json!({ "streamId": id.0, "name": name, "state": state, "backpressure": how.controlled });
    with(
        known,
        [
            ("place", (!how.place.is_empty()).then(|| how.place.clone().into())),
            ("trouble", how.trouble.clone().map(Value::from)),
            ("maxRate", how.rate.map(Value::from)),
            ("bufferedBytes", how.buffered.map(Value::from)),
            ("lag", how.lag.map(Value::from)),
            ("partitions", how.lag.map(|_| how.partitions.iter().map(partition).collect())),
        ],
    )
}
