//! Bytes to lines: terminators and characters split anywhere, broken text, other encodings.

use pyrite::block::Pending;
use pyrite::source::{Lines, find_encoding, looks_like_cp949};

use super::strings;

fn lines_of(reads: &[&[u8]]) -> Vec<String> {
    let mut lines = Lines::new(None);
    for read in reads {
        lines.feed(read);
    }
    lines.finish();
    lines.take().map_or_else(Vec::new, |b| strings(&b.chunk))
}

#[test]
fn the_contracts_example() {
    let bytes = b"a\r\nb\n\nc\rd\n\xff\xfe bad\nn\xc3\xa9\npartial";
    let expected = ["a", "b", "", "c", "d", "\u{fffd}\u{fffd} bad", "né", "partial"];
    assert_eq!(lines_of(&[bytes]), expected);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(lines_of(&single), expected);
    for size in 2..9 {
        let cut: Vec<&[u8]> = bytes.chunks(size).collect();
        assert_eq!(lines_of(&cut), expected, "reads of {size} bytes");
    }
}

#[test]
fn blocks_cut_between_the_halves_of_a_terminator() {
    let mut lines = Lines::new(None);
    lines.feed(b"a\r");
    assert_eq!(strings(&lines.take().unwrap().chunk), ["a"]);
    lines.feed(b"\nb\r");
    lines.feed(b"\n");
    assert_eq!(strings(&lines.take().unwrap().chunk), ["b"]);
    lines.feed(b"\n");
    assert_eq!(strings(&lines.take().unwrap().chunk), [""]);
    assert!(lines.take().is_none());
}

#[test]
fn an_incomplete_line_stays_for_the_next_block() {
    let mut lines = Lines::new(None);
    lines.feed("one\ntw\u{c7}".as_bytes());
    assert_eq!(strings(&lines.take().unwrap().chunk), ["one"]);
    assert_eq!(lines.bytes(), 0);
    lines.feed(b"o, a line that is longer than what a view holds by itself\nthree\n");
    let block = lines.take().unwrap();
    assert_eq!(strings(&block.chunk), ["tw\u{c7}o, a line that is longer than what a view holds by itself", "three"]);
}

/// One replacement for each maximal part, as `bytes.decode('utf-8', 'replace')` does.
#[test]
fn broken_utf8_is_replaced_as_cpython_does() {
    for (bytes, text) in [
        (&b"\xe2\x82"[..], "\u{fffd}"),
        (b"\xe2\x82x", "\u{fffd}x"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xf0\x9f\xe2\x82\xac", "\u{fffd}\u{20ac}"),
        (b"\xc0\x80", "\u{fffd}\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"\xf5\x80", "\u{fffd}\u{fffd}"),
        (b"\xe2\xe2\x82\xac", "\u{fffd}\u{20ac}"),
        (b"\xf0\x9f\x98\x80", "\u{1f600}"),
    ] {
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(lines_of(&single), [text], "{bytes:x?} byte by byte");
        assert_eq!(lines_of(&[bytes]), [text], "{bytes:x?} at once");
    }
}

#[test]
fn korean_by_its_encoding() {
    let cp949 = find_encoding("cp949").unwrap();
    let bytes = b"\xbe\xc8\xb3\xe7\n\xb0\xa1\n";
    let mut lines = Lines::new(cp949);
    for byte in bytes.chunks(1) {
        lines.feed(byte);
    }
    assert_eq!(strings(&lines.take().unwrap().chunk), ["안녕", "가"]);
    assert!(looks_like_cp949(bytes));
    assert!(!looks_like_cp949(b"plain\n"));
    assert!(!looks_like_cp949(b"\xff\xfe bad\n"));
    assert!(find_encoding("UTF_8").unwrap().is_none());
    assert!(find_encoding("euc_kr").unwrap().is_some());
    assert!(find_encoding("klingon").unwrap_err().to_string().contains("pyrite.socket.encoding"));
}

#[test]
fn a_line_of_100_mb() {
    let mut lines = Lines::new(None);
    let read = vec![b'x'; 1 << 20];
    lines.feed(b"first\n");
    for _ in 0..100 {
        lines.feed(&read);
        if let Some(block) = lines.take() {
            assert_eq!(strings(&block.chunk), ["first"]);
        }
    }
    assert_eq!(lines.bytes(), 0);
    lines.feed(b"\n");
    let block = lines.take().unwrap();
    assert_eq!(block.bytes, (100 << 20) + 1);
    assert_eq!(strings(&block.chunk)[0].len(), 100 << 20);
}
