//! However a batch ends, it ends in one place and in the order of times; nothing is locked while others' code runs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread;
use std::time::Duration;

use pyrite::batch::{Event, Listener, Missing, Outcome, Phase, StreamRef, Streaming};
use pyrite::block::{Budget, Lease};
use pyrite::chunk::Cancel;
use pyrite::error::Result;
use pyrite::plan::{Plan, PlanRef};
use pyrite::source::Input;
use pyrite::store::{Found, Stored};
use pyrite::time::Time;

use super::{Bench, boom, plan, taken};

/// A source that brings 100 bytes for each batch and says what it still holds. It asks its context whatever happens.
struct Fake {
    streaming: Arc<Streaming>,
    budget: Arc<Budget>,
    held: Mutex<BTreeSet<Time>>,
    plans: Mutex<Vec<Weak<Plan>>>,
    started: AtomicUsize,
}

impl Fake {
    fn add(b: &Bench) -> (Arc<Self>, StreamRef) {
        let fake = Arc::new(Self {
            streaming: b.streaming.clone(),
            budget: Budget::new(1000),
            held: Mutex::default(),
            plans: Mutex::default(),
            started: AtomicUsize::new(0),
        });
        let input: Arc<dyn Input> = fake.clone();
        let stream = b.streaming.add_input("fake", |_| {
            assert_eq!(b.streaming.phase(), Phase::Initialized, "and doesn't wait for ever");
            Ok(input)
        });
        (fake, stream.unwrap())
    }
}

impl Input for Fake {
    fn start(&self) -> Result<()> {
        assert_eq!(self.streaming.phase(), Phase::Initialized);
        assert!(self.streaming.add_union(Vec::new()).is_err(), "what starts has started");
        self.started.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn stop(&self) {
        self.streaming.phase();
        self.started.fetch_sub(1, Ordering::SeqCst);
    }

    fn allocate(&self, time: Time) -> Option<Lease> {
        self.streaming.phase();
        self.held.lock().unwrap().insert(time);
        self.budget.charge(100);
        Some(Lease::new(self.budget.clone(), 100))
    }

    fn compute(&self, _: Time) -> Result<Option<PlanRef>> {
        let plan = plan(&["x"]);
        self.plans.lock().unwrap().push(Arc::downgrade(&plan));
        Ok(Some(plan))
    }

    fn forget(&self, up_to: Time) {
        self.streaming.phase();
        self.held.lock().unwrap().retain(|time| *time > up_to);
    }
}

/// The usual case is a typo in a notebook's cell that is left running.
#[test]
fn a_stream_whose_transform_always_fails_keeps_nothing() {
    let mut b = Bench::new(&[]);
    let (fake, stream) = Fake::add(&b);
    let bad = b.transform(&[&stream], Missing::Skip, |_, _| Err(boom("typo")));
    b.each(&bad, |_, _| Ok(()));
    b.start(1);
    b.batches(30);
    assert_eq!(fake.budget.used(), 0);
    assert!(fake.held.lock().unwrap().len() <= 1, "{:?}", fake.held);
    let alive = fake.plans.lock().unwrap().iter().filter(|plan| plan.strong_count() > 0).count();
    assert!(alive <= 2, "{alive} plans");
    b.stop(false);
    assert_eq!(fake.started.load(Ordering::SeqCst), 0);
}

#[test]
fn a_fault_while_a_batch_is_made_ends_that_batch_only() {
    let mut b = Bench::new(&[]);
    let (fake, stream) = Fake::add(&b);
    let bad = b.transform(&[&stream], Missing::Skip, |time, plans| {
        assert!(time.0 != 2000, "a fault");
        Ok(Some(plans[0].clone()))
    });
    let seen = b.see(&bad);
    b.start(1);
    b.batches(3);
    let times: Vec<i64> = taken(&seen).iter().map(|(time, _)| *time).collect();
    assert_eq!(times, [1, 3]);
    assert_eq!(fake.budget.used(), 0);
}

#[test]
fn what_a_stopped_context_has_not_done_is_released() {
    let mut b = Bench::new(&[]);
    let (fake, stream) = Fake::add(&b);
    let (go, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (begin, started) = mpsc::channel();
    let begin = Mutex::new(begin);
    b.each(&stream, move |_, _| {
        begin.lock().unwrap().send(()).unwrap();
        let _ = gate.lock().unwrap().recv();
        Ok(())
    });
    b.start(1);
    b.clock.advance(3000);
    started.recv().unwrap();
    let helper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        drop(go);
    });
    b.stop(false);
    helper.join().unwrap();
    assert_eq!(fake.budget.used(), 0);
    assert!(b.streaming.history().len() <= 1, "what was dropped isn't told as done");
}

