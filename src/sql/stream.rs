//! Plans over streams. A batch's rows are tables of the executor's whose names say so; where state is needed the plan is cut,
//! and what runs there is a [`Step`]: the rows that go in, and a table that the rest of the plan reads.
//!
//! A stateful operator is a step of a kind of its own: another file here plans it, and Python's `_query.operators` has its class.
//! The rules of output modes are those of Spark's `UnsupportedOperationChecker`; they hold only where a query is started.

use super::error::{SqlError, SqlResult};
use super::event_time;
use super::planner::{Planner, Step};
use super::reach::Reached;
use super::relation::Planned;
use super::scope::Column;
use super::typed::Typed;
use super::types::Field;

/// What the names of a stream's tables begin with.
const STREAM: &str = "pyrite_stream_";
/// What the names begin with where rows have been aggregated.
const AGGREGATED: &str = "pyrite_stream_agg_";

/// What one stateful operator gives may be too late for the next.
const LATE: &str = "Detected pattern of possible 'correctness' issue due to global watermark. The query contains stateful operation which can emit rows older than the current watermark plus allowed late record delay, which are \"late rows\" in downstream stateful operations and these rows can be discarded. Please refer the programming guide doc for more details. If you understand the possible risk of correctness issue and still need to run the query, you can disable this check by setting the config `spark.sql.streaming.statefulOperator.checkCorrectness.enabled` to false.";

/// What a query puts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputMode {
    /// Rows that will not change any more.
    Append,
    /// Rows that the batch has changed.
    Update,
    /// All rows of the result.
    Complete,
}

impl OutputMode {
    /// The mode of a name.
    pub fn named(name: &str) -> SqlResult<Self> {
        match name.to_lowercase().as_str() {
            "append" | "" => Ok(Self::Append),
            "update" => Ok(Self::Update),
            "complete" => Ok(Self::Complete),
            _ => Err(SqlError {
                kind: "IllegalArgumentException",
                ..SqlError::analysis(
                    "STREAMING_OUTPUT_MODE.INVALID",
                    "42KDE",
                    &[("outputMode", name)],
                    &format!(
                        "Invalid streaming output mode: {name}. Accepted output modes are 'Append', 'Complete', 'Update'."
                    ),
                )
            }),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Update => "update",
            Self::Complete => "complete",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Append => "Append",
            Self::Update => "Update",
            Self::Complete => "Complete",
        }
    }

    pub fn refused(self, operation: &str) -> SqlError {
        SqlError::analysis(
            "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION",
            "42KDE",
            &[("outputMode", self.word()), ("operation", operation)],
            &format!(
                "Invalid streaming output mode: {}. This output mode is not supported for {operation} on streaming DataFrames/DataSets.",
                self.word()
            ),
        )
    }
}

/// What Spark's checker says of an operation; it has no condition of its own.
pub fn refused(message: &str) -> SqlError {
    SqlError {
        kind: "AnalysisException",
        condition: "_LEGACY_ERROR_TEMP_3102".to_owned(),
        state: "",
        parameters: vec![("msg".to_owned(), message.to_owned())],
        message: message.to_owned(),
    }
}

/// A window function names itself in what is said of it.
pub fn window_refused(name: &str) -> SqlError {
    let (function, specification) = name.split_once(" OVER ").unwrap_or((name, ""));
    let (function, specification) = (function.to_uppercase(), specification.to_uppercase());
    SqlError::analysis(
        "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING",
        "42KDE",
        &[("windowFunc", &function), ("columnName", &format!("`{name}`")), ("windowSpec", &specification)],
        &format!(
            "Window function is not supported in {function} (as column `{name}`) on streaming DataFrames/Datasets.\n\
             Structured Streaming only supports time-window aggregation using the WINDOW function. (window specification: {specification})"
        ),
    )
}

impl Planned {
    /// Whether its rows come batch by batch.
    pub fn streams(&self) -> bool {
        self.sql.contains(STREAM)
    }

    /// Whether they come from an aggregate over a stream.
    pub fn streams_groups(&self) -> bool {
        self.sql.contains(AGGREGATED)
    }

    /// A name for a table that is made of these rows.
    pub fn table_name(&self, plain: &str) -> String {
        if self.streams_groups() {
            format!("{AGGREGATED}{plain}")
        } else if self.streams() {
            format!("{STREAM}{plain}")
        } else {
            plain.to_owned()
        }
    }
}

