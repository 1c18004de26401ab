//! A pattern of `re`, compiled: a table scan for one character class, the `regex` crate for anything else.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::OnceLock;

use regex::Regex;

use super::cells::cell::Cell;
use super::tree::expr::{CharClass, Matcher, Pattern, Piece, RegexFunction};
use crate::error::Decline;
use crate::kernel::class::Class;
use crate::kernel::unicode::{CodeSet, Set, set};

/// One use of a pattern.
#[derive(Debug)]
pub struct RegexCall {
    /// Which function.
    pub function: RegexFunction,
    /// The pattern.
    pub pattern: Compiled,
    /// What `sub` puts in the place of a match.
    pub replacement: Vec<Piece>,
}

/// A pattern ready to run.
#[derive(Debug)]
pub enum Compiled {
    /// One class; whether a run of it counts as one match.
    Class(Box<Class>, bool),
    /// What is not in the class separates the matches: a run of its complement, for `findall`.
    Gaps(Box<Class>),
    /// Anything else.
    Regex(Box<TwoRegexes>),
}

/// The same pattern for ASCII texts, which need no tables, and for all texts.
#[derive(Debug)]
pub struct TwoRegexes {
    template: String,
    ascii: Regex,
    full: OnceLock<Regex>,
    groups: usize,
}

impl RegexCall {
    /// Compiles the pattern for the function.
    pub fn new(function: RegexFunction, pattern: &Pattern, replacement: &[Piece]) -> Result<Self, Decline> {
        if replacement.iter().any(|piece| matches!(piece, Piece::Group(i) if *i > pattern.groups)) {
            return Err(Decline::new("its replacement refers to a group that the pattern has not"));
        }
        let class =
            |c: &CharClass, run| Ok(Compiled::Class(Box::new(Class::new(c.negated, &c.ranges, &c.categories)?), run));
        let scan = matches!(function, RegexFunction::Split);
        let compiled = match &pattern.matcher {
            Matcher::ClassRun(c) if scan => class(c, true),
            Matcher::ClassOne(c) if scan => class(c, false),
            Matcher::ClassRun(c) if function == RegexFunction::Findall => {
                Ok(Compiled::Gaps(Box::new(Class::new(!c.negated, &c.ranges, &c.categories)?)))
            }
            Matcher::ClassRun(c) => TwoRegexes::compile(function, &format!("{}+", class_syntax(c)), 0),
            Matcher::ClassOne(c) => TwoRegexes::compile(function, &class_syntax(c), 0),
            Matcher::Regex(syntax) => TwoRegexes::compile(function, syntax, pattern.groups),
        };
        Ok(Self { function, pattern: compiled?, replacement: replacement.to_vec() })
    }

    /// Whether the call's value is a match object or `None`.
    pub fn gives_match(&self) -> bool {
        matches!(self.function, RegexFunction::Search | RegexFunction::Match | RegexFunction::Fullmatch)
    }
}

impl TwoRegexes {
    fn compile(function: RegexFunction, syntax: &str, groups: usize) -> Result<Compiled, Decline> {
        let template = match function {
            RegexFunction::Match => format!(r"\A(?:{syntax})"),
            RegexFunction::Fullmatch => format!(r"\A(?:{syntax})\z"),
            _ => syntax.to_owned(),
        };
        let ranges = |category| {
            let ranges = match category {
                'w' => "0-9A-Z_a-z",
                'd' => "0-9",
                _ => r"\x09-\x0D\x1C-\x20",
            };
            Ok(ranges.into())
        };
        let ascii = compile(&expand(&template, ranges)?)?;
        if ascii.captures_len() != groups + 1 {
            return Err(Decline::new("the pattern's groups are not what they seem"));
        }
        Ok(Compiled::Regex(Box::new(Self { template, ascii, full: OnceLock::new(), groups })))
    }

    /// The regex for a text.
    pub fn for_text(&self, text: &str) -> Result<&Regex, Decline> {
        if text.is_ascii() {
            return Ok(&self.ascii);
        }
        if let Some(full) = self.full.get() {
            return Ok(full);
        }
        let ranges = |category| {
            let members = match category {
                'w' => Set::Word,
                'd' => Set::Digit,
                _ => Set::Space,
            };
            Ok(range_syntax(set(members)?))
        };
        let made = compile(&expand(&self.template, ranges)?)?;
        Ok(self.full.get_or_init(|| made))
    }

    /// Number of capture groups.
    pub fn groups(&self) -> usize {
        self.groups
    }
}

fn compile(syntax: &str) -> Result<Regex, Decline> {
    regex::RegexBuilder::new(syntax)
        .size_limit(32 << 20)
        .build()
        .map_err(|_| Decline::new("the pattern is too large or not in the regex crate's syntax"))
}

/// Replaces `{{w}}` ... `{{S}}` by bracketed classes, which stand inside and outside of brackets.
fn expand(template: &str, ranges: impl Fn(char) -> Result<Cow<'static, str>, Decline>) -> Result<String, Decline> {
    let mut out = template.to_owned();
    for category in ['w', 'd', 's'] {
        for (name, open) in [(category, "["), (category.to_ascii_uppercase(), "[^")] {
            let placeholder = format!("{{{{{name}}}}}");
            if out.contains(&placeholder) {
                out = out.replace(&placeholder, &format!("{open}{}]", ranges(category)?));
            }
        }
    }
    Ok(out)
}

fn range_syntax(set: &CodeSet) -> Cow<'static, str> {
    let mut out = String::new();
    write_ranges(&set.ranges(), &mut out);
    out.into()
}

