//! What people and programs look at from outside: the web page, REST in Spark's shape, Prometheus' metrics. One thread
//! serves them, without the interpreter; it reads what the engine counts anyway.

mod app;
mod dates;
mod guard;
mod metrics;
mod page;
mod rest;
mod server;

pub use app::{App, Section};
pub use server::{Server, Wanted};
