//! Helpers that change or make a list as a whole: sorting, slices, repetition, items in the middle.

use std::cmp::Ordering;

use super::arena::{Arena, Made, arena, give, made};
use super::bail::Stop;
use super::index::{Layout, Word};

impl Layout {
    /// The order of two items by their first words; a nan has none, and what isn't known to be equal.
    fn order(&self, a: &[u64], b: &[u64]) -> Option<Ordering> {
        let mut at = 0;
        for word in &self.key {
            let (one, other) = (a[at], b[at]);
            at += 1;
            let order = match word {
                Word::Int => (one as i64).cmp(&(other as i64)),
                Word::Bool => (one as u8).cmp(&(other as u8)),
                Word::Float => f64::from_bits(one).partial_cmp(&f64::from_bits(other))?,
                Word::Text => {
                    at += 1;
                    self.order_texts([one, a[at - 1]], [other, b[at - 1]])
                }
            };
            if order != Ordering::Equal {
                return Some(order);
            }
        }
        (!self.partly).then_some(Ordering::Equal)
    }

    fn order_texts(&self, a: [u64; 2], b: [u64; 2]) -> Ordering {
        if self.wide {
            let characters = |[address, len]: [u64; 2]| {
                if len == 0 {
                    return &[][..];
                }
                // SAFETY: address and length of a text of the code's, of characters of 32 bits.
                unsafe { std::slice::from_raw_parts(address as *const u32, len as usize) }
            };
            return characters(a).cmp(characters(b));
        }
        let characters = |[address, len]: [u64; 2]| {
            if len == 0 {
                return &[][..];
            }
            // SAFETY: as above, of characters of 8 bits.
            unsafe { std::slice::from_raw_parts(address as *const u8, len as usize) }
        };
        characters(a).cmp(characters(b))
    }

    /// Sorts a list, as Python does: equal items stay in their order.
    fn sort(&self, list: &mut Made, reverse: bool) -> Result<(), Stop> {
        let (count, stride) = (list.len as usize, self.stride);
        if count < 2 || stride == 0 {
            return Ok(());
        }
        // SAFETY: the list has so many words, which nobody else reads meanwhile.
        let words = unsafe { std::slice::from_raw_parts_mut(list.items, count * stride) };
        if let ([Word::Int], 1) = (self.key.as_slice(), stride) {
            words.sort_by(|a, b| {
                let order = (*a as i64).cmp(&(*b as i64));
                if reverse { order.reverse() } else { order }
            });
            return Ok(());
        }
        let mut odd = false;
        let mut places: Vec<u32> = (0..count as u32).collect();
        let item = |at: u32| &words[at as usize * stride..][..stride];
        places.sort_by(|a, b| {
            let order = self.order(item(*a), item(*b)).unwrap_or_else(|| {
                odd = true;
                Ordering::Equal
            });
            if reverse { order.reverse() } else { order }
        });
        // What a nan does to an order, and how lists are compared, is CPython's.
        if odd {
            return Err(Stop::Other);
        }
        let mut sorted = Vec::with_capacity(words.len());
        for at in places {
            sorted.extend_from_slice(item(at));
        }
        words.copy_from_slice(&sorted);
        list.index = std::ptr::null_mut();
        Ok(())
    }
}

fn words<'a>(list: &Made, stride: usize) -> &'a mut [u64] {
    if list.len == 0 || stride == 0 {
        return &mut [];
    }
    // SAFETY: a list has so many items of so many words.
    unsafe { std::slice::from_raw_parts_mut(list.items, list.len as usize * stride) }
}

/// Sorts a list in its place.
pub extern "C" fn sort(_: *mut Arena, list: i64, layout: i64, reverse: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, a list of the row's, and a layout that the machine keeps.
    let (list, layout) = unsafe { (made(list), &*(layout as *const Layout)) };
    give(out, layout.sort(list, reverse != 0).map(|()| [0]))
}

/// A new list of `count` words of each item, from word `from` on.
pub extern "C" fn project(of: *mut Arena, list: i64, stride: i64, from: i64, count: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    let (arena, list) = unsafe { (arena(of), made(list)) };
    let (stride, from, count) = (stride as usize, from as usize, count as usize);
    let made = arena.list(list.len as usize, count).map(|made| {
        made.len = list.len;
        if count > 0 {
            let to = words(made, count);
            for (to, item) in to.chunks_exact_mut(count).zip(words(list, stride).chunks_exact(stride)) {
                to.copy_from_slice(&item[from..from + count]);
            }
        }
        [std::ptr::from_mut(made).addr() as i64]
    });
    give(out, made)
}

/// `list * times`
pub extern "C" fn repeat(of: *mut Arena, list: i64, times: i64, stride: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    let (arena, list) = unsafe { (arena(of), made(list)) };
    let (stride, times) = (stride as usize, times.max(0) as usize);
    let made = (list.len as usize).checked_mul(times).ok_or(Stop::Other).and_then(|count| {
        let made = arena.list(count, stride)?;
        made.len = count as i64;
        let (from, to) = (words(list, stride), words(made, stride));
        if let [only] = from {
            to.fill(*only);
        } else if !from.is_empty() {
            to.chunks_exact_mut(from.len()).for_each(|part| part.copy_from_slice(from));
        }
        Ok([std::ptr::from_mut(made).addr() as i64])
    });
    give(out, made)
}

/// A new list of `count` items from number `start` on, which are there. `packed` has an item's words in its low half, and how
/// far one is behind the one before.
pub extern "C" fn slice(of: *mut Arena, list: i64, start: i64, count: i64, packed: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    let (arena, list) = unsafe { (arena(of), made(list)) };
    let (stride, step) = ((packed & 0xFFFF_FFFF) as usize, packed >> 32);
    let made = arena.list(count as usize, stride).map(|made| {
        made.len = count;
        let (from, to) = (words(list, stride), words(made, stride));
        for (number, to) in to.chunks_exact_mut(stride.max(1)).enumerate() {
            let at = (start + number as i64 * step) as usize * stride;
            to.copy_from_slice(&from[at..at + stride]);
        }
        [std::ptr::from_mut(made).addr() as i64]
    });
    give(out, made)
}

/// Removes the item of a number, which is there.
pub extern "C" fn remove(_: *mut Arena, list: i64, at: i64, stride: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    let list = unsafe { made(list) };
    let (at, stride) = (at as usize, stride as usize);
    words(list, stride).copy_within((at + 1) * stride.., at * stride);
    list.len -= 1;
    list.index = std::ptr::null_mut();
    give(out, Ok([0]))
}

/// Makes room before the item of a number, or at the end; gives its address.
pub extern "C" fn insert(of: *mut Arena, list: i64, at: i64, stride: i64, _: i64, out: *mut i64) -> i64 {
    // SAFETY: a helper, and a list of the row's.
    let (arena, list) = unsafe { (arena(of), made(list)) };
    let (at, stride) = (at as usize, stride as usize);
    let room = if list.len == list.room { arena.grow(list, 1, stride) } else { Ok(()) };
    let place = room.map(|()| {
        list.len += 1;
        let all = words(list, stride);
        let behind = all.len() - stride;
        all.copy_within(at * stride..behind, (at + 1) * stride);
        [all[at * stride..].as_mut_ptr().addr() as i64]
    });
    give(out, place)
}
