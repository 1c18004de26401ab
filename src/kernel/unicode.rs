//! What the running interpreter knows about characters: the categories of `re` and of the str methods, and the case
//! maps. Fetched from a provider when the first non-ASCII character needs them; ASCII never does.

use std::sync::OnceLock;

use hashbrown::HashMap;

use crate::error::Decline;

/// A set of code points, one bit each.
#[derive(Clone, Debug, Default)]
pub struct CodeSet {
    words: Vec<u64>,
}

impl CodeSet {
    /// The union of inclusive ranges.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut set = Self::default();
        for (from, to) in ranges {
            set.insert_range(from, to.min(0x10_FFFF));
        }
        set
    }

    fn insert_range(&mut self, from: u32, to: u32) {
        if from > to {
            return;
        }
        let need = to as usize / 64 + 1;
        if self.words.len() < need {
            self.words.resize(need, 0);
        }
        for code in from..=to {
            self.words[code as usize / 64] |= 1 << (code % 64);
        }
    }

    /// Adds all of `other`, or all that is not in `other`.
    pub fn union(&mut self, other: &Self, negated: bool) {
        let len = if negated { 0x11_0000 / 64 } else { other.words.len() };
        if self.words.len() < len {
            self.words.resize(len, 0);
        }
        for (i, word) in self.words.iter_mut().enumerate().take(len) {
            let theirs = other.words.get(i).copied().unwrap_or(0);
            *word |= if negated { !theirs } else { theirs };
        }
    }

    /// Whether the character is in the set.
    #[inline]
    pub fn has(&self, c: char) -> bool {
        let code = c as usize;
        self.words.get(code / 64).is_some_and(|w| w >> (code % 64) & 1 == 1)
    }

    /// The members as inclusive ranges, in order.
    pub fn ranges(&self) -> Vec<(u32, u32)> {
        let mut out: Vec<(u32, u32)> = Vec::new();
        for (i, &word) in self.words.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let code = (i * 64) as u32 + rest.trailing_zeros();
                rest &= rest - 1;
                match out.last_mut() {
                    Some(last) if last.1 + 1 == code => last.1 = code,
                    _ => out.push((code, code)),
                }
            }
        }
        out
    }
}

/// How characters change under `lower` or `upper`; a character that isn't in it stays as it is.
#[derive(Clone, Debug, Default)]
pub struct CaseMap {
    changed: CodeSet,
    map: HashMap<char, Box<str>, foldhash::fast::FixedState>,
}

impl CaseMap {
    /// From pairs of a code point and what it becomes.
    pub fn new(pairs: impl IntoIterator<Item = (u32, String)>) -> Self {
        let map: HashMap<char, Box<str>, _> =
            pairs.into_iter().filter_map(|(code, to)| Some((char::from_u32(code)?, to.into_boxed_str()))).collect();
        let changed = CodeSet::from_ranges(map.keys().map(|&c| (c as u32, c as u32)));
        Self { changed, map }
    }

    /// What the character becomes, when it changes.
    #[inline]
    pub fn get(&self, c: char) -> Option<&str> {
        if self.changed.has(c) { self.map.get(&c).map(|s| &**s) } else { None }
    }
}

/// One interpreter's tables.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// `\w` of `re`.
    pub word: CodeSet,
    /// `\d` of `re`.
    pub digit: CodeSet,
    /// `\s` of `re`.
    pub space: CodeSet,
    /// `str.isspace`, which is also what `strip` and `split` look for.
    pub is_space: CodeSet,
    /// `str.isalpha`
    pub is_alpha: CodeSet,
    /// `str.isdigit`
    pub is_digit: CodeSet,
    /// `str.isalnum`
    pub is_alnum: CodeSet,
    /// `str.lower` without the context-dependent final sigma.
    pub lower: CaseMap,
    /// `str.upper`
    pub upper: CaseMap,
    /// Whether `sum` of floats compensates (Python 3.12 and later).
    pub compensated_sum: bool,
}

/// Makes the tables, or `None` when the interpreter can't be asked.
pub type Provider = fn() -> Option<Tables>;

static PROVIDER: OnceLock<Provider> = OnceLock::new();
static TABLES: OnceLock<Tables> = OnceLock::new();

/// Says where the tables come from; the first call counts.
pub fn set_provider(provider: Provider) {
    let _ = PROVIDER.set(provider);
}

/// Whether the tables are there: then no thread asks the provider any more.
pub fn loaded() -> bool {
    TABLES.get().is_some()
}

/// The tables. The provider may attach to the interpreter, so no lock is held while it works: two threads that race
/// make the tables twice, and neither waits for the other.
pub fn tables() -> Result<&'static Tables, Decline> {
    if let Some(tables) = TABLES.get() {
        return Ok(tables);
    }
    let made = match PROVIDER.get() {
        Some(provider) => provider().ok_or(Decline::new("the interpreter's character tables are not available"))?,
        None => standard(),
    };
    Ok(TABLES.get_or_init(|| made))
}

/// Tables from Rust's own Unicode data, for an engine without an interpreter.
fn standard() -> Tables {
    let set = |test: fn(char) -> bool| {
        CodeSet::from_ranges((0..=0x10_FFFF).filter(|&c| char::from_u32(c).is_some_and(test)).map(|c| (c, c)))
    };
    let map = |to: fn(char) -> String| {
        CaseMap::new((0..=0x10_FFFF).filter_map(char::from_u32).filter_map(|c| {
            let changed = to(c);
            (c != 'Σ' && !changed.chars().eq([c])).then_some((c as u32, changed))
        }))
    };
    Tables {
        word: set(|c| c.is_alphanumeric() || c == '_'),
        digit: set(|c| c.is_ascii_digit()),
        space: set(is_space_standard),
        is_space: set(is_space_standard),
        is_alpha: set(char::is_alphabetic),
        is_digit: set(|c| c.is_ascii_digit()),
        is_alnum: set(char::is_alphanumeric),
        lower: map(|c| c.to_lowercase().collect()),
        upper: map(|c| c.to_uppercase().collect()),
        compensated_sum: true,
    }
}

fn is_space_standard(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// `str.isspace` of one ASCII character.
#[inline]
pub fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x1c..=0x1f)
}
