//! Groups of streams with a state of the user's: `applyInPandasWithState` and `transformWithState`.

use super::error::{SqlError, SqlResult};
use super::event_time;
use super::messages::from_message;
use super::planner::{Planner, Step};
use super::proto;
use super::python::python;
use super::relation::Planned;
use super::scope::unresolved;
use super::stream::{OutputMode, refused};
use super::stream_rules::reads;
use super::types::{Field, Type};
use super::{ddl, messages};

/// A struct that a text means: DDL or JSON.
fn fields_of(text: &str) -> SqlResult<Vec<Field>> {
    let ty = if text.trim_start().starts_with('{') { messages::from_json(text)? } else { ddl::read_schema(text)? };
    match ty {
        Type::Struct(fields) => Ok(fields),
        _ => Err(SqlError::malformed("a schema")),
    }
}

fn json(fields: &[Field]) -> String {
    Type::Struct(fields.to_vec()).json()
}

impl Planner<'_> {
    /// `applyInPandasWithState`.
    pub fn apply_with_state(&mut self, message: &proto::ApplyInPandasWithState) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let own = message.output_mode.to_lowercase();
        if !below.streams() {
            return Err(SqlError::declined("applyInPandasWithState of rows that stay"));
        }
        if self.start.is_some() {
            self.rules.apply(OutputMode::named(&own)?, below.streams_groups());
        }
        let udf = python(message.func.as_ref())?;
        let output = fields_of(&message.output_schema)?;
        let state = fields_of(&message.state_schema)?;
        let event = event_of(&below);
        if self.start.is_some() && message.timeout_conf == "EventTimeTimeout" && event.is_none() {
            self.rules.refuse(refused(
                "Watermark must be specified in the query using '[Dataset/DataFrame].withWatermark()' for using event-time timeout in a [map|flatMap]GroupsWithState. Event-time timeout not supported without watermark.",
            ));
        }
        let facts = vec![("state", json(&state)), ("timeout", message.timeout_conf.clone()), ("mode", own)];
        self.grouped_with_state(below, &message.grouping_expressions, udf, output, "group_state", facts)
    }

    /// `transformWithState` and `transformWithStateInPandas`.
    pub fn transform_with_state(
        &mut self,
        message: &proto::GroupMap,
        info: &proto::TransformWithStateInfo,
    ) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let udf = python(message.func.as_ref())?;
        let output = info.output_schema.as_ref().or(udf.output_type.as_ref());
        let output = output.ok_or_else(|| SqlError::malformed("a function's type"))?;
        let mut output = match &output.kind {
            Some(proto::data_type::Kind::Unparsed(text)) => fields_of(&text.data_type_string)?,
            _ => match from_message(output)? {
                Type::Struct(fields) => fields,
                _ => return Err(SqlError::malformed("a function's columns")),
            },
        };
        if !below.streams() {
            return Err(SqlError::declined("transformWithState of rows that stay"));
        }
        let timed = info.time_mode.eq_ignore_ascii_case("eventtime");
        if self.start.is_some() && timed && self.delay_below(&below).is_none() {
            self.rules.in_a_batch(refused(
                "Watermark must be specified in the query using '[Dataset/DataFrame].withWatermark()' for using event-time timeout in a transformWithState. Event-time timeout not supported without watermark.",
            ));
        }
        let mode = message.output_mode.clone().unwrap_or_default().to_lowercase();
        let mut facts = vec![("timeout", info.time_mode.clone()), ("mode", mode)];
        if let Some(name) = info.event_time_column_name.as_deref().filter(|name| !name.is_empty()) {
            facts.push(("stamped", self.stamped(&below, name, &mut output)?.to_string()));
        }
        let first = match message.initial_input.as_deref() {
            Some(input) => Some(self.first_state(input, &message.initial_grouping_expressions)?),
            None => None,
        };
        let planned = self.grouped_with_state(below, &message.grouping_expressions, udf, output, "processor", facts)?;
        if let (Some(first), Some(step)) = (first, self.steps.last_mut()) {
            let count = step.keys.first().copied().unwrap_or(0);
            let types = |fields: &[Field]| fields.iter().take(count).map(|field| field.ty.clone()).collect::<Vec<_>>();
            if first.1 != count || step.inputs.iter().any(|(_, fields)| types(fields) != types(&first.0.1)) {
                return Err(SqlError::declined(
                    "transformWithState with an initial state whose keys are of other types",
                ));
            }
            step.inputs.push(first.0);
        }
        Ok(planned)
    }

    /// The place of the column that a processor's rows have their event time in from here on, which says so then.
    fn stamped(&mut self, below: &Planned, name: &str, output: &mut [Field]) -> SqlResult<usize> {
        let Some(delay) = self.delay_below(below) else {
            return Err(SqlError::analysis(
                "CANNOT_ASSIGN_EVENT_TIME_COLUMN_WITHOUT_WATERMARK",
                "42611",
                &[],
                "Watermark needs to be defined to reassign event time column. Failed to find watermark definition in the streaming query.",
            ));
        };
        let Some(at) = output.iter().position(|field| field.name.eq_ignore_ascii_case(name)) else {
            let columns: Vec<_> =
                output.iter().map(|field| self.column(&field.name, field.ty.clone(), field.nullable)).collect();
            return Err(unresolved(&[name.to_owned()], &columns));
        };
        let field = &mut output[at];
        if !matches!(field.ty, Type::Timestamp | Type::TimestampNtz) {
            return Err(SqlError::declined("transformWithState with an event time that is no timestamp"));
        }
        field.metadata = event_time::delayed(&field.metadata, delay);
        Ok(at)
    }

    /// The delay of the nearest watermark below, also where its column was left out since.
    fn delay_below(&self, below: &Planned) -> Option<i64> {
        let delay = |metadata: &str| event_time::delay(metadata);
        let own = below.columns.iter().find_map(|column| delay(&column.metadata));
        let behind = || {
            let marks = self.steps.iter().rev().filter(|step| step.kind == "watermark");
            let mut read = marks.filter(|step| reads(&self.steps, &below.sql, &step.name));
            read.find_map(|step| step.output.iter().find_map(|field| delay(&field.metadata)))
        };
        own.or_else(behind)
    }

    /// What the groups' states begin with: rows that stay, their keys first.
    fn first_state(
        &mut self,
        input: &proto::Relation,
        keys: &[proto::Expression],
    ) -> SqlResult<((String, Vec<Field>), usize)> {
        let planned = self.relation(input)?;
        if planned.streams() {
            return Err(SqlError::declined("transformWithState with an initial state that is a stream"));
        }
        self.keys_first(planned, keys)
    }

    fn grouped_with_state(
        &mut self,
        below: Planned,
        keys: &[proto::Expression],
        udf: &proto::PythonUdf,
        output: Vec<Field>,
        kind: &'static str,
        mut facts: Vec<(&'static str, String)>,
    ) -> SqlResult<Planned> {
        let event = event_of(&below);
        let name = below.table_name(&format!("state{}", self.id()));
        let (input, count) = self.keys_first(below, keys)?;
        if let Some(at) = event {
            facts.push(("event", (count + at).to_string()));
        }
        self.steps.push(Step {
            name: name.clone(),
            inputs: vec![input],
            kind,
            eval_type: udf.eval_type,
            command: udf.command.clone(),
            function: String::new(),
            keys: vec![count],
            output: output.clone(),
            facts,
        });
        Ok(self.source(&format!("SELECT * FROM {name}"), &output))
    }
}

/// Where the event time of rows stands.
fn event_of(below: &Planned) -> Option<usize> {
    event_time::place(below.columns.iter().map(|column| column.metadata.as_str()))
}
