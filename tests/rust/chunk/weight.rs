//! Weights follow what a chunk keeps alive; compacting lets go of what it doesn't need.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, NullArray, StringViewArray};
use arrow_buffer::{Buffer, ScalarBuffer};
use pyrite::chunk::{Chunk, Columns, Type, compact, lines};

fn ints(from: i64, to: i64) -> Columns {
    Columns::new(Arc::new(Int64Array::from_iter_values(from..to)) as ArrayRef, Type::Int)
}

fn texts(n: usize) -> Columns {
    lines(format!("{:0>99}\n", 7).repeat(n).into_bytes())
}

fn about(weight: usize, expected: usize) {
    assert!(weight >= expected && weight <= expected + expected / 20 + 1000, "{weight} for {expected}");
}

#[test]
fn a_slice_weighs_what_it_covers() {
    about(ints(0, 10_000).weight(), 80_000);
    about(ints(0, 10_000).slice(100, 1000).weight(), 8000);
    about(texts(1000).weight(), 1000 * (16 + 99));
    about(texts(1000).slice(10, 100).weight(), 100 * (16 + 99));
    let pairs = Columns::tuple(vec![ints(0, 1000), texts(1000)], 1000);
    about(pairs.weight(), 1000 * (8 + 16 + 99));
    about(pairs.slice(500, 100).weight(), 100 * (8 + 16 + 99));
    about(Columns::new(Arc::new(NullArray::new(1 << 30)), Type::Null).weight(), 0);
}

#[test]
fn a_text_that_rows_share_counts_once() {
    let one = StringViewArray::from(vec!["x".repeat(1000).as_str()]);
    let view = one.views()[0];
    let buffers: Arc<[Buffer]> = one.data_buffers().to_vec().into();
    // SAFETY: the view belongs to these buffers.
    let many = unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(vec![view; 1000]), buffers, None) };
    let many = Columns::new(Arc::new(many), Type::Str);
    assert!(many.weight() < 30_000);
    assert!(compact(&many).array().get_buffer_memory_size() < 40_000);
}

#[test]
fn compacting_copies_only_what_pins_more_than_it_needs() {
    let all = compact(&texts(1000));
    assert!(all.array().get_buffer_memory_size() >= 99_000);
    let few = compact(&all.slice(0, 10));
    assert!(few.array().get_buffer_memory_size() < 5000);
    assert_eq!(few.array(), all.slice(0, 10).array());
    let same = |a: &Columns, b: &Columns| {
        let ptr =
            |c: &Columns| c.array().as_any().downcast_ref::<StringViewArray>().unwrap().data_buffers()[0].as_ptr();
        ptr(a) == ptr(b)
    };
    assert!(same(&all, &compact(&all)));
}

#[test]
fn small_neighbours_are_put_together() {
    let chunk = |c: Columns| Chunk::Columns(c);
    let parts = vec![chunk(ints(0, 10)), chunk(ints(10, 30)), chunk(texts(3)), chunk(ints(0, 9000)), chunk(ints(0, 5))];
    let joined = Chunk::join_small(parts);
    assert_eq!(joined.iter().map(Chunk::len).collect::<Vec<_>>(), [30, 3, 9000, 5]);
    let Chunk::Columns(first) = &joined[0] else { panic!("no columns") };
    assert_eq!(first.array(), ints(0, 30).array());
    assert!(Chunk::join_small(Vec::new()).is_empty());
}
