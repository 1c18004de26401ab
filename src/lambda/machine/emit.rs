//! Lists that are results: their items are copied as their row ends, and become columns when all rows are done.

use arrow_buffer::OffsetBuffer;
use cranelift_codegen::ir::types;

use super::arena::{Arena, Made};
use super::bail::Stop;
use super::output::{Part, columns};
use super::value::{Shape, Tag, Tags};
use crate::chunk::Columns;
use crate::error::Decline;
use crate::lambda::cells::write::{MOST_ITEMS, list_column};

/// What an item of a result's list is, in words.
#[derive(Clone, Debug)]
pub struct Output {
    item: Shape,
    stride: usize,
    /// Which words are the address of a text, and which one says whether it is one.
    texts: Vec<(usize, Option<usize>)>,
    /// Which words are lists.
    lists: Vec<(usize, Output)>,
}

/// The lists of all rows so far.
pub struct Sequence {
    borders: Vec<i32>,
    words: Vec<u64>,
    lists: Vec<Sequence>,
}

impl Output {
    /// Of an item's shape.
    pub fn new(item: &Shape) -> Self {
        let mut of = Self { item: item.clone(), stride: 0, texts: Vec::new(), lists: Vec::new() };
        of.add(item);
        of
    }

    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::Tuple(items) => items.iter().for_each(|item| self.add(item)),
            Shape::Items(item) => {
                self.lists.push((self.stride, Self::new(item)));
                self.stride += 1;
            }
            Shape::Scalar(tags) => {
                let mut kinds = Vec::new();
                shape.parts(&mut kinds);
                if tags.has(Tag::Text) {
                    let place = if *tags == Tags::one(Tag::Text) { (0, None) } else { (1, Some(0)) };
                    self.texts.push((self.stride + place.0, place.1.map(|at| self.stride + at)));
                }
                self.stride += kinds.len();
            }
            _ => {}
        }
    }
}

impl Sequence {
    /// None yet.
    pub fn new(of: &Output) -> Self {
        let lists = of.lists.iter().map(|(_, inner)| Self::new(inner)).collect();
        Self { borders: vec![0], words: Vec::new(), lists }
    }

    /// Adds the list of a row.
    pub fn put(&mut self, of: &Output, list: &Made, arena: &mut Arena) -> Result<(), Stop> {
        let (len, from) = (list.len as usize, self.words.len());
        let all = self.borders.last().map_or(0, |last| *last as usize) + len;
        if all > MOST_ITEMS {
            return Err(Stop::Other);
        }
        self.borders.push(all as i32);
        let count = len * of.stride;
        if count > 0 {
            // SAFETY: a list has so many items, each of `stride` words, as the code was made for.
            self.words.extend_from_slice(unsafe { std::slice::from_raw_parts(list.items, count) });
        }
        for (at, tag) in &of.texts {
            for item in self.words[from..].chunks_exact_mut(of.stride) {
                if tag.is_none_or(|tag| item[tag] as u8 == Tag::Text as u8) {
                    // The length stands behind it.
                    item[*at] = arena.keep(item[*at] as i64, item[*at + 1] as i64) as u64;
                }
            }
        }
        for ((at, inner), lists) in of.lists.iter().zip(&mut self.lists) {
            for item in self.words[from..].chunks_exact(of.stride) {
                // SAFETY: the word is the header of a list, which lives as long as the row.
                lists.put(inner, unsafe { &*(item[*at] as *const Made) }, arena)?;
            }
        }
        Ok(())
    }

    /// The column of all lists.
    pub fn finish(self, of: &Output, wide: bool) -> Result<Columns, Decline> {
        let rows = self.borders.last().map_or(0, |last| *last as usize);
        let mut parts = Vec::new();
        let mut at = 0;
        split(&of.item, &self.words, of.stride, &mut at, &mut parts);
        let mut lists = of.lists.iter().zip(self.lists).map(|((_, inner), lists)| (inner.clone(), lists));
        let items = columns(&of.item, &mut parts.into_iter(), rows, wide, &mut lists)?;
        list_column(OffsetBuffer::new(self.borders.into()), &items, None)
    }
}

/// The parts of items, each one behind the other.
fn split(shape: &Shape, words: &[u64], stride: usize, at: &mut usize, out: &mut Vec<Part>) {
    match shape {
        Shape::Tuple(items) => items.iter().for_each(|item| split(item, words, stride, at, out)),
        Shape::Items(_) => *at += 1,
        Shape::Scalar(_) => {
            let mut kinds = Vec::new();
            shape.parts(&mut kinds);
            for kind in kinds {
                let each = words.iter().skip(*at).step_by(stride.max(1));
                out.push(match kind {
                    types::I8 => Part::Bytes(each.map(|word| *word as u8).collect()),
                    types::F64 => Part::Floats(each.map(|word| f64::from_bits(*word)).collect()),
                    _ => Part::Ints(each.map(|word| *word as i64).collect()),
                });
                *at += 1;
            }
        }
        _ => {}
    }
}

/// Adds a list to the results of its number.
pub extern "C" fn put(arena: *mut Arena, number: i64, list: i64, _: i64, _: i64, _: *mut i64) -> i64 {
    // SAFETY: the code hands on the arena of its call, which nobody else uses meanwhile.
    let arena = unsafe { &mut *arena };
    // SAFETY: the header of a list of the row's.
    let list = unsafe { &*(list as *const Made) };
    // They are taken out, so that the arena can keep texts.
    let mut results = std::mem::take(&mut arena.results);
    let put = results.get_mut(number as usize).map_or(Err(Stop::Other), |(of, lists)| lists.put(of, list, arena));
    arena.results = results;
    put.map_or_else(|stop| stop as i64, |()| 0)
}

/// The address of a text that is to outlive the row.
pub extern "C" fn keep(arena: *mut Arena, address: i64, len: i64, _: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: as above.
    let kept = unsafe { &mut *arena }.keep(address, len);
    // SAFETY: a place for a word in the frame of the code.
    unsafe { out.write(kept) };
    0
}