/// The listener asks its context: with a lock held that would be the end.
struct Hears {
    streaming: Arc<Streaming>,
    heard: Mutex<Vec<String>>,
}

impl Listener for Hears {
    fn event(&self, event: &Event) {
        self.streaming.history();
        self.heard.lock().unwrap().push(match event {
            Event::StreamingStarted(_) => "started".to_owned(),
            Event::BatchSubmitted(batch) => format!("submitted {}", batch.time.0 / 1000),
            Event::BatchStarted(batch) => format!("began {}", batch.time.0 / 1000),
            Event::BatchCompleted(batch) => format!("{:?} {}", batch.outcome.unwrap(), batch.time.0 / 1000),
            Event::OutputStarted(..) | Event::OutputCompleted(..) => return,
            other => format!("{other:?}"),
        });
    }
}

#[test]
fn batches_that_end_out_of_order_are_settled_in_order() {
    let mut b = Bench::new(&[]);
    let (fake, stream) = Fake::add(&b);
    let (go, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let ended = Arc::new(Mutex::new(Vec::new()));
    let kept = ended.clone();
    b.each(&stream, move |time, _| {
        if time.0 == 1000 {
            gate.lock().unwrap().recv().unwrap();
        }
        kept.lock().unwrap().push(time.0);
        if time.0 == 2000 { Err(boom("second")) } else { Ok(()) }
    });
    let hears = Arc::new(Hears { streaming: b.streaming.clone(), heard: Mutex::default() });
    b.streaming.add_listener(hears.clone());
    b.start(2);
    b.clock.advance(6000);
    while taken(&ended).len() < 5 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(taken(&ended), [2000, 3000, 4000, 5000, 6000], "the first one holds nobody up");
    thread::sleep(Duration::from_millis(20));
    assert!(b.streaming.history().is_empty());
    assert!(fake.held.lock().unwrap().contains(&Time(1000)));
    go.send(()).unwrap();
    assert!(b.streaming.wait_idle(Duration::from_secs(5)));
    let history: Vec<_> = b.streaming.history().iter().map(|i| (i.time.0 / 1000, i.outcome.unwrap())).collect();
    let outcome = |n| if n == 2 { Outcome::Failed } else { Outcome::Committed };
    assert_eq!(history, (1..=6).map(|n| (n, outcome(n))).collect::<Vec<_>>());
    assert_eq!(fake.budget.used(), 0);
    b.stop(false);
    let events = taken(&hears.heard);
    assert_eq!(events[0], "started");
    let of = |what: &str| -> Vec<String> { events.iter().filter(|e| e.starts_with(what)).cloned().collect() };
    assert_eq!(of("submitted"), (1..=6).map(|n| format!("submitted {n}")).collect::<Vec<_>>());
    let done: Vec<_> = events.iter().filter(|e| e.starts_with('C') || e.starts_with('F')).cloned().collect();
    assert_eq!(done, (1..=6).map(|n| format!("{:?} {n}", outcome(n))).collect::<Vec<_>>());
    for n in 1..=6 {
        let at = |what: String| events.iter().position(|e| *e == what).unwrap();
        assert!(at(format!("submitted {n}")) < at(format!("began {n}")));
    }
}

/// `slice()` on the program's thread beside the generator.
#[test]
fn two_who_ask_for_one_time_get_one_plan() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["a"], &["b"], &["c"]]);
    let calls = Arc::new(AtomicUsize::new(0));
    let (counted, slow) = (calls.clone(), Duration::from_millis(50));
    let t = b.transform(&[&q], Missing::Skip, move |_, plans| {
        counted.fetch_add(1, Ordering::SeqCst);
        thread::sleep(slow);
        Ok(Some(plans[0].clone()))
    });
    let seen = b.see(&t);
    b.start(1);
    for n in 1..=3 {
        let askers: Vec<_> = (0..3)
            .map(|_| {
                let t = t.clone();
                thread::spawn(move || t.plan(Time(n * 1000), &|| Ok(())).unwrap().unwrap())
            })
            .collect();
        b.batches(1);
        let plans: Vec<_> = askers.into_iter().map(|asker| asker.join().unwrap()).collect();
        assert!(plans.iter().all(|plan| Arc::ptr_eq(plan, &plans[0])));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let rows: Vec<_> = taken(&seen).into_iter().map(|(_, parts)| parts.concat().concat()).collect();
    assert_eq!(rows, ["a", "b", "c"], "the queue gave each batch its own");
}

