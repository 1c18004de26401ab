//! A failed operation leaves the others alone; a failed transform drops its batch.

use std::time::Duration;

use pyrite::batch::{Missing, Status};

use super::{Bench, boom, rows, taken};

fn failure(b: &Bench) -> String {
    match b.streaming.wait(Duration::ZERO) {
        Status::Failed(error) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failed_operation_is_kept_and_the_rest_goes_on() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["a"], &["b"]]);
    b.each(&q, |time, _| if time.0 == 1000 { Err(boom("first")) } else { Ok(()) });
    let seen = b.see(&q);
    b.start(1);
    b.batches(2);
    assert_eq!(taken(&seen), rows(&[(1, &[&["a"]]), (2, &[&["b"]])]));
    assert!(failure(&b).ends_with("first"));
    assert!(failure(&b).ends_with("first"), "every time");
    let failed: Vec<bool> = b.streaming.history().iter().map(pyrite::batch::BatchInfo::failed).collect();
    assert_eq!(failed, [true, false]);
    b.stop(false);
    assert!(failure(&b).ends_with("first"), "also after stop");
}

#[test]
fn the_last_failure_wins() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    b.each(&q, |time, _| Err(boom(&format!("at {time}"))));
    b.start(1);
    b.batches(2);
    assert!(failure(&b).ends_with("at 2000 ms"));
    assert_eq!(b.log.messages().len(), 2, "nobody waits, so the log says it");
}

#[test]
fn a_failed_transform_drops_the_whole_batch() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["a"], &["b"], &["c"]]);
    let seen = b.see(&q);
    let bad = b.transform(&[&q], Missing::Skip, |time, plans| {
        if time.0 == 2000 { Err(boom("transform")) } else { Ok(Some(plans[0].clone())) }
    });
    let after = b.see(&bad);
    b.start(1);
    b.batches(3);
    assert_eq!(taken(&seen), rows(&[(1, &[&["a"]]), (3, &[&["c"]])]));
    assert_eq!(taken(&after), taken(&seen));
    assert_eq!(b.streaming.history().len(), 2);
    assert!(failure(&b).ends_with("transform"));
}

#[test]
fn a_parent_without_a_plan_fails_a_union_and_a_context_transform() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    let none = b.transform(&[&q], Missing::Skip, |_, _| Ok(None));
    let _seen = b.see(&b.transform(&[&none], Missing::Fail, |_, plans| Ok(Some(plans[0].clone()))));
    b.start(1);
    b.batches(1);
    assert!(failure(&b).ends_with("Couldn't generate RDD from parent at time 1000 ms"));
}
