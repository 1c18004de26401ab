//! Where sorted runs are cut into range partitions, exactly as `cuts` would cut all their rows together, without
//! merging them.

use std::cmp::Ordering;

use super::keys::SortKeys;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::Reader;
use crate::shuffle::encode::{check_order_among, ordered_float};
use crate::shuffle::widen::{common_type, widen};

/// For each run the `partitions + 1` boundaries: its rows `cuts[i]..cuts[i + 1]` go to partition i. A run is the key
/// columns of its chunks, sorted in the direction that `ascending` says. Declines keys of several types, and `None`
/// where Python would compare it.
pub fn cut_runs(runs: &[Vec<Columns>], partitions: usize, ascending: bool) -> Result<Vec<Vec<usize>>, Decline> {
    let total: usize = runs.iter().flatten().map(Columns::len).sum();
    let runs = comparable(runs, total, partitions)?;
    let readers: Vec<Run<'_>> = runs
        .iter()
        .map(|run| Run::new(run))
        .collect::<Option<_>>()
        .ok_or(Decline::new("a column whose array is of another type"))?;
    let ends: Vec<usize> = readers.iter().map(|run| run.len).collect();
    let mut cuts: Vec<Vec<usize>> = readers.iter().map(|_| vec![0; partitions.max(1) + 1]).collect();
    for (cuts, end) in cuts.iter_mut().zip(&ends) {
        cuts[partitions.max(1)] = *end;
    }
    let begins = vec![0; readers.len()];
    let all = Cutter { runs: readers, ascending, total, partitions };
    all.cut(1, partitions.max(1), begins, ends, &mut cuts);
    Ok(cuts)
}

/// The runs' keys under one type, if Python could compare them all.
fn comparable(runs: &[Vec<Columns>], total: usize, partitions: usize) -> Result<Vec<Vec<Columns>>, Decline> {
    let mut kind: Option<Type> = None;
    for keys in runs.iter().flatten().filter(|keys| !keys.is_empty()) {
        kind = Some(match &kind {
            Some(kind) => common_type(kind, keys.kind())
                .ok_or_else(|| Decline::new(format!("keys of {} and of {kind}", keys.kind())))?,
            None => keys.kind().clone(),
        });
    }
    let Some(kind) = kind else { return Ok(runs.iter().map(|_| Vec::new()).collect()) };
    let mut wide = Vec::with_capacity(runs.len());
    for run in runs {
        let filled = run.iter().filter(|keys| !keys.is_empty());
        let run: Vec<Columns> = filled.map(|keys| widen(keys, &kind)).collect();
        for keys in &run {
            if total > 1 && keys.len() == 1 {
                // A run of one row was sorted without a look at it.
                SortKeys::new(keys)?;
            }
            // Python compares even a single key, with the bounds of the ranges.
            let none = kind == Type::Null || keys.array().is_null(0);
            if total > 1 || partitions > 1 && none {
                check_order_among(keys.array(), &kind, total.max(2))?;
            }
        }
        wide.push(run);
    }
    Ok(wide)
}

/// The chunks of a run, found by row number.
struct Run<'a> {
    starts: Vec<usize>,
    chunks: Vec<Reader<'a>>,
    len: usize,
}

/// A key: which run, which row.
type Key = (usize, usize);

struct Cutter<'a> {
    runs: Vec<Run<'a>>,
    ascending: bool,
    total: usize,
    partitions: usize,
}

/// Where the rows that come before a key end in each run, and where those that equal it do.
struct Around {
    before: Vec<usize>,
    through: Vec<usize>,
}

impl<'a> Run<'a> {
    fn new(chunks: &'a [Columns]) -> Option<Self> {
        let mut len = 0;
        let mut starts = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            starts.push(len);
            len += chunk.len();
        }
        Some(Self { starts, chunks: chunks.iter().map(Reader::new).collect::<Option<_>>()?, len })
    }

    fn at(&self, row: usize) -> (&Reader<'a>, usize) {
        let chunk = self.starts.partition_point(|start| *start <= row) - 1;
        (&self.chunks[chunk], row - self.starts[chunk])
    }
}

