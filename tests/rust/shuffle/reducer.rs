//! Which reduce functions have a special shape.

use pyrite::lambda::{BinaryOp, CompareOp, Expr, Reducer};

fn a() -> Expr {
    Expr::Param(0)
}

fn b() -> Expr {
    Expr::Param(1)
}

fn item(of: Expr, index: i64) -> Expr {
    Expr::Item { of: of.into(), index: Expr::Int(index).into() }
}

fn add(left: Expr, right: Expr) -> Expr {
    Expr::Binary { op: BinaryOp::Add, left: left.into(), right: right.into() }
}

fn call(function: &str, args: Vec<Expr>) -> Expr {
    Expr::Call { function: function.to_owned(), args }
}

fn choice(then: Expr, first: Expr, op: CompareOp, second: Expr, orelse: Expr) -> Expr {
    let test = Expr::Compare { first: first.into(), rest: vec![(op, second)] };
    Expr::If { test: test.into(), then: then.into(), orelse: orelse.into() }
}

fn shape(expr: &Expr) -> String {
    Reducer::from_expr(expr).map_or("none".to_owned(), |r| format!("{r:?}"))
}

#[test]
fn simple_shapes() {
    assert_eq!(shape(&add(a(), b())), "Sum");
    assert_eq!(shape(&add(b(), a())), "none", "str are joined the other way round");
    assert_eq!(shape(&a()), "First");
    assert_eq!(shape(&b()), "Last");
    assert_eq!(shape(&call("min", vec![a(), b()])), "Min(First)");
    assert_eq!(shape(&call("min", vec![b(), a()])), "Min(Last)");
    assert_eq!(shape(&call("max", vec![a(), b()])), "Max(First)");
    assert_eq!(shape(&call("max", vec![a(), b(), b()])), "none");
    assert_eq!(shape(&call("round", vec![a(), b()])), "none");
    assert_eq!(shape(&Expr::Int(1)), "none");
}

#[test]
fn tuples() {
    let pair = Expr::Tuple(vec![add(item(a(), 0), item(b(), 0)), call("max", vec![item(a(), 1), item(b(), 1)])]);
    assert_eq!(shape(&pair), "Tuple([Sum, Max(First)])");
    let crossed = Expr::Tuple(vec![add(item(a(), 1), item(b(), 1)), item(a(), 0)]);
    assert_eq!(shape(&crossed), "none");
    let nested = Expr::Tuple(vec![Expr::Tuple(vec![item(item(b(), 0), 0)])]);
    assert_eq!(shape(&nested), "Tuple([Tuple([Last])])");
}

/// Every form of `x if p op q else y` over floats whose equal values can be told apart.
#[test]
fn conditional_forms_keep_the_same_of_equal_values() {
    let operands = [a(), b()];
    for op in [CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge] {
        for (p, q) in [(0, 1), (1, 0)] {
            for (x, y) in [(0, 1), (1, 0)] {
                let expr =
                    choice(operands[x].clone(), operands[p].clone(), op, operands[q].clone(), operands[y].clone());
                let reducer = shape(&expr);
                for values in [[1.0, 2.0], [2.0, 1.0], [0.0, -0.0], [-0.0, 0.0]] {
                    let holds = match op {
                        CompareOp::Lt => values[p] < values[q],
                        CompareOp::Le => values[p] <= values[q],
                        CompareOp::Gt => values[p] > values[q],
                        _ => values[p] >= values[q],
                    };
                    let expected: f64 = if holds { values[x] } else { values[y] };
                    let [a, b] = values;
                    let folded = match reducer.as_str() {
                        "Min(First)" => {
                            if b < a {
                                b
                            } else {
                                a
                            }
                        }
                        "Min(Last)" => {
                            if b <= a {
                                b
                            } else {
                                a
                            }
                        }
                        "Max(First)" => {
                            if b > a {
                                b
                            } else {
                                a
                            }
                        }
                        "Max(Last)" => {
                            if b >= a {
                                b
                            } else {
                                a
                            }
                        }
                        other => panic!("{other}"),
                    };
                    assert_eq!(expected.to_bits(), folded.to_bits(), "{expr:?} of {values:?} as {reducer}");
                }
            }
        }
    }
    assert_eq!(shape(&choice(a(), a(), CompareOp::Eq, b(), b())), "none");
    assert_eq!(shape(&choice(a(), a(), CompareOp::Lt, b(), a())), "none");
}