#[test]
fn who_waits_for_anothers_plan_can_be_interrupted_and_makes_it_when_that_fails() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[&["a"]]);
    let (go, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let t = b.transform(&[&q], Missing::Skip, move |_, plans| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            gate.lock().unwrap().recv().unwrap();
            return Err(boom("the first"));
        }
        Ok(Some(plans[0].clone()))
    });
    b.each(&t, |_, _| Ok(()));
    b.start(1);
    b.clock.advance(1000);
    while calls.load(Ordering::SeqCst) == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let error = t.plan(Time(1000), &|| Err(boom("interrupted"))).map(drop).unwrap_err().to_string();
    assert!(error.ends_with("interrupted"), "{error}");
    let other = t.clone();
    let waiter = thread::spawn(move || other.plan(Time(1000), &|| Ok(())).unwrap().is_some());
    thread::sleep(Duration::from_millis(20));
    go.send(()).unwrap();
    assert!(waiter.join().unwrap());
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_function_that_asks_for_its_own_stream_is_told() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    let own: Arc<Mutex<Option<StreamRef>>> = Arc::default();
    let asked = own.clone();
    let t = b.transform(&[&q], Missing::Skip, move |time, _| {
        let own = asked.lock().unwrap().clone().unwrap();
        own.plan(time, &|| Ok(()))
    });
    *own.lock().unwrap() = Some(t.clone());
    b.each(&t, |_, _| Ok(()));
    b.start(1);
    b.batches(1);
    let status = format!("{:?}", b.streaming.wait(Duration::ZERO));
    assert!(status.contains("by the function that makes it"), "{status}");
    own.lock().unwrap().take();
}

/// A window keeps what its parents made, not what that was made of: else it would hold all that was received.
#[test]
fn a_window_over_kept_plans_lets_go_of_what_they_were_made_of() {
    let mut b = Bench::new(&[]);
    let source = b.queue(&[&["a"], &["b"], &["c"], &["d"], &["e"], &["f"]]);
    let raw: Arc<Mutex<Vec<Weak<Plan>>>> = Arc::default();
    let seen = raw.clone();
    let counted = b.transform(&[&source], Missing::Skip, move |_, parents| {
        seen.lock().unwrap().push(Arc::downgrade(&parents[0]));
        // As a narrow operation holds its parent.
        Plan::coalesce(parents[0].clone(), 1).map(Some)
    });
    let window = b.streaming.add_window(counted, 4000, 1000).unwrap();
    b.each(&window, |_, plan| {
        for input in plan.inputs().iter() {
            // What the tasks of a job do.
            for partition in 0..input.plan.partitions()? {
                if let Found::Claim(claim) = input.plan.slots().find(partition, &Cancel::default()) {
                    claim.fulfil(Stored::of(Vec::new()));
                }
            }
        }
        Ok(())
    });
    b.start(1);
    b.batches(5);
    let alive = |raw: &[Weak<Plan>]| raw.iter().filter(|plan| plan.upgrade().is_some()).count();
    // The newest plan's lineage stays; the source remembers its own last plans no longer than it must.
    assert!(alive(&raw.lock().unwrap()) <= 2, "{} of 5", alive(&raw.lock().unwrap()));
}
