//! JSON texts as `CPython`'s `json.loads` reads them: a text is checked as a whole, once, and its parts are found as ranges
//! of it. Also what a scalar's text stands for. Nothing here is lenient: what `CPython` refuses has no parts.

use std::ops::Range;

/// Deeper texts are left to the interpreter, which has a limit of its own.
const DEEPEST: usize = 100;
/// `int()` refuses longer numbers, from a limit on that can be set as low as 640.
const MOST_DIGITS: usize = 600;

/// A member of an object, or an element of an array, which has an empty key.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Where the key's text begins, within its quotes.
    key: u32,
    /// How long it is, and in the lowest bit whether it has escapes.
    key_len: u32,
    /// Where the value begins.
    from: u32,
    /// Where it ends.
    to: u32,
}

impl Part {
    /// The value's text.
    pub fn value(&self) -> Range<usize> {
        self.from as usize..self.to as usize
    }

    /// Whether the key is `name`; `text` is the text that the part was found in.
    #[inline]
    pub fn is_named(&self, name: &str, text: &str) -> bool {
        if self.key_len & 1 == 0 {
            let len = (self.key_len >> 1) as usize;
            let from = self.key as usize;
            return len == name.len() && text.as_bytes().get(from..from + len) == Some(name.as_bytes());
        }
        unescape(self.raw_key(text)).is_some_and(|key| key == name)
    }

    /// The key as it is written.
    pub fn raw_key<'t>(&self, text: &'t str) -> &'t str {
        let from = self.key as usize;
        text.get(from..from + (self.key_len >> 1) as usize).unwrap_or_default()
    }

    /// Whether the key is written with escapes.
    pub fn has_escapes(&self) -> bool {
        self.key_len & 1 == 1
    }
}

/// Where the value of a text lies in it; `each` is told the members of the object, or the elements of the array, that it is.
/// Nothing when the interpreter would refuse the text, or might.
pub fn parts(text: &str, mut each: impl FnMut(Part)) -> Option<Range<usize>> {
    // Views are of texts below 4 GiB, and the key's length is kept in 31 bits.
    if text.len() > i32::MAX as usize {
        return None;
    }
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    scan.skip_space();
    let from = scan.at;
    match scan.peek() {
        b'{' => scan.object(0, &mut each)?,
        b'[' => scan.array(0, &mut each)?,
        _ => scan.value(0)?,
    }
    let to = scan.at;
    scan.skip_space();
    (scan.at == text.len()).then_some(from..to)
}

