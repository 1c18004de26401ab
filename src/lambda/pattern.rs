//! A pattern of `re`, compiled: a table scan for one character class, the `regex` crate for anything else.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::backtrack::{Backtracker, Budget, Ends, Verdict};
use super::cells::cell::Cell;
use super::tree::expr::{CharClass, Matcher, Pattern, Piece, RegexFunction, Step};
use crate::error::Decline;
use crate::kernel::class::Class;
use crate::kernel::length::text_length;
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
    full: Template,
    ascii: Engine,
    made: OnceLock<Engine>,
    groups: usize,
    /// It matches at the text's begin or nowhere.
    anchored: bool,
}

/// What the engine for all texts is made of.
#[derive(Debug)]
enum Template {
    Syntax(String),
    Steps(Step, Ends),
}

/// What runs a pattern.
#[derive(Debug)]
pub enum Engine {
    /// Finds matches, and the groups of a match, where it can.
    Automaton(Regex, Option<Backtracker>),
    /// Tries each place, and says where a match may end.
    Steps(Backtracker, Ends),
}

impl RegexCall {
    /// Compiles the pattern for the function.
    pub fn new(function: RegexFunction, pattern: &Pattern, replacement: &[Piece]) -> Result<Self, Decline> {
        let group = |piece: &Piece| match piece {
            Piece::Group(i) | Piece::Start(i) | Piece::End(i) => Some(*i),
            Piece::Text(_) => None,
        };
        if replacement.iter().filter_map(group).any(|i| i > pattern.groups) {
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
            Matcher::Steps { steps, ascii } => TwoRegexes::of_steps(function, steps, ascii.as_deref(), pattern.groups),
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
        let template = whole(function, syntax);
        let ascii = Engine::new(&expand(&template, ascii_ranges)?, groups)?;
        Ok(Self::made(function, Template::Syntax(template), ascii, groups))
    }

    fn of_steps(
        function: RegexFunction,
        steps: &Step,
        ascii: Option<&str>,
        groups: usize,
    ) -> Result<Compiled, Decline> {
        let ends = if function == RegexFunction::Fullmatch { Ends::AtEnd } else { Ends::Anywhere };
        let engine = match ascii {
            Some(syntax) => Engine::new(&expand(&whole(function, syntax), ascii_ranges)?, groups)?,
            None => {
                Engine::Steps(Backtracker::of_steps(steps, groups, &|syntax| expand(syntax, ascii_ranges), None)?, ends)
            }
        };
        Ok(Self::made(function, Template::Steps(steps.clone(), ends), engine, groups))
    }

    fn made(function: RegexFunction, full: Template, ascii: Engine, groups: usize) -> Compiled {
        let anchored = matches!(function, RegexFunction::Match | RegexFunction::Fullmatch);
        Compiled::Regex(Box::new(Self { full, ascii, made: OnceLock::new(), groups, anchored }))
    }

    /// What runs over a text.
    pub fn for_text(&self, text: &str) -> Result<&Engine, Decline> {
        if text.is_ascii() {
            return Ok(&self.ascii);
        }
        if let Some(full) = self.made.get() {
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
        let made = match &self.full {
            Template::Syntax(template) => Engine::new(&expand(template, ranges)?, self.groups)?,
            Template::Steps(steps, ends) => {
                let words = set(Set::Word)?;
                let made = Backtracker::of_steps(steps, self.groups, &|syntax| expand(syntax, ranges), Some(words));
                Engine::Steps(made?, *ends)
            }
        };
        Ok(self.made.get_or_init(|| made))
    }

    /// Number of capture groups.
    pub fn groups(&self) -> usize {
        self.groups
    }
}

/// The syntax as the function matches it.
fn whole(function: RegexFunction, syntax: &str) -> String {
    match function {
        RegexFunction::Match => format!(r"\A(?:{syntax})"),
        RegexFunction::Fullmatch => format!(r"\A(?:{syntax})\z"),
        _ => syntax.to_owned(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of what asks for tables")]
fn ascii_ranges(category: char) -> Result<Cow<'static, str>, Decline> {
    let ranges = match category {
        'w' => "0-9A-Z_a-z",
        'd' => "0-9",
        _ => r"\x09-\x0D\x1C-\x20",
    };
    Ok(ranges.into())
}

impl Engine {
    fn new(syntax: &str, groups: usize) -> Result<Self, Decline> {
        let built = regex::RegexBuilder::new(syntax).size_limit(32 << 20).build();
        let regex = built.map_err(|_| Decline::new("the pattern is too large or not in the regex crate's syntax"))?;
        if regex.captures_len() != groups + 1 {
            return Err(Decline::new("the pattern's groups are not what they seem"));
        }
        Ok(Self::Automaton(regex, Backtracker::new(syntax, groups)))
    }

    /// What the groups of the first match are, the whole match's first; `read` is called where there is one.
    fn first<'t, T>(
        &self,
        text: &'t str,
        anchored: bool,
        read: impl FnOnce(&mut dyn Iterator<Item = Option<&'t str>>) -> T,
    ) -> Result<Option<T>, Decline> {
        let (regex, groups) = match self {
            Self::Automaton(regex, groups) => (regex, groups),
            Self::Steps(steps, ends) => {
                let found = steps.find(text, 0, anchored, *ends, &mut Budget::of(text.len()), read)?;
                return Ok(found.map(|(_, made)| made));
            }
        };
        let start = if anchored { Some(0) } else { regex.find(text).map(|found| found.start()) };
        let Some(start) = start else { return Ok(None) };
        let mut read = Some(read);
        if let Some(groups) = groups {
            let (verdict, found) = groups.at(text, start, |parts| read.take().map(|read| read(parts)));
            if verdict != Verdict::GivesUp {
                return Ok(found.flatten());
            }
        }
        let Some(captures) = regex.captures(text) else { return Ok(None) };
        let parts = &mut captures.iter().map(|group| group.map(|g| g.as_str()));
        Ok(read.take().map(|read| read(parts)))
    }

    /// Where all matches are; `each` says whether to go on.
    pub fn ranges(&self, text: &str, mut each: impl FnMut(Range<usize>) -> bool) -> Result<(), Decline> {
        match self {
            Self::Automaton(regex, _) => {
                for found in regex.find_iter(text) {
                    if !each(found.range()) {
                        break;
                    }
                }
                Ok(())
            }
            Self::Steps(..) => self.all(text, |range, _| each(range)),
        }
    }

    /// The groups of all matches: `each` gets where a match is and what its groups are, and says whether to go on.
    fn all<'t>(
        &self,
        text: &'t str,
        mut each: impl FnMut(Range<usize>, &mut dyn Iterator<Item = Option<&'t str>>) -> bool,
    ) -> Result<(), Decline> {
        let (regex, groups) = match self {
            Self::Automaton(regex, groups) => (regex, groups),
            Self::Steps(steps, _) => {
                let (mut from, mut ends, mut budget) = (0, Ends::Anywhere, Budget::of(text.len()));
                loop {
                    let mut parts = Vec::new();
                    let found = steps.find(text, from, false, ends, &mut budget, |groups| parts.extend(groups))?;
                    let Some((range, ())) = found else { return Ok(()) };
                    // Behind an empty match comes one that isn't, or one that begins further on.
                    (from, ends) = (range.end, if range.is_empty() { Ends::Later } else { Ends::Anywhere });
                    if !each(range, &mut parts.into_iter()) {
                        return Ok(());
                    }
                }
            }
        };
        for found in regex.find_iter(text) {
            let range = found.range();
            let by_steps = groups.as_ref().map(|groups| groups.at(text, range.start, |p| each(range.clone(), p)));
            let goes_on = match by_steps {
                Some((Verdict::Matches, Some(goes_on))) => goes_on,
                _ => match regex.captures_at(text, range.start) {
                    Some(captures) => each(range, &mut captures.iter().map(|group| group.map(|g| g.as_str()))),
                    None => false,
                },
            };
            if !goes_on {
                break;
            }
        }
        Ok(())
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

fn span(text: &str, range: Range<usize>) -> Cow<'_, str> {
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
                })?;
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
        let mut found = Vec::new();
        engine.ranges(text, |range| {
            found.push(Cell::Str(span(text, range)));
            true
        })?;
        return Ok(found);
    }
    let mut found = Vec::new();
    engine.all(text, |_, groups| {
        let mut groups = groups.skip(1).map(|group| Cell::text(group.unwrap_or("")));
        let one = if regexes.groups() == 1 { groups.next() } else { Some(Cell::Tuple(groups.collect())) };
        found.extend(one);
        true
    })?;
    Ok(found)
}

/// What is wanted of each match of `re.finditer(pattern, text)`, as tuples, or of so many; a `limit` of 0 means all.
pub fn find_each<'a>(call: &RegexCall, text: &'a str, limit: i64) -> Result<Vec<Cell<'a>>, Decline> {
    let engine = regexes(&call.pattern)?.for_text(text)?;
    let mut found = Vec::new();
    if limit < 0 {
        return Ok(found);
    }
    // Places are counted from the last one that was asked for.
    let (mut bytes, mut characters) = (0, 0);
    let mut place = |at: usize| {
        if at < bytes {
            (bytes, characters) = (0, 0);
        }
        characters += text_length(&text.as_bytes()[bytes..at]);
        bytes = at;
        Cell::Int(characters)
    };
    engine.all(text, |_, groups| {
        let parts: Vec<Option<&str>> = groups.collect();
        let bounds = |i: usize| {
            let part = parts.get(i).copied().flatten()?;
            let from = part.as_ptr() as usize - text.as_ptr() as usize;
            Some((from, from + part.len()))
        };
        let wanted = call.replacement.iter().map(|piece| match piece {
            Piece::Text(_) => Cell::None,
            Piece::Group(i) => parts.get(*i).copied().flatten().map_or(Cell::None, Cell::text),
            Piece::Start(i) => bounds(*i).map_or(Cell::Int(-1), |(from, _)| place(from)),
            Piece::End(i) => bounds(*i).map_or(Cell::Int(-1), |(_, to)| place(to)),
        });
        found.push(Cell::Tuple(wanted.collect()));
        found.len() as i64 != limit
    })?;
    Ok(found)
}

/// `re.search`, `re.match` or `re.fullmatch`
pub fn first_match<'a>(pattern: &Compiled, text: &'a str) -> Result<Cell<'a>, Decline> {
    let regexes = regexes(pattern)?;
    let found = regexes
        .for_text(text)?
        .first(text, regexes.anchored, |groups| Cell::Match(groups.map(|group| group.map(Cow::Borrowed)).collect()))?;
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
    })?;
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
        let mut left = limit;
        engine.ranges(text, |found| {
            if left == 0 {
                return false;
            }
            left -= 1;
            out.push_str(&text[done..found.start]);
            out.extend(texts.iter().copied());
            done = found.end;
            true
        })?;
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
                    Piece::Start(_) | Piece::End(_) => "",
                });
            }
            done = range.end;
            true
        })?;
    }
    out.push_str(&text[done..]);
    Ok(out)
}
