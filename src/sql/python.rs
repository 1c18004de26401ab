//! Users' Python functions: each is a step that runs before the query which reads what it gives.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::messages::from_message;
use super::planner::{Planner, Step};
use super::proto::common_inline_user_defined_function::Function;
use super::proto::{self, CommonInlineUserDefinedFunction, PythonUdf};
use super::relation::Planned;
use super::scope::Column;
use super::typed::{Parts, Typed};
use super::types::{Field, Type};

/// A call of a scalar function that the expressions at hand make.
#[derive(Debug, Clone)]
pub struct Call {
    pub column: Column,
    pub arguments: Vec<Typed>,
    pub eval_type: i32,
    pub command: Vec<u8>,
    pub function: String,
}

/// Aggregates of pandas and Arrow.
const AGGREGATES: &[i32] = &[202, 203, 217, 252, 253, 254];

pub fn python(function: Option<&CommonInlineUserDefinedFunction>) -> SqlResult<&PythonUdf> {
    match function.and_then(|function| function.function.as_ref()) {
        Some(Function::PythonUdf(udf)) => Ok(udf),
        _ => Err(SqlError::declined("A function of Scala's or Java's")),
    }
}

fn output(udf: &PythonUdf) -> SqlResult<Type> {
    from_message(udf.output_type.as_ref().ok_or_else(|| SqlError::malformed("a function's type"))?)
}

