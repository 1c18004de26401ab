//! Update functions that leave the state of an idle key alone.

use pyrite::chunk::Type;
use pyrite::lambda::{BinaryOp, Expr};

fn sum(args: Vec<Expr>) -> Expr {
    Expr::Call { function: "sum".to_owned(), args }
}

fn plus(left: Expr, right: Expr) -> Expr {
    Expr::Binary { op: BinaryOp::Add, left: left.into(), right: right.into() }
}

fn or(left: Expr, right: Expr) -> Expr {
    Expr::Or(vec![left, right])
}

#[test]
fn sums_of_ints_keep_them() {
    let (new, old) = (Expr::Param(0), Expr::Param(1));
    let total = plus(sum(vec![new.clone()]), or(old.clone(), Expr::Int(0)));
    assert!(total.keeps_idle(&Type::Int));
    assert!(!total.keeps_idle(&Type::Float), "-0.0 becomes 0");
    assert!(!total.keeps_idle(&Type::Optional(Box::new(Type::Int))));
    assert!(sum(vec![new.clone(), or(old.clone(), Expr::Int(0))]).keeps_idle(&Type::Int));
    assert!(!plus(total, Expr::Int(1)).keeps_idle(&Type::Int));
    let last = Expr::If {
        test: Expr::Unary { op: pyrite::lambda::UnaryOp::Not, of: new.clone().into() }.into(),
        then: old.into(),
        orelse: Expr::Item { of: new.into(), index: Expr::Int(-1).into() }.into(),
    };
    assert!(last.keeps_idle(&Type::Str));
}

#[test]
fn tuples_item_by_item() {
    let item = |i| Expr::Item { of: Expr::Param(1).into(), index: Expr::Int(i).into() };
    let both = Expr::Tuple(vec![plus(sum(vec![Expr::Param(0)]), item(0)), plus(item(1), Expr::Int(0))]);
    let ints = Type::Tuple(vec![Type::Int, Type::Int]);
    assert!(both.keeps_idle(&ints));
    assert!(!both.keeps_idle(&Type::Tuple(vec![Type::Int, Type::Float])));
    assert!(!both.keeps_idle(&Type::Tuple(vec![Type::Int, Type::Int, Type::Int])));
}
