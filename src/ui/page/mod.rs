//! The web page: files that are in the library, a stream of events that says when something changed, and what a person
//! can do there.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::app::App;
use super::asking::Answer;
use super::rest::Query;
use crate::id::JobId;

/// The files of the page: name, kind, text.
const FILES: &[(&str, &str, &str)] = &[
    ("/static/app.js", "text/javascript; charset=utf-8", include_str!("app.js")),
    ("/static/charts.js", "text/javascript; charset=utf-8", include_str!("charts.js")),
    ("/static/elements.js", "text/javascript; charset=utf-8", include_str!("elements.js")),
    ("/static/functions.js", "text/javascript; charset=utf-8", include_str!("functions.js")),
    ("/static/jobs.js", "text/javascript; charset=utf-8", include_str!("jobs.js")),
    ("/static/log.js", "text/javascript; charset=utf-8", include_str!("log.js")),
    ("/static/numbers.js", "text/javascript; charset=utf-8", include_str!("numbers.js")),
    ("/static/patch.js", "text/javascript; charset=utf-8", include_str!("patch.js")),
    ("/static/queries.js", "text/javascript; charset=utf-8", include_str!("queries.js")),
    ("/static/rest.js", "text/javascript; charset=utf-8", include_str!("rest.js")),
    ("/static/stages.js", "text/javascript; charset=utf-8", include_str!("stages.js")),
    ("/static/storage.js", "text/javascript; charset=utf-8", include_str!("storage.js")),
    ("/static/streaming.js", "text/javascript; charset=utf-8", include_str!("streaming.js")),
    ("/static/words.js", "text/javascript; charset=utf-8", include_str!("words.js")),
    ("/static/style.css", "text/css; charset=utf-8", include_str!("style.css")),
    ("/static/icon.svg", "image/svg+xml", include_str!("icon.svg")),
];

/// Spark's pages, and those that only Pyrite has.
const PAGES: &[&str] = &[
    "/jobs/",
    "/stages/",
    "/storage/",
    "/environment/",
    "/executors/",
    "/streaming/",
    "/streaming/batch/",
    "/StreamingQuery/",
    "/StreamingQuery/statistics/",
    "/functions/",
    "/log/",
];

/// Spark's addresses of one job, stage or RDD, to which others link, and the page that shows it here.
const ONE: &[(&str, &str)] =
    &[("/jobs/job/", "/jobs/"), ("/stages/stage/", "/stages/"), ("/storage/rdd/", "/storage/")];

/// A look at the engine's counts costs next to nothing, and nobody reads faster.
const LOOK: Duration = Duration::from_millis(500);

/// The paths of the page.
pub(super) fn routes() -> Router<Arc<App>> {
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::temporary("/jobs/") }))
        .route("/events", get(events))
        .route("/jobs/job/kill/", post(kill))
        .route("/StreamingQuery/stop/", post(stop));
    for path in PAGES {
        router = router.route(path, get(index));
        router = router.route(path.trim_end_matches('/'), get(move || async move { Redirect::temporary(path) }));
    }
    for (path, page) in ONE {
        let shown = move |RawQuery(query): RawQuery| async move {
            Redirect::temporary(&format!("{page}?{}", query.unwrap_or_default()))
        };
        router = router.route(path, get(shown));
    }
    for (name, kind, text) in FILES {
        router = router.route(name, get(move || async move { ([(header::CONTENT_TYPE, *kind)], *text) }));
    }
    router
}

async fn index() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], include_str!("index.html")).into_response()
}

/// Cancels the job `id`.
async fn kill(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let query = Query::parse(query.as_deref());
    let id = query.first("id").and_then(|id| id.parse().ok());
    if id.is_some_and(|id| app.engine.jobs().cancel(JobId(id), "from the web page")) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        (StatusCode::NOT_FOUND, "no such job runs\n").into_response()
    }
}

/// Stops the streaming query whose run has the `id`: the batch that runs is its last.
async fn stop(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let query = Query::parse(query.as_deref());
    match app.asking.ask("stop", query.first("id").unwrap_or_default().to_owned()).await {
        Answer::Known(_) => StatusCode::NO_CONTENT.into_response(),
        Answer::Unknown => (StatusCode::NOT_FOUND, "no such streaming query runs\n").into_response(),
        Answer::Busy => (StatusCode::SERVICE_UNAVAILABLE, "the program doesn't answer\n").into_response(),
    }
}

/// Says again and again how far the program is, where that has changed.
async fn events(State(app): State<Arc<App>>) -> Response {
    let mut clock = interval(LOOK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let stream = futures_util::stream::unfold((app, clock, None), |(app, mut clock, last)| async move {
        let began = Instant::now();
        loop {
            clock.tick().await;
            let now = state(&app);
            // A line now and then, too, so that who has gone is noticed.
            if Some(&now) != last.as_ref() || began.elapsed() > Duration::from_secs(15) {
                return Some((Ok::<_, Infallible>(Event::default().data(now.clone())), (app, clock, Some(now))));
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default()).into_response()
}

/// What changes when there is something new to see.
fn state(app: &App) -> String {
    let jobs = app.engine.jobs();
    let running = jobs.running();
    let done: usize = running
        .iter()
        .flat_map(|job| job.stages())
        .map(|stage| stage.completed.load(std::sync::atomic::Ordering::Relaxed))
        .sum();
    let batches = app.stream().map(|stream| stream.pulse());
    json!({ "log": app.log.count(), "jobs": jobs.begun(), "running": running.len(), "tasks": done, "batches": batches,
        "queries": app.queries.pulse()})
    .to_string()
}
