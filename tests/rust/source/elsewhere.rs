//! Files of another system: listed, cut and read through a `Storage`, whose failures are told as they are.

use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use pyrite::chunk::{Cancel, Chunk};
use pyrite::error::{Error, Kind, Result};
use pyrite::plan::Scan;
use pyrite::source::{Bytes, Found, Storage, TextFiles};

/// One file, given in small pieces; a byte that is asked for and isn't there is an error of its own.
struct Shelf {
    text: Vec<u8>,
    ranges: bool,
    broken: bool,
}

struct Pieces {
    text: Vec<u8>,
    at: usize,
    broken: bool,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.broken && self.at > 0 {
            return Err(io::Error::other(Error::new(Kind::Unsupported, "the shelf is broken")));
        }
        let n = into.len().min(7).min(self.text.len() - self.at);
        into[..n].copy_from_slice(&self.text[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

impl Storage for Shelf {
    fn files(&self, address: &str) -> Result<Vec<Found>> {
        if !address.ends_with("/here") {
            return Err(Error::new(Kind::InvalidInput, format!("Input path does not exist: {address}")));
        }
        Ok(vec![Found { address: address.to_owned(), len: Some(self.text.len() as u64), ranges: self.ranges }])
    }

    fn open(&self, _: &Found, start: u64, _: u64) -> Result<Bytes> {
        assert!(self.ranges || start == 0);
        Ok(Box::new(Pieces { text: self.text.clone(), at: start as usize, broken: self.broken }))
    }
}

fn files(least: usize, ranges: bool, broken: bool) -> TextFiles {
    let text = b"one\ntwo\r\nthree\n\nfive".to_vec();
    TextFiles::new("shelf://s/here", least, Some(Arc::new(Shelf { text, ranges, broken })))
}

fn lines(files: &TextFiles) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for partition in 0..files.partitions()? {
        let mut stream = files.open(partition, &Cancel::default())?;
        while let Some(chunk) = stream.next(usize::MAX)? {
            let Chunk::Columns(columns) = chunk else { panic!("lines are columns") };
            found.extend(columns.array().as_string_view().iter().map(|line| line.unwrap().to_owned()));
        }
    }
    Ok(found)
}

#[test]
fn every_cut_gives_the_same_lines() {
    for least in 1..22 {
        assert_eq!(lines(&files(least, true, false)).unwrap(), ["one", "two", "three", "", "five"], "{least} parts");
    }
    let whole = files(5, false, false);
    assert_eq!(whole.partitions().unwrap(), 1);
    assert_eq!(lines(&whole).unwrap(), ["one", "two", "three", "", "five"]);
}

#[test]
fn a_failure_is_told_as_it_is() {
    let error = lines(&files(1, true, true)).unwrap_err();
    assert_eq!(error.to_string(), "java.lang.UnsupportedOperationException: the shelf is broken");
    let shelf = Shelf { text: Vec::new(), ranges: true, broken: false };
    let error = TextFiles::new("shelf://s/gone", 1, Some(Arc::new(shelf))).partitions().unwrap_err();
    assert!(error.to_string().ends_with("Input path does not exist: shelf://s/gone"), "{error}");
    let error = TextFiles::new("shelf://s/here", 1, None).partitions().unwrap_err();
    assert!(error.to_string().contains("nobody here reads files elsewhere"), "{error}");
}
