//! Which setting says how much memory there is.

use pyrite::config::Config;
use pyrite::memory::{limit_from, machine_memory};

fn limit(pairs: &[(&str, &str)]) -> Result<usize, String> {
    let config = Config::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    limit_from(&config).map_err(|e| e.to_string())
}

#[test]
fn our_setting_goes_before_sparks() {
    assert_eq!(limit(&[("pyrite.memory.limit", "256m"), ("spark.driver.memory", "2g")]), Ok(256 << 20));
    assert_eq!(limit(&[("spark.driver.memory", "2g"), ("spark.executor.memory", "1g")]), Ok(2 << 30));
    assert_eq!(limit(&[("spark.executor.memory", "1024k")]), Ok(1 << 20));
}

#[test]
fn bare_numbers_are_sparks_mebibytes_and_our_bytes() {
    assert_eq!(limit(&[("spark.driver.memory", "512")]), Ok(512 << 20));
    assert_eq!(limit(&[("pyrite.memory.limit", "4096")]), Ok(4096));
}

#[test]
fn nonsense_is_refused() {
    assert!(limit(&[("pyrite.memory.limit", "0")]).unwrap_err().contains("pyrite.memory.limit is 0"));
    assert!(limit(&[("spark.driver.memory", "much")]).unwrap_err().contains("spark.driver.memory is set to 'much'"));
}

#[test]
fn by_default_it_is_the_larger_part_of_the_machine() {
    let machine = machine_memory();
    assert!(machine > 64 << 20);
    let limit = limit(&[]).unwrap();
    assert!(limit < machine && limit > machine / 2);
}
