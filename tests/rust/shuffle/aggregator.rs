//! Aggregates with states of another type, against the functions applied pair by pair.

use std::sync::Arc;

use pyrite::chunk::{Columns, Type};
use pyrite::error::Decline;
use pyrite::lambda::{Aggregator, BinaryOp, Compiled, Expr};
use pyrite::shuffle::NativeTable;

use super::values::{Random, Value, columns, pairs, text, values};

fn param(i: usize) -> Expr {
    Expr::Param(i)
}

fn item(of: Expr, index: i64) -> Expr {
    Expr::Item { of: of.into(), index: Expr::Int(index).into() }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: left.into(), right: right.into() }
}

fn add(left: Expr, right: Expr) -> Expr {
    binary(BinaryOp::Add, left, right)
}

fn call(function: &str, args: Vec<Expr>) -> Expr {
    Expr::Call { function: function.to_owned(), args }
}

fn compiled(expr: Expr) -> Arc<Compiled> {
    Arc::new(Compiled::new(expr).unwrap())
}

/// `a[0], a[1], v` and sums of pairs.
fn a(i: i64) -> Expr {
    item(param(0), i)
}

fn v() -> Expr {
    param(1)
}

/// `(x, y) -> (x[0] + y[0], x[1] + y[1])`
fn pair_sum() -> Arc<Compiled> {
    compiled(Expr::Tuple((0..2).map(|i| add(a(i), item(v(), i))).collect()))
}

fn shape(create: Expr, update: Expr) -> String {
    let aggregator = Aggregator::new(compiled(create), compiled(update), &pair_sum()).unwrap();
    aggregator.step().map_or("none".to_owned(), |step| format!("{:?} {}", step.reducer, step.is_create()))
}

#[test]
fn shapes() {
    let zero = |update: Expr, zero: Expr| {
        let aggregator = Aggregator::from_zero(&zero, compiled(update), &pair_sum()).unwrap();
        aggregator.step().map_or("none".to_owned(), |step| format!("{:?} {}", step.reducer, step.is_create()))
    };
    let mean = Expr::Tuple(vec![add(a(0), v()), add(a(1), Expr::Int(1))]);
    assert_eq!(shape(Expr::Tuple(vec![param(0), Expr::Int(1)]), mean.clone()), "Tuple([Sum, Sum]) true");
    assert_eq!(zero(mean.clone(), Expr::Tuple(vec![Expr::Int(0), Expr::Int(0)])), "Tuple([Sum, Sum]) true");
    assert_eq!(zero(add(param(0), v()), Expr::Int(0)), "Sum true");
    assert_eq!(zero(add(param(0), v()), Expr::Float((-0.0_f64).to_bits())), "Sum false");
    assert_eq!(zero(add(param(0), v()), Expr::Int(1)), "Sum false");
    assert_eq!(shape(Expr::List(vec![param(0)]), add(param(0), Expr::List(vec![v()]))), "Sum true");
    assert_eq!(shape(call("len", vec![param(0)]), add(param(0), call("len", vec![v()]))), "Sum true");
    assert_eq!(shape(param(0), call("max", vec![param(0), v()])), "Max(First) true");
    assert_eq!(shape(param(0), call("min", vec![v(), param(0)])), "Min(Last) true");
    assert_eq!(shape(Expr::Int(1), param(0)), "First true");
    assert_eq!(shape(Expr::Int(1), v()), "Last false");
    assert_eq!(shape(param(0), binary(BinaryOp::Sub, param(0), v())), "none");
    assert_eq!(shape(param(0), add(param(0), add(param(0), v()))), "none");
    assert_eq!(shape(param(0), Expr::Tuple(vec![add(a(1), v())])), "none");
    let unknown = Expr::List(vec![param(0)]);
    assert!(Aggregator::from_zero(&unknown, compiled(add(param(0), v())), &pair_sum()).is_err());
}

/// What a dict would hold, by the functions themselves, one pair at a time.
struct Model {
    create: Arc<Compiled>,
    update: Arc<Compiled>,
    pairs: Vec<(Value, Columns)>,
}

impl Model {
    fn merge(&self, keys: &[Value], rows: &Columns) -> Result<Vec<(Value, Columns)>, Decline> {
        let mut pairs = self.pairs.clone();
        for (i, key) in keys.iter().enumerate() {
            let row = rows.slice(i, 1);
            if let Some((_, state)) = pairs.iter_mut().find(|(known, _)| known.equals(key)) {
                *state = self.update.map(&[state.clone(), row])?;
            } else {
                pairs.push((key.clone(), self.create.map(&[row])?));
            }
        }
        Ok(pairs)
    }

    fn text(&self) -> String {
        text(
            &self
                .pairs
                .iter()
                .map(|(key, state)| Value::Tuple(vec![key.clone(), values(state)[0].clone()]))
                .collect::<Vec<_>>(),
        )
    }
}