impl Planner<'_> {
    /// An order needs all rows.
    pub fn check_sort(&mut self, below: &Planned) {
        if let Some(mode) = self.start
            && below.streams()
            && !(mode == OutputMode::Complete && below.streams_groups())
        {
            self.rules.refuse(refused(
                "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in Complete output mode",
            ));
        }
    }

    /// Rows that have been seen are not seen again.
    pub fn check_deduplicate(&mut self, below: &Planned, within: bool) -> SqlResult<Vec<(&'static str, String)>> {
        if self.start != Some(OutputMode::Append) && below.streams_groups() {
            self.rules.late(refused(LATE));
        }
        self.check_ranged(below)?;
        let mut facts = Vec::new();
        if let Some(at) = event_time::place(below.columns.iter().map(|column| column.metadata.as_str())) {
            facts.push(("event", at.to_string()));
            if within {
                let delay = event_time::delay(&below.columns[at].metadata).unwrap_or(0);
                facts.push(("delay", delay.to_string()));
            }
        } else if within {
            self.rules.refuse(refused(
                "dropDuplicatesWithinWatermark is not supported on streaming DataFrames/DataSets without watermark",
            ));
        }
        Ok(facts)
    }

    /// `offset` needs all rows, too.
    pub fn check_offset(&mut self, below: &Planned) {
        if !matches!(self.start, None | Some(OutputMode::Complete)) && below.streams() {
            self.rules.refuse(refused("Offset is not supported on streaming DataFrames/Datasets"));
        }
    }

    /// Aggregates keep their groups until the query ends.
    pub fn check_groups(&mut self, below: &Planned, keys: &[Typed]) -> SqlResult<()> {
        let Some(mode) = self.start else { return Ok(()) };
        if below.streams_groups() && mode != OutputMode::Append {
            self.rules.late(refused(LATE));
        }
        if keys.len() == 1 && keys.iter().any(|key| event_time::is_session(&key.metadata)) {
            self.rules
                .in_a_batch(refused("Global aggregation with session window in streaming query is not supported."));
        }
        self.check_ranged(below)
    }

    /// What a join by a range of time gives is older than the watermark of the query.
    fn check_ranged(&self, below: &Planned) -> SqlResult<()> {
        if self.start.is_some() && below.sql.contains(super::stream_join::RANGED) {
            return Err(SqlError::declined("A stateful operator over a join of two streams by a range of time"));
        }
        Ok(())
    }

    /// `UNION`, `INTERSECT`, `EXCEPT`.
    pub fn check_sets(&mut self, word: &str, all: bool, left: &Planned, right: &Planned) -> SqlResult<()> {
        if self.start.is_none() || !(left.streams() || right.streams()) {
            return Ok(());
        }
        let message = match word {
            "UNION" if left.streams() != right.streams() => {
                "Union between streaming and batch DataFrames/Datasets is not supported"
            }
            "UNION" if !all => return Err(SqlError::declined("UNION without ALL over streams")),
            "INTERSECT" if left.streams() && right.streams() => {
                "Intersect of streaming DataFrames/Datasets is not supported"
            }
            "EXCEPT" if right.streams() => "Except on a streaming DataFrame/Dataset on the right is not supported",
            _ => return Ok(()),
        };
        self.rules.refuse(refused(message));
        Ok(())
    }

    /// A join of a stream with rows that stay needs no state, where each row of the stream can be answered alone.
    pub fn check_join(&mut self, kind: super::join::Kind, left: &Planned, right: &Planned) {
        use super::join::Kind;
        let (left, right) = (left.streams(), right.streams());
        if self.start.is_none() || left == right {
            return;
        }
        let message = match kind {
            Kind::Full if left => {
                "FullOuter joins with streaming DataFrames/Datasets on the left and a static DataFrame/Dataset on the right is not supported"
            }
            Kind::Full => {
                "FullOuter joins with streaming DataFrames/Datasets on the right and a static DataFrame/Dataset on the left is not supported"
            }
            Kind::Left if right => {
                "LeftOuter join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is not supported"
            }
            Kind::Right if left => {
                "RightOuter join with a streaming DataFrame/Dataset on the left and a static DataFrame/DataSet on the right not supported"
            }
            Kind::Semi if right => {
                "LeftSemi join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is not supported"
            }
            Kind::Anti if right => "LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported",
            _ => return,
        };
        self.rules.refuse(refused(message));
    }

    /// So many rows: of a stream that appends, of all its batches together.
    pub fn limited(&mut self, below: Planned, count: i64) -> Planned {
        match self.start {
            Some(OutputMode::Update) if below.streams() => {
                let message = "Limits are not supported on streaming DataFrames/Datasets in Update output mode";
                self.rules.refuse(refused(message));
                below
            }
            Some(OutputMode::Append) if below.streams() => {
                self.stateful("limit", below, &[], vec![("limit", count.to_string())])
            }
            _ => Planned { sql: format!("SELECT * FROM {} LIMIT {count}", below.from()), ..below },
        }
    }

    /// A stateful operator that gives rows of the same columns as it takes; `keys` are columns of theirs.
    pub fn stateful(
        &mut self,
        kind: &'static str,
        below: Planned,
        keys: &[String],
        facts: Vec<(&'static str, String)>,
    ) -> Planned {
        let name = below.table_name(&format!("{kind}{}", self.id()));
        let all: Vec<Column> = below.all().into_iter().chain(&below.extra).cloned().collect();
        let names: Vec<String> = all.iter().map(Column::sql).collect();
        let fields: Vec<Field> = all.iter().map(|column| Field { name: column.sql(), ..column.field() }).collect();
        let (under, slot) = self.above(&below, &below.all(), Some((name.clone(), 0)));
        let places: Vec<usize> = keys.iter().filter_map(|key| names.iter().position(|name| name == key)).collect();
        self.steps.push(Step {
            name: name.clone(),
            inputs: vec![(format!("SELECT {}{slot} FROM {}", names.join(", "), below.from()), fields.clone())],
            kind,
            eval_type: 0,
            command: Vec::new(),
            function: String::new(),
            keys: places.clone(),
            output: fields,
            facts,
        });
        let reached = match (kind, places.first().and_then(|place: &usize| all.get(*place))) {
            ("watermark", Some(time)) => vec![Reached::watermark(&name, time.id, &all)],
            _ => Vec::new(),
        };
        Planned { sql: format!("SELECT * FROM {name}"), reached, outer: None, under, ..below }
    }

    /// The state of an aggregate, as the step `aggregate`: partial results of a batch's groups, and the query that puts each
    /// together with what was kept (`p_` and `o_` before the names of the columns). Gives the table with the merged groups.
    pub fn groups(&mut self, below: &Planned, keys: Vec<Field>) -> String {
        let mut fields = keys;
        let mut seen = std::collections::HashSet::new();
        fields.retain(|field| seen.insert(field.name.clone()));
        let mut facts = Vec::new();
        if let Some(at) = event_time::place(fields.iter().map(|field| field.metadata.as_str())) {
            facts.push(("event", at.to_string()));
        }
        let session = fields.iter().position(|field| event_time::is_session(&field.metadata));
        if let Some(at) = session {
            facts.push(("session", at.to_string()));
        }
        let timed = event_time::place(fields.iter().map(|field| field.metadata.as_str())).is_some();
        let partials = std::mem::take(&mut self.partials);
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let mut first: Vec<String> = names.clone();
        let mut merged = names.clone();
        for partial in &partials {
            // The groups of one set of keys take the rows as they come.
            let sql = partial.sql.replace(super::aggregate::IN_SETS, "");
            first.push(format!("{sql} AS {}", partial.field.name));
            merged.push(format!("{} AS {}", partial.merge, partial.field.name));
            fields.push(partial.field.clone());
        }
        if fields.is_empty() {
            first.push("1 AS one".to_owned());
            merged.push("1 AS one".to_owned());
        }
        let name = format!("{AGGREGATED}{}", self.id());
        self.rules.aggregate(&self.steps, &name, &below.sql, timed, session.is_some());
        let mut inputs = Vec::new();
        let mut source = below.clone();
        if let Some(at) = session {
            // What is late goes before sessions are put together.
            let all = below.all().into_iter().chain(&below.extra);
            let mut held: Vec<Field> = all.map(|column| Field { name: column.sql(), ..column.field() }).collect();
            held.retain(|field| !names.contains(&field.name));
            held.splice(0..0, fields[..names.len()].iter().cloned());
            let texts: Vec<&str> = held.iter().map(|field| field.name.as_str()).collect();
            inputs.push((format!("SELECT {} FROM {}", texts.join(", "), below.from()), held));
            let kept = Planned { sql: format!("SELECT * FROM {name}_kept"), ..Planned::default() };
            source = self.merged_sessions(kept, &names[at], &names);
        }
        let from = if partials.iter().any(|partial| partial.sql.contains(super::aggregate::FIRST)) {
            format!("({})", super::relation::numbered(&source, super::aggregate::FIRST))
        } else {
            source.from()
        };
        let group = if names.is_empty() { String::new() } else { format!(" GROUP BY {}", names.join(", ")) };
        inputs.push((format!("SELECT {} FROM {from}{group}", first.join(", ")), fields.clone()));
        inputs.push((format!("SELECT {} FROM {name}_met", merged.join(", ")), fields.clone()));
        self.steps.push(Step {
            name: name.clone(),
            inputs,
            kind: if session.is_some() { "sessions" } else { "aggregate" },
            eval_type: 0,
            command: Vec::new(),
            function: String::new(),
            keys: vec![names.len()],
            output: fields,
            facts,
        });
        name
    }
}
