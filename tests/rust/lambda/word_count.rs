//! The functions of the course's word count.

use pyrite::lambda::{BinaryOp, Expr};

use super::{block, compiled, kept, lower, not_empty, pair, param, show, split_words, strings};

#[test]
fn splits_at_runs_like_python() {
    let long = "a word of internationalization, and another: incomprehensibilities; ".repeat(3);
    let rows: Vec<String> = ["", "a", " a", "a ", "Hello,  World_1!", "국 밥 Ünï", "…", &long].map(String::from).into();
    let column = block(&rows);
    let lists = show(&split_words().map(std::slice::from_ref(&column)).unwrap());
    assert_eq!(lists[..5], [r#"[""]"#, r#"["a"]"#, r#"["", "a"]"#, r#"["a", ""]"#, r#"["Hello", "World_1", ""]"#]);
    assert_eq!(lists[5..7], [r#"["국", "밥", "Ünï"]"#, r#"["", ""]"#]);
    let words: Vec<&str> = long.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).chain([""]).collect();
    assert_eq!(lists[7], format!("{words:?}"));
    let flat = split_words().flat(&[column.slice(1, 3)]).unwrap();
    assert_eq!(show(&flat), [r#""a""#, r#""""#, r#""a""#, r#""a""#, r#""""#]);
}

#[test]
fn every_border_of_64_bytes_is_seen() {
    for len in 50..140 {
        for cut in 0..len {
            let mut text = vec![b'x'; len];
            text[cut] = b' ';
            text[len / 2] = b'.';
            let row = String::from_utf8(text).unwrap();
            let mut expected: Vec<&str> = row.split([' ', '.']).collect();
            let last = expected.len() - 1;
            let mut at = 0;
            expected.retain(|w| {
                at += 1;
                !w.is_empty() || at == 1 || at == last + 1
            });
            let flat = split_words().flat(&[block(std::slice::from_ref(&row))]).unwrap();
            assert_eq!(show(&flat), expected.iter().map(|w| format!("{w:?}")).collect::<Vec<_>>());
        }
    }
}

#[test]
fn filters_lowers_and_pairs() {
    let words = strings(&["The", "", "QUICK", "Incomprehensibilities", "ÄÖ", "fox", "@[`{Zz"]);
    let kept = kept(&not_empty(), &words);
    assert_eq!(kept.len(), 6);
    let lowered = lower().map(&[kept]).unwrap();
    let pairs = show(&pair().map(&[lowered]).unwrap());
    let expected = ["the", "quick", "incomprehensibilities", "äö", "fox", "@[`{zz"].map(|w| format!("({w:?}, 1)"));
    assert_eq!(pairs, expected);
}

#[test]
fn swaps_and_adds() {
    let pairs = pair().map(&[strings(&["a", "b"])]).unwrap();
    let item = |i| Expr::Item { of: param(0), index: Box::new(Expr::Int(i)) };
    let swapped = compiled(Expr::Tuple(vec![item(1), item(0)])).map(std::slice::from_ref(&pairs)).unwrap();
    assert_eq!(show(&swapped), [r#"(1, "a")"#, r#"(1, "b")"#]);
    let counts = compiled(item(1)).map(&[pairs]).unwrap();
    let add = compiled(Expr::Binary { op: BinaryOp::Add, left: param(0), right: param(1) });
    assert_eq!(show(&add.map(&[counts.clone(), counts]).unwrap()), ["2", "2"]);
}
