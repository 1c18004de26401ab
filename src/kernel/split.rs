//! Splitting a column of strings at characters of a class: a scan by table that makes views, copies no text and
//! builds no list per row.

use arrow_array::{Array, StringViewArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use super::class::Class;
use super::unicode::CodeSet;
use super::views::{Source, Views};
use crate::error::Decline;

/// The pieces of every row, one after the other, and where each row's pieces begin.
pub struct Pieces {
    /// One more than there are rows.
    pub offsets: OffsetBuffer<i32>,
    /// The pieces.
    pub values: StringViewArray,
}

/// `re.split` at every run of the class's characters (`run`), or at every one of them. No row may be null.
pub fn split_class(input: &StringViewArray, class: &Class, run: bool) -> Result<Pieces, Decline> {
    if run { split_at::<true, false>(input, class) } else { split_at::<false, false>(input, class) }
}

/// What lies between the runs of the class's characters, without empty pieces: `str.split()` when the class is
/// whitespace, `re.findall` of the class's complement. No row may be null.
pub fn between_runs(input: &StringViewArray, class: &Class) -> Result<Pieces, Decline> {
    split_at::<true, true>(input, class)
}

fn split_at<const RUN: bool, const FULL: bool>(input: &StringViewArray, class: &Class) -> Result<Pieces, Decline> {
    let buffers = input.data_buffers();
    // A guess that is seldom too small: what isn't touched costs nothing.
    let bytes: usize = input.views().iter().map(|&v| v as u32 as usize).sum();
    let mut views = Views::new(buffers, input.len() + bytes / 6);
    let mut offsets = Vec::with_capacity(input.len() + 1);
    offsets.push(0i32);
    for &view in input.views() {
        let mut room = [0u8; 32];
        // SAFETY: the view comes from the array whose buffers these are.
        let source = unsafe { Source::new(view, buffers, &mut room) };
        if !split_ascii::<RUN, FULL>(&source, class.ascii(), &mut views) {
            split_wide::<RUN, FULL>(&source, class.full()?, &mut views);
        }
        offsets.push(i32::try_from(views.len()).map_err(|_| Decline::new("more than 2^31 pieces in one chunk"))?);
    }
    Ok(Pieces { offsets: OffsetBuffer::new(ScalarBuffer::from(offsets)), values: views.finish(None)? })
}

/// Splits an ASCII text; says no, having added nothing, when there is another character. Takes 64 bytes to a bit mask
/// without a branch, then visits only the borders.
#[inline]
fn split_ascii<const RUN: bool, const FULL: bool>(source: &Source<'_>, table: &[bool; 256], out: &mut Views) -> bool {
    let bytes = source.bytes();
    let before = out.len();
    let (mut piece, mut inside) = (0usize, false);
    let mut base = 0;
    for block in bytes.chunks(64) {
        let (mask, high) = if let Ok(full) = <&[u8; 64]>::try_from(block) {
            scan_block(full, table)
        } else {
            scan_short(block, table)
        };
        if high {
            out.truncate(before);
            return false;
        }
        // SAFETY of the parts below: positions rise within the text, which is ASCII so far.
        if RUN {
            let mut edges = mask ^ ((mask << 1) | u64::from(inside));
            if block.len() < 64 {
                edges &= (1 << block.len()) - 1;
            }
            while edges != 0 {
                let at = base + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                if inside {
                    piece = at;
                } else if !FULL || piece < at {
                    // SAFETY: see above.
                    out.push(unsafe { source.part(piece, at) });
                }
                inside = !inside;
            }
        } else {
            let mut rest = mask;
            while rest != 0 {
                let at = base + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                // SAFETY: see above.
                out.push(unsafe { source.part(piece, at) });
                piece = at + 1;
            }
        }
        base += block.len();
    }
    if RUN && inside {
        piece = bytes.len();
    }
    if !FULL || piece < bytes.len() {
        // SAFETY: see above.
        out.push(unsafe { source.part(piece, bytes.len()) });
    }
    true
}

#[inline]
fn scan_block(block: &[u8; 64], table: &[bool; 256]) -> (u64, bool) {
    let (mut mask, mut high) = (0u64, 0u8);
    for (i, &byte) in block.iter().enumerate() {
        mask |= u64::from(table[byte as usize]) << i;
        high |= byte;
    }
    (mask, high >= 0x80)
}

#[inline]
fn scan_short(block: &[u8], table: &[bool; 256]) -> (u64, bool) {
    let (mut mask, mut high) = (0u64, 0u8);
    for (i, &byte) in block.iter().enumerate() {
        mask |= u64::from(table[byte as usize]) << i;
        high |= byte;
    }
    (mask, high >= 0x80)
}

fn split_wide<const RUN: bool, const FULL: bool>(source: &Source<'_>, class: &CodeSet, out: &mut Views) {
    let bytes = source.bytes();
    // SAFETY: string arrays hold valid UTF-8.
    let text = unsafe { std::str::from_utf8_unchecked(bytes) };
    let (mut piece, mut inside) = (0usize, false);
    for (at, c) in text.char_indices() {
        let hit = class.has(c);
        if hit && !inside && (!FULL || piece < at) {
            // SAFETY: both ends are borders of characters of this text.
            out.push(unsafe { source.part(piece, at) });
        }
        if hit && !RUN {
            piece = at + c.len_utf8();
        } else if RUN {
            if inside && !hit {
                piece = at;
            }
            inside = hit;
        }
    }
    if RUN && inside {
        piece = bytes.len();
    }
    if !FULL || piece < bytes.len() {
        // SAFETY: as above.
        out.push(unsafe { source.part(piece, bytes.len()) });
    }
}