/// Whether a text without parts is surely one that the interpreter refuses: not one that is too deep or too long for us.
pub fn is_refused(text: &str) -> bool {
    let bytes = text.as_bytes();
    let opened = bytes.iter().filter(|b| matches!(b, b'{' | b'[')).count();
    let long = || bytes.split(|b| !b.is_ascii_digit()).any(|digits| digits.len() >= MOST_DIGITS);
    opened < DEEPEST && i32::try_from(bytes.len()).is_ok() && !long()
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    /// The next byte; 0, which is none of JSON's, at the end.
    #[inline]
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek() {
            b'"' => self.string().map(drop),
            b'{' => self.object(depth, &mut |_| {}),
            b'[' => self.array(depth, &mut |_| {}),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            b'N' => self.word(b"NaN"),
            b'I' => self.word(b"Infinity"),
            _ => self.number(),
        }
    }

    #[inline]
    fn object(&mut self, depth: usize, each: &mut impl FnMut(Part)) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        self.at += 1;
        self.skip_space();
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            let key = self.at + 1;
            let escaped = self.string()?;
            let key_len = self.at - 1 - key;
            self.skip_space();
            self.take(b':')?;
            self.skip_space();
            let from = self.at;
            self.value(depth + 1)?;
            each(Part {
                key: key as u32,
                key_len: (key_len as u32) << 1 | u32::from(escaped),
                from: from as u32,
                to: self.at as u32,
            });
            self.skip_space();
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
            self.skip_space();
        }
    }

    #[inline]
    fn array(&mut self, depth: usize, each: &mut impl FnMut(Part)) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        self.at += 1;
        self.skip_space();
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            let from = self.at;
            self.value(depth + 1)?;
            each(Part { key: from as u32, key_len: 0, from: from as u32, to: self.at as u32 });
            self.skip_space();
            if self.take(b',').is_none() {
                return self.take(b']');
            }
            self.skip_space();
        }
    }

    /// A string; whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        self.take(b'"')?;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Some(escaped);
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                // A control character, or the end.
                _ => return None,
            }
        }
    }

    /// Goes on to a quote, a backslash, a control character or the end.
    #[inline]
    fn skip_plain(&mut self) {
        const ONES: u64 = u64::MAX / 255;
        const HIGHS: u64 = ONES * 0x80;
        while let Some(eight) = self.text.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*eight);
            let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
            let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
            // The lowest one found is one; those above it may not be.
            let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | controls;
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while self.text.get(self.at).is_some_and(|&b| b >= 0x20 && b != b'"' && b != b'\\') {
            self.at += 1;
        }
    }

    fn escape(&mut self) -> Option<()> {
        let rest = self.text.get(self.at + 1..)?;
        match rest.first()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' => {
                if !rest.get(1..5)?.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 6;
            }
            _ => return None,
        }
        Some(())
    }

    /// A number as `CPython` reads it: what can't belong to it ends it, and is refused by whoever comes next.
    #[inline]
    fn number(&mut self) -> Option<()> {
        let from = self.at;
        if self.take(b'-').is_some() && self.peek() == b'I' {
            return self.word(b"Infinity");
        }
        match self.peek() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        let whole = self.at;
        let digit_at = |at: usize| self.text.get(at).is_some_and(u8::is_ascii_digit);
        if self.peek() == b'.' && digit_at(self.at + 1) {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), b'e' | b'E') {
            let sign = usize::from(matches!(self.text.get(self.at + 1), Some(b'+' | b'-')));
            if self.text.get(self.at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                self.at += 1 + sign;
                self.digits();
            }
        }
        (self.at > whole || whole - from <= MOST_DIGITS).then_some(())
    }

    #[inline]
    fn digits(&mut self) {
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
    }
}

/// Whether an object or an array has no parts.
pub fn is_empty(text: &str) -> bool {
    let within = text.as_bytes().get(1..text.len().saturating_sub(1)).unwrap_or_default();
    within.iter().all(u8::is_ascii_whitespace)
}

/// A number's value.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// An int within 64 bits.
    Int(i64),
    /// A float.
    Float(f64),
}

/// The number that a text stands for, which was found among parts; nothing for an int beyond 64 bits and for other values.
#[inline]
pub fn number(text: &str) -> Option<Number> {
    let digits = text.as_bytes();
    match digits {
        [b'N', ..] => return Some(Number::Float(f64::NAN)),
        [b'I', ..] => return Some(Number::Float(f64::INFINITY)),
        [b'-', b'I', ..] => return Some(Number::Float(f64::NEG_INFINITY)),
        [b'-' | b'0'..=b'9', ..] => {}
        _ => return None,
    }
    if digits.iter().any(|b| matches!(b, b'.' | b'e' | b'E')) {
        return text.parse().ok().map(Number::Float);
    }
    text.parse().ok().map(Number::Int)
}

/// The text between a string's quotes with its escapes resolved; nothing where a surrogate stands alone.
pub fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let kind = *rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        out.push(match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = unit(rest)?;
                rest = rest.get(4..)?;
                if (0xD800..0xDC00).contains(&unit) {
                    let low = unit_after(rest).filter(|low| (0xDC00..0xE000).contains(low))?;
                    rest = rest.get(6..)?;
                    char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))?
                } else {
                    char::from_u32(unit)?
                }
            }
            other => char::from(other),
        });
    }
    out.push_str(rest);
    Some(out)
}

/// The 4 hexadecimal digits that a text begins with.
fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.get(..4)?, 16).ok()
}

fn unit_after(text: &str) -> Option<u32> {
    unit(text.strip_prefix("\\u")?)
}
