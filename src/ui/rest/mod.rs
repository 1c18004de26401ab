//! `/api/v1` in Spark's shape: the paths, the names of fields and the texts of what isn't there are its own, so that
//! tools which were written for Spark read it. What Pyrite has no notion of (a JVM's memory, blocks from other
//! machines) is 0.

mod environment;
mod executors;
mod jobs;
mod own;
mod queries;
mod stages;
mod storage;
mod streaming;
mod threads;

pub use executors::peaks;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::app::App;
use super::dates::gmt;
use crate::time::Time;

/// What is asked for, or that it isn't there.
pub(super) type Answer = Result<Value, String>;

/// The part of an address behind `?`: names and values.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Names and values without escapes, as Spark's parameters are.
    pub fn parse(text: Option<&str>) -> Self {
        let parts = text.unwrap_or_default().split('&').filter_map(|part| part.split_once('='));
        Self(parts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// A parameter's first value.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How many of a list are wanted, the newest; all where that isn't said. Ours: Spark gives all.
    pub fn length(&self) -> usize {
        self.first("length").and_then(|length| length.parse().ok()).unwrap_or(usize::MAX)
    }

    /// Whether a status is asked for: all are where none is named. Fails where one is named that there isn't.
    pub fn wants(&self, known: &[&str]) -> Result<impl Fn(&str) -> bool, String> {
        let named: Vec<String> =
            self.0.iter().filter(|(name, _)| name == "status").map(|(_, value)| value.to_uppercase()).collect();
        match named.iter().find(|name| !known.contains(&name.as_str())) {
            Some(other) => Err(format!("unknown status: {other}. There are: {}", known.join(", "))),
            None => Ok(move |status: &str| named.is_empty() || named.iter().any(|name| name == status)),
        }
    }
}

/// The REST paths.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/{*path}", get(serve))
}

async fn serve(State(app): State<Arc<App>>, Path(path): Path<String>, RawQuery(query): RawQuery) -> Response {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if let ["applications", id, "executors", executor, "threads"] = &parts[..]
        && *id == app.id
    {
        return threads::of(&app, executor).await;
    }
    match answer(&app, &parts, &Query::parse(query.as_deref())) {
        Ok(value) => ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response(),
        Err(text) => (StatusCode::NOT_FOUND, text).into_response(),
    }
}

fn answer(app: &App, path: &[&str], query: &Query) -> Answer {
    match path {
        ["version"] => Ok(json!({ "spark": app.spark })),
        ["applications"] => {
            let wanted = query.wants(&["COMPLETED", "RUNNING"])?;
            Ok(wanted("RUNNING").then(|| application(app)).into_iter().collect())
        }
        ["applications", id, ..] if *id != app.id => Err(format!("no such app: {id}")),
        ["applications", _] => Ok(application(app)),
        ["applications", _, "jobs"] => jobs::all(app, query),
        ["applications", _, "jobs", id] => jobs::one(app, id),
        ["applications", _, "stages"] => stages::all(app, query),
        ["applications", _, "stages", id] => stages::attempts(app, id),
        ["applications", _, "stages", id, attempt] => stages::one(app, id, attempt),
        ["applications", _, "stages", id, attempt, "taskList"] => stages::tasks(app, id, attempt, query),
        ["applications", _, "stages", id, attempt, "taskSummary"] => stages::summary(app, id, attempt, query),
        ["applications", _, "executors" | "allexecutors"] => Ok(json!([executors::driver(app)])),
        // What YARN's client may have beside the executors.
        ["applications", _, "allmiscellaneousprocess"] => Ok(json!([])),
        ["applications", _, "storage", "rdd"] => Ok(storage::all(app)),
        ["applications", _, "storage", "rdd", id] => storage::one(app, id),
        ["applications", _, "environment"] => Ok(environment::of(app)),
        ["applications", _, "streaming", rest @ ..] => match app.stream() {
            Some(stream) => streaming::answer(app, &stream, rest, query),
            None => Err(format!("no streaming listener attached to {}", app.name)),
        },
        ["applications", _, "pyrite", rest @ ..] => own::answer(app, rest, query),
        ["applications", id, attempt, ..] => Err(format!("unknown app {id}, attempt {attempt}")),
        _ => Err("Not Found".to_owned()),
    }
}

fn application(app: &App) -> Value {
    let now = Time::wall();
    json!({
        "id": app.id,
        "name": app.name,
        "attempts": [{
            "startTime": gmt(app.started),
            "endTime": gmt(Time(-1)),
            "lastUpdated": gmt(app.started),
            "duration": now.since(app.started),
            "sparkUser": app.user,
            "completed": false,
            "appSparkVersion": app.spark,
            "startTimeEpoch": app.started.0,
            "endTimeEpoch": -1,
            "lastUpdatedEpoch": app.started.0,
        }],
    })
}

/// Adds fields that are there: Spark leaves out what isn't known.
fn with(mut of: Value, fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    if let Value::Object(known) = &mut of {
        known.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    of
}
