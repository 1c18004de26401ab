//! `NativeTable` against a list of pairs searched one by one.

use pyrite::chunk::{Columns, Type};
use pyrite::lambda::{Reducer, Ties};
use pyrite::shuffle::NativeTable;

use super::values::{Random, Value, columns, pairs, text, values};

/// What Python's dict would hold: the first of equal keys, and values folded from the left.
#[derive(Default)]
struct Model {
    keys: Vec<Value>,
    values: Vec<Value>,
}

impl Model {
    fn merge(&mut self, reducer: &Reducer, keys: &[Value], values: &[Value]) {
        for (key, value) in keys.iter().zip(values) {
            if let Some(slot) = self.keys.iter().position(|k| k.equals(key)) {
                self.values[slot] = fold(reducer, &self.values[slot], value);
            } else {
                self.keys.push(key.clone());
                self.values.push(first(reducer, value));
            }
        }
    }

    fn text(&self) -> (String, String) {
        (text(&self.keys), text(&self.values))
    }
}

/// What a key's first value becomes.
fn first(reducer: &Reducer, value: &Value) -> Value {
    match (reducer, value) {
        (Reducer::Collect, value) => Value::List(vec![value.clone()]),
        (Reducer::Count, _) => Value::Int(1),
        (Reducer::Tuple(parts), Value::Tuple(items)) => {
            Value::Tuple(parts.iter().zip(items).map(|(r, v)| first(r, v)).collect())
        }
        (_, value) => value.clone(),
    }
}

fn fold(reducer: &Reducer, a: &Value, b: &Value) -> Value {
    let pick = |b_wins: bool| if b_wins { b.clone() } else { a.clone() };
    match (reducer, a, b) {
        (Reducer::Sum, Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b).unwrap()),
        (Reducer::Sum, Value::Float(a), Value::Float(b)) => Value::Float(a + b),
        (Reducer::Sum, Value::Str(a), Value::Str(b)) => Value::Str(format!("{a}{b}")),
        (Reducer::Sum, Value::Bytes(a), Value::Bytes(b)) => Value::Bytes([&a[..], &b[..]].concat()),
        (Reducer::Min(ties), ..) => pick(b.less(a) || (*ties == Ties::Last && !a.less(b))),
        (Reducer::Max(ties), ..) => pick(a.less(b) || (*ties == Ties::Last && !b.less(a))),
        (Reducer::Sum, Value::List(a), Value::List(b)) => Value::List([&a[..], &b[..]].concat()),
        (Reducer::Collect, Value::List(a), b) => Value::List([&a[..], std::slice::from_ref(b)].concat()),
        (Reducer::Count, Value::Int(a), _) => Value::Int(a + 1),
        (Reducer::First, ..) => a.clone(),
        (Reducer::Last, ..) => b.clone(),
        (Reducer::Tuple(parts), Value::Tuple(a), Value::Tuple(b)) => {
            Value::Tuple(parts.iter().zip(a.iter().zip(b)).map(|(r, (a, b))| fold(r, a, b)).collect())
        }
        _ => panic!("{reducer:?} of {a:?}"),
    }
}

fn contents(table: &NativeTable) -> (String, String) {
    let items = table.to_columns().items().unwrap();
    (text(&values(&items[0])), text(&values(&items[1])))
}

/// A reducer and a type it folds without declining.
fn random_reducer(random: &mut Random, depth: usize) -> (Reducer, Type) {
    let ties = if random.below(2) == 0 { Ties::First } else { Ties::Last };
    match random.below(if depth > 0 { 9 } else { 8 }) {
        0 => (Reducer::Sum, [Type::Int, Type::Float, Type::Str, Type::Bytes][random.below(4)].clone()),
        1 => (Reducer::Min(ties), random.kind(1, true)),
        2 => (Reducer::Max(ties), random.kind(1, true)),
        3 => (Reducer::First, random.value_kind(2)),
        4 => (Reducer::Last, random.value_kind(2)),
        5 => (Reducer::Sum, Type::List(Box::new(random.value_kind(1)))),
        6 => (Reducer::Collect, random.value_kind(1)),
        7 => (Reducer::Count, random.value_kind(1)),
        _ => {
            let parts: Vec<_> = (0..random.below(4)).map(|_| random_reducer(random, depth - 1)).collect();
            let (reducers, kinds) = parts.into_iter().unzip();
            (Reducer::Tuple(reducers), Type::Tuple(kinds))
        }
    }
}

#[test]
fn equals_a_dict() {
    let mut random = Random(0x1234_5678);
    for round in 0..1500 {
        let (reducer, value_kind) = random_reducer(&mut random, 2);
        let key_kind = random.kind(2, false);
        let mut table = NativeTable::new(reducer.clone());
        let mut model = Model::default();
        for _ in 0..random.below(5) {
            let len = random.below(40);
            let keys = random.rows(&key_kind, len);
            let rows = random.rows(&value_kind, len);
            let chunk = pairs(&keys, &key_kind, &rows, &value_kind);
            table.merge(&chunk).unwrap_or_else(|d| panic!("{d} in {reducer:?} of {key_kind} -> {value_kind}"));
            model.merge(&reducer, &keys, &rows);
        }
        assert_eq!(table.len(), model.keys.len(), "round {round}: {key_kind}");
        if !table.is_empty() {
            assert_eq!(contents(&table), model.text(), "round {round}: {reducer:?} {key_kind} {value_kind}");
        }
    }
}

