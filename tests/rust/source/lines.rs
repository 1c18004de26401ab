//! Bytes to lines: terminators and characters split anywhere, broken text, other encodings.

use pyrite::block::Pending;
use pyrite::chunk::Chunk;
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

/// `tests/recorded/utf8/Utf8.java` says what Java's reader makes of each sequence; `lines` is what files are read with.
#[test]
fn broken_utf8_is_replaced_as_java_does() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/utf8/java.txt");
    let recorded = std::env::var("PYRITE_JAVA_UTF8").unwrap_or_else(|_| recorded.to_owned());
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    };
    for case in std::fs::read_to_string(recorded).unwrap().lines() {
        let (bytes, text) = case.split_once(' ').unwrap();
        let (bytes, text) = (hex(bytes), String::from_utf8(hex(text)).unwrap());
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(lines_of(&single), [&*text], "{bytes:x?} byte by byte");
        assert_eq!(lines_of(&[&bytes]), [&*text], "{bytes:x?} at once");
        for cut in 1..bytes.len() {
            assert_eq!(lines_of(&[&bytes[..cut], &bytes[cut..]]), [&*text], "{bytes:x?} cut at {cut}");
        }
        assert_eq!(strings(&Chunk::Columns(pyrite::chunk::lines(bytes.clone()))), [&*text], "{bytes:x?} in a file");
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

/// All blocks that are there.
fn blocks_of(lines: &mut Lines) -> Vec<Vec<String>> {
    std::iter::from_fn(|| lines.take()).map(|block| strings(&block.chunk)).collect()
}

#[test]
fn a_full_block_is_closed_and_loses_no_line() {
    let text = (0..2000).map(|i| format!("line {i} \u{c7}\n")).collect::<Vec<_>>().concat();
    for size in [1, 3, 100, 5000, 100_000] {
        let mut lines = Lines::new(None).cut_at(1024);
        for read in text.as_bytes().chunks(size) {
            lines.feed(read);
        }
        let weight = lines.bytes();
        assert_eq!(weight, text.len());
        let blocks: Vec<_> = std::iter::from_fn(|| lines.take()).collect();
        assert_eq!(blocks.iter().map(|b| b.bytes).sum::<usize>(), weight);
        assert!(blocks.len() > 20 && blocks.iter().all(|b| b.bytes <= 1024));
        let all: Vec<String> = blocks.iter().flat_map(|b| strings(&b.chunk)).collect();
        assert!(all.iter().map(String::as_str).eq(text.lines()), "reads of {size}");
    }
}

#[test]
fn a_line_longer_than_a_block_is_cut_between_characters() {
    let long = "\u{20ac}".repeat(1000);
    let mut lines = Lines::new(None).cut_at(1024);
    for byte in format!("a\n{long}\r\n\r\nb\n").as_bytes().chunks(7) {
        lines.feed(byte);
    }
    let all = blocks_of(&mut lines).concat();
    assert_eq!(all[0], "a");
    assert_eq!(all[all.len() - 2..], ["", "b"]);
    assert_eq!(all[1..all.len() - 2].concat(), long);
    assert!(all.iter().all(|line| line.len() <= 1024));
}

/// Before, every read after the first cut made a line of its own, and none when a line had just ended.
#[test]
fn a_full_block_that_ends_with_a_line_adds_none() {
    let mut lines = Lines::new(None).cut_at(1024);
    for _ in 0..64 {
        lines.feed(&[b'x'; 63]);
        lines.feed(b"\n");
    }
    assert_eq!(blocks_of(&mut lines).concat(), vec!["x".repeat(63); 64]);
}
