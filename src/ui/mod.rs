//! What people and programs look at from outside: the web page, REST in Spark's shape, Prometheus' metrics. One thread
//! serves them, without the interpreter; it reads what the engine counts anyway, and asks the program for the rest.

mod app;
mod asking;
mod dates;
mod guard;
mod log;
mod metrics;
mod page;
mod queries;
mod rest;
mod server;

pub use app::{App, Section};
pub use asking::{Asking, Question};
pub use queries::{Facts, Queries, Run, Told};
pub use rest::peaks;
pub use server::{Server, Wanted};