#[test]
fn a_decline_changes_nothing() {
    let mut random = Random(0x0bad_cafe);
    let parts = vec![Reducer::Sum, Reducer::Min(Ties::First), Reducer::Last, Reducer::Max(Ties::Last), Reducer::Sum];
    let reducer = Reducer::Tuple(parts);
    let kinds = Type::Tuple(vec![Type::Float, Type::Float, Type::Str, Type::Tuple(vec![Type::Int]), Type::Int]);
    for _ in 0..300 {
        let key_kind = random.kind(1, false);
        let mut table = NativeTable::new(reducer.clone());
        let mut model = Model::default();
        for _ in 0..6 {
            let keys = random.rows(&key_kind, 20);
            let rows = random.rows(&kinds, 20);
            table.merge(&pairs(&keys, &key_kind, &rows, &kinds)).unwrap();
            model.merge(&reducer, &keys, &rows);
            // The last item overflows for the key that comes twice, after all other items were folded.
            let mut bad = random.rows(&kinds, 20);
            let mut bad_keys = random.rows(&key_kind, 20);
            bad_keys[19] = bad_keys[18].clone();
            for row in [18, 19] {
                let Value::Tuple(items) = &mut bad[row] else { panic!() };
                items[4] = Value::Int(i64::MAX);
            }
            let decline = table.merge(&pairs(&bad_keys, &key_kind, &bad, &kinds)).unwrap_err();
            assert_eq!(decline.to_string(), "a sum exceeds 64 bits");
            assert_eq!(contents(&table), model.text());
        }
    }
}

#[test]
fn declines_other_types_and_what_python_must_do() {
    let sum = |value: Value, kind: Type| {
        let mut table = NativeTable::new(Reducer::Sum);
        table.merge(&pairs(&[Value::Int(1)], &Type::Int, &[value], &kind)).map(|()| table)
    };
    assert!(sum(Value::Bool(true), Type::Bool).is_err());
    assert!(sum(Value::None, Type::Optional(Box::new(Type::Int))).is_err());
    assert!(sum(Value::Int(1), Type::Optional(Box::new(Type::Int))).is_ok());
    let mut table = sum(Value::Int(1), Type::Int).unwrap();
    let before = contents(&table);
    assert!(table.merge(&pairs(&[Value::Bool(true)], &Type::Bool, &[Value::Int(1)], &Type::Int)).is_err());
    assert!(table.merge(&pairs(&[Value::Int(1)], &Type::Int, &[Value::Bool(true)], &Type::Bool)).is_err());
    assert_eq!(contents(&table), before);
    let mut least = NativeTable::new(Reducer::Min(Ties::First));
    assert!(least.merge(&pairs(&[Value::Int(1)], &Type::Int, &[Value::Float(f64::NAN)], &Type::Float)).is_err());
    assert!(least.is_empty());
    let mut nan = NativeTable::new(Reducer::Sum);
    assert!(nan.merge(&pairs(&[Value::Float(f64::NAN)], &Type::Float, &[Value::Int(1)], &Type::Int)).is_err());
    assert_eq!(nan.drain().len(), 0);
}

#[test]
fn absorbing_a_later_half_is_exact_where_promised() {
    let mut random = Random(77);
    for _ in 0..400 {
        let (reducer, value_kind) = random_reducer(&mut random, 1);
        if !reducer.is_exact(&value_kind) {
            continue;
        }
        let key_kind = random.kind(1, true);
        let (mut whole, mut first) = (NativeTable::new(reducer.clone()), NativeTable::new(reducer.clone()));
        let mut second = NativeTable::new(reducer);
        for half in [&mut first, &mut second] {
            for _ in 0..2 {
                let (keys, rows) = (random.rows(&key_kind, 15), random.rows(&value_kind, 15));
                let chunk = pairs(&keys, &key_kind, &rows, &value_kind);
                half.merge(&chunk).unwrap();
                whole.merge(&chunk).unwrap();
            }
        }
        first.absorb(&second).unwrap();
        assert_eq!(contents(&first), contents(&whole));
    }
}

#[test]
fn many_small_chunks_and_many_long_keys() {
    let mut table = NativeTable::new(Reducer::Last);
    for i in 0..3000_i64 {
        let keys = [Value::Str(format!("a key of some length {}", i % 700)), Value::Str((i % 900).to_string())];
        let rows = [Value::Str(format!("a value of some length {i}")), Value::Str(i.to_string())];
        table.merge(&pairs(&keys, &Type::Str, &rows, &Type::Str)).unwrap();
    }
    let items = table.drain().items().unwrap();
    let (keys, rows) = (values(&items[0]), values(&items[1]));
    assert_eq!(keys.len(), 1600);
    let at = |key: &str| keys.iter().position(|k| k.equals(&Value::Str(key.to_owned()))).unwrap();
    assert_eq!(
        text(&rows[at("a key of some length 5")..][..1]),
        text(&[Value::Str("a value of some length 2805".into())])
    );
    assert_eq!(text(&rows[at("5")..][..1]), text(&[Value::Str("2705".into())]));
}

