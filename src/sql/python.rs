//! Users' Python functions: each is a step that runs before the query which reads what it gives.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::messages::from_message;
use super::planner::{Frame, Planner, Step};
use super::proto::common_inline_user_defined_function::Function;
use super::proto::{self, CommonInlineUserDefinedFunction, PythonUdf};
use super::relation::{Planned, ROW, numbered};
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
    pub over: Option<Over>,
}

/// The window of an aggregate function's call.
#[derive(Debug, Clone)]
pub struct Over {
    pub keys: Vec<Typed>,
    /// What rows are sorted by, and how that is written.
    pub orders: Vec<(Typed, String)>,
    pub frame: Frame,
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
        let arguments = self.exprs(&message.arguments)?;
        self.python_call(message, arguments)
    }

    /// A function that Pyrite has in Python: it is called as users' scalar functions are, by its name.
    pub fn own_function(&mut self, function: &str, name: &str, arguments: Vec<Typed>, ty: Type) -> SqlResult<Typed> {
        if arguments.iter().any(|argument| argument.parts.aggregate || argument.parts.window) {
            return Err(SqlError::declined(&format!("{function} of an aggregate")));
        }
        if !self.lambdas.is_empty() {
            return Err(SqlError::declined(&format!("{function} inside a higher-order function")));
        }
        let column = self.column(name, ty, true);
        let mut value = column_value(&column);
        value.named = false;
        value.column = None;
        value.parts = Parts { column: true, ..Parts::default() };
        let (command, function) = (Vec::new(), function.to_owned());
        self.udfs.push(Call { column, arguments, eval_type: 0, command, function, over: None });
        Ok(value)
    }

    /// An aggregate function over a window; None where the function is another one.
    pub fn python_over(&mut self, message: &CommonInlineUserDefinedFunction, over: Over) -> SqlResult<Option<Typed>> {
        if !AGGREGATES.contains(&python(Some(message))?.eval_type) {
            return Ok(None);
        }
        let arguments = self.exprs(&message.arguments)?;
        let column = over.keys.iter().chain(over.orders.iter().map(|(value, _)| value));
        if column.clone().any(|value| value.parts.aggregate || value.parts.window) {
            return Err(SqlError::declined("A Python function over a window of aggregates"));
        }
        let reads = column.flat_map(|value| value.parts.reads.clone()).collect();
        let mut value = self.python_call(message, arguments)?;
        let pushed = self.udafs.pop().map(|call| Call { over: Some(over), ..call });
        self.udfs.extend(pushed);
        value.parts = Parts { column: true, window: true, reads, ..Parts::default() };
        Ok(Some(value))
    }

    fn python_call(&mut self, message: &CommonInlineUserDefinedFunction, arguments: Vec<Typed>) -> SqlResult<Typed> {
        let udf = python(Some(message))?;
        let aggregate = AGGREGATES.contains(&udf.eval_type);
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
        value.parts = Parts { column: true, aggregate, ..Parts::default() };
        let calls = if aggregate { &mut self.udafs } else { &mut self.udfs };
        calls.push(Call {
            column,
            arguments,
            eval_type: udf.eval_type,
            command: udf.command.clone(),
            function: message.function_name.clone(),
            over: None,
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
        let brought = self.brought.take();
        let made = std::cell::RefCell::new((Vec::new(), Vec::new()));
        let windows = std::cell::RefCell::new(Vec::new());
        let values = self.within(&[&below], |planner| {
            planner.chances = Some(Vec::new());
            let values = run(planner)?;
            *made.borrow_mut() = (std::mem::take(&mut planner.udfs), planner.chances.take().unwrap_or_default());
            *windows.borrow_mut() = std::mem::take(&mut planner.windows);
            Ok(values)
        });
        self.udfs = udfs;
        let mut values = match values {
            Ok(values) => values,
            Err(error) => {
                self.brought.replace(brought);
                return Err(error);
            }
        };
        let mut below = below;
        let (calls, chances) = made.into_inner();
        for window in windows.into_inner() {
            below = self.with_window(below, &window);
        }
        if !chances.is_empty() {
            // What stands beside aggregates is of a group, not of a row.
            for value in values.iter_mut().filter(|value| value.parts.aggregate && value.parts.random) {
                for (column, sql) in &chances {
                    value.sql = super::aggregate::replace_whole(&value.sql, &column.sql(), sql);
                }
            }
            let texts: Vec<_> = chances.iter().map(|(column, sql)| format!("{sql} AS {}", column.sql())).collect();
            below.sql = format!("SELECT *, {} FROM {}", texts.join(", "), below.from());
            below.extra.extend(chances.into_iter().map(|(column, _)| column));
        }
        for call in calls {
            below = self.called(below, &call);
        }
        self.brought.replace(brought);
        Ok((values, below))
    }

    fn called(&mut self, below: Planned, call: &Call) -> Planned {
        let name = below.table_name(&format!("u{}", self.id()));
        let all: Vec<Column> = below.all().into_iter().cloned().collect();
        let computed = below.extra.clone();
        let mut texts: Vec<String> =
            call.arguments.iter().enumerate().map(|(at, value)| format!("{} AS a{at}", value.sql)).collect();
        let mut fields: Vec<Field> = call
            .arguments
            .iter()
            .enumerate()
            .map(|(at, value)| Field::new(&format!("a{at}"), value.ty.clone(), value.nullable))
            .collect();
        let mut keys = vec![call.arguments.len()];
        let mut source = below.from();
        let mut order = String::new();
        if let Some(over) = &call.over {
            let sorted = over.orders.iter().map(|(value, _)| value);
            for (at, value) in over.keys.iter().chain(sorted).enumerate() {
                texts.push(format!("{} AS k{at}", value.sql));
                fields.push(Field::new(&format!("k{at}"), value.ty.clone(), value.nullable));
            }
            keys.extend([over.keys.len(), over.orders.len()]);
            source = format!("({})", numbered(&below, ROW));
            let mut parts: Vec<_> = over.keys.iter().map(|key| format!("{} NULLS FIRST", key.sql)).collect();
            parts.extend(over.orders.iter().map(|(_, text)| text.clone()));
            parts.push(ROW.to_owned());
            order = format!(" ORDER BY {}", parts.join(", "));
        }
        let inputs = fields.len();
        let (under, slot) = self.above(&below, &below.all(), Some((name.clone(), 1)));
        self.take_along(&below);
        texts.extend(all.iter().chain(&computed).map(Column::sql));
        fields.extend(all.iter().chain(&computed).map(|column| Field { name: column.sql(), ..column.field() }));
        let mut output: Vec<Field> = fields[inputs..].to_vec();
        output.push(Field { name: call.column.sql(), ..call.column.field() });
        self.steps.push(Step {
            name: name.clone(),
            inputs: vec![(format!("SELECT {}{slot} FROM {source}{order}", texts.join(", ")), fields)],
            kind: if call.over.is_some() { "window" } else { "scalar" },
            eval_type: call.eval_type,
            command: call.command.clone(),
            function: call.function.clone(),
            keys,
            output,
            facts: call.over.as_ref().map(|over| over.frame.facts()).unwrap_or_default(),
        });
        let mut extra = computed;
        extra.push(call.column.clone());
        Planned { sql: format!("SELECT * FROM {name}"), extra, under, ..below }
    }

    /// The groups of a relation by keys of these names, with what aggregate functions give for each: a table that takes the
    /// relation's place.
    pub fn aggregated(&mut self, below: &Planned, keys: &[Typed], names: &[String], calls: &[Call]) -> String {
        let mut tables = Vec::new();
        let mut texts: Vec<String> = Vec::new();
        for call in calls {
            let table = format!("u{}", self.id());
            let mut inside: Vec<_> = names.iter().enumerate().map(|(at, name)| format!("{name} AS k{at}")).collect();
            let mut fields: Vec<_> =
                keys.iter().enumerate().map(|(at, key)| Field::new(&format!("k{at}"), key.ty.clone(), true)).collect();
            let mut output = fields.clone();
            for (at, value) in call.arguments.iter().enumerate() {
                inside.push(format!("{} AS a{at}", super::aggregate::replaced(&value.sql, keys, names)));
                fields.push(Field::new(&format!("a{at}"), value.ty.clone(), value.nullable));
            }
            if inside.is_empty() {
                inside.push("1 AS one".to_owned());
            }
            output.push(Field { name: call.column.sql(), ..call.column.field() });
            let order: Vec<_> =
                names.iter().map(|name| format!("{name} NULLS FIRST")).chain([ROW.to_owned()]).collect();
            let rows =
                format!("SELECT {} FROM ({}) ORDER BY {}", inside.join(", "), numbered(below, ROW), order.join(", "));
            for (at, name) in names.iter().enumerate().filter(|_| tables.is_empty()) {
                if !names[..at].contains(name) {
                    texts.push(format!("{table}.k{at} AS {name}"));
                }
            }
            texts.push(format!("{table}.{0} AS {0}", call.column.sql()));
            self.steps.push(Step {
                name: table.clone(),
                inputs: vec![(rows, fields)],
                kind: "aggregate",
                eval_type: call.eval_type,
                command: call.command.clone(),
                function: call.function.clone(),
                keys: vec![keys.len()],
                output,
                facts: Vec::new(),
            });
            tables.push(table);
        }
        // Each has the groups in the same order.
        format!("SELECT {} FROM {}", texts.join(", "), tables.join(" POSITIONAL JOIN "))
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
        let mut texts: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| super::aggregate::one_zero(&key.sql, &key.ty, Some(&format!("k{at}"))))
            .collect();
        texts.extend(below.columns.iter().map(Column::sql));
        let mut fields: Vec<Field> =
            keys.iter().map(|key| Field::new(&key.name, key.ty.clone(), key.nullable)).collect();
        fields.extend(below.fields());
        // In a group rows stay as they came in.
        let order: Vec<_> =
            keys.iter().enumerate().map(|(at, _)| format!("k{at} NULLS FIRST")).chain([ROW.to_owned()]).collect();
        let rows = numbered(&below, ROW);
        Ok(((format!("SELECT {} FROM ({rows}) ORDER BY {}", texts.join(", "), order.join(", ")), fields), keys.len()))
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
