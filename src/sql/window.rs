//! Window functions: `function OVER (PARTITION BY ... ORDER BY ... ROWS BETWEEN ...)`.

use prost::Message as _;

use super::error::{SqlError, SqlResult};
use super::expr::needed;
use super::planner::{Frame, Planner};
use super::proto::CommonInlineUserDefinedFunction;
use super::proto::expression::window::WindowFrame;
use super::proto::expression::window::window_frame::FrameBoundary;
use super::proto::expression::window::window_frame::frame_boundary::Boundary;
use super::proto::expression::{ExprType, Window};
use super::python::Over;
use super::radix::sorts_by_radix;
use super::relation::ROW;
use super::typed::Typed;
use super::types::Type;

/// Functions that exist only over a window, and need an order.
pub const RANKING: &[&str] = &["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"];

/// Those for which peers don't count.
const BY_PLACE: &[&str] = &["row_number", "ntile", "lag", "lead"];

/// Where a function that depends on the order inside its frame has that order.
pub const IN_ORDER: &str = "\u{3}";

impl Planner<'_> {
    pub fn window(&mut self, window: &Window) -> SqlResult<Typed> {
        let message = needed(window.window_function.as_deref())?;
        let called = match message.expr_type.as_ref() {
            Some(ExprType::UnresolvedFunction(call)) => call.function_name.to_lowercase(),
            Some(ExprType::CommonInlineUserDefinedFunction(function)) => return self.python_window(function, window),
            _ => String::new(),
        };
        if let Some(function) = self.catalog.function(&called)? {
            let mut function = CommonInlineUserDefinedFunction::decode(function.as_slice())
                .map_err(|_| SqlError::malformed("a registered function"))?;
            if let Some(ExprType::UnresolvedFunction(call)) = message.expr_type.as_ref() {
                function.arguments.clone_from(&call.arguments);
            }
            return self.python_window(&function, window);
        }
        self.over = true;
        let function = self.expr(message);
        self.over = false;
        let function = function?;
        let (keys, orders, ordered) = self.window_orders(window)?;
        let ranking = RANKING.contains(&called.as_str());
        if !ranking && !function.parts.aggregate && called != "nth_value" {
            return Err(SqlError::analysis(
                "UNSUPPORTED_EXPR_FOR_WINDOW",
                "42P20",
                &[("sqlExpr", &format!("\"{}\"", function.name))],
                &format!("Expression \"{}\" not supported within a window function.", function.name),
            ));
        }
        if ranking && orders.is_empty() {
            return Err(SqlError::analysis(
                "WINDOW_FUNCTION_WITHOUT_ORDER_BY_CLAUSE",
                "42601",
                &[("functionName", &called)],
                &format!(
                    "Window function {called} requires window to be ordered, please add ORDER BY clause. For example SELECT {called}(value_expr) OVER (PARTITION BY window_partition ORDER BY window_ordering) from table."
                ),
            ));
        }
        let frame = match (&window.frame_spec, ranking) {
            (Some(frame), false) => self.frame(frame, &ordered)?,
            (Some(_), true) => String::new(),
            (None, false) if !orders.is_empty() => " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
            _ => String::new(),
        };
        let by_rows = window.frame_spec.as_ref().is_some_and(|frame| frame.frame_type == 1);
        let in_order = function.sql.contains(IN_ORDER);
        let ties: Vec<String> = orders.iter().cloned().chain([ROW.to_owned()]).collect();
        let ties = ties.join(", ");
        let mut inside = String::new();
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(|key| key.sql.clone()).collect();
            inside = format!("PARTITION BY {} ", keys.join(", "));
        }
        // Rows that tie in the order are peers for some functions; for the others they stand as they came in.
        if BY_PLACE.contains(&called.as_str()) || by_rows {
            inside.push_str(&format!("ORDER BY {ties}{frame}"));
        } else if !orders.is_empty() {
            inside.push_str(&format!("ORDER BY {}{frame}", orders.join(", ")));
        }
        let place = if in_order { format!(" ORDER BY {ties}") } else { String::new() };
        if !function.sql.contains('\u{2}') {
            return Err(SqlError::declined(&format!("{} over a window", function.name)));
        }
        let sql = function.sql.replace(IN_ORDER, &place).replace('\u{2}', &format!(" OVER ({inside})"));
        let name = window_name(&function.name, &keys, &ordered, window.frame_spec.is_some(), &frame, ranking);
        let mut made = Typed { sql, name, top: None, named: false, column: None, ..function };
        for key in keys.iter().chain(ordered.iter().map(|(value, _, _)| value)) {
            made.parts.column |= key.parts.column;
            made.parts.reads.extend(&key.parts.reads);
        }
        made.parts.window = true;
        made.parts.aggregate =
            keys.iter().chain(ordered.iter().map(|(value, _, _)| value)).any(|key| key.parts.aggregate);
        made.parts.literal = false;
        Ok(made)
    }

    /// What rows are parted and sorted by. The order of the last window is kept: Spark leaves rows so.
    #[expect(clippy::type_complexity, reason = "the parts of a window, taken apart at once")]
    fn window_orders(&mut self, window: &Window) -> SqlResult<(Vec<Typed>, Vec<String>, Vec<(Typed, bool, i32)>)> {
        let mut keys = Vec::new();
        for message in &window.partition_spec {
            keys.push(self.expr(message)?);
        }
        let mut orders = Vec::new();
        let mut ordered = Vec::new();
        for order in &window.order_spec {
            let (value, text) = self.order(order)?;
            ordered.push((value, order.direction == 2, order.null_ordering));
            orders.push(text);
        }
        let sorted: Vec<_> =
            keys.iter().map(|key| format!("{} NULLS FIRST", key.sql)).chain(orders.iter().cloned()).collect();
        self.window_order =
            Some(sorted.join(", ")).filter(|sorted| !sorted.is_empty() && keys.iter().all(|key| key.ty.is_orderable()));
        let mut all = keys.iter().chain(ordered.iter().map(|(value, _, _)| value));
        let alone = all.next().filter(|value| all.next().is_none() && value.nullable && sorts_by_radix(&value.ty));
        self.window_radix.push(alone.map(|value| value.sql.clone()));
        Ok((keys, orders, ordered))
    }

    /// An aggregate of Python over a window.
    fn python_window(&mut self, function: &CommonInlineUserDefinedFunction, window: &Window) -> SqlResult<Typed> {
        let (keys, orders, ordered) = self.window_orders(window)?;
        let mut frame = Frame { by_rows: false, lower: None, upper: (!orders.is_empty()).then_some(0) };
        if let Some(given) = &window.frame_spec {
            frame.by_rows = given.frame_type == 1;
            frame.lower = self.distance(given.lower.as_deref())?;
            frame.upper = self.distance(given.upper.as_deref())?;
            let apart = |end: Option<i64>| end.is_some_and(|end| end != 0);
            if !frame.by_rows && (apart(frame.lower) || apart(frame.upper)) {
                return Err(SqlError::declined("A Python function over a RANGE frame with an offset"));
            }
        }
        let text = match &window.frame_spec {
            Some(frame) => self.frame(frame, &ordered)?,
            None if orders.is_empty() => String::new(),
            None => " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
        };
        let sorted = ordered.iter().map(|(value, _, _)| value.clone()).zip(orders).collect();
        let over = Over { keys: keys.clone(), orders: sorted, frame };
        let Some(mut value) = self.python_over(function, over)? else {
            return Err(SqlError::analysis(
                "UNSUPPORTED_EXPR_FOR_WINDOW",
                "42P20",
                &[("sqlExpr", &format!("\"{}\"", function.function_name))],
                &format!("Expression \"{}\" not supported within a window function.", function.function_name),
            ));
        };
        value.name = window_name(&value.name, &keys, &ordered, window.frame_spec.is_some(), &text, false);
        Ok(value)
    }

    /// How far from the row a frame's end is; None is all the way.
    fn distance(&mut self, boundary: Option<&FrameBoundary>) -> SqlResult<Option<i64>> {
        match boundary.and_then(|boundary| boundary.boundary.as_ref()) {
            Some(Boundary::CurrentRow(_)) => Ok(Some(0)),
            Some(Boundary::Unbounded(_)) | None => Ok(None),
            Some(Boundary::Value(value)) => {
                let value = self.expr(value)?;
                let declined = || SqlError::declined("A frame's boundary that isn't a whole number");
                value.whole().map(Some).ok_or_else(declined)
            }
        }
    }

    fn frame(&mut self, frame: &WindowFrame, ordered: &[(Typed, bool, i32)]) -> SqlResult<String> {
        let rows = frame.frame_type == 1;
        let lower = self.boundary(frame.lower.as_deref(), "PRECEDING", rows, ordered)?;
        let upper = self.boundary(frame.upper.as_deref(), "FOLLOWING", rows, ordered)?;
        let unit = if rows { "ROWS" } else { "RANGE" };
        if !rows && ordered.is_empty() {
            return Ok(String::new());
        }
        Ok(format!(" {unit} BETWEEN {lower} AND {upper}"))
    }

    fn boundary(
        &mut self,
        boundary: Option<&FrameBoundary>,
        side: &str,
        rows: bool,
        ordered: &[(Typed, bool, i32)],
    ) -> SqlResult<String> {
        match boundary.and_then(|boundary| boundary.boundary.as_ref()) {
            Some(Boundary::CurrentRow(_)) => Ok("CURRENT ROW".to_owned()),
            Some(Boundary::Unbounded(_)) | None => Ok(format!("UNBOUNDED {side}")),
            Some(Boundary::Value(value)) => {
                let value = self.expr(value)?;
                if !rows && !matches!(ordered, [(order, _, _)] if order.ty.is_numeric()) {
                    return Err(SqlError::declined("A RANGE frame with an offset over anything but one number"));
                }
                let number = value
                    .whole()
                    .filter(|_| value.ty.is_integral())
                    .ok_or_else(|| SqlError::declined("A frame's boundary that isn't a whole number"))?;
                Ok(match number {
                    0 => "CURRENT ROW".to_owned(),
                    ..0 => format!("{} PRECEDING", number.unsigned_abs()),
                    _ => format!("{number} FOLLOWING"),
                })
            }
        }
    }
}

