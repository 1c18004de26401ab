//! Functions of columns of strings: what is a part of a string stays in its buffer.

use arrow_array::StringViewArray;
use arrow_array::builder::StringViewBuilder;
use pyrite::error::Decline;
use pyrite::kernel::case::convert_case;
use pyrite::kernel::class::Class;
use pyrite::kernel::length::lengths;
use pyrite::kernel::split::{between_runs, split_class};
use pyrite::kernel::strings::{map_part, map_parts, map_text};
use pyrite::kernel::text;
use pyrite::kernel::unicode::Case;

fn column(rows: &[&str]) -> StringViewArray {
    let mut builder = StringViewBuilder::new().with_fixed_block_size(1 << 16);
    for row in rows {
        builder.append_value(row);
    }
    builder.finish()
}

fn rows(array: &StringViewArray) -> Vec<&str> {
    array.iter().map(Option::unwrap).collect()
}

const LONG: &str = "a text that is longer than twelve bytes";

#[test]
fn parts_share_the_buffers() {
    let input = column(&[LONG, "short", "", "   spaces on both of its sides  "]);
    let cut = map_part(&input, |s| text::strip(s, text::Ends::Both)).unwrap();
    assert_eq!(rows(&cut), [LONG, "short", "", "spaces on both of its sides"]);
    assert_eq!(cut.data_buffers().len(), input.data_buffers().len());
    assert_eq!(cut.data_buffers()[0].as_ptr(), input.data_buffers()[0].as_ptr());
    let short = map_part(&input, |s| Ok(text::slice(s, None, Some(3)))).unwrap();
    assert!(short.data_buffers().is_empty(), "nothing needs the buffers any more");
}

#[test]
fn a_part_from_elsewhere_is_refused() {
    let refused = map_parts(&column(&[LONG]), |_, part| {
        part("not a part of it");
        Ok(())
    });
    assert!(refused.is_err());
    let declined = map_text(&column(&["a"]), |_, _| Err(Decline::new("so")));
    assert_eq!(declined.unwrap_err(), Decline::new("so"));
}

#[test]
fn whitespace_splits_without_empty_pieces() {
    let space = Class::str_space();
    let pieces = between_runs(&column(&["  a  b ", "", "\u{3000}국\x1c밥", LONG]), &space).unwrap();
    assert_eq!(pieces.offsets.to_vec(), [0, 2, 2, 4, 12]);
    assert_eq!(rows(&pieces.values)[..4], ["a", "b", "국", "밥"]);
}

#[test]
fn single_separators_keep_empty_pieces() {
    let comma = Class::new(false, &[(44, 44)], &[]).unwrap();
    let long = ["x"; 70].join(",");
    let pieces = split_class(&column(&[",a,,é,", "", &long]), &comma, false).unwrap();
    assert_eq!(rows(&pieces.values)[..6], ["", "a", "", "é", "", ""]);
    assert_eq!(pieces.offsets.to_vec(), [0, 5, 6, 76]);
}

#[test]
fn cases_change_only_what_changes() {
    let input = column(&["ABC", "abc", "Straße", LONG, "A LONG TEXT IN CAPITAL LETTERS", "ÀÉ"]);
    let upper = convert_case(&input, Case::Upper).unwrap();
    assert_eq!(rows(&upper)[..3], ["ABC", "ABC", "STRASSE"]);
    let lower = convert_case(&input, Case::Lower).unwrap();
    assert_eq!(rows(&lower)[4..], ["a long text in capital letters", "àé"]);
    assert_eq!(lower.views()[3], input.views()[3]);
    assert_eq!(rows(&convert_case(&column(&["ΑΣ", "ΣΑ"]), Case::Lower).unwrap()), ["ας", "σα"]);
}

#[test]
fn lengths_are_code_points() {
    assert_eq!(lengths(&column(&["", "é", "국밥", "😀", LONG])), [0, 1, 2, 1, LONG.len() as i64]);
}

#[test]
fn slices_of_an_array_are_respected() {
    let input = column(&["a,b", LONG, "c,d"]).slice(1, 2);
    let comma = Class::new(false, &[(44, 44)], &[]).unwrap();
    let pieces = split_class(&input, &comma, true).unwrap();
    assert_eq!(rows(&pieces.values), [LONG, "c", "d"]);
}
