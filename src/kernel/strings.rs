//! Functions applied to every string of a column. What is a part of the string becomes a view into the same buffers;
//! new text is written to one new buffer. No row may be null.

use std::borrow::Cow;
use std::str::from_utf8_unchecked;

use arrow_array::{Array, BooleanArray, StringViewArray};
use arrow_buffer::{BooleanBufferBuilder, OffsetBuffer, ScalarBuffer};

use super::split::Pieces;
use super::views::{Source, Views};
use crate::error::Decline;

/// Calls `each` with every string and the means to make views of its parts.
fn for_each(
    input: &StringViewArray,
    mut each: impl FnMut(&str, &Source<'_>) -> Result<(), Decline>,
) -> Result<(), Decline> {
    let buffers = input.data_buffers();
    for &view in input.views() {
        let mut room = [0u8; 32];
        // SAFETY: the view comes from the array whose buffers these are.
        let source = unsafe { Source::new(view, buffers, &mut room) };
        // SAFETY: string arrays hold valid UTF-8.
        each(unsafe { from_utf8_unchecked(source.bytes()) }, &source)?;
    }
    Ok(())
}

/// The view of a part of the source's own text.
#[inline]
fn view_of(part: &str, text: &str, source: &Source<'_>) -> Result<u128, Decline> {
    // An empty part may point anywhere.
    if part.is_empty() {
        return Ok(0);
    }
    let from = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    if from > text.len() || part.len() > text.len() - from {
        return Err(Decline::new("a part that lies outside of its text"));
    }
    // SAFETY: within the text, as just checked; both ends of a str are borders of characters.
    Ok(unsafe { source.part(from, from + part.len()) })
}

/// A test of each string.
pub fn map_bool(
    input: &StringViewArray,
    mut test: impl FnMut(&str) -> Result<bool, Decline>,
) -> Result<BooleanArray, Decline> {
    let mut out = BooleanBufferBuilder::new(input.len());
    for_each(input, |text, _| {
        out.append(test(text)?);
        Ok(())
    })?;
    Ok(BooleanArray::new(out.finish(), None))
}

/// A value of each string.
pub fn map_value<T>(
    input: &StringViewArray,
    mut value: impl FnMut(&str) -> Result<T, Decline>,
) -> Result<Vec<T>, Decline> {
    let mut out = Vec::with_capacity(input.len());
    for_each(input, |text, _| {
        out.push(value(text)?);
        Ok(())
    })?;
    Ok(out)
}

/// A part of each string.
pub fn map_part(
    input: &StringViewArray,
    mut part: impl for<'t> FnMut(&'t str) -> Result<&'t str, Decline>,
) -> Result<StringViewArray, Decline> {
    let mut out = Views::new(input.data_buffers(), input.len());
    for_each(input, |text, source| {
        out.push(view_of(part(text)?, text, source)?);
        Ok(())
    })?;
    out.finish(None)
}

/// A part of each string where `text` borrows it, else new text.
pub fn map_part_or_text(
    input: &StringViewArray,
    mut text: impl for<'t> FnMut(&'t str) -> Result<Cow<'t, str>, Decline>,
) -> Result<StringViewArray, Decline> {
    let mut out = Views::new(input.data_buffers(), input.len());
    for_each(input, |s, source| {
        match text(s)? {
            Cow::Borrowed(part) => out.push(view_of(part, s, source)?),
            Cow::Owned(text) => out.push_text(&text),
        }
        Ok(())
    })?;
    out.finish(None)
}

/// New text for each string, which `write` appends to an empty buffer.
pub fn map_text(
    input: &StringViewArray,
    mut write: impl FnMut(&str, &mut String) -> Result<(), Decline>,
) -> Result<StringViewArray, Decline> {
    let mut out = Views::new(&std::sync::Arc::from([]), input.len());
    let mut room = String::new();
    for_each(input, |text, _| {
        room.clear();
        write(text, &mut room)?;
        out.push_text(&room);
        Ok(())
    })?;
    out.finish(None)
}

/// Several parts of each string, which `split` gives to its second argument.
pub fn map_parts(
    input: &StringViewArray,
    mut split: impl FnMut(&str, &mut dyn FnMut(&str)) -> Result<(), Decline>,
) -> Result<Pieces, Decline> {
    let mut out = Views::new(input.data_buffers(), input.len() * 4);
    let mut offsets = Vec::with_capacity(input.len() + 1);
    offsets.push(0i32);
    for_each(input, |text, source| {
        let mut outside = None;
        split(text, &mut |part| match view_of(part, text, source) {
            Ok(view) => out.push(view),
            Err(decline) => outside = Some(decline),
        })?;
        if let Some(decline) = outside {
            return Err(decline);
        }
        offsets.push(i32::try_from(out.len()).map_err(|_| Decline::new("more than 2^31 pieces in one chunk"))?);
        Ok(())
    })?;
    Ok(Pieces { offsets: OffsetBuffer::new(ScalarBuffer::from(offsets)), values: out.finish(None)? })
}