#[test]
fn counts_rows_of_any_types() {
    let mut table = NativeTable::new(Reducer::Count);
    let int = |i| Value::Int(i);
    table.merge(&pairs(&[int(1), int(2)], &Type::Int, &[Value::None, Value::None], &Type::Null)).unwrap();
    table.merge(&pairs(&[int(1)], &Type::Int, &[Value::Str("a".into())], &Type::Str)).unwrap();
    let optional = Type::Optional(Box::new(Type::Int));
    table.count(&columns(&[int(3), Value::None, int(1)], &optional)).unwrap();
    assert!(table.count(&columns(&[Value::Bool(true)], &Type::Bool)).is_err());
    let (keys, counts) = contents(&table);
    assert_eq!(keys, text(&[int(1), int(2), int(3), Value::None]));
    assert_eq!(counts, text(&[int(3), int(1), int(1), int(1)]));
}

/// Parts of all lengths, replaced rows and declined chunks: storage is put together many times.
#[test]
fn rows_survive_every_compaction() {
    let mut random = Random(99);
    for round in 0..6 {
        let reducer = Reducer::Tuple(vec![Reducer::Last, Reducer::Max(Ties::Last), Reducer::Sum]);
        let kind = Type::Tuple(vec![Type::Str, Type::Tuple(vec![Type::Int, Type::Str]), Type::Int]);
        let key_kind = Type::Tuple(vec![Type::Int]);
        let mut table = NativeTable::new(reducer.clone());
        let mut model = Model::default();
        for _ in 0..700 {
            let most = [1, 3, 40][random.below(3)];
            let len = 1 + random.below(most);
            let keys: Vec<Value> =
                (0..len).map(|_| Value::Tuple(vec![Value::Int(random.below(40 + 30 * round) as i64)])).collect();
            let mut rows = random.rows(&kind, len);
            let fails = random.below(5) == 0;
            if fails {
                let Value::Tuple(items) = &mut rows[len - 1] else { panic!() };
                items[2] = Value::Int(i64::MAX);
                rows.push(rows[len - 1].clone());
            }
            let mut keys = keys;
            if fails {
                keys.push(keys[len - 1].clone());
            }
            let merged = table.merge(&pairs(&keys, &key_kind, &rows, &kind));
            assert_eq!(merged.is_err(), fails);
            if !fails {
                model.merge(&reducer, &keys, &rows);
            }
        }
        assert_eq!(contents(&table), model.text());
    }
}

#[test]
fn small_chunks_into_a_large_table_stay_cheap() {
    let kind = Type::Tuple(vec![Type::Int]);
    let chunk = |from: i64, len: i64| {
        let keys: Vec<Value> = (from..from + len).map(|i| Value::Tuple(vec![Value::Int(i)])).collect();
        pairs(&keys, &kind, &vec![Value::Str("v".into()); len as usize], &Type::Str)
    };
    let mut table = NativeTable::new(Reducer::Last);
    table.merge(&chunk(0, 200_000)).unwrap();
    let small: Vec<_> = (0..2000).map(|i| chunk(i * 97 % 190_000, 5)).collect();
    let start = std::time::Instant::now();
    for chunk in &small {
        table.merge(chunk).unwrap();
    }
    // Rewriting 200 000 keys every 64 chunks took seconds.
    assert!(start.elapsed().as_millis() < 1500, "{:?}", start.elapsed());
    assert_eq!(table.len(), 200_000);
}

#[test]
fn weight_follows_what_is_held_and_pieces_are_the_whole() {
    for reducer in [Reducer::Last, Reducer::Collect, Reducer::Sum, Reducer::Max(Ties::First)] {
        let mut table = NativeTable::new(reducer.clone());
        assert_eq!(table.weight(), 0);
        let mut weights = vec![0];
        for from in [0, 1000, 2000] {
            let keys: Vec<Value> =
                (from..from + 1000).map(|i| Value::Str(format!("a key of some length {i}"))).collect();
            let rows: Vec<Value> = (0..1000).map(|i| Value::Str(format!("a value of some length {i}"))).collect();
            table.merge(&pairs(&keys, &Type::Str, &rows, &Type::Str)).unwrap();
            weights.push(table.weight());
        }
        let plain = 1000 * (2 * 22);
        assert!(
            weights.windows(2).all(|pair| (plain..6 * plain).contains(&(pair[1] - pair[0]))),
            "{reducer:?} {weights:?}"
        );
        let whole = text(&values(&table.to_columns()));
        let pieces: Vec<Columns> = table.drain_chunks(700).collect();
        assert_eq!(pieces.iter().map(Columns::len).collect::<Vec<_>>(), [700, 700, 700, 700, 200]);
        assert_eq!(text(&pieces.iter().flat_map(values).collect::<Vec<_>>()), whole);
    }
    assert_eq!(NativeTable::new(Reducer::Sum).drain_chunks(10).count(), 0);
}
