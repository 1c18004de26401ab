//! How data that is not yet in partitions is cut into them: `parallelize`'s slices and the splits of text files.

/// Spark's limit of a split of a local file.
const BLOCK: u64 = 32 << 20;
/// The last split of a file may be this much larger than the others.
const SLACK: f64 = 1.1;

/// `parallelize` of a list: `(from, to)` of each of `slices` partitions over `len` elements. Elements move in
/// serializer batches, so the slices are lumpy. `batch_size` is the context's, 1024 by default.
pub fn list_bounds(len: usize, slices: usize, batch_size: usize) -> Vec<(usize, usize)> {
    let batch = (len / slices.max(1)).min(batch_size).max(1);
    let batches = len.div_ceil(batch);
    let cut = |i: usize| (i * batches / slices * batch).min(len);
    (0..slices).map(|i| (cut(i), cut(i + 1))).collect()
}

/// `parallelize` of a `range`: exact slices, cut by Python's float division.
pub fn range_bounds(len: usize, slices: usize) -> Vec<(usize, usize)> {
    let cut = |i: usize| ((i as f64 * len as f64 / slices as f64) as usize).min(len);
    (0..slices).map(|i| (cut(i), if i + 1 == slices { len } else { cut(i + 1) })).collect()
}

/// `textFile`'s splits of files of the given sizes: `(file, start, length)`, in file order.
pub fn file_splits(sizes: &[u64], min_partitions: usize) -> Vec<(usize, u64, u64)> {
    let all: Vec<(u64, bool)> = sizes.iter().map(|size| (*size, true)).collect();
    mixed_file_splits(&all, min_partitions)
}

/// The same for files of which some can't be cut (compressed ones): `(size, can be cut)`.
pub fn mixed_file_splits(files: &[(u64, bool)], min_partitions: usize) -> Vec<(usize, u64, u64)> {
    let total: u64 = files.iter().map(|(size, _)| size).sum();
    let goal = total / min_partitions.max(1) as u64;
    let length = goal.clamp(1, BLOCK);
    let mut splits = Vec::new();
    for (file, &(size, cuttable)) in files.iter().enumerate() {
        let mut start = 0;
        while cuttable && (size - start) as f64 / length as f64 > SLACK {
            splits.push((file, start, length));
            start += length;
        }
        if start < size || size == 0 {
            splits.push((file, start, size - start));
        }
    }
    splits
}

/// The splits of one file of records of `record` bytes: `(start, length)`. A split ends where a record does.
pub fn record_splits(len: u64, record: u64, cuttable: bool) -> Vec<(u64, u64)> {
    let length = if BLOCK < record { record } else { BLOCK / record * record };
    let (mut start, mut splits) = (0, Vec::new());
    while cuttable && (len - start) as f64 / length as f64 > SLACK {
        splits.push((start, length));
        start += length;
    }
    if start < len {
        splits.push((start, len - start));
    }
    splits
}
