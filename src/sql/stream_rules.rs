//! What Spark refuses of a query over streams, in the order in which it looks: the output mode first, as the topmost aggregate has it,
//! then each operator from below, then what may come late, and last what only a batch finds out.

use super::error::{SqlError, SqlResult};
use super::event_time;
use super::planner::{Planner, Step};
use super::relation::Planned;
use super::scope::Column;
use super::stream::{OutputMode, refused};

/// What planning has found so far.
#[derive(Debug, Default, Clone)]
pub struct Rules {
    operators: Vec<Operator>,
    late: Option<SqlError>,
    batch: Option<SqlError>,
    /// Aggregates that stand under no other one, from the left.
    tops: Vec<Top>,
    /// The columns of event time of each side of a join of streams.
    times: Vec<Vec<Column>>,
}

#[derive(Debug, Clone)]
enum Operator {
    Refused(SqlError),
    /// `applyInPandasWithState` of an output mode, and whether there are aggregates below it.
    Apply(OutputMode, bool),
}

#[derive(Debug, Clone)]
struct Top {
    name: String,
    timed: bool,
    session: bool,
}

/// Whether a query reads a table, through the steps before it.
pub fn reads(steps: &[Step], sql: &str, name: &str) -> bool {
    sql.contains(name)
        || steps.iter().any(|step| {
            sql.contains(&step.name) && step.inputs.iter().any(|(input, _)| input != sql && reads(steps, input, name))
        })
}

impl Rules {
    /// An operator is not to be there.
    pub fn refuse(&mut self, error: SqlError) {
        self.operators.push(Operator::Refused(error));
    }

    /// What comes out below may be late for an operator.
    pub fn late(&mut self, error: SqlError) {
        self.late.get_or_insert(error);
    }

    /// The first batch would find out.
    pub fn in_a_batch(&mut self, error: SqlError) {
        self.batch.get_or_insert(error);
    }

    /// `applyInPandasWithState`.
    pub fn apply(&mut self, mode: OutputMode, after_aggregates: bool) {
        self.operators.push(Operator::Apply(mode, after_aggregates));
    }

    /// A side of a join of streams.
    pub fn side(&mut self, columns: &[Column]) {
        let timed = |column: &&Column| event_time::delay(&column.metadata).is_some();
        self.times.push(columns.iter().filter(timed).cloned().collect());
    }

    /// A side of a join may have one event time: of those that the result still has. What isn't read Spark drops before.
    fn check_times(&self, result: &[Column]) -> SqlResult<()> {
        for side in &self.times {
            let left: Vec<&str> = side
                .iter()
                .filter(|column| result.iter().any(|each| each.id == column.id))
                .map(|column| column.name.as_str())
                .collect();
            if left.len() > 1 {
                let shown = left.join(",");
                return Err(SqlError::analysis(
                    "MULTIPLE_EVENT_TIME_COLUMNS",
                    "42K09",
                    &[("eventTimeCols", &shown)],
                    &format!(
                        "More than one event time columns are available. Please ensure there is at most one event time column per stream. event time columns: ({shown})"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// An aggregate over rows of a query.
    pub fn aggregate(&mut self, steps: &[Step], name: &str, below: &str, timed: bool, session: bool) {
        self.tops.retain(|top| !reads(steps, below, &top.name));
        self.tops.push(Top { name: name.to_owned(), timed, session });
    }

    fn checked(&self, mode: OutputMode) -> SqlResult<()> {
        let applied: Vec<OutputMode> = self
            .operators
            .iter()
            .filter_map(|operator| match operator {
                Operator::Apply(own, _) => Some(*own),
                Operator::Refused(_) => None,
            })
            .collect();
        if applied.len() > 1 && applied.contains(&OutputMode::Update) {
            return Err(refused(
                "Multiple applyInPandasWithStates are not supported on a streaming DataFrames/Datasets",
            ));
        }
        match (mode, self.tops.first()) {
            (OutputMode::Append, Some(top)) if !top.timed => {
                return Err(mode.refused("streaming aggregations without watermark"));
            }
            (OutputMode::Update, Some(top)) if top.session => {
                return Err(mode.refused("session window streaming aggregations"));
            }
            (OutputMode::Complete, None) => return Err(mode.refused("no streaming aggregations")),
            _ => {}
        }
        for operator in &self.operators {
            match operator {
                Operator::Refused(error) => return Err(error.clone()),
                Operator::Apply(own, after) => self.check_apply(mode, *own, *after)?,
            }
        }
        match self.late.as_ref().or(self.batch.as_ref()) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    fn check_apply(&self, mode: OutputMode, own: OutputMode, after: bool) -> SqlResult<()> {
        let said = |rest: &str| {
            Err(refused(&format!(
                "applyInPandasWithState in {} mode is not supported {rest} on a streaming DataFrame/Dataset",
                own.word()
            )))
        };
        if self.tops.is_empty() {
            if own == mode { Ok(()) } else { said(&format!("with {} output mode", mode.name())) }
        } else if own == OutputMode::Update {
            said("with aggregation")
        } else if after {
            said("after aggregation")
        } else {
            Ok(())
        }
    }
}

impl Planner<'_> {
    /// The end of a plan that is to be started.
    pub fn check_rules(&self, result: &Planned) -> SqlResult<()> {
        self.start.map_or(Ok(()), |mode| {
            self.rules.checked(mode)?;
            self.rules.check_times(&result.columns)
        })
    }

    /// What was refused before a plan that can't be planned to its end.
    pub fn refused_before(&self, error: SqlError) -> SqlError {
        let declined = error.is_declined();
        let before = self.rules.operators.iter().find_map(|operator| match operator {
            Operator::Refused(error) if declined => Some(error.clone()),
            _ => None,
        });
        before.unwrap_or(error)
    }
}
