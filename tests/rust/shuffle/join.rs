//! Cogroup, joins and selections against lists searched one by one.

use pyrite::chunk::{CHUNK_ROWS, Columns, Type};
use pyrite::error::Decline;
use pyrite::shuffle::join::{JoinKind, NativeCogroup, NativeJoin, NativeSelect, SelectKind};

use super::values::{Random, Value, columns, pairs, text, values};

/// Chunks of one input: keys and values, with the types they came under.
type Chunks = Vec<(Vec<Value>, Type, Vec<Value>, Type)>;

/// What Python's dict would hold: keys in first-seen order, their values by input.
struct Model(Vec<(Value, Vec<Vec<Value>>)>);

impl Model {
    fn new(sides: &[Chunks]) -> Self {
        let mut groups: Vec<(Value, Vec<Vec<Value>>)> = Vec::new();
        for (side, chunks) in sides.iter().enumerate() {
            for (keys, _, rows, _) in chunks {
                for (key, value) in keys.iter().zip(rows) {
                    let at = groups.iter().position(|(known, _)| known.equals(key)).unwrap_or_else(|| {
                        groups.push((key.clone(), vec![Vec::new(); sides.len()]));
                        groups.len() - 1
                    });
                    groups[at].1[side].push(value.clone());
                }
            }
        }
        Self(groups)
    }
}

fn pair(a: Value, b: Value) -> Value {
    Value::Tuple(vec![a, b])
}

fn optional(kind: &Type) -> Type {
    match kind {
        Type::Null | Type::Optional(_) => kind.clone(),
        kind => Type::Optional(Box::new(kind.clone())),
    }
}

/// Chunks of up to `most` rows; some come under a type that also has `None`, some have only `None` values.
fn chunks(random: &mut Random, key: &Type, value: &Type, most: usize) -> Chunks {
    let count = random.below(4);
    (0..count)
        .map(|_| {
            let len = random.below(most);
            let key = if random.below(6) == 0 { optional(key) } else { key.clone() };
            let value = match random.below(8) {
                0 => Type::Null,
                1 | 2 => optional(value),
                _ => value.clone(),
            };
            (random.rows(&key, len), key, random.rows(&value, len), value)
        })
        .collect()
}

fn columns_of((keys, key, rows, value): &(Vec<Value>, Type, Vec<Value>, Type)) -> Columns {
    pairs(keys, key, rows, value)
}

/// All rows, whose chunks have one type and bounded lengths.
fn read(chunks: impl Iterator<Item = Result<Columns, Decline>>) -> Vec<Value> {
    let chunks: Vec<Columns> = chunks.map(Result::unwrap).collect();
    assert!(chunks.iter().all(|chunk| chunk.kind() == chunks[0].kind() && !chunk.is_empty()));
    assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_ROWS));
    chunks.iter().flat_map(values).collect()
}

fn or_none(list: &[Value], pads: bool) -> Vec<Value> {
    if list.is_empty() && pads { vec![Value::None] } else { list.to_vec() }
}

#[test]
fn cogroup_lists_each_inputs_values() {
    let mut random = Random(0xc0_6209);
    for _ in 0..600 {
        let n = 1 + random.below(4);
        let key = random.kind(2, false);
        let sides: Vec<Chunks> = (0..n)
            .map(|_| {
                let kind = random.value_kind(1);
                chunks(&mut random, &key, &kind, 30)
            })
            .collect();
        let mut table = NativeCogroup::new(n);
        for (side, chunks) in sides.iter().enumerate() {
            for chunk in chunks {
                table.add(side, &columns_of(chunk)).unwrap();
            }
        }
        let model = Model::new(&sides).0;
        assert_eq!(table.len(), model.len());
        let expected: Vec<Value> = model
            .into_iter()
            .map(|(key, lists)| pair(key, Value::Tuple(lists.into_iter().map(Value::List).collect())))
            .collect();
        assert_eq!(text(&read(table.finish().unwrap())), text(&expected), "{key}");
    }
}

#[test]
fn joins_pair_every_left_value_with_every_right_one() {
    let mut random = Random(0x101);
    for _ in 0..800 {
        let key = random.kind(2, false);
        let (left, right) = (random.value_kind(1), random.value_kind(1));
        let sides = [chunks(&mut random, &key, &left, 25), chunks(&mut random, &key, &right, 25)];
        let kinds = [JoinKind::Inner, JoinKind::LeftOuter, JoinKind::RightOuter, JoinKind::FullOuter];
        let kind = kinds[random.below(4)];
        let mut join = NativeJoin::new(kind);
        for (side, chunks) in sides.iter().enumerate() {
            for chunk in chunks {
                join.add(side, &columns_of(chunk)).unwrap();
            }
        }
        let mut expected = Vec::new();
        for (key, lists) in Model::new(&sides).0 {
            for v in or_none(&lists[0], matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter)) {
                for w in or_none(&lists[1], matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter)) {
                    expected.push(pair(key.clone(), pair(v.clone(), w)));
                }
            }
        }
        assert_eq!(text(&read(join.finish().unwrap())), text(&expected), "{kind:?} {key} {left} {right}");
    }
}

