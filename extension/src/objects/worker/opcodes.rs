//! What a pickle says about its rows, by its opcodes alone: whether a set may be among what they hold, whose order is
//! that of a process's hashes, and which classes and functions it names. Nothing is loaded, and one pass is enough
//! unless a name was written before.

use std::str::from_utf8;

/// Of protocols 4 and 5; `pickle` writes no others here.
mod code {
    pub const STOP: u8 = b'.';
    pub const BINGET: u8 = b'h';
    pub const LONG_BINGET: u8 = b'j';
    pub const BINUNICODE: u8 = b'X';
    pub const SHORT_BINUNICODE: u8 = 0x8c;
    pub const BINUNICODE8: u8 = 0x8d;
    pub const EMPTY_SET: u8 = 0x8f;
    pub const ADDITEMS: u8 = 0x90;
    pub const FROZENSET: u8 = 0x91;
    pub const STACK_GLOBAL: u8 = 0x93;
    pub const MEMOIZE: u8 = 0x94;
    pub const FRAME: u8 = 0x95;
}

/// A pickle that names more is none of ordinary rows.
const MOST: usize = 256;

/// A class or a function: its module and its name there.
pub type Name = (String, String);

/// A text on top of the stack.
#[derive(Clone, Copy, PartialEq)]
enum Text<'a> {
    Here(&'a [u8]),
    /// Written before, and remembered by this number.
    Memo(u64),
}

/// What is in a pickle.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The classes and functions that it names, in order.
    pub names: Vec<Name>,
    /// Whether there are sets.
    pub sets: bool,
}

/// What is in the pickle; `None` where it isn't of the form that is known.
pub fn contents(pickle: &[u8]) -> Option<Contents> {
    let mut sets = false;
    let mut found: Vec<[Text<'_>; 2]> = Vec::new();
    let mut top = [None, None];
    let mut rest = pickle;
    loop {
        let (code, argument) = next(&mut rest)?;
        match code {
            code::STOP => break,
            code::EMPTY_SET | code::ADDITEMS | code::FROZENSET => {
                sets = true;
                top = [None, None];
            }
            code::SHORT_BINUNICODE | code::BINUNICODE | code::BINUNICODE8 => top = [top[1], Some(Text::Here(argument))],
            code::BINGET | code::LONG_BINGET => top = [top[1], Some(Text::Memo(little(argument)))],
            code::MEMOIZE | code::FRAME => {}
            code::STACK_GLOBAL => {
                let [Some(module), Some(name)] = std::mem::take(&mut top) else { return None };
                if !found.contains(&[module, name]) {
                    found.push([module, name]);
                }
                if found.len() > MOST {
                    return None;
                }
            }
            _ => top = [None, None],
        }
    }
    let mut wanted: Vec<u64> = Vec::new();
    for text in found.iter().flatten() {
        if let Text::Memo(number) = text {
            wanted.push(*number);
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    let remembered = remembered(pickle, &wanted)?;
    let text = |text: Text<'_>| {
        let bytes = match text {
            Text::Here(bytes) => bytes,
            Text::Memo(number) => remembered[wanted.binary_search(&number).ok()?],
        };
        from_utf8(bytes).ok().map(str::to_owned)
    };
    let names = found.into_iter().map(|[module, name]| Some((text(module)?, text(name)?))).collect::<Option<_>>()?;
    Some(Contents { names, sets })
}

/// The texts that are remembered by these numbers.
fn remembered<'a>(pickle: &'a [u8], wanted: &[u64]) -> Option<Vec<&'a [u8]>> {
    let mut texts = Vec::with_capacity(wanted.len());
    let (mut rest, mut top, mut number) = (pickle, None, 0);
    while texts.len() < wanted.len() {
        match next(&mut rest)? {
            (code::SHORT_BINUNICODE | code::BINUNICODE | code::BINUNICODE8, text) => top = Some(text),
            (code::MEMOIZE, _) => {
                if number == wanted[texts.len()] {
                    texts.push(top?);
                }
                number += 1;
            }
            (code::FRAME, _) => {}
            (code::STOP, _) => return None,
            _ => top = None,
        }
    }
    Some(texts)
}

/// The next opcode and what belongs to it.
fn next<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&code, after) = rest.split_first()?;
    let (size, after) = match ARGUMENTS[code as usize] {
        Argument::Bytes(n) => (u64::from(n), after),
        Argument::Counted(n) => {
            let (size, after) = after.split_at_checked(n as usize)?;
            (little(size), after)
        }
        Argument::Unknown => return None,
    };
    let (argument, after) = after.split_at_checked(usize::try_from(size).ok()?)?;
    *rest = after;
    Some((code, argument))
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What follows an opcode.
#[derive(Clone, Copy)]
enum Argument {
    /// So many bytes.
    Bytes(u8),
    /// A number of so many bytes, and as many bytes as it says.
    Counted(u8),
    /// The opcode refers to what isn't in the pickle, or is one of older protocols.
    Unknown,
}

const ARGUMENTS: [Argument; 256] = {
    let mut table = [Argument::Unknown; 256];
    let alone = b"(.012NRabde}]ost)lu\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94";
    let mut at = 0;
    while at < alone.len() {
        table[alone[at] as usize] = Argument::Bytes(0);
        at += 1;
    }
    let sized = [(b'K', 1), (b'M', 2), (b'J', 4), (b'G', 8), (b'h', 1), (b'j', 4), (0x80, 1), (0x95, 8)];
    at = 0;
    while at < sized.len() {
        table[sized[at].0 as usize] = Argument::Bytes(sized[at].1);
        at += 1;
    }
    let counted = [(0x8c, 1), (b'X', 4), (0x8d, 8), (b'C', 1), (b'B', 4), (0x8e, 8), (0x96, 8), (0x8a, 1), (0x8b, 4)];
    at = 0;
    while at < counted.len() {
        table[counted[at].0 as usize] = Argument::Counted(counted[at].1);
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{Contents, Name, contents};

    fn names(pickle: &[u8]) -> Option<Vec<Name>> {
        contents(pickle).map(|contents| contents.names)
    }

    /// `pickle.dumps([datetime.date(2026, 11, 26)] * 2, 5)` and others, as CPython 3.13 writes them.
    #[test]
    fn classes_are_named_once() {
        let date = b"\x80\x05\x95\x28\0\0\0\0\0\0\0]\x94(\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xea\x0b\x1a\x94\x85\x94R\x94h\x06e.";
        assert_eq!(names(date), Some(vec![("datetime".to_owned(), "date".to_owned())]));
    }

    #[test]
    fn a_set_is_seen_and_a_pickle_that_is_cut_short_is_not_known() {
        assert_eq!(contents(b"\x80\x05]\x94\x8f\x94a."), Some(Contents { names: Vec::new(), sets: true }));
        assert_eq!(names(b"\x80\x05]\x94K"), None);
        assert_eq!(names(b"\x80\x05]\x94K\x01a."), Some(Vec::new()));
    }

    #[test]
    fn a_name_may_have_been_written_before() {
        let twice = b"\x80\x05(\x8c\x01m\x94\x8c\x01a\x94\x93\x94h\x00\x8c\x01b\x94\x93\x94t.";
        let named = |name: &str| ("m".to_owned(), name.to_owned());
        assert_eq!(names(twice), Some(vec![named("a"), named("b")]));
    }
}
