//! A character class of a pattern, ready to test characters: a byte table for ASCII, a bit set for the rest.

use std::sync::OnceLock;

use super::unicode::{self, CodeSet, Set, is_ascii_space};
use crate::error::Decline;

/// The union of ranges and categories, perhaps negated as a whole.
#[derive(Clone, Debug)]
pub struct Class {
    negated: bool,
    ranges: Vec<(u32, u32)>,
    categories: Vec<char>,
    ascii: [bool; 256],
    full: OnceLock<CodeSet>,
    /// Whether `s` means `str.isspace` instead of `re`'s `\s`.
    str_space: bool,
}

impl Class {
    /// A class of inclusive ranges and of `re`'s categories (`w W d D s S`).
    pub fn new(negated: bool, ranges: &[(u32, u32)], categories: &[char]) -> Result<Self, Decline> {
        if categories.iter().any(|c| !matches!(c, 'w' | 'W' | 'd' | 'D' | 's' | 'S')) {
            return Err(Decline::new("the pattern has an unknown character category"));
        }
        let mut ascii = [false; 256];
        for (code, slot) in (0..128u32).zip(&mut ascii) {
            let inside = ranges.iter().any(|&(from, to)| from <= code && code <= to)
                || categories.iter().any(|&c| in_ascii_category(code as u8, c));
            *slot = inside != negated;
        }
        Ok(Self {
            negated,
            ranges: ranges.to_vec(),
            categories: categories.to_vec(),
            ascii,
            full: OnceLock::new(),
            str_space: false,
        })
    }

    /// The whitespace of `str.split()`.
    pub fn str_space() -> Self {
        let ascii = std::array::from_fn(|byte| byte < 128 && is_ascii_space(byte as u8));
        let full = OnceLock::new();
        Self { negated: false, ranges: vec![], categories: vec!['s'], ascii, full, str_space: true }
    }

    /// Membership of each ASCII byte; false for bytes above.
    #[inline]
    pub fn ascii(&self) -> &[bool; 256] {
        &self.ascii
    }

    /// Membership of every character. Needs the interpreter's tables.
    pub fn full(&self) -> Result<&CodeSet, Decline> {
        if let Some(full) = self.full.get() {
            return Ok(full);
        }
        let made = self.make_full()?;
        Ok(self.full.get_or_init(|| made))
    }

    fn make_full(&self) -> Result<CodeSet, Decline> {
        let mut set = CodeSet::from_ranges(self.ranges.iter().copied());
        for category in &self.categories {
            let members = match category.to_ascii_lowercase() {
                'w' => Set::Word,
                'd' => Set::Digit,
                _ if self.str_space => Set::IsSpace,
                _ => Set::Space,
            };
            set.union(unicode::set(members)?, category.is_ascii_uppercase());
        }
        if self.negated {
            let mut rest = CodeSet::default();
            rest.union(&set, true);
            set = rest;
        }
        Ok(set)
    }
}

fn in_ascii_category(byte: u8, category: char) -> bool {
    let inside = match category.to_ascii_lowercase() {
        'w' => byte.is_ascii_alphanumeric() || byte == b'_',
        'd' => byte.is_ascii_digit(),
        _ => is_ascii_space(byte),
    };
    inside != category.is_ascii_uppercase()
}
