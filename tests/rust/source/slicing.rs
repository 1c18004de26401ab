//! `parallelize`, `repartition` and `textFile` against what `PySpark` did.

use pyrite::shuffle::repartition::Lumps;
use pyrite::source::slicing::{file_splits, list_bounds, mixed_file_splits, range_bounds};

fn sizes(bounds: &[(usize, usize)]) -> Vec<usize> {
    bounds.iter().map(|(from, to)| to - from).collect()
}

#[test]
fn lists_move_in_batches() {
    assert_eq!(sizes(&list_bounds(10, 4, 1024)), [2, 2, 2, 4]);
    assert_eq!(sizes(&list_bounds(1000, 7, 1024)), [142, 142, 142, 142, 142, 142, 148]);
    assert_eq!(sizes(&list_bounds(5000, 2, 1024)), [2048, 2952]);
    assert_eq!(sizes(&list_bounds(11, 3, 1024)), [3, 3, 5]);
    assert_eq!(sizes(&list_bounds(3, 5, 1024)), [0, 1, 0, 1, 1]);
    assert_eq!(sizes(&list_bounds(0, 3, 1024)), [0, 0, 0]);
    for (len, slices, batch) in [(7, 3, 1), (100, 8, 3), (5, 5, 1024), (4097, 4, 1024)] {
        let bounds = list_bounds(len, slices, batch);
        assert!(bounds.windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert_eq!((bounds[0].0, bounds[slices - 1].1), (0, len));
    }
}

#[test]
fn ranges_are_cut_exactly() {
    assert_eq!(range_bounds(10, 4), [(0, 2), (2, 5), (5, 7), (7, 10)]);
    assert_eq!(sizes(&range_bounds(1000, 7)), [142, 143, 143, 143, 143, 143, 143]);
    assert_eq!(range_bounds(0, 2), [(0, 0), (0, 0)]);
}

/// The rows of each output partition when `rows` rows in `inputs` slices of a range are repartitioned.
fn repartitioned(rows: usize, inputs: usize, outputs: usize) -> Vec<Vec<usize>> {
    let mut partitions = vec![Vec::new(); outputs];
    for (index, (from, to)) in range_bounds(rows, inputs).into_iter().enumerate() {
        for (row, output) in (from..to).zip(Lumps::new(index, outputs).next(to - from)) {
            partitions[output as usize].push(row);
        }
    }
    partitions
}

#[test]
fn repartition_deals_batches_of_ten() {
    let empty: Vec<usize> = Vec::new();
    assert_eq!(repartitioned(10, 2, 4), [empty.clone(), (0..10).collect(), empty.clone(), empty]);
    let lens: Vec<usize> = repartitioned(1000, 3, 7).iter().map(Vec::len).collect();
    assert_eq!(lens, [144, 133, 140, 150, 143, 140, 150]);
    let hundred = repartitioned(100, 2, 4);
    assert_eq!(hundred[0], (30..40).chain(80..90).collect::<Vec<_>>());
    assert_eq!(hundred[1], (0..10).chain(40..60).chain(90..100).collect::<Vec<_>>());
    assert_eq!(hundred[2], (10..20).chain(60..70).collect::<Vec<_>>());
    assert_eq!(hundred[3], (20..30).chain(70..80).collect::<Vec<_>>());
}

#[test]
fn text_files_are_split_by_size() {
    assert_eq!(file_splits(&[9, 24], 2), [(0, 0, 9), (1, 0, 16), (1, 16, 8)]);
    assert_eq!(file_splits(&[0], 2), [(0, 0, 0)]);
    assert_eq!(file_splits(&[11], 1), [(0, 0, 11)]);
    assert_eq!(file_splits(&[21], 2), [(0, 0, 10), (0, 10, 11)], "the last may be a tenth larger");
    assert_eq!(file_splits(&[100 << 20], 1).len(), 4);
    assert_eq!(mixed_file_splits(&[(30, false), (30, true)], 4), [(0, 0, 30), (1, 0, 15), (1, 15, 15)]);
    assert!(file_splits(&[], 2).is_empty());
}