/// Ranges as the inside of a class, without surrogates: no text here has one.
fn write_ranges(ranges: &[(u32, u32)], out: &mut String) {
    for &(from, to) in ranges {
        let parts = [(from, to.min(0xD7FF)), (from.max(0xE000), to.min(0x10_FFFF))];
        for (from, to) in parts.into_iter().filter(|(from, to)| from <= to) {
            let _ = write!(out, r"\x{{{from:X}}}-\x{{{to:X}}}");
        }
    }
}

fn class_syntax(class: &CharClass) -> String {
    let mut out = String::from(if class.negated { "[^" } else { "[" });
    write_ranges(&class.ranges, &mut out);
    for category in &class.categories {
        let _ = write!(out, "{{{{{category}}}}}");
    }
    out.push(']');
    out
}

fn span(text: &str, range: std::ops::Range<usize>) -> Cow<'_, str> {
    Cow::Borrowed(&text[range])
}

/// `re.split(pattern, text, maxsplit)`; 0 means no limit.
pub fn split<'a>(pattern: &Compiled, text: &'a str, maxsplit: i64) -> Result<Vec<Cell<'a>>, Decline> {
    let limit = if maxsplit == 0 { usize::MAX } else { usize::try_from(maxsplit).unwrap_or(0) };
    let mut out = Vec::new();
    let mut done = 0;
    match pattern {
        Compiled::Gaps(_) => return Err(Decline::new("a pattern compiled for another function")),
        Compiled::Class(class, run) => {
            let full = if text.is_ascii() { None } else { Some(class.full()?) };
            let mut splits = 0;
            let mut end_of_run = None;
            for (at, c) in text.char_indices() {
                if !full.map_or_else(|| class.ascii()[c as usize & 0xFF], |set| set.has(c)) {
                    end_of_run = None;
                    continue;
                }
                let next = at + c.len_utf8();
                if *run && end_of_run == Some(at) {
                    done = next;
                } else {
                    if splits == limit {
                        break;
                    }
                    splits += 1;
                    out.push(Cell::Str(span(text, done..at)));
                    done = next;
                }
                end_of_run = Some(next);
            }
        }
        Compiled::Regex(regexes) => {
            let regex = regexes.for_text(text)?;
            for (splits, captures) in regex.captures_iter(text).enumerate() {
                if splits == limit {
                    break;
                }
                let Some(whole) = captures.get(0) else { continue };
                out.push(Cell::Str(span(text, done..whole.start())));
                done = whole.end();
                for group in 1..=regexes.groups() {
                    out.push(captures.get(group).map_or(Cell::None, |g| Cell::Str(span(text, g.range()))));
                }
            }
        }
    }
    out.push(Cell::Str(span(text, done..text.len())));
    Ok(out)
}

fn regexes(pattern: &Compiled) -> Result<&TwoRegexes, Decline> {
    match pattern {
        Compiled::Regex(regexes) => Ok(regexes),
        Compiled::Class(..) | Compiled::Gaps(_) => Err(Decline::new("a pattern compiled for another function")),
    }
}

/// `re.findall(pattern, text)`
pub fn find_all<'a>(pattern: &Compiled, text: &'a str) -> Result<Vec<Cell<'a>>, Decline> {
    if let Compiled::Gaps(class) = pattern {
        let full = if text.is_ascii() { None } else { Some(class.full()?) };
        let apart = |c: char| full.map_or_else(|| class.ascii()[c as usize & 0xFF], |set| set.has(c));
        return Ok(text.split(apart).filter(|part| !part.is_empty()).map(Cell::text).collect());
    }
    let regexes = regexes(pattern)?;
    let regex = regexes.for_text(text)?;
    if regexes.groups() == 0 {
        return Ok(regex.find_iter(text).map(|m| Cell::Str(span(text, m.range()))).collect());
    }
    Ok(regex
        .captures_iter(text)
        .map(|captures| {
            let group = |i| captures.get(i).map_or(Cell::text(""), |g| Cell::Str(span(text, g.range())));
            if regexes.groups() == 1 { group(1) } else { Cell::Tuple((1..=regexes.groups()).map(group).collect()) }
        })
        .collect())
}

/// `re.search`, `re.match` or `re.fullmatch`
pub fn first_match<'a>(pattern: &Compiled, text: &'a str) -> Result<Cell<'a>, Decline> {
    let regexes = regexes(pattern)?;
    Ok(regexes.for_text(text)?.captures(text).map_or(Cell::None, |captures| {
        Cell::Match((0..=regexes.groups()).map(|i| captures.get(i).map(|g| span(text, g.range()))).collect())
    }))
}

/// `re.sub(pattern, replacement, text, count)`; a `count` of 0 means all.
pub fn substitute(call: &RegexCall, text: &str, count: i64) -> Result<String, Decline> {
    let regex = regexes(&call.pattern)?.for_text(text)?;
    let limit = if count == 0 { usize::MAX } else { usize::try_from(count).unwrap_or(0) };
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    // Only groups are worth the cost of captures.
    let plain: Option<Vec<&str>> =
        call.replacement.iter().map(|p| if let Piece::Text(text) = p { Some(text.as_str()) } else { None }).collect();
    if let Some(texts) = plain {
        for found in regex.find_iter(text).take(limit) {
            out.push_str(&text[done..found.start()]);
            out.extend(texts.iter().copied());
            done = found.end();
        }
    } else {
        for captures in regex.captures_iter(text).take(limit) {
            let Some(whole) = captures.get(0) else { continue };
            out.push_str(&text[done..whole.start()]);
            for piece in &call.replacement {
                out.push_str(match piece {
                    Piece::Text(text) => text,
                    Piece::Group(i) => captures.get(*i).map_or("", |g| g.as_str()),
                });
            }
            done = whole.end();
        }
    }
    out.push_str(&text[done..]);
    Ok(out)
}