#[test]
fn selections_keep_what_the_right_lacks_or_has() {
    let mut random = Random(0x5e1);
    for _ in 0..600 {
        let key = random.kind(2, false);
        let value = random.value_kind(1);
        let sides = [chunks(&mut random, &key, &value, 25), chunks(&mut random, &key, &Type::Int, 6)];
        for kind in [SelectKind::SubtractByKey, SelectKind::Subtract, SelectKind::Intersection] {
            let mut select = NativeSelect::new(kind);
            for (side, chunks) in sides.iter().enumerate() {
                for chunk in chunks {
                    let rows = match kind {
                        SelectKind::SubtractByKey => columns_of(chunk),
                        _ => columns(&chunk.0, &chunk.1),
                    };
                    select.add(side, &rows).unwrap();
                }
            }
            let mut expected = Vec::new();
            for (key, lists) in Model::new(&sides).0 {
                let [left, right] = &lists[..] else { panic!() };
                match kind {
                    SelectKind::SubtractByKey if right.is_empty() => {
                        expected.extend(left.iter().map(|value| pair(key.clone(), value.clone())));
                    }
                    SelectKind::Subtract if right.is_empty() => expected.extend(left.iter().map(|_| key.clone())),
                    SelectKind::Intersection if !left.is_empty() && !right.is_empty() => expected.push(key),
                    _ => {}
                }
            }
            assert_eq!(text(&read(select.finish().unwrap())), text(&expected), "{kind:?} {key}");
        }
    }
}

#[test]
fn a_huge_product_comes_chunk_by_chunk() {
    let ints = |len: i64| (0..len).map(Value::Int).collect::<Vec<_>>();
    let keys = vec![Value::Str("one key".into()); 100_000];
    let mut join = NativeJoin::new(JoinKind::FullOuter);
    let rows = pairs(&keys, &Type::Str, &ints(100_000), &Type::Int);
    join.add(0, &rows).unwrap();
    join.add(1, &rows).unwrap();
    let mut chunks = join.finish().unwrap();
    let first = values(&chunks.next().unwrap().unwrap());
    assert_eq!(first.len(), CHUNK_ROWS);
    assert_eq!(text(&first[1..2]), text(&[pair(keys[0].clone(), pair(Value::Int(0), Value::Int(1)))]));
    let later = values(&chunks.nth(20).unwrap().unwrap());
    let row = 21 * CHUNK_ROWS as i64;
    let expected = pair(Value::Int(row / 100_000), Value::Int(row % 100_000));
    assert_eq!(text(&later[..1]), text(&[pair(keys[0].clone(), expected)]));
}

#[test]
fn a_group_of_many_values_does_not_drag_others_along() {
    let keys: Vec<Value> = (0..60_000).map(|i| Value::Int(if i < 40_000 { i % 4 } else { i })).collect();
    let mut table = NativeCogroup::new(1);
    table.add(0, &pairs(&keys, &Type::Int, &keys, &Type::Int)).unwrap();
    let lengths: Vec<usize> = table.finish().unwrap().map(|chunk| chunk.unwrap().len()).collect();
    assert_eq!(lengths.iter().sum::<usize>(), 20_004);
    assert_eq!(lengths[..4], [1, 1, 1, 1]);
    assert_eq!(lengths[4], CHUNK_ROWS);
}

#[test]
fn long_repeated_lists_make_smaller_chunks() {
    let list = Value::List((0..50_000).map(Value::Int).collect());
    let lists = Type::List(Box::new(Type::Int));
    let mut join = NativeJoin::new(JoinKind::Inner);
    join.add(0, &pairs(&[Value::Int(1)], &Type::Int, &[list], &lists)).unwrap();
    let rights: Vec<Value> = (0..100).map(Value::Int).collect();
    join.add(1, &pairs(&vec![Value::Int(1); 100], &Type::Int, &rights, &Type::Int)).unwrap();
    let lengths: Vec<usize> = join.finish().unwrap().map(|chunk| chunk.unwrap().len()).collect();
    assert_eq!((lengths[0], lengths.iter().sum::<usize>()), (20, 100));
}

#[test]
fn declines_change_nothing() {
    let mut random = Random(0xdec);
    for _ in 0..200 {
        let (key, value) = (random.kind(1, false), random.value_kind(1));
        if matches!(key, Type::Null) || matches!(value, Type::Null) {
            continue;
        }
        let bad_key = if key == Type::Int { Type::Str } else { Type::Int };
        let bad_key = if matches!(&key, Type::Optional(inner) if **inner == Type::Int) { Type::Str } else { bad_key };
        let sides = [chunks(&mut random, &key, &value, 15), chunks(&mut random, &key, &value, 15)];
        let mut join = NativeJoin::new(JoinKind::LeftOuter);
        let mut clean = NativeJoin::new(JoinKind::LeftOuter);
        for (side, chunks) in sides.iter().enumerate() {
            for chunk in chunks {
                join.add(side, &columns_of(chunk)).unwrap();
                clean.add(side, &columns_of(chunk)).unwrap();
                if chunk.0.iter().any(|key| !matches!(key, Value::None)) && chunk.1 != Type::Null {
                    let rows = random.rows(&bad_key, 3);
                    assert!(join.add(side, &pairs(&rows, &bad_key, &random.rows(&value, 3), &value)).is_err());
                    let list = Type::List(Box::new(Type::Int));
                    let rows = random.rows(&list, 3);
                    assert!(join.add(side, &pairs(&rows, &list, &random.rows(&value, 3), &value)).is_err());
                }
            }
        }
        assert!(join.add(0, &pairs(&[Value::Float(f64::NAN)], &Type::Float, &[Value::Int(1)], &Type::Int)).is_err());
        assert_eq!(join.weight(), clean.weight());
        assert_eq!(text(&read(join.finish().unwrap())), text(&read(clean.finish().unwrap())));
    }
    let mut join = NativeCogroup::new(2);
    let row = pairs(&[Value::Int(1)], &Type::Int, &[Value::Int(1)], &Type::Int);
    join.add(1, &row).unwrap();
    assert!(join.add(0, &row).is_err());
    assert!(join.add(2, &row).is_err());
    assert!(NativeCogroup::new(2).finish().unwrap().next().is_none());
}
