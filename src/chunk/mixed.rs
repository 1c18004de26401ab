//! Values of any type as bytes that say what they are, one after the other: what a column of `Type::Mixed` holds. A
//! container's token says how many values follow.

/// The class of a dict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DictKind {
    /// `dict`
    Dict,
    /// `collections.Counter`
    Counter,
    /// `collections.defaultdict(int)`
    Ints,
    /// `collections.defaultdict(float)`
    Floats,
    /// `collections.defaultdict(str)`
    Strs,
    /// `collections.defaultdict(list)`
    Lists,
}

impl DictKind {
    const ALL: [Self; 6] = [Self::Dict, Self::Counter, Self::Ints, Self::Floats, Self::Strs, Self::Lists];

    /// By its number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// One value, or where a container begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `str`
    Str(&'a str),
    /// `bytes`
    Bytes(&'a [u8]),
    /// So many items follow.
    Tuple(usize),
    /// So many items follow.
    List(usize),
    /// So many keys follow, each before its value, in the order of the dict.
    Dict(DictKind, usize),
    /// So many elements follow, and whether who adds them to an empty set in this order has the set, with the order that it
    /// has. If not, its order is no matter.
    Set(usize, bool),
}

const NONE: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const FLOAT: u8 = 4;
const STR: u8 = 5;
const BYTES: u8 = 6;
const TUPLE: u8 = 7;
const LIST: u8 = 8;
const SET: u8 = 9;
const DICT: u8 = 10;
const LOOSE_SET: u8 = 31;
/// From here on small ints, each a byte.
const SMALL: u8 = 32;
const MOST_SMALL: i64 = (u8::MAX - SMALL) as i64;

impl<'a> Token<'a> {
    /// Appends it.
    pub fn put(self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(NONE),
            Self::Bool(b) => out.push(if b { TRUE } else { FALSE }),
            Self::Int(i) if (0..=MOST_SMALL).contains(&i) => out.push(SMALL + i as u8),
            Self::Int(i) => {
                out.push(INT);
                out.extend_from_slice(&i.to_le_bytes());
            }
            Self::Float(f) => {
                out.push(FLOAT);
                out.extend_from_slice(&f.to_bits().to_le_bytes());
            }
            Self::Str(text) => {
                put_sized(STR, text.len(), out);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Bytes(bytes) => {
                put_sized(BYTES, bytes.len(), out);
                out.extend_from_slice(bytes);
            }
            Self::Tuple(len) => put_sized(TUPLE, len, out),
            Self::List(len) => put_sized(LIST, len, out),
            Self::Set(len, as_added) => put_sized(if as_added { SET } else { LOOSE_SET }, len, out),
            Self::Dict(kind, len) => put_sized(DICT + kind as u8, len, out),
        }
    }

    /// The next one; nothing where the bytes are none of ours.
    #[inline]
    pub fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        *bytes = rest;
        Some(match tag {
            NONE => Self::None,
            FALSE => Self::Bool(false),
            TRUE => Self::Bool(true),
            INT => Self::Int(i64::from_le_bytes(eight(bytes)?)),
            FLOAT => Self::Float(f64::from_bits(u64::from_le_bytes(eight(bytes)?))),
            STR => {
                let len = take_size(bytes)?;
                let (text, rest) = bytes.split_at_checked(len)?;
                *bytes = rest;
                Self::Str(std::str::from_utf8(text).ok()?)
            }
            BYTES => {
                let len = take_size(bytes)?;
                let (value, rest) = bytes.split_at_checked(len)?;
                *bytes = rest;
                Self::Bytes(value)
            }
            TUPLE => Self::Tuple(take_size(bytes)?),
            LIST => Self::List(take_size(bytes)?),
            SET | LOOSE_SET => Self::Set(take_size(bytes)?, tag == SET),
            SMALL.. => Self::Int(i64::from(tag - SMALL)),
            _ => Self::Dict(DictKind::of(tag - DICT)?, take_size(bytes)?),
        })
    }

    /// Whether other values follow that belong to it.
    pub fn is_container(&self) -> bool {
        matches!(self, Self::Tuple(_) | Self::List(_) | Self::Dict(..) | Self::Set(..))
    }

    /// Passes over the value that begins here.
    pub fn skip(bytes: &mut &'a [u8]) -> Option<()> {
        let mut left = 1usize;
        while left > 0 {
            left -= 1;
            left = left.checked_add(match Self::take(bytes)? {
                Self::Tuple(len) | Self::List(len) | Self::Set(len, _) => len,
                Self::Dict(_, len) => len.checked_mul(2)?,
                _ => 0,
            })?;
        }
        Some(())
    }
}

fn eight(bytes: &mut &[u8]) -> Option<[u8; 8]> {
    let (eight, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(*eight)
}

/// A tag and a size: seven bits a byte, the lowest first.
fn put_sized(tag: u8, mut size: usize, out: &mut Vec<u8>) {
    out.push(tag);
    while size >= 0x80 {
        out.push(size as u8 | 0x80);
        size >>= 7;
    }
    out.push(size as u8);
}

#[inline]
fn take_size(bytes: &mut &[u8]) -> Option<usize> {
    let (mut size, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        size |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(size);
        }
        shift += 7;
    }
}
