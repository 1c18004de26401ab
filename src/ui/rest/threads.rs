//! The threads of the program: Spark's `ThreadStackTrace`, of Python's threads. There is one executor, the program.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ui::app::App;
use crate::ui::asking::Answer;

/// What the threads of an executor do.
pub async fn of(app: &App, executor: &str) -> Response {
    if executor != "driver" {
        let is_number = !executor.is_empty() && executor.bytes().all(|byte| byte.is_ascii_digit());
        return if is_number {
            (StatusCode::NOT_FOUND, "Executor does not exist.").into_response()
        } else {
            (StatusCode::BAD_REQUEST, "Invalid executorId: neither 'driver' nor number.").into_response()
        };
    }
    match app.asking.ask("threads", String::new()).await {
        Answer::Known(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Answer::Unknown => (StatusCode::NOT_FOUND, "No thread dump is available.").into_response(),
        Answer::Busy => (StatusCode::SERVICE_UNAVAILABLE, "The interpreter is busy.").into_response(),
    }
}
