//! Operations on whole columns of strings. Each answers `None` when it has no kernel for the arguments.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryViewArray, BooleanArray, StringViewArray};
use memchr::memmem::Finder;

use super::frame::{Source, Value, as_value};
use super::pieces::split_at;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::case::convert_case;
use crate::kernel::class::Class;
use crate::kernel::letters::{self, Change};
use crate::kernel::split::{Pieces, between_runs, split_class};
use crate::kernel::strings::{map_bool, map_part, map_parts, map_text, map_value};
use crate::kernel::text::{self, Ends};
use crate::kernel::unicode::{Case, Set, is_ascii_space};
use crate::kernel::views::Views;
use crate::lambda::cells::methods::is_utf8;
use crate::lambda::cells::textual::write_format;
use crate::lambda::cells::write::list_column;
use crate::lambda::pattern::{self, Compiled, RegexCall};
use crate::lambda::tree::Part;
use crate::lambda::tree::expr::RegexFunction;
use crate::lambda::tree::functions::Method;

fn each(array: StringViewArray) -> Value {
    Value::Each(Columns::new(Arc::new(array), Type::Str))
}

fn ints(values: Vec<i64>) -> Value {
    Value::Each(Columns::ints(values))
}

/// Lists of strings.
fn lists(pieces: Pieces) -> Result<Value, Decline> {
    let values = Columns::new(Arc::new(pieces.values), Type::Str);
    Ok(Value::Each(list_column(pieces.offsets, &values, None)?))
}

/// `bytes.decode(*args)` from UTF-8, nothing copied; `None` also where a row isn't.
pub fn decode(of: &Value, args: &[Value]) -> Option<Value> {
    let Value::Each(columns) = of else { return None };
    let known = match args {
        [] => true,
        [name] => name.text().is_some_and(is_utf8),
        [name, how] => {
            name.text().is_some_and(is_utf8)
                && how.text().is_some_and(|how| matches!(how, "strict" | "ignore" | "replace"))
        }
        _ => false,
    };
    if !known || *columns.kind() != Type::Bytes {
        return None;
    }
    columns.array().as_any().downcast_ref::<BinaryViewArray>()?.clone().to_string_view().ok().map(each)
}

