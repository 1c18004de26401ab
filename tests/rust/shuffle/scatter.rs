//! Scattering rows against lists that rows are pushed to one by one.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use pyrite::chunk::{Columns, Type};
use pyrite::shuffle::{Scatterer, scatter};

use super::values::{Random, Value, columns, text, values};

/// Nothing in the piece refers to bytes that are not its own.
fn owns_its_texts(rows: &Columns) {
    match rows.kind() {
        Type::Str | Type::Bytes => {
            let (views, buffers) = if *rows.kind() == Type::Str {
                let array = rows.array().as_string_view();
                (array.views().to_vec(), array.data_buffers().to_vec())
            } else {
                let array = rows.array().as_binary_view();
                (array.views().to_vec(), array.data_buffers().to_vec())
            };
            let used: usize = views.iter().map(|view| *view as u32 as usize).filter(|len| *len > 12).sum();
            assert_eq!(buffers.iter().map(arrow_buffer::Buffer::len).sum::<usize>(), used);
        }
        Type::Tuple(_) => rows.items().unwrap().iter().for_each(owns_its_texts),
        _ => {}
    }
}

#[test]
fn every_row_goes_to_its_output() {
    let mut random = Random(0x5ca7);
    for _ in 0..1500 {
        let kind = random.value_kind(2);
        let len = random.below(60);
        let rows = random.rows(&kind, len);
        let n = 1 + random.below(7);
        let only = random.below(n) as u32;
        let few = random.below(4) == 0;
        let ids: Vec<u32> = (0..len).map(|_| if few { only } else { random.below(n) as u32 }).collect();
        let from = random.below(len + 1);
        let column = columns(&rows, &kind).slice(from, len - from);
        let outputs = scatter(&column, &ids[from..], n).unwrap();
        assert_eq!(outputs.len(), n);
        for (output, piece) in outputs.into_iter().enumerate() {
            let expected: Vec<Value> =
                (from..len).filter(|row| ids[*row] as usize == output).map(|row| rows[row].clone()).collect();
            assert_eq!(piece.is_none(), expected.is_empty());
            if let Some(piece) = piece {
                assert_eq!(piece.kind(), &kind);
                assert_eq!(text(&values(&piece)), text(&expected), "{kind}");
                piece.array().to_data().validate_full().unwrap();
                owns_its_texts(&piece);
            }
        }
    }
    assert!(scatter(&columns(&[Value::Int(1)], &Type::Int), &[2], 2).is_err());
    assert!(scatter(&columns(&[Value::Int(1)], &Type::Int), &[], 2).is_err());
}

#[test]
fn small_chunks_wait_for_one_another() {
    let mut random = Random(3);
    let optional = Type::Optional(Box::new(Type::Int));
    for n in [1, 3, 40] {
        let mut scatterer = Scatterer::new(n);
        let mut outputs: Vec<Vec<Columns>> = vec![Vec::new(); n];
        let mut expected: Vec<Vec<Value>> = vec![Vec::new(); n];
        for part in 0..400 {
            let kind = if part > 200 && part < 210 { &Type::Str } else { [&Type::Int, &optional][part / 50 % 2] };
            let rows = random.rows(kind, 500);
            let ids: Vec<u32> = (0..500).map(|_| random.below(n) as u32).collect();
            for (row, id) in rows.iter().zip(&ids) {
                expected[*id as usize].push(row.clone());
            }
            let put = |output: usize, rows: Columns| {
                outputs[output].push(rows);
                Ok(())
            };
            scatterer.push(&columns(&rows, kind), &ids, put).unwrap();
        }
        assert!(n == 1 || scatterer.weight() > 0);
        scatterer
            .flush(|output, rows| {
                outputs[output].push(rows);
                Ok(())
            })
            .unwrap();
        assert_eq!(scatterer.weight(), 0);
        for (pieces, expected) in outputs.iter().zip(&expected) {
            assert!(pieces.len() < 30, "{} pieces", pieces.len());
            assert_eq!(text(&pieces.iter().flat_map(values).collect::<Vec<_>>()), text(expected));
        }
    }
}