impl Planner<'_> {
    pub fn python_function(&mut self, message: &CommonInlineUserDefinedFunction) -> SqlResult<Typed> {
        let udf = python(Some(message))?;
        if AGGREGATES.contains(&udf.eval_type) {
            return Err(SqlError::declined("An aggregate function of pandas or Arrow"));
        }
        let arguments = self.exprs(&message.arguments)?;
        self.python_call(message, arguments)
    }

    fn python_call(&mut self, message: &CommonInlineUserDefinedFunction, arguments: Vec<Typed>) -> SqlResult<Typed> {
        let udf = python(Some(message))?;
        if arguments.iter().any(|argument| argument.parts.aggregate || argument.parts.window) {
            return Err(SqlError::declined("A Python function of an aggregate"));
        }
        if !self.lambdas.is_empty() {
            return Err(SqlError::declined("A Python function inside a higher-order function"));
        }
        let names: Vec<_> = arguments.iter().map(|argument| argument.name.clone()).collect();
        let name = format!("{}({})", message.function_name, names.join(", "));
        let column = self.column(&name, output(udf)?, true);
        let mut value = column_value(&column);
        value.named = false;
        value.column = None;
        value.parts = Parts { column: true, ..Parts::default() };
        self.udfs.push(Call {
            column,
            arguments,
            eval_type: udf.eval_type,
            command: udf.command.clone(),
            function: message.function_name.clone(),
        });
        Ok(value)
    }

    /// Expressions over a relation, whose Python functions run before: what they are, and the relation with the results.
    pub fn with_functions(
        &mut self,
        below: Planned,
        run: impl FnOnce(&mut Self) -> SqlResult<Vec<Typed>>,
    ) -> SqlResult<(Vec<Typed>, Planned)> {
        let udfs = std::mem::take(&mut self.udfs);
        let made = std::cell::RefCell::new(Vec::new());
        let windows = std::cell::RefCell::new(Vec::new());
        let values = self.within(&[&below], |planner| {
            let values = run(planner)?;
            *made.borrow_mut() = std::mem::take(&mut planner.udfs);
            *windows.borrow_mut() = std::mem::take(&mut planner.windows);
            Ok(values)
        });
        self.udfs = udfs;
        let values = values?;
        let mut below = below;
        for window in windows.into_inner() {
            below = self.with_window(below, &window);
        }
        for call in made.into_inner() {
            below = self.called(below, &call);
        }
        Ok((values, below))
    }

    fn called(&mut self, below: Planned, call: &Call) -> Planned {
        let name = below.table_name(&format!("u{}", self.id()));
        let all: Vec<Column> = below.columns.iter().chain(&below.hidden).cloned().collect();
        let computed = below.extra.clone();
        let mut texts: Vec<String> =
            call.arguments.iter().enumerate().map(|(at, value)| format!("{} AS a{at}", value.sql)).collect();
        texts.extend(all.iter().chain(&computed).map(Column::sql));
        let mut fields: Vec<Field> = call
            .arguments
            .iter()
            .enumerate()
            .map(|(at, value)| Field::new(&format!("a{at}"), value.ty.clone(), value.nullable))
            .collect();
        fields.extend(all.iter().chain(&computed).map(|column| Field { name: column.sql(), ..column.field() }));
        let mut output: Vec<Field> = fields[call.arguments.len()..].to_vec();
        output.push(Field { name: call.column.sql(), ..call.column.field() });
        self.steps.push(Step {
            name: name.clone(),
            inputs: vec![(format!("SELECT {} FROM {}", texts.join(", "), below.from()), fields)],
            kind: "scalar",
            eval_type: call.eval_type,
            command: call.command.clone(),
            function: call.function.clone(),
            keys: vec![call.arguments.len()],
            output,
            facts: Vec::new(),
        });
        let mut extra = computed;
        extra.push(call.column.clone());
        Planned { sql: format!("SELECT * FROM {name}"), extra, ..below }
    }

    /// A function that was registered by name, called.
    pub fn registered(&mut self, message: &[u8], args: &[Typed]) -> SqlResult<Typed> {
        let message = <CommonInlineUserDefinedFunction as prost::Message>::decode(message)
            .map_err(|_| SqlError::malformed("a registered function"))?;
        self.python_call(&message, args.to_vec())
    }

    /// A step over whole relations; what comes out is a table.
    fn whole(
        &mut self,
        kind: &'static str,
        inputs: Vec<(String, Vec<Field>)>,
        keys: Vec<usize>,
        function: Option<&CommonInlineUserDefinedFunction>,
    ) -> SqlResult<Planned> {
        let udf = python(function)?;
        let Type::Struct(fields) = output(udf)? else { return Err(SqlError::malformed("a function's columns")) };
        let name = table_name(&inputs, &format!("u{}", self.id()));
        self.steps.push(Step {
            name: name.clone(),
            inputs,
            kind,
            eval_type: udf.eval_type,
            command: udf.command.clone(),
            function: function.map(|function| function.function_name.clone()).unwrap_or_default(),
            keys,
            output: fields.clone(),
            facts: Vec::new(),
        });
        Ok(self.source(&format!("SELECT * FROM {name}"), &fields))
    }

    pub fn map_partitions(&mut self, message: &proto::MapPartitions) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let input = (visible(&below), below.fields());
        self.whole("map", vec![input], vec![0], message.func.as_ref())
    }

    pub fn group_map(&mut self, message: &proto::GroupMap) -> SqlResult<Planned> {
        if message.is_map_groups_with_state.is_some() {
            return Err(SqlError::declined("Groups with the state of a Dataset"));
        }
        if let Some(info) = &message.transform_with_state_info {
            return self.transform_with_state(message, info);
        }
        if message.initial_input.is_some() {
            return Err(SqlError::declined("Groups with an initial state"));
        }
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let (input, keys) = self.keys_first(below, &message.grouping_expressions)?;
        self.whole("group", vec![input], vec![keys], message.func.as_ref())
    }

    pub fn cogroup_map(&mut self, message: &proto::CoGroupMap) -> SqlResult<Planned> {
        let missing = || SqlError::malformed("an input");
        let left = self.relation(message.input.as_deref().ok_or_else(missing)?)?;
        let right = self.relation(message.other.as_deref().ok_or_else(missing)?)?;
        let (left, left_keys) = self.keys_first(left, &message.input_grouping_expressions)?;
        let (right, right_keys) = self.keys_first(right, &message.other_grouping_expressions)?;
        self.whole("cogroup", vec![left, right], vec![left_keys, right_keys], message.func.as_ref())
    }

    /// The rows with their keys in front, in the order of these.
    pub fn keys_first(
        &mut self,
        below: Planned,
        keys: &[proto::Expression],
    ) -> SqlResult<((String, Vec<Field>), usize)> {
        let keys = self.within(&[&below], |planner| planner.exprs(keys))?;
        let mut texts: Vec<String> = keys.iter().enumerate().map(|(at, key)| format!("{} AS k{at}", key.sql)).collect();
        texts.extend(below.columns.iter().map(Column::sql));
        let mut fields: Vec<Field> =
            keys.iter().map(|key| Field::new(&key.name, key.ty.clone(), key.nullable)).collect();
        fields.extend(below.fields());
        let order: Vec<_> = (0..keys.len()).map(|at| format!("k{at} NULLS FIRST")).collect();
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        Ok(((format!("SELECT {} FROM {}{order}", texts.join(", "), below.from()), fields), keys.len()))
    }
}

/// A name that says whether rows come batch by batch.
fn table_name(inputs: &[(String, Vec<Field>)], plain: &str) -> String {
    let all: Vec<&str> = inputs.iter().map(|(sql, _)| sql.as_str()).collect();
    Planned { sql: all.join(" "), ..Planned::default() }.table_name(plain)
}

/// The query of the visible columns only.
pub fn visible(planned: &Planned) -> String {
    let names: Vec<_> = planned.columns.iter().map(Column::sql).collect();
    let names = if names.is_empty() { "1 AS one".to_owned() } else { names.join(", ") };
    format!("SELECT {names} FROM {}", planned.from())
}
