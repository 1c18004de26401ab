//! The spill directory: made late, private, swept, gone at the end; its errors say what to do.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use pyrite::config::Config;
use pyrite::memory::{Faults, Memory, SpillDir};

use super::Folder;

fn dir(folder: &Folder) -> Arc<SpillDir> {
    SpillDir::new(vec![folder.0.clone()], Faults::default())
}

fn entries(folder: &Folder) -> usize {
    std::fs::read_dir(&folder.0).unwrap().count()
}

#[test]
fn it_is_made_when_needed_and_removed_at_the_end() {
    let folder = Folder::new();
    let dir = dir(&folder);
    assert_eq!(entries(&folder), 0);
    let mut sink = dir.create().unwrap();
    sink.write_all(b"rows").unwrap();
    let own = dir.paths();
    assert_eq!(own.len(), 1);
    assert!(own[0].file_name().unwrap().to_string_lossy().starts_with("pyrite-spill-"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&own[0]).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!((folder.files().len(), dir.held(), dir.written()), (1, 4, 4));
    let mut text = String::new();
    sink.file().reader(1).read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), dir.read()), ("ows", 3));
    drop(sink);
    assert_eq!((folder.files().len(), dir.held()), (0, 0));
    drop(dir);
    assert_eq!(entries(&folder), 0);
}

#[test]
fn a_file_is_written_on_while_someone_has_it() {
    let folder = Folder::new();
    let dir = dir(&folder);
    let mut sink = dir.sink().unwrap();
    sink.write_all(b"first").unwrap();
    let file = sink.file().clone();
    let other = dir.sink().unwrap();
    assert_ne!(other.file().path(), file.path());
    dir.give_back(sink);
    let mut sink = dir.sink().unwrap();
    assert_eq!((sink.file().path(), sink.position()), (file.path(), 5));
    sink.write_all(b"second").unwrap();
    dir.give_back(sink);
    drop((file, other));
    assert!(folder.files().is_empty());
    assert_eq!(dir.sink().unwrap().position(), 0);
}

#[test]
fn what_dead_processes_left_is_swept() {
    let folder = Folder::new();
    let dead = folder.0.join("pyrite-spill-1-0");
    std::fs::create_dir(&dead).unwrap();
    File::create(dead.join("lock")).unwrap();
    File::create(dead.join("rows-0")).unwrap();
    let alive = folder.0.join("pyrite-spill-1-1");
    std::fs::create_dir(&alive).unwrap();
    let lock = File::create(alive.join("lock")).unwrap();
    lock.try_lock().unwrap();
    let starting = folder.0.join("pyrite-spill-1-2");
    std::fs::create_dir(&starting).unwrap();
    let other = folder.0.join("mine");
    std::fs::create_dir(&other).unwrap();
    let first = dir(&folder);
    let _file = first.create().unwrap();
    let second = dir(&folder);
    let _other_file = second.create().unwrap();
    assert!(!dead.exists());
    assert!(alive.exists() && starting.exists() && other.exists());
    assert!(first.paths()[0].exists() && second.paths()[0].exists());
}

#[test]
fn stopping_removes_it_under_open_files() {
    let folder = Folder::new();
    let dir = dir(&folder);
    let mut sink = dir.create().unwrap();
    sink.write_all(b"rows").unwrap();
    dir.remove();
    assert_eq!(entries(&folder), 0);
    assert!(dir.create().err().unwrap().to_string().contains("stopped"));
    drop(sink);
    drop(dir);
    assert_eq!(entries(&folder), 0);
}

#[test]
fn directories_are_used_in_turns_and_bad_ones_left_out() {
    let (a, b) = (Folder::new(), Folder::new());
    let setting = format!("{}, {}", a.0.display(), b.0.join("deep").display());
    let config = Config::new([("spark.local.dir".to_owned(), setting), ("pyrite.memory.limit".into(), "1m".into())]);
    let memory = Memory::new(&config).unwrap();
    let sinks: Vec<_> = (0..4).map(|_| memory.dir.create().unwrap()).collect();
    assert_eq!((a.files().len(), b.files().len()), (2, 2));
    drop(sinks);
    let file = a.0.join("file");
    File::create(&file).unwrap();
    let dir = SpillDir::new(vec![file.clone(), b.0.clone()], Faults::default());
    let _sinks: Vec<_> = (0..2).map(|_| dir.create().unwrap()).collect();
    let dir = SpillDir::new(vec![file.clone()], Faults::default());
    let told = dir.create().err().unwrap().to_string();
    for part in [file.to_str().unwrap(), "spark.local.dir", "pyrite.memory.limit", "java.io.IOException"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_fault_names_the_directory_and_the_remedy() {
    let folder = Folder::new();
    let faults = Faults::parse(Some("write:2, tear:3,read:1")).unwrap();
    let dir = SpillDir::new(vec![folder.0.clone()], faults);
    let mut sink = dir.create().unwrap();
    sink.write_all(b"good").unwrap();
    let error = sink.write_all(b"bad").unwrap_err();
    let told = sink.file().error("write 3 bytes", &error).to_string();
    assert!(told.contains(folder.0.to_str().unwrap()) && told.contains("can't write 3 bytes"), "{told}");
    assert!(sink.write_all(b"torn").is_err());
    assert_eq!(std::fs::read(sink.file().path()).unwrap(), b"goodto");
    assert!(sink.file().reader(0).read(&mut [0]).is_err());
    assert_eq!(sink.file().reader(0).read(&mut [0]).unwrap(), 1);
    assert!(Faults::parse(Some("write:often")).is_err());
}

#[test]
fn threads_that_begin_at_once_share_one_directory() {
    let folder = Folder::new();
    let dir = dir(&folder);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let mut sink = dir.sink().unwrap();
                    sink.write_all(b"rows").unwrap();
                    dir.give_back(sink);
                }
            });
        }
    });
    assert_eq!(entries(&folder), 1);
    let _: Vec<PathBuf> = dir.paths();
}
