//! The program that a log is about.

use crate::time::Time;

/// What a log says of a program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Spark's `applicationId`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub user: String,
    /// When it began.
    pub started: Time,
    /// The version of PySpark that answers as this does.
    pub spark: String,
    /// How many tasks run at once.
    pub cores: usize,
    /// What it runs on and with, by what Spark calls the section (`Spark Properties`); secrets are left out by who gives
    /// them.
    pub environment: Vec<(String, Vec<(String, String)>)>,
}