#[test]
fn a_sum_from_zero_is_no_minus_zero() {
    let aggregator = Aggregator::from_zero(&Expr::Int(0), compiled(add(param(0), v())), &pair_sum()).unwrap();
    let mut table = NativeTable::aggregating(Arc::new(aggregator));
    let keys: Vec<Value> = [1, 2, 1, 3].into_iter().map(Value::Int).collect();
    let rows: Vec<Value> = [-0.0, -0.0, -0.0, 1.5].into_iter().map(Value::Float).collect();
    for _ in 0..2 {
        table.merge(&pairs(&keys, &Type::Int, &rows, &Type::Float)).unwrap();
    }
    let sums: Vec<Value> = [(1, 0.0), (2, 0.0), (3, 3.0)]
        .into_iter()
        .map(|(key, sum)| Value::Tuple(vec![Value::Int(key), Value::Float(sum)]))
        .collect();
    assert_eq!(text(&values(&table.to_columns())), text(&sums));
}

/// Functions, types of values they take, and whether all of these must go natively.
/// Create, update, the types of values, and whether the shape is seen.
type Pair = (Arc<Compiled>, Arc<Compiled>, Vec<Type>, bool);

fn functions() -> Vec<Pair> {
    let from_zero = |zero: Expr, update: Expr, kinds: Vec<Type>, always: bool| {
        let create = update.with_params(&mut |i| if i == 0 { zero.clone() } else { param(0) });
        (compiled(create), compiled(update), kinds, always)
    };
    let pair = |x, y| Expr::Tuple(vec![x, y]);
    let mean = pair(add(a(0), v()), add(a(1), Expr::Int(1)));
    let numbers = vec![Type::Int, Type::Float, Type::Bool];
    vec![
        (compiled(pair(param(0), Expr::Int(1))), compiled(mean.clone()), vec![Type::Int, Type::Float], true),
        // A sum that starts as a bool is an int from the second row on.
        (compiled(pair(param(0), Expr::Int(1))), compiled(mean.clone()), vec![Type::Bool], false),
        from_zero(pair(Expr::Int(0), Expr::Int(0)), mean.clone(), numbers.clone(), true),
        from_zero(pair(Expr::Float(0.0_f64.to_bits()), Expr::Int(0)), mean, numbers.clone(), true),
        from_zero(Expr::Int(0), add(param(0), v()), numbers.clone(), true),
        from_zero(Expr::Str("<".into()), add(param(0), v()), vec![Type::Str], true),
        from_zero(Expr::Int(0), add(param(0), call("len", vec![v()])), vec![Type::Str], true),
        from_zero(Expr::List(Vec::new()), add(param(0), Expr::List(vec![v()])), vec![Type::Int, Type::Str], true),
        from_zero(Expr::Int(-1), call("max", vec![param(0), v()]), vec![Type::Int], true),
        from_zero(Expr::Int(-1), call("max", vec![param(0), v()]), vec![Type::Float], false),
        (
            compiled(pair(param(0), param(0))),
            compiled(pair(call("min", vec![a(0), v()]), call("max", vec![a(1), v()]))),
            vec![Type::Int, Type::Float, Type::Str],
            true,
        ),
        (
            compiled(pair(param(0), param(0))),
            compiled(pair(a(0), v())),
            vec![Type::Int, Type::Str, Type::Tuple(vec![Type::Str])],
            true,
        ),
        // No shape.
        (compiled(param(0)), compiled(binary(BinaryOp::Sub, v(), param(0))), vec![Type::Int, Type::Float], true),
        (compiled(call("str", vec![param(0)])), compiled(add(v(), param(0))), vec![Type::Str], true),
        (
            compiled(pair(param(0), Expr::Int(1))),
            compiled(pair(binary(BinaryOp::Sub, a(0), v()), add(a(1), Expr::Int(1)))),
            vec![Type::Int, Type::Float],
            true,
        ),
        (
            compiled(call("float", vec![param(0)])),
            compiled(binary(BinaryOp::TrueDiv, add(param(0), v()), Expr::Int(2))),
            numbers,
            true,
        ),
        // A state that changes its type.
        (compiled(param(0)), compiled(binary(BinaryOp::TrueDiv, param(0), Expr::Int(2))), vec![Type::Int], false),
        // 7 raises.
        (
            compiled(param(0)),
            compiled(add(
                param(0),
                binary(BinaryOp::FloorDiv, Expr::Int(100), binary(BinaryOp::Sub, v(), Expr::Int(7))),
            )),
            vec![Type::Int],
            false,
        ),
    ]
}