fn window_name(
    function: &str,
    keys: &[Typed],
    ordered: &[(Typed, bool, i32)],
    given: bool,
    frame: &str,
    ranking: bool,
) -> String {
    let mut inside = Vec::new();
    if !keys.is_empty() {
        let keys: Vec<_> = keys.iter().map(|key| key.name.clone()).collect();
        inside.push(format!("PARTITION BY {}", keys.join(", ")));
    }
    if !ordered.is_empty() {
        let orders: Vec<_> = ordered
            .iter()
            .map(|(value, descending, nulls)| {
                let last = *nulls == 2 || *nulls == 0 && *descending;
                format!(
                    "{} {} NULLS {}",
                    value.name,
                    if *descending { "DESC" } else { "ASC" },
                    if last { "LAST" } else { "FIRST" }
                )
            })
            .collect();
        inside.push(format!("ORDER BY {}", orders.join(", ")));
    }
    let frame = if ranking {
        "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned()
    } else if !given && ordered.is_empty() {
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".to_owned()
    } else {
        frame.trim().to_owned()
    };
    inside.push(frame);
    format!("{function} OVER ({})", inside.join(" "))
}

/// The type of a ranking function's result.
pub fn ranking_type(name: &str) -> Type {
    if matches!(name, "percent_rank" | "cume_dist") { Type::Double } else { Type::Int }
}
