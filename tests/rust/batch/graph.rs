//! Streams: what they yield at each time, and that they are asked only on demand.

use std::sync::{Arc, Mutex};

use pyrite::batch::Missing;

use super::{Bench, plan, rows, taken};

#[test]
fn a_queue_pops_one_a_batch_and_then_is_an_empty_partition() {
    let mut b = Bench::new(&[]);
    let seen = b.see(&b.queue(&[&["a", "b"], &["c"]]));
    b.start(1);
    b.batches(3);
    assert_eq!(taken(&seen), rows(&[(1, &[&["a", "b"]]), (2, &[&["c"]]), (3, &[&[]])]));
}

#[test]
fn windows_union_the_batches_they_span() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["1"], &["2"], &["3"], &["4"]]);
    let two = b.see(&b.streaming.add_window(q.clone(), 2000, 1000).unwrap());
    let tumbling = b.see(&b.streaming.add_window(q.clone(), 2000, 2000).unwrap());
    let overlap = b.see(&b.streaming.add_window(q.clone(), 3000, 2000).unwrap());
    b.start(1);
    b.batches(4);
    assert_eq!(
        taken(&two),
        rows(&[(1, &[&["1"]]), (2, &[&["1"], &["2"]]), (3, &[&["2"], &["3"]]), (4, &[&["3"], &["4"]])])
    );
    assert_eq!(taken(&tumbling), rows(&[(2, &[&["1"], &["2"]]), (4, &[&["3"], &["4"]])]));
    assert_eq!(taken(&overlap), rows(&[(2, &[&["1"], &["2"]]), (4, &[&["2"], &["3"], &["4"]])]));
}

/// A queue is popped only when somebody asks: a window that slides by 3 meets items 1, 2, 3 at times 3, 6, 9.
#[test]
fn generation_is_on_demand() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["1"], &["2"], &["3"]]);
    let seen = b.see(&b.streaming.add_window(q, 1000, 3000).unwrap());
    b.start(1);
    b.batches(9);
    assert_eq!(taken(&seen), rows(&[(3, &[&["1"]]), (6, &[&["2"]]), (9, &[&["3"]])]));
}

#[test]
fn a_node_is_made_once_a_time_for_all_its_consumers() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["x"]]);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let kept = calls.clone();
    let t = b.transform(&[&q], Missing::Skip, move |time, plans| {
        kept.lock().unwrap().push(time.0);
        Ok(Some(plans[0].clone()))
    });
    let (one, two) = (b.see(&t), b.see(&t));
    b.start(1);
    b.batches(2);
    assert_eq!(taken(&calls), [1000, 2000]);
    assert_eq!(taken(&one), taken(&two));
}

#[test]
fn nothing_skips_what_depends_on_it_and_joins_fill_in() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["a"], &["b"], &["c"]]);
    let odd = b.transform(&[&q], Missing::Skip, |time, plans| Ok((time.0 / 1000 % 2 == 1).then(|| plans[0].clone())));
    let after = b.transform(&[&odd], Missing::Skip, |_, plans| Ok(Some(plans[0].clone())));
    let both = b.transform(&[&odd, &q], Missing::Empty, |_, plans| pyrite::plan::Plan::union(plans.to_vec()).map(Some));
    let (seen, joined) = (b.see(&after), b.see(&both));
    b.start(1);
    b.batches(3);
    assert_eq!(taken(&seen), rows(&[(1, &[&["a"]]), (3, &[&["c"]])]));
    assert_eq!(taken(&joined), rows(&[(1, &[&["a"], &["a"]]), (2, &[&["b"]]), (3, &[&["c"], &["c"]])]));
    let history = b.streaming.history();
    let ids: Vec<usize> = history.iter().map(|i| i.outputs.len()).collect();
    assert_eq!(ids, [2, 1, 2], "the absent operation leaves no gap");
}

#[test]
fn plans_are_dropped_once_no_window_needs_them() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    let made = Arc::new(Mutex::new(Vec::new()));
    let kept = made.clone();
    let t = b.transform(&[&q], Missing::Skip, move |_, _| {
        let plan = plan(&["x"]);
        kept.lock().unwrap().push(Arc::downgrade(&plan));
        Ok(Some(plan))
    });
    let _seen = b.see(&b.streaming.add_window(t, 3000, 1000).unwrap());
    b.start(1);
    b.batches(20);
    let alive = made.lock().unwrap().iter().filter(|p| p.strong_count() > 0).count();
    assert!((3..=5).contains(&alive), "{alive} plans are alive");
}

#[test]
fn odd_windows_are_refused() {
    let b = Bench::new(&[]);
    let q = b.queue(&[]);
    for (window, slide, what) in
        [(1500, 1000, "windowDuration"), (0, 1000, "windowDuration"), (2000, -1000, "slideDuration")]
    {
        let error = b.streaming.add_window(q.clone(), window, slide).map(drop).unwrap_err().to_string();
        let expected = format!("{what} must be multiple of the parent dstream's slide (batch) duration (1000 ms)");
        assert!(error.ends_with(&expected), "{error}");
    }
    let two = b.streaming.add_window(q, 2000, 2000).unwrap();
    assert!(b.streaming.add_window(two, 3000, 2000).is_err(), "counts in the parent's slides");
}
