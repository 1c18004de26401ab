//! What a window carries from slide to slide equals what its panes make in full.

use std::sync::Arc;

use pyrite::chunk::{Columns, Type};
use pyrite::lambda::{BinaryOp, Compiled, Expr, Reducer};
use pyrite::shuffle::NativeTable;
use pyrite::shuffle::slide::{Carried, Panes};

use super::values::{Value, columns, text, values};

fn pairs(rows: &[(i64, i64)]) -> Columns {
    let rows: Vec<Value> = rows.iter().map(|(k, v)| Value::Tuple(vec![Value::Int(*k), Value::Int(*v)])).collect();
    columns(&rows, &Type::Tuple(vec![Type::Int, Type::Int]))
}

fn shown(rows: &Columns) -> String {
    text(&values(rows))
}

fn binary(op: BinaryOp) -> Arc<Compiled> {
    let expr = Expr::Binary { op, left: Expr::Param(0).into(), right: Expr::Param(1).into() };
    Arc::new(Compiled::new(expr).unwrap())
}

/// Pane `i` has keys that come and go, in an order of its own.
fn pane(i: u64) -> Columns {
    let rows: Vec<(i64, i64)> = (0..i % 5).map(|k| ((((i * 7 + k * 3) % 11) as i64), (i + k) as i64)).collect();
    let mut table = NativeTable::new(Reducer::Sum);
    table.merge(&pairs(&rows)).unwrap();
    table.drain()
}

#[test]
fn two_stacks_make_what_a_fold_makes() {
    for (window, slide) in [(1_u64, 1_u64), (4, 1), (7, 1), (6, 2), (9, 4)] {
        let mut panes = Panes::new(Reducer::Sum);
        for end in (slide..60).step_by(slide as usize) {
            // A slide that nobody asks for.
            if end % 13 == 0 {
                continue;
            }
            let wanted: Vec<u64> = (end.saturating_sub(window)..end).collect();
            let rows: Vec<Vec<Columns>> = panes.unseen(&wanted).map(|at| vec![pane(wanted[at])]).collect();
            let mut whole = NativeTable::new(Reducer::Sum);
            for i in &wanted {
                whole.merge(&pane(*i)).unwrap();
            }
            let made = panes.advance(&wanted, &rows).unwrap();
            assert_eq!(shown(&made), shown(&whole.to_columns()), "{window} by {slide} at {end}");
        }
    }
}

#[test]
fn floats_are_not_put_together_otherwise() {
    let rows = vec![Value::Tuple(vec![Value::Int(1), Value::Float(0.1)])];
    let rows = columns(&rows, &Type::Tuple(vec![Type::Int, Type::Float]));
    assert!(Panes::new(Reducer::Sum).advance(&[1, 2], &[vec![rows.clone()], vec![rows.clone()]]).is_err());
    assert!(Panes::new(Reducer::Max(pyrite::lambda::Ties::First)).advance(&[1], &[vec![rows]]).is_ok());
}

#[test]
fn keys_stay_where_they_were_and_new_ones_come_behind() {
    let (add, sub) = (binary(BinaryOp::Add), binary(BinaryOp::Sub));
    let mut carried = Carried::of(&[pairs(&[(3, 1), (1, 5)])]).unwrap();
    carried.subtract(&pairs(&[(1, 5), (9, 4)]), &*sub).unwrap();
    carried.add(&pairs(&[(7, 2), (3, 10), (9, 1)]), &*add).unwrap();
    assert_eq!(shown(&carried.pairs()), shown(&pairs(&[(3, 11), (1, 0), (7, 2), (9, 1)])));
    let positive = Expr::Item { of: Expr::Param(0).into(), index: Expr::Int(1).into() };
    carried.keep(&Compiled::new(positive).unwrap()).unwrap();
    assert_eq!(shown(&carried.pairs()), shown(&pairs(&[(3, 11), (7, 2), (9, 1)])));
    carried.add(&pairs(&[(1, 8), (3, 1)]), &*add).unwrap();
    assert_eq!(shown(&carried.pairs()), shown(&pairs(&[(3, 12), (7, 2), (9, 1), (1, 8)])));
    assert!(carried.add(&pairs(&[(3, i64::MAX)]), &*add).is_err(), "more than 64 bits");
}

#[test]
fn nothing_has_no_types_yet() {
    let mut carried = Carried::default();
    carried.subtract(&pairs(&[(1, 1)]), &*binary(BinaryOp::Sub)).unwrap();
    assert_eq!(carried.pairs().len(), 0);
    carried.add(&pairs(&[(1, 1)]), &*binary(BinaryOp::Add)).unwrap();
    assert_eq!(shown(&carried.pairs()), shown(&pairs(&[(1, 1)])));
    assert!(Carried::of(&[pairs(&[(1, 1)]), pairs(&[(1, 2)])]).is_err());
}
