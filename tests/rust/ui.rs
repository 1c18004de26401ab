//! What is remembered of streaming queries has an end, whatever the program does.

use pyrite::time::Time;
use pyrite::ui::{Facts, Queries, Told};

fn facts(run_id: &str) -> Facts {
    let (more, plan) = ("{}".to_owned(), String::new());
    Facts { id: "id".into(), run_id: run_id.into(), name: None, started: Time(0), more, plan, metered: false }
}

fn told(json: String, rows: u64) -> Told {
    Told { json, ran: true, rows, seconds: 0.5, input: 1.0, processed: 2.0, watermark: None }
}

#[test]
fn a_query_remembers_its_last_batches_and_counts_all() {
    let queries = Queries::default();
    let run = queries.begin(facts("a"), 10, 3);
    for number in 0..10 {
        run.tell(told(number.to_string(), number));
    }
    let now = run.now();
    let kept: Vec<&str> = now.told.iter().map(|told| told.json.as_str()).collect();
    assert_eq!((kept, now.batches, now.rows, now.busy), (vec!["7", "8", "9"], 10, 45, 5.0));
}

#[test]
fn batches_of_many_bytes_are_fewer() {
    let run = Queries::default().begin(facts("a"), 10, 100);
    for _ in 0..10 {
        run.tell(told("x".repeat(1 << 20), 1));
    }
    assert_eq!(run.now().told.len(), 4);
    run.tell(told("x".repeat(9 << 20), 1));
    assert_eq!((run.now().told.len(), run.now().batches), (1, 11));
}

#[test]
fn those_that_run_stay_and_the_last_that_have_ended() {
    let queries = Queries::default();
    let _runs = queries.begin(facts("runs"), 2, 1);
    for number in 0..5 {
        queries.begin(facts(&number.to_string()), 2, 1).end(Time(9), (number == 3).then_some("why"));
    }
    let _last = queries.begin(facts("last"), 2, 1);
    let all: Vec<String> = queries.all().iter().map(|run| run.facts.run_id.clone()).collect();
    assert_eq!(all, ["last", "4", "3", "runs"]);
    assert_eq!(queries.ended(), (5, 1));
    assert!(queries.find("0").is_none() && queries.find("3").is_some_and(|run| run.ended()));
}

#[test]
fn there_is_something_new_whenever_something_is_told() {
    let queries = Queries::default();
    let mut seen = vec![queries.pulse()];
    let run = queries.begin(facts("a"), 1, 1);
    seen.push(queries.pulse());
    run.tell(told("1".into(), 1));
    seen.push(queries.pulse());
    run.end(Time(1), None);
    seen.push(queries.pulse());
    seen.dedup();
    assert_eq!(seen.len(), 4);
}
