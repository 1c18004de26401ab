//! `cargo test --profile ci -- --ignored --nocapture word_speed` prints what a word costs.

use std::time::Instant;

use super::{block, kept, lower, not_empty, pair, split_words};

#[test]
#[ignore = "a measurement"]
fn word_speed() {
    measure("ASCII", 'a', 26);
    measure("Korean", '가', 11_172);
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn measure(name: &str, first: char, letters: u64) {
    let mut seed = 12345u64;
    let mut random = move |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let vocabulary: Vec<String> = (0..44_000)
        .map(|_| {
            let len = 1 + random(5) + random(6) + if random(12) == 0 { 6 } else { 0 };
            (0..len)
                .filter_map(|i| {
                    let c = char::from_u32(first as u32 + random(letters) as u32)?;
                    Some(if i == 0 && random(6) == 0 { c.to_ascii_uppercase() } else { c })
                })
                .collect()
        })
        .collect();
    let lines: Vec<String> = (0..100_000)
        .map(|_| (0..12).map(|_| &*vocabulary[(random(210) * random(210)) as usize]).collect::<Vec<_>>().join(" "))
        .collect();
    let (split, filter, lower, pair) = (split_words(), not_empty(), lower(), pair());
    let chunks: Vec<_> = lines.chunks(8_192).map(block).collect();
    let mut times = [0f64; 4];
    let mut words = 0;
    for _ in 0..10 {
        for chunk in &chunks {
            let mut last = Instant::now();
            let mut lap = |i: usize| {
                times[i] += last.elapsed().as_secs_f64();
                last = Instant::now();
            };
            let flat = split.flat(std::slice::from_ref(chunk)).unwrap();
            lap(0);
            words += flat.len();
            let kept = kept(&filter, &flat);
            lap(1);
            let lowered = lower.map(&[kept]).unwrap();
            lap(2);
            let pairs = pair.map(&[lowered]).unwrap();
            lap(3);
            assert!(!pairs.is_empty());
        }
    }
    let each = times.map(|t| format!("{:.2}", t * 1e9 / words as f64));
    println!(
        "{name}, ns a word: split, filter, lower, pair = {each:?}; all {:.2}",
        times.iter().sum::<f64>() * 1e9 / words as f64
    );
}