#[test]
fn states_are_what_the_functions_make() {
    let mut random = Random(2024);
    let functions = functions();
    for round in 0..1500 {
        let (create, update, kinds, always) = &functions[random.below(functions.len())];
        let aggregator = Aggregator::new(create.clone(), update.clone(), &pair_sum()).unwrap();
        let mut table = NativeTable::aggregating(Arc::new(aggregator));
        let mut model = Model { create: create.clone(), update: update.clone(), pairs: Vec::new() };
        let kind = &kinds[random.below(kinds.len())];
        let spread = 1 + random.below(60);
        for _ in 0..4 {
            let len = 1 + random.below(50);
            let keys: Vec<Value> = (0..len).map(|_| Value::Int(random.below(spread) as i64)).collect();
            let rows = random.rows(kind, len);
            let merged = table.merge(&pairs(&keys, &Type::Int, &rows, kind));
            let expected = model.merge(&keys, &columns(&rows, kind));
            if let Err(decline) = &merged {
                assert!(!always || expected.is_err(), "round {round}: {decline} of {kind} by {update:?}");
            } else {
                model.pairs = expected.unwrap();
            }
            let contents = if table.is_empty() { "[]".to_owned() } else { text(&values(&table.to_columns())) };
            assert_eq!(contents, model.text(), "round {round}: {kind} by {update:?}");
        }
        assert_eq!(table.len(), model.pairs.len());
    }
}

#[test]
fn declines_undo_first_and_further_rows() {
    // (a[0] + v[0], a[1] + v[1], min(a[2], v[2])): the last item declines nan after the others were folded.
    let at = |i| item(v(), i);
    let update = Expr::Tuple(vec![add(a(0), at(0)), add(a(1), at(1)), call("min", vec![a(2), at(2)])]);
    let create = Expr::Tuple(vec![
        add(Expr::Str("-".into()), item(param(0), 0)),
        add(Expr::Int(0), item(param(0), 1)),
        item(param(0), 2),
    ]);
    let kind = Type::Tuple(vec![Type::Str, Type::Int, Type::Float]);
    let aggregator = Aggregator::new(compiled(create), compiled(update), &pair_sum()).unwrap();
    assert_eq!(format!("{:?}", aggregator.step().unwrap().reducer), "Tuple([Sum, Sum, Min(First)])");
    let mut table = NativeTable::aggregating(Arc::new(aggregator));
    let mut random = Random(5);
    let row = |s: &str, i: i64, f: f64| Value::Tuple(vec![Value::Str(s.into()), Value::Int(i), Value::Float(f)]);
    let keys = |keys: &[i64]| keys.iter().map(|k| Value::Int(*k)).collect::<Vec<_>>();
    table
        .merge(&pairs(&keys(&[1, 2, 1]), &Type::Int, &[row("x", 1, 1.0), row("y", 2, 2.0), row("z", 3, 0.5)], &kind))
        .unwrap();
    let before = text(&values(&table.to_columns()));
    for bad in 0..4 {
        let mut rows: Vec<Value> = (0..4).map(|i| row("w", i, random.below(9) as f64)).collect();
        rows[bad] = row("w", 0, f64::NAN);
        assert!(table.merge(&pairs(&keys(&[3, 1, 3, 4]), &Type::Int, &rows, &kind)).is_err());
        assert_eq!(text(&values(&table.to_columns())), before);
    }
    table
        .merge(&pairs(&keys(&[3, 1, 3]), &Type::Int, &[row("a", 1, 1.0), row("b", 2, 0.25), row("c", 3, 4.0)], &kind))
        .unwrap();
    let state = |k: i64, s: &str, i: i64, f: f64| Value::Tuple(vec![Value::Int(k), row(s, i, f)]);
    let expected = [state(1, "-xzb", 6, 0.25), state(2, "-y", 2, 2.0), state(3, "-ac", 4, 1.0)];
    assert_eq!(text(&values(&table.drain())), text(&expected));
}

#[test]
fn keys_that_may_be_none_lay_states_out_anew() {
    let update = Expr::Tuple(vec![add(a(0), v()), add(a(1), Expr::Int(1))]);
    let create = Expr::Tuple(vec![param(0), Expr::Int(1)]);
    let aggregator = Aggregator::new(compiled(create), compiled(update), &pair_sum()).unwrap();
    let mut table = NativeTable::aggregating(Arc::new(aggregator));
    let int = Value::Int;
    table.merge(&pairs(&[int(1), int(1)], &Type::Int, &[int(5), int(6)], &Type::Int)).unwrap();
    let optional = Type::Optional(Box::new(Type::Int));
    table.merge(&pairs(&[Value::None, int(1)], &optional, &[int(7), int(8)], &Type::Int)).unwrap();
    let state = |key: Value, sum, count| Value::Tuple(vec![key, Value::Tuple(vec![int(sum), int(count)])]);
    assert_eq!(text(&values(&table.drain())), text(&[state(int(1), 19, 3), state(Value::None, 7, 1)]));
}
