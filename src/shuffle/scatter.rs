//! Rows laid out by output partition: one pass over each column, whatever the number of outputs.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ByteViewType;
use arrow_array::{Array, ArrayRef, GenericByteViewArray, StructArray, UInt32Array};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_select::take::take;

use super::widen::{common_type, widen};
use crate::chunk::compact;
use crate::chunk::{CHUNK_ROWS, Columns, Type};
use crate::error::{Decline, Error, Kind, Result};
use crate::kernel::views::INLINE_VIEW;

/// Text of one buffer; a view's offset has 32 bits.
const MOST_TEXT: usize = i32::MAX as usize;
/// Rows that an output should get at once, where memory allows it.
const OUTPUT_ROWS: usize = 1024;
/// Bytes of rows that wait at most.
const WAITING: usize = 16 << 20;

/// The rows of each output, in their order: row i goes to output `ids[i]`, which is less than `n`. Outputs share
/// storage, but texts lie one output after the other and none refers to more than its own.
pub fn scatter(rows: &Columns, ids: &[u32], n: usize) -> Result<Vec<Option<Columns>>, Decline> {
    let mut outputs = vec![None; n];
    if ids.len() != rows.len() || ids.iter().any(|id| *id as usize >= n) {
        return Err(Decline::new("rows and their outputs don't match"));
    }
    let Some(first) = ids.first() else { return Ok(outputs) };
    if ids.iter().all(|id| id == first) {
        outputs[*first as usize] = Some(compact(rows));
        return Ok(outputs);
    }
    let (order, starts) = by_output(ids, n);
    let order = UInt32Array::from(order);
    let cuts: Vec<(usize, usize)> =
        starts.windows(2).filter(|pair| pair[1] > pair[0]).map(|pair| (pair[0], pair[1] - pair[0])).collect();
    let parts = scatter_array(rows.array(), rows.kind(), &order, &cuts)?;
    let filled = (0..n).filter(|output| starts[output + 1] > starts[*output]);
    for (output, part) in filled.zip(parts) {
        outputs[output] = Some(Columns::new(part, rows.kind().clone()));
    }
    Ok(outputs)
}

/// The row numbers by output, and where each output's begin, with the end: a counting sort.
fn by_output(ids: &[u32], n: usize) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0_usize; n + 1];
    for id in ids {
        starts[*id as usize + 1] += 1;
    }
    for output in 0..n {
        starts[output + 1] += starts[output];
    }
    let mut next: Vec<u32> = starts.iter().map(|start| *start as u32).collect();
    let mut order = vec![0; ids.len()];
    for (row, id) in ids.iter().enumerate() {
        let place = &mut next[*id as usize];
        order[*place as usize] = row as u32;
        *place += 1;
    }
    (order, starts)
}

/// The array in the given order, cut into pieces of `(from, length)`.
fn scatter_array(
    array: &ArrayRef,
    kind: &Type,
    order: &UInt32Array,
    cuts: &[(usize, usize)],
) -> Result<Vec<ArrayRef>, Decline> {
    match kind {
        Type::Optional(inner) => return scatter_array(array, inner, order, cuts),
        Type::Tuple(kinds) | Type::Record(_, kinds) if !kinds.is_empty() => {
            return scatter_tuples(array.as_struct(), kinds, order, cuts);
        }
        _ => {}
    }
    let taken = take(array, order, None).map_err(|e| Decline::new(e.to_string()))?;
    Ok(match kind {
        Type::Str => cut_views(taken.as_string_view(), cuts),
        Type::Bytes => cut_views(taken.as_binary_view(), cuts),
        Type::List(_) | Type::Group(_) | Type::Vector | Type::Mixed => {
            let rows = compact(&Columns::new(taken, kind.clone()));
            let piece = |(from, len): &(usize, usize)| compact(&rows.slice(*from, *len)).array().clone();
            cuts.iter().map(piece).collect()
        }
        _ => cuts.iter().map(|(from, len)| taken.slice(*from, *len)).collect(),
    })
}

fn scatter_tuples(
    tuple: &StructArray,
    kinds: &[Type],
    order: &UInt32Array,
    cuts: &[(usize, usize)],
) -> Result<Vec<ArrayRef>, Decline> {
    let mut items: Vec<Vec<ArrayRef>> = cuts.iter().map(|_| Vec::with_capacity(kinds.len())).collect();
    for (item, kind) in tuple.columns().iter().zip(kinds) {
        for (piece, array) in items.iter_mut().zip(scatter_array(item, kind, order, cuts)?) {
            piece.push(array);
        }
    }
    let in_order = |nulls: &NullBuffer| order.values().iter().map(|row| nulls.is_valid(*row as usize)).collect();
    let nulls: Option<NullBuffer> = tuple.nulls().map(in_order);
    let tuples = items.into_iter().zip(cuts).map(|(items, (from, len))| {
        let nulls = nulls.as_ref().map(|nulls| nulls.slice(*from, *len));
        Arc::new(StructArray::new(tuple.fields().clone(), items, nulls)) as ArrayRef
    });
    Ok(tuples.collect())
}

