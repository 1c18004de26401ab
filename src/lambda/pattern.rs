//! A pattern of `re`, compiled: a table scan for one character class, the `regex` crate for anything else.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::OnceLock;

use regex::Regex;

use super::backtrack::{Backtracker, Verdict};
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
    ascii: Engine,
    full: OnceLock<Engine>,
    groups: usize,
    /// It matches at the text's begin or nowhere.
    anchored: bool,
}

/// What runs a pattern.
#[derive(Debug)]
pub struct Engine {
    /// Finds matches.
    pub regex: Regex,
    /// Finds the groups of a match, where it can.
    groups: Option<Backtracker>,
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

    /// Number of capture groups.
    pub fn groups(&self) -> usize {
        if let Compiled::Regex(regexes) = &self.pattern { regexes.groups() } else { 0 }
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
        let ascii = Engine::new(&expand(&template, ranges)?, groups)?;
        if ascii.regex.captures_len() != groups + 1 {
            return Err(Decline::new("the pattern's groups are not what they seem"));
        }
        let anchored = matches!(function, RegexFunction::Match | RegexFunction::Fullmatch);
        Ok(Compiled::Regex(Box::new(Self { template, ascii, full: OnceLock::new(), groups, anchored })))
    }

    /// What runs over a text.
    pub fn for_text(&self, text: &str) -> Result<&Engine, Decline> {
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
        let made = Engine::new(&expand(&self.template, ranges)?, self.groups)?;
        Ok(self.full.get_or_init(|| made))
    }

    /// Number of capture groups.
    pub fn groups(&self) -> usize {
        self.groups
    }
}

impl Engine {
    fn new(syntax: &str, groups: usize) -> Result<Self, Decline> {
        let built = regex::RegexBuilder::new(syntax).size_limit(32 << 20).build();
        let regex = built.map_err(|_| Decline::new("the pattern is too large or not in the regex crate's syntax"))?;
        Ok(Self { regex, groups: Backtracker::new(syntax, groups) })
    }

    /// What the groups of the first match are, the whole match's first; `read` is called where there is one.
    fn first<'t, T>(
        &self,
        text: &'t str,
        anchored: bool,
        read: impl FnOnce(&mut dyn Iterator<Item = Option<&'t str>>) -> T,
    ) -> Option<T> {
        let start = if anchored { 0 } else { self.regex.find(text)?.start() };
        let mut read = Some(read);
        if let Some(groups) = &self.groups {
            let (verdict, found) = groups.at(text, start, |parts| read.take().map(|read| read(parts)));
            if verdict != Verdict::GivesUp {
                return found.flatten();
            }
        }
        let captures = self.regex.captures(text)?;
        let parts = &mut captures.iter().map(|group| group.map(|g| g.as_str()));
        read.take().map(|read| read(parts))
    }

    /// The groups of all matches: `each` gets where a match is and what its groups are, and says whether to go on.
    fn all<'t>(
        &self,
        text: &'t str,
        mut each: impl FnMut(std::ops::Range<usize>, &mut dyn Iterator<Item = Option<&'t str>>) -> bool,
    ) {
        for found in self.regex.find_iter(text) {
            let range = found.range();
            let by_steps = self.groups.as_ref().map(|groups| groups.at(text, range.start, |p| each(range.clone(), p)));
            let goes_on = match by_steps {
                Some((Verdict::Matches, Some(goes_on))) => goes_on,
                _ => match self.regex.captures_at(text, range.start) {
                    Some(captures) => each(range, &mut captures.iter().map(|group| group.map(|g| g.as_str()))),
                    None => false,
                },
            };
            if !goes_on {
                break;
            }
        }
    }
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
            let mut splits = 0;
            if limit > 0 {
                regexes.for_text(text)?.all(text, |range, groups| {
                    out.push(Cell::Str(span(text, done..range.start)));
                    done = range.end;
                    out.extend(groups.skip(1).map(|group| group.map_or(Cell::None, Cell::text)));
                    splits += 1;
                    splits < limit
                });
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
    let engine = regexes.for_text(text)?;
    if regexes.groups() == 0 {
        return Ok(engine.regex.find_iter(text).map(|m| Cell::Str(span(text, m.range()))).collect());
    }
    let mut found = Vec::new();
    engine.all(text, |_, groups| {
        let mut groups = groups.skip(1).map(|group| Cell::text(group.unwrap_or("")));
        let one = if regexes.groups() == 1 { groups.next() } else { Some(Cell::Tuple(groups.collect())) };
        found.extend(one);
        true
    });
    Ok(found)
}

/// `re.search`, `re.match` or `re.fullmatch`
pub fn first_match<'a>(pattern: &Compiled, text: &'a str) -> Result<Cell<'a>, Decline> {
    let regexes = regexes(pattern)?;
    let found = regexes
        .for_text(text)?
        .first(text, regexes.anchored, |groups| Cell::Match(groups.map(|group| group.map(Cow::Borrowed)).collect()));
    Ok(found.unwrap_or(Cell::None))
}

/// Where a group begins and ends in a text; `NOWHERE` both if it has taken no part.
#[derive(Clone, Copy, Debug)]
pub struct Bounds(pub u32, pub u32);

/// Where a group lies that has taken no part, or all groups if there is no match.
pub const NOWHERE: u32 = u32::MAX;

/// Adds where the groups of `first_match` lie, the whole match's first.
pub fn bounds(pattern: &Compiled, text: &str, out: &mut Vec<Bounds>) -> Result<(), Decline> {
    let regexes = regexes(pattern)?;
    let nowhere = Bounds(NOWHERE, NOWHERE);
    let end = out.len() + regexes.groups() + 1;
    regexes.for_text(text)?.first(text, regexes.anchored, |groups| {
        out.extend(groups.map(|group| {
            let part = group.map(|part| (part.as_ptr() as usize - text.as_ptr() as usize, part.len()));
            part.map_or(nowhere, |(from, len)| Bounds(from as u32, (from + len) as u32))
        }));
    });
    // No match leaves all of them nowhere.
    out.resize(end, nowhere);
    Ok(())
}

/// `re.sub(pattern, replacement, text, count)`; a `count` of 0 means all.
pub fn substitute(call: &RegexCall, text: &str, count: i64) -> Result<String, Decline> {
    let engine = regexes(&call.pattern)?.for_text(text)?;
    let limit = if count == 0 { usize::MAX } else { usize::try_from(count).unwrap_or(0) };
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    // Only groups are worth the cost of captures.
    let plain: Option<Vec<&str>> =
        call.replacement.iter().map(|p| if let Piece::Text(text) = p { Some(text.as_str()) } else { None }).collect();
    if let Some(texts) = plain {
        for found in engine.regex.find_iter(text).take(limit) {
            out.push_str(&text[done..found.start()]);
            out.extend(texts.iter().copied());
            done = found.end();
        }
    } else {
        let mut parts: Vec<&str> = Vec::new();
        let mut left = limit;
        engine.all(text, |range, groups| {
            if left == 0 {
                return false;
            }
            left -= 1;
            parts.clear();
            parts.extend(groups.map(Option::unwrap_or_default));
            out.push_str(&text[done..range.start]);
            for piece in &call.replacement {
                out.push_str(match piece {
                    Piece::Text(text) => text,
                    Piece::Group(i) => parts.get(*i).copied().unwrap_or_default(),
                });
            }
            done = range.end;
            true
        });
    }
    out.push_str(&text[done..]);
    Ok(out)
}
