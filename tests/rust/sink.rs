//! Text output: complete or not there at all, and a re-run replaces what stood there.

use std::fs;
use std::path::{Path, PathBuf};

use pyrite::sink::{Codec, TextOutput};

/// A directory that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("pyrite-sink-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn save(path: &Path, line: &str) {
    let output = TextOutput::create(path.to_str().unwrap(), Codec::Plain, true).unwrap();
    let mut part = output.part(0).unwrap();
    part.line(line.as_bytes()).unwrap();
    part.finish().unwrap();
    output.commit().unwrap();
}

#[test]
fn a_re_run_replaces_the_output_and_leaves_nothing_beside_it() {
    let scratch = Scratch::new("replace");
    let path = scratch.path("out-1000.txt");
    for line in ["first", "second"] {
        save(&path, line);
        assert_eq!(fs::read_to_string(path.join("part-00000")).unwrap(), format!("{line}\n"));
        assert!(path.join("_SUCCESS").exists());
        assert_eq!(scratch.names(), ["out-1000.txt"]);
    }
}

/// A crash between two renames left the old output under a hidden name, and no batch could be saved there again.
#[test]
fn what_a_crash_left_is_in_nobodys_way() {
    let scratch = Scratch::new("crash");
    let path = scratch.path("out");
    save(&path, "first");
    fs::create_dir_all(scratch.path(".out.old").join("full")).unwrap();
    save(&path, "second");
    assert_eq!(fs::read_to_string(path.join("part-00000")).unwrap(), "second\n");
}

#[test]
fn what_is_not_committed_is_removed() {
    let scratch = Scratch::new("dropped");
    let output = TextOutput::create(scratch.path("out").to_str().unwrap(), Codec::Plain, false).unwrap();
    output.part(0).unwrap().line(b"x").unwrap();
    drop(output);
    assert!(scratch.names().is_empty(), "{:?}", scratch.names());
}