impl Cutter<'_> {
    /// Fills the cuts `from..to` of all runs; what is cut lies between `low` and `high`. The middle one narrows down the
    /// others.
    fn cut(&self, from: usize, to: usize, low: Vec<usize>, high: Vec<usize>, cuts: &mut [Vec<usize>]) {
        if from >= to {
            return;
        }
        let cut = from.midpoint(to);
        // The bound's rank is counted in ascending order; rows equal to it go to the range before it in that order.
        let rank = if self.ascending {
            self.total * cut / self.partitions
        } else {
            self.total.saturating_sub(1) - self.total * (self.partitions - cut) / self.partitions
        };
        let around = self.select(rank, low.clone(), high.clone());
        let at = if self.ascending { &around.through } else { &around.before };
        for (cuts, at) in cuts.iter_mut().zip(at) {
            cuts[cut] = *at;
        }
        self.cut(from, cut, low, around.through, cuts);
        self.cut(cut + 1, to, around.before, high, cuts);
    }

    /// The rows around the key at `rank`, counted over all runs in their direction; it lies between `low` and `high`.
    fn select(&self, rank: usize, mut low: Vec<usize>, mut high: Vec<usize>) -> Around {
        loop {
            let Some(pivot) = self.pivot(&low, &high) else { return Around { before: low, through: high } };
            let search = |ends: &[usize], begins: &[usize], wanted: &dyn Fn(Ordering) -> bool| -> Vec<usize> {
                let runs = begins.iter().zip(ends).enumerate();
                runs.map(|(run, (begin, end))| {
                    partition_point(*begin, *end, |row| wanted(self.compare((run, row), pivot)))
                })
                .collect()
            };
            let before = search(&high, &low, &Ordering::is_lt);
            let through = search(&high, &before, &Ordering::is_le);
            if rank < before.iter().sum() {
                high = before;
            } else if rank >= through.iter().sum() {
                low = through;
            } else {
                return Around { before, through };
            }
        }
    }

    /// The middle of the runs' middle keys, each weighing as much as what is left of its run: at least a quarter of all
    /// that is left is on either side.
    fn pivot(&self, low: &[usize], high: &[usize]) -> Option<Key> {
        let mut middles: Vec<(Key, usize)> = low
            .iter()
            .zip(high)
            .enumerate()
            .filter(|(_, (low, high))| low < high)
            .map(|(run, (low, high))| ((run, low.midpoint(*high)), high - low))
            .collect();
        middles.sort_by(|(a, _), (b, _)| self.compare(*a, *b));
        let half = middles.iter().map(|(_, weight)| weight).sum::<usize>() / 2;
        let mut sum = 0;
        middles.iter().find_map(|(key, weight)| {
            sum += weight;
            (sum > half).then_some(*key)
        })
    }

    /// How two keys compare in the runs' direction.
    fn compare(&self, left: Key, right: Key) -> Ordering {
        let (a, a_row) = self.runs[left.0].at(left.1);
        let (b, b_row) = self.runs[right.0].at(right.1);
        let ascending = compare(a, a_row, b, b_row);
        if self.ascending { ascending } else { ascending.reverse() }
    }
}

/// The first place in `begin..end` where `is_before` ends to hold.
fn partition_point(mut begin: usize, mut end: usize, is_before: impl Fn(usize) -> bool) -> usize {
    while begin < end {
        let middle = begin.midpoint(end);
        if is_before(middle) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    begin
}

/// How Python compares two rows of one type, neither of which has a `None`.
fn compare(left: &Reader<'_>, i: usize, right: &Reader<'_>, j: usize) -> Ordering {
    match (left, right) {
        (Reader::Bool(a), Reader::Bool(b)) => a.value(i).cmp(&b.value(j)),
        (Reader::Int(a), Reader::Int(b))
        | (Reader::DateTime(a), Reader::DateTime(b))
        | (Reader::Delta(a), Reader::Delta(b)) => a[i].cmp(&b[j]),
        (Reader::Float(a), Reader::Float(b)) => ordered_float(a[i]).cmp(&ordered_float(b[j])),
        (Reader::Str(a), Reader::Str(b)) => a.value(i).as_bytes().cmp(b.value(j).as_bytes()),
        (Reader::Bytes(a), Reader::Bytes(b)) => a.value(i).cmp(b.value(j)),
        (Reader::Date(a), Reader::Date(b)) => a[i].cmp(&b[j]),
        (Reader::Tuple(a), Reader::Tuple(b)) | (Reader::Record(_, a), Reader::Record(_, b)) => {
            let items = a.iter().zip(b).map(|(a, b)| compare(a, i, b, j));
            items.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }
        (Reader::Optional(_, a), b) => compare(a, i, b, j),
        (a, Reader::Optional(_, b)) => compare(a, i, b, j),
        _ => Ordering::Equal,
    }
}
