//! Rows of several inputs with equal keys meet.

use crate::chunk::BoxStream;
use crate::error::{Error, Kind, Result};
use crate::plan::{JoinKind, PlanRef};
use crate::stage::Task;

use super::Operator;

impl Operator for JoinKind {
    fn open(&self, plan: &PlanRef, _: &Task) -> Result<BoxStream> {
        Err(Error::new(Kind::Unsupported, format!("{} is not built yet", plan.name())))
    }
}
