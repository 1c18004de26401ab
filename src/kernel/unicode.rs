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

/// A set of characters that the interpreter knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// `\w` of `re`.
    Word,
    /// `\d` of `re`.
    Digit,
    /// `\s` of `re`.
    Space,
    /// `str.isspace`, which is also what `strip` and `split` look for.
    IsSpace,
    /// `str.isalpha`
    IsAlpha,
    /// `str.isdigit`
    IsDigit,
    /// `str.isalnum`
    IsAlnum,
    /// `str.isnumeric`
    IsNumeric,
    /// `str.isupper`
    IsUpper,
    /// `str.islower`
    IsLower,
    /// Title case that is no upper case.
    IsTitle,
    /// `str.isprintable`
    IsPrintable,
    /// What an identifier may begin with.
    NameStart,
    /// What an identifier may go on with.
    NamePart,
    /// What has a case.
    Cased,
    /// What a sigma that ends a word looks through.
    Ignorable,
    /// What has a category.
    Assigned,
}

/// Which way letters are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `str.lower`, without the capital sigma, which depends on its word.
    Lower,
    /// `str.upper`
    Upper,
    /// `str.casefold`
    Fold,
    /// `str.swapcase`, without the capital sigma.
    Swap,
    /// What begins a word of `str.title`.
    Title,
}

/// A value of characters that many neighbours share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// `unicodedata.category`
    Category,
    /// `unicodedata.combining`
    Combining,
}

/// Such values, by where they change.
#[derive(Clone, Debug, Default)]
pub struct RunTable {
    starts: Vec<u32>,
    values: Vec<Box<str>>,
}

impl RunTable {
    /// From pairs of the first code point and the value, in order.
    pub fn new(pairs: impl IntoIterator<Item = (u32, String)>) -> Self {
        let (starts, values) = pairs.into_iter().map(|(start, value)| (start, value.into_boxed_str())).unzip();
        Self { starts, values }
    }

    /// The value of a character.
    pub fn of(&self, c: char) -> &str {
        let at = self.starts.partition_point(|start| *start <= u32::from(c));
        at.checked_sub(1).and_then(|at| self.values.get(at)).map_or("", |value| value)
    }
}

/// Asks an interpreter. Each function answers `None` when it can't be asked.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// Makes a set.
    pub set: fn(Set) -> Option<CodeSet>,
    /// Makes a case map.
    pub cases: fn(Case) -> Option<CaseMap>,
    /// Makes a table of runs.
    pub runs: fn(Runs) -> Option<RunTable>,
    /// Whether `sum` of floats compensates (Python 3.12 and later).
    pub compensated_sum: bool,
    /// Whether it adds ints among them plainly (before Python 3.14).
    pub plain_ints: bool,
}

static PROVIDER: OnceLock<Provider> = OnceLock::new();
static SETS: [OnceLock<CodeSet>; 17] = [const { OnceLock::new() }; 17];
static RUNS: [OnceLock<RunTable>; 2] = [const { OnceLock::new() }; 2];
static CASES: [OnceLock<CaseMap>; 5] = [const { OnceLock::new() }; 5];

/// Says whom to ask; the first call counts.
pub fn set_provider(provider: Provider) {
    let _ = PROVIDER.set(provider);
}

fn provider() -> &'static Provider {
    const STANDARD: Provider =
        Provider { set: standard_set, cases: standard_cases, runs: |_| None, compensated_sum: true, plain_ints: true };
    PROVIDER.get().unwrap_or(&STANDARD)
}

/// A set. The provider may attach to the interpreter, so no lock is held while it works: two threads that race make
/// the set twice, and neither waits for the other.
pub fn set(which: Set) -> Result<&'static CodeSet, Decline> {
    let slot = &SETS[which as usize];
    if let Some(known) = slot.get() {
        return Ok(known);
    }
    let made = (provider().set)(which).ok_or_else(unknown)?;
    Ok(slot.get_or_init(|| made))
}

/// A case map, found like a set.
pub fn cases(which: Case) -> Result<&'static CaseMap, Decline> {
    let slot = &CASES[which as usize];
    if let Some(known) = slot.get() {
        return Ok(known);
    }
    let made = (provider().cases)(which).ok_or_else(unknown)?;
    Ok(slot.get_or_init(|| made))
}

/// A table of runs, found like a set.
pub fn runs(which: Runs) -> Result<&'static RunTable, Decline> {
    let slot = &RUNS[which as usize];
    if let Some(known) = slot.get() {
        return Ok(known);
    }
    let made = (provider().runs)(which).ok_or_else(unknown)?;
    Ok(slot.get_or_init(|| made))
}

/// Whether the interpreter's `sum` of floats compensates.
pub fn compensated_sum() -> bool {
    provider().compensated_sum
}

/// Whether that adds ints among them without compensation.
pub fn plain_ints() -> bool {
    provider().plain_ints
}

const UNKNOWN: Decline = Decline::fixed("the interpreter's character tables are not available");

/// Why a thread that can't ask the interpreter doesn't go on.
pub fn unknown() -> Decline {
    UNKNOWN
}

/// Whether this is the decline of a thread that can't ask for a table; another thread may be able to.
pub fn is_missing(decline: &Decline) -> bool {
    *decline == UNKNOWN
}

/// Sets from Rust's own Unicode data, for an engine without an interpreter.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a provider")]
fn standard_set(which: Set) -> Option<CodeSet> {
    let test: fn(char) -> bool = match which {
        Set::Word => |c| c.is_alphanumeric() || c == '_',
        Set::Digit | Set::IsDigit => |c| c.is_ascii_digit(),
        Set::Space | Set::IsSpace => |c| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'),
        Set::IsAlpha => char::is_alphabetic,
        Set::IsAlnum | Set::NamePart => char::is_alphanumeric,
        Set::IsNumeric => char::is_numeric,
        Set::IsUpper => char::is_uppercase,
        Set::IsLower => char::is_lowercase,
        Set::IsTitle => |c| !c.is_uppercase() && !c.is_lowercase() && c.to_lowercase().next() != Some(c),
        Set::IsPrintable => |c| !c.is_control(),
        Set::Assigned => |c| c.is_ascii(),
        Set::NameStart => |c| c.is_alphabetic() || c == '_',
        Set::Cased => |c| c.is_uppercase() || c.is_lowercase(),
        Set::Ignorable => |c| matches!(c, '\'' | '.' | ':' | '^' | '`'),
    };
    let members = (0..=0x10_FFFF).filter(|&c| char::from_u32(c).is_some_and(test));
    Some(CodeSet::from_ranges(members.map(|c| (c, c))))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a provider")]
fn standard_cases(which: Case) -> Option<CaseMap> {
    let change: fn(char) -> String = match which {
        Case::Lower | Case::Fold => |c| c.to_lowercase().collect(),
        Case::Upper | Case::Title => |c| c.to_uppercase().collect(),
        Case::Swap => |c| if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() },
    };
    let pairs = (0..=0x10_FFFF).filter_map(char::from_u32).map(|c| (c, change(c)));
    Some(CaseMap::new(pairs.filter(|(c, to)| !to.chars().eq([*c])).map(|(c, to)| (c as u32, to))))
}

/// `str.isspace` of one ASCII character.
#[inline]
pub fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x1c..=0x1f)
}