/// Cuts views, which lie in the order of the outputs, and copies their texts in that order: one buffer, of which each
/// output gets its own part.
fn cut_views<T: ByteViewType>(array: &GenericByteViewArray<T>, cuts: &[(usize, usize)]) -> Vec<ArrayRef> {
    let long = |view: &u128| if *view as u32 > INLINE_VIEW { *view as u32 as usize } else { 0 };
    let total: usize = array.views().iter().map(long).sum();
    if total == 0 || total > MOST_TEXT {
        let piece = |(from, len): &(usize, usize)| {
            let piece = array.slice(*from, *len);
            Arc::new(if total == 0 { without_buffers(&piece) } else { piece.gc() }) as ArrayRef
        };
        return cuts.iter().map(piece).collect();
    }
    let buffers = array.data_buffers();
    let mut text: Vec<u8> = Vec::with_capacity(total);
    let mut views: Vec<u128> = Vec::with_capacity(array.len());
    let mut texts = Vec::with_capacity(cuts.len());
    for (from, len) in cuts {
        let begin = text.len();
        for view in &array.views()[*from..from + len] {
            let len = long(view);
            if len == 0 {
                views.push(*view);
                continue;
            }
            let (buffer, offset) = ((*view >> 64) as u32 as usize, (*view >> 96) as usize);
            views.push(u128::from(*view as u64) | ((text.len() - begin) as u128) << 96);
            text.extend_from_slice(&buffers[buffer][offset..offset + len]);
        }
        texts.push((begin, text.len() - begin));
    }
    let (text, views) = (Buffer::from_vec(text), ScalarBuffer::from(views));
    let pieces = cuts.iter().zip(texts).map(|((from, len), (begin, bytes))| {
        let nulls = array.nulls().map(|nulls| nulls.slice(*from, *len));
        let own: Vec<Buffer> = if bytes == 0 { Vec::new() } else { vec![text.slice_with_length(begin, bytes)] };
        // SAFETY: the views were valid in an array of type T; long ones refer to a copy of their whole text, by its
        // offset in the part that their piece got as buffer 0.
        let piece = unsafe { GenericByteViewArray::<T>::new_unchecked(views.slice(*from, *len), own.into(), nulls) };
        Arc::new(piece) as ArrayRef
    });
    pieces.collect()
}

/// The same short texts, without the buffers that none of them needs.
fn without_buffers<T: ByteViewType>(array: &GenericByteViewArray<T>) -> GenericByteViewArray<T> {
    // SAFETY: every view of a valid row holds its text itself.
    unsafe { GenericByteViewArray::new_unchecked(array.views().clone(), Arc::from([]), array.nulls().cloned()) }
}

/// Collects rows before it lays them out, so that many outputs don't get a tiny piece of every chunk.
pub struct Scatterer {
    n: usize,
    rows: Vec<Columns>,
    kind: Option<Type>,
    ids: Vec<u32>,
    weight: usize,
}

impl Scatterer {
    /// For `n` outputs.
    pub fn new(n: usize) -> Self {
        Self { n, rows: Vec::new(), kind: None, ids: Vec::new(), weight: 0 }
    }

    /// Takes rows and their outputs in. When enough have come, each output's go to `put`, in the order of the outputs.
    /// An error is `put`'s; the rows are gone then.
    pub fn push(
        &mut self,
        rows: &Columns,
        ids: &[u32],
        mut put: impl FnMut(usize, Columns) -> Result<()>,
    ) -> Result<()> {
        let kind = match &self.kind {
            Some(kind) => common_type(kind, rows.kind()),
            None => Some(rows.kind().clone()),
        };
        if kind.is_none() {
            self.flush(&mut put)?;
        }
        self.kind = Some(kind.unwrap_or_else(|| rows.kind().clone()));
        self.weight += rows.weight();
        self.rows.push(rows.clone());
        self.ids.extend_from_slice(ids);
        if self.weight >= WAITING || self.ids.len() >= (OUTPUT_ROWS * self.n).max(CHUNK_ROWS) {
            self.flush(put)?;
        }
        Ok(())
    }

    /// Hands on what waits: at the end, and before rows that go to the outputs another way.
    pub fn flush(&mut self, mut put: impl FnMut(usize, Columns) -> Result<()>) -> Result<()> {
        let (rows, ids) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.ids));
        self.weight = 0;
        let Some(kind) = self.kind.take() else { return Ok(()) };
        let wide: Vec<Columns> = rows.iter().map(|part| widen(part, &kind)).collect();
        // Lists with too many items for one column are laid out part by part.
        let wide = Columns::concat(&wide).map_or(wide, |all| vec![all]);
        let mut from = 0;
        for part in wide {
            let outputs = scatter(&part, &ids[from..from + part.len()], self.n)
                .map_err(|decline| Error::new(Kind::Spark, format!("a shuffle: {decline}")))?;
            from += part.len();
            for (output, rows) in outputs.into_iter().enumerate() {
                rows.map_or(Ok(()), |rows| put(output, rows))?;
            }
        }
        Ok(())
    }

    /// Bytes of the rows that wait, approximately.
    pub fn weight(&self) -> usize {
        self.weight + 4 * self.ids.len()
    }
}
