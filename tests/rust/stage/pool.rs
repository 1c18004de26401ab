//! The pool: jobs are served in turn; threads that hang in cancelled tasks are retired and replaced.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyrite::chunk::Cancel;
use pyrite::id::JobId;
use pyrite::stage::Pool;

#[test]
fn a_thread_that_hangs_in_a_cancelled_task_is_replaced_once() {
    let pool = Pool::new(1);
    let (asked, threads) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let serve = {
        let pool = pool.clone();
        move |ident| {
            let pool = pool.clone();
            std::thread::spawn(move || pool.serve(ident))
        }
    };
    threads.lock().unwrap().push(serve(1));
    let (idents, more, again) = (asked.clone(), threads.clone(), serve.clone());
    pool.on_stuck(Box::new(move |stuck| {
        idents.lock().unwrap().extend_from_slice(stuck);
        more.lock().unwrap().push(again(2));
    }));
    let (free, hang) = channel::<()>();
    let (begun, begins) = channel();
    let cancel = Cancel::default();
    let hangs = move || {
        begun.send(()).unwrap();
        let _ = hang.recv();
    };
    pool.submit(JobId(0), vec![(Box::new(hangs), cancel.clone())]);
    begins.recv().unwrap();
    pool.replace_stuck();
    assert!(asked.lock().unwrap().is_empty());
    cancel.set();
    // It may still end by itself.
    pool.replace_stuck();
    assert!(asked.lock().unwrap().is_empty());
    std::thread::sleep(Duration::from_millis(60));
    pool.replace_stuck();
    pool.replace_stuck();
    assert_eq!(*asked.lock().unwrap(), [1]);
    let (done, ends) = channel();
    pool.submit(JobId(1), vec![(Box::new(move || done.send(Pool::is_serving()).unwrap()), Cancel::default())]);
    assert!(ends.recv_timeout(Duration::from_secs(5)).unwrap());
    assert!(!Pool::is_serving());
    free.send(()).unwrap();
    let first = threads.lock().unwrap().remove(0);
    first.join().unwrap();
    pool.close();
    for thread in threads.lock().unwrap().drain(..) {
        thread.join().unwrap();
    }
}

#[test]
fn jobs_are_served_in_turn() {
    let pool = Pool::new(1);
    let (ran, order) = channel();
    let task = |name: u64| -> (pyrite::stage::Work, Cancel) {
        let ran = ran.clone();
        (Box::new(move || ran.send(name).unwrap()), Cancel::default())
    };
    pool.submit(JobId(0), (0..4).map(&task).collect());
    pool.submit(JobId(1), vec![task(10), task(11)]);
    pool.submit(JobId(0), vec![task(4)]);
    pool.submit(JobId(2), Vec::new());
    // What was queued before it was closed is done.
    pool.close();
    pool.serve(1);
    assert_eq!(order.try_iter().collect::<Vec<_>>(), [0, 10, 1, 11, 2, 3, 4]);
}