/// `strings.method(*args)`
pub fn method(method: Method, strings: &StringViewArray, args: &[Value]) -> Result<Option<Value>, Decline> {
    let none = |value: &Value| matches!(value, Value::One(crate::lambda::cells::cell::Cell::None));
    Ok(Some(match (method, args) {
        (Method::Lower, []) => each(convert_case(strings, Case::Lower)?),
        (Method::Upper, []) => each(convert_case(strings, Case::Upper)?),
        (Method::Strip, []) => each(map_part(strings, |s| text::strip(s, Ends::Both))?),
        (Method::Lstrip, []) => each(map_part(strings, |s| text::strip(s, Ends::Left))?),
        (Method::Rstrip, []) => each(map_part(strings, |s| text::strip(s, Ends::Right))?),
        (Method::Split, []) => lists(between_runs(strings, &Class::str_space())?)?,
        (Method::Split, [sep]) if none(sep) => lists(between_runs(strings, &Class::str_space())?)?,
        (Method::Splitlines, []) => lists(map_parts(strings, |s, part| {
            text::split_lines(s, false).into_iter().for_each(part);
            Ok(())
        })?)?,
        (Method::IsDigit, []) => test(strings, |s| text::all_in(s, |b| b.is_ascii_digit(), Set::IsDigit))?,
        (Method::IsAlpha, []) => test(strings, |s| text::all_in(s, |b| b.is_ascii_alphabetic(), Set::IsAlpha))?,
        (Method::IsAlnum, []) => test(strings, |s| text::all_in(s, |b| b.is_ascii_alphanumeric(), Set::IsAlnum))?,
        (Method::IsSpace, []) => test(strings, |s| text::all_in(s, is_ascii_space, Set::IsSpace))?,
        (Method::IsDecimal, []) => test(strings, |s| text::all_in(s, |b| b.is_ascii_digit(), Set::Digit))?,
        (Method::IsNumeric, []) => test(strings, |s| text::all_in(s, |b| b.is_ascii_digit(), Set::IsNumeric))?,
        (Method::IsUpper, []) => test(strings, |s| letters::is_all(s, true))?,
        (Method::IsLower, []) => test(strings, |s| letters::is_all(s, false))?,
        (Method::IsTitle, []) => test(strings, letters::is_title)?,
        (Method::IsIdentifier, []) => test(strings, letters::is_identifier)?,
        (Method::Casefold, []) => changed(strings, Change::Fold)?,
        (Method::Swapcase, []) => changed(strings, Change::Swap)?,
        (Method::Title, []) => changed(strings, Change::Title)?,
        (Method::Capitalize, []) => changed(strings, Change::Capitalize)?,
        (_, [arg]) => match arg.text() {
            Some(arg) => return with_text(method, strings, arg),
            None => return Ok(None),
        },
        (Method::Replace, [old, new]) => match (old.text(), new.text()) {
            (Some(old), Some(new)) => each(replace(strings, old, new)?),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn changed(strings: &StringViewArray, how: Change) -> Result<Value, Decline> {
    Ok(each(map_text(strings, |s, out| letters::change(s, how, out))?))
}

/// A method with one argument, the same text for all rows.
fn with_text(method: Method, strings: &StringViewArray, arg: &str) -> Result<Option<Value>, Decline> {
    let finder = Finder::new(arg);
    Ok(Some(match method {
        Method::Strip => each(map_part(strings, |s| Ok(text::strip_chars(s, arg, Ends::Both)))?),
        Method::Lstrip => each(map_part(strings, |s| Ok(text::strip_chars(s, arg, Ends::Left)))?),
        Method::Rstrip => each(map_part(strings, |s| Ok(text::strip_chars(s, arg, Ends::Right)))?),
        Method::RemovePrefix => each(map_part(strings, |s| Ok(s.strip_prefix(arg).unwrap_or(s)))?),
        Method::RemoveSuffix => each(map_part(strings, |s| Ok(s.strip_suffix(arg).unwrap_or(s)))?),
        Method::StartsWith => test(strings, |s| Ok(s.starts_with(arg)))?,
        Method::EndsWith => test(strings, |s| Ok(s.ends_with(arg)))?,
        Method::Find => {
            ints(map_value(strings, |s| Ok(finder.find(s.as_bytes()).map_or(-1, |at| text::position(s, at))))?)
        }
        Method::Count => ints(map_value(strings, |s| Ok(text::count(s, arg)))?),
        Method::Split if arg.len() == 1 => Value::Each(split_at(strings, arg.as_bytes()[0])?),
        Method::Split if !arg.is_empty() => lists(map_parts(strings, |s, part| {
            let mut done = 0;
            for at in finder.find_iter(s.as_bytes()) {
                part(&s[done..at]);
                done = at + arg.len();
            }
            part(&s[done..]);
            Ok(())
        })?)?,
        _ => return Ok(None),
    }))
}

fn test(strings: &StringViewArray, test: impl FnMut(&str) -> Result<bool, Decline>) -> Result<Value, Decline> {
    Ok(as_value(map_bool(strings, test)?))
}

/// Whether each string holds the text.
pub fn contains(strings: &StringViewArray, part: &str) -> Result<BooleanArray, Decline> {
    let finder = Finder::new(part);
    map_bool(strings, |s| Ok(finder.find(s.as_bytes()).is_some()))
}

fn replace(strings: &StringViewArray, old: &str, new: &str) -> Result<StringViewArray, Decline> {
    let finder = Finder::new(old);
    map_text(strings, |s, out| {
        if old.is_empty() {
            out.push_str(&s.replace(old, new));
            return Ok(());
        }
        let mut done = 0;
        for at in finder.find_iter(s.as_bytes()) {
            out.push_str(&s[done..at]);
            out.push_str(new);
            done = at + old.len();
        }
        out.push_str(&s[done..]);
        Ok(())
    })
}

/// `strings[index]`
pub fn char_at(strings: &StringViewArray, index: i64) -> Result<Value, Decline> {
    let out = || Decline::new("a str index out of range");
    Ok(each(map_part(strings, |s| text::char_at(s, index).ok_or_else(out))?))
}

/// `strings[start:stop]`
pub fn slice(strings: &StringViewArray, start: Option<i64>, stop: Option<i64>) -> Result<Value, Decline> {
    Ok(each(map_part(strings, |s| Ok(text::slice(s, start, stop)))?))
}

/// `prefix + strings + suffix`
pub fn surround(prefix: &str, strings: &StringViewArray, suffix: &str) -> Result<ArrayRef, Decline> {
    Ok(Arc::new(map_text(strings, |s, out| {
        out.push_str(prefix);
        out.push_str(s);
        out.push_str(suffix);
        Ok(())
    })?))
}

/// `left + right`, row by row.
pub fn join_two(left: &StringViewArray, right: &StringViewArray) -> Result<ArrayRef, Decline> {
    let mut rights = right.iter();
    Ok(Arc::new(map_text(left, |s, out| {
        out.push_str(s);
        out.push_str(rights.next().flatten().unwrap_or_default());
        Ok(())
    })?))
}

/// A function of `re` over the strings; `args` are all its arguments.
pub fn regex(call: &RegexCall, strings: &StringViewArray, args: &[Value]) -> Result<Option<Value>, Decline> {
    Ok(Some(match (call.function, &call.pattern, args) {
        (RegexFunction::Split, Compiled::Class(class, run), [_]) => lists(split_class(strings, class, *run)?)?,
        (RegexFunction::Findall, Compiled::Gaps(class), _) => lists(between_runs(strings, class)?)?,
        (RegexFunction::Split, Compiled::Regex(regexes), [_]) if regexes.groups() == 0 => {
            lists(map_parts(strings, |s, part| {
                let mut done = 0;
                regexes.for_text(s)?.ranges(s, |found| {
                    part(&s[done..found.start]);
                    done = found.end;
                    true
                })?;
                part(&s[done..]);
                Ok(())
            })?)?
        }
        (RegexFunction::Findall, Compiled::Regex(regexes), _) if regexes.groups() == 0 => {
            lists(map_parts(strings, |s, part| {
                regexes.for_text(s)?.ranges(s, |found| {
                    part(&s[found]);
                    true
                })
            })?)?
        }
        (RegexFunction::Sub, _, [_]) => each(map_text(strings, |s, out| {
            out.push_str(&pattern::substitute(call, s, 0)?);
            Ok(())
        })?),
        _ => return Ok(None),
    }))
}

/// The parts put together, row by row; `values` are those of the value parts, in order.
pub fn format(parts: &[Part], values: &[Value], rows: usize) -> Result<Value, Decline> {
    let sources: Vec<Source<'_>> = values.iter().map(Source::new).collect();
    let mut out = Views::new(&Arc::from([]), rows);
    let mut room = String::new();
    for row in 0..rows {
        room.clear();
        let mut next = sources.iter();
        for part in parts {
            match part {
                Part::Text(text) => room.push_str(text),
                Part::Value(_, conversion, spec) => {
                    if let Some(source) = next.next() {
                        write_format(&source.get(row)?, *conversion, spec, &mut room)?;
                    }
                }
            }
        }
        out.push_text(&room);
    }
    Ok(each(out.finish(None)?))
}
