//! Streaming queries. Spark has no path for them: these stand below `pyrite/`, with Spark's names for what its page says,
//! and `StreamingQueryProgress` as it is.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Answer, Query, with};
use crate::time::Time;
use crate::ui::app::App;
use crate::ui::dates::gmt;
use crate::ui::queries::{Now, Run};

/// What stands behind `pyrite/queries`.
pub fn answer(app: &App, path: &[&str], query: &Query) -> Answer {
    match path {
        [] => Ok(app.queries.all().iter().take(query.length()).map(|run| summary(run, &run.now())).collect()),
        [id] => {
            let run = app.queries.find(id).ok_or_else(|| format!("unknown streaming query run: {id}"))?;
            Ok(whole(&run))
        }
        _ => Err("Not Found".to_owned()),
    }
}

fn summary(run: &Arc<Run>, now: &Now) -> Value {
    let facts = &run.facts;
    let until = now.end.as_ref().map_or_else(Time::wall, |end| end.time);
    let failure = now.end.as_ref().and_then(|end| end.failure.clone());
    let status = match (&now.end, &failure) {
        (None, _) => "RUNNING",
        (Some(_), None) => "FINISHED",
        (Some(_), Some(_)) => "FAILED",
    };
    let mean = |of: fn(&crate::ui::queries::Told) -> f64| {
        now.told.iter().map(|told| of(told)).filter(|rate| rate.is_finite()).sum::<f64>() / now.told.len().max(1) as f64
    };
    let known = json!({
        "id": facts.id,
        "runId": facts.run_id,
        "status": status,
        "startTime": gmt(facts.started),
        "duration": until.since(facts.started),
        "avgInputPerSec": mean(|told| told.input),
        "avgProcessPerSec": mean(|told| told.processed),
        "numBatches": now.batches,
        "numInputRows": now.rows,
        "message": &*now.message,
    });
    let more: Map<String, Value> = serde_json::from_str(&facts.more).unwrap_or_default();
    let mut known = with(
        known,
        [
            ("name", facts.name.clone().map(Value::from)),
            ("endTime", now.end.as_ref().map(|end| gmt(end.time).into())),
            ("latestBatchId", now.told.back().and_then(|told| parsed(&told.json).get("batchId").cloned())),
            ("failure", failure.map(|text| (*text).into())),
        ],
    );
    if let Value::Object(known) = &mut known {
        known.extend(more);
    }
    known
}

fn whole(run: &Arc<Run>) -> Value {
    let now = run.now();
    let progress: Vec<Value> = now.told.iter().map(|told| parsed(&told.json)).collect();
    with(summary(run, &now), [("plan", Some(run.facts.plan.clone().into())), ("recentProgress", Some(progress.into()))])
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}
