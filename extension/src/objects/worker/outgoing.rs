//! Rows on their way to a worker: which of them could show what texts hash to here, and which of the
//! program's classes they need there.
//!
//! The order of a set would show it, and so might an instance of a class of which we don't know better. Rows that travel
//! are pickled, and a pickle says what is in it.

use std::collections::HashSet;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chunk::Chunk;
use crate::error::Result;

use super::super::gate::attached;
use super::super::raised::user_error;
use super::crew::Hired;
use super::opcodes::{self, Contents, Name};
use super::parcel::{self, Rows};

/// Another process has other things in these modules, until it is sent ours.
const NOT_THERE: [&str; 2] = ["__main__", "pyrite._nameless"];

/// What one task's worker has been sent.
#[derive(Default)]
pub struct Outgoing {
    /// Texts hash in another way there.
    other_hashes: bool,
    /// Classes that were looked at and show nothing.
    known: HashSet<Name>,
    /// Classes that are found there by now.
    sent: HashSet<Name>,
    /// Only rows go that share nothing with others, by classes that are known to be so.
    apart: Option<HashSet<Name>>,
}

impl Outgoing {
    /// To this worker.
    pub fn to(worker: &mut Hired) -> Self {
        let same = worker.worker().is_some_and(|worker| worker.same_hashes);
        Self { other_hashes: !same, ..Self::default() }
    }

    /// The same for rows of which the others stay here.
    #[must_use]
    pub fn of_rows_apart(self) -> Self {
        Self { apart: Some(HashSet::new()), ..self }
    }

    /// Whether rows that show hashes must not go.
    pub fn has_other_hashes(&self) -> bool {
        self.other_hashes
    }

    /// Whether the first `rows` rows of a chunk may show hashes.
    pub fn shows(&mut self, chunk: &Chunk, rows: usize) -> Result<bool> {
        match chunk {
            Chunk::Objects(_) if self.other_hashes => match parcel::rows(&chunk.slice(0, rows.min(chunk.len())))? {
                Rows::Columns(_) => Ok(false),
                Rows::Pickles(None) => Ok(true),
                Rows::Pickles(Some(pickles)) => self.may_show(contents(&pickles).as_ref()),
            },
            _ => Ok(false),
        }
    }

    /// Whether the first `rows` rows of a chunk can only go with their classes, pickled one by one for there.
    pub fn takes_classes_along(&self, chunk: &Chunk, rows: usize) -> Result<bool> {
        match parcel::rows(&chunk.slice(0, rows.min(chunk.len())))? {
            Rows::Columns(_) => Ok(false),
            Rows::Pickles(None) => Ok(true),
            Rows::Pickles(Some(pickles)) => match contents(&pickles) {
                Some(contents) => Ok(self.missing(&contents)?.is_none()),
                None => Ok(are_local(&pickles)),
            },
        }
    }

    /// The chunk as a parcel; `None` if its rows may show hashes, or share what others have. Called detached.
    pub fn pack(&mut self, chunk: &Chunk) -> Result<Option<Vec<u8>>> {
        let pickles = match parcel::rows(chunk)? {
            Rows::Columns(parcel) => return Ok(Some(parcel)),
            Rows::Pickles(pickles) => pickles,
        };
        let local =
            |pickle: &Vec<u8>| NOT_THERE.iter().any(|module| memchr::memmem::find(pickle, module.as_bytes()).is_some());
        let local = pickles.as_ref().is_some_and(|pickles| pickles.iter().any(local));
        let looks = self.other_hashes || local || self.apart.is_some();
        let contents = if looks { pickles.as_ref().and_then(|pickles| contents(pickles)) } else { None };
        if self.other_hashes && self.may_show(contents.as_ref())? || self.may_share(contents.as_ref())? {
            return Ok(None);
        }
        let classes = match &contents {
            Some(contents) if local => self.classes(contents)?,
            _ if local => None,
            _ => Some(Vec::new()),
        };
        Ok(Some(match (pickles, classes) {
            (Some(pickles), Some(classes)) => parcel::seal(chunk.len(), &pickles, &classes),
            _ => parcel::seal(chunk.len(), &parcel::by_value(chunk)?, &[]),
        }))
    }

    /// Whether these rows may share something with others that stay.
    fn may_share(&mut self, contents: Option<&Contents>) -> Result<bool> {
        let (Some(known), Some(contents)) = (&mut self.apart, contents) else { return Ok(self.apart.is_some()) };
        let new: Vec<Name> = contents.names.iter().filter(|name| !known.contains(name)).cloned().collect();
        if new.is_empty() {
            return Ok(false);
        }
        let apart = attached(|py| {
            let module = py.import(intern!(py, "pyrite._apart"))?;
            module.call_method1(intern!(py, "rows_are_apart"), (new.clone(),))?.extract()
        });
        let apart: bool = apart.map_err(|e: PyErr| attached(|py| user_error(py, &e)))?;
        if apart {
            known.extend(new);
        }
        Ok(!apart)
    }

    fn may_show(&mut self, contents: Option<&Contents>) -> Result<bool> {
        let Some(contents) = contents.filter(|contents| !contents.sets) else { return Ok(true) };
        let new: Vec<Name> = contents.names.iter().filter(|name| !self.known.contains(name)).cloned().collect();
        if new.is_empty() {
            return Ok(false);
        }
        let known = attached(|py| {
            let module = py.import(intern!(py, "pyrite._hashes"))?;
            module.call_method1(intern!(py, "are_known"), (new.clone(),))?.extract()
        });
        let known: bool = known.map_err(|e: PyErr| attached(|py| user_error(py, &e)))?;
        if known {
            self.known.extend(new);
        }
        Ok(!known)
    }

    /// The classes that are not there yet, pickled; `None` where one of them isn't found by its name.
    fn classes(&mut self, contents: &Contents) -> Result<Option<Vec<u8>>> {
        let Some((new, dumped)) = self.missing(contents)? else { return Ok(None) };
        self.sent.extend(new);
        Ok(Some(dumped))
    }

    /// Their names, and the same.
    fn missing(&self, contents: &Contents) -> Result<Option<(Vec<Name>, Vec<u8>)>> {
        let local = contents.names.iter().filter(|(module, _)| NOT_THERE.contains(&module.as_str()));
        let new: Vec<Name> = local.filter(|name| !self.sent.contains(*name)).cloned().collect();
        if new.is_empty() {
            return Ok(Some((new, Vec::new())));
        }
        let dumped = attached(|py| -> PyResult<_> {
            let module = py.import(intern!(py, "pyrite._worker"))?;
            let dumped = module.call_method1(intern!(py, "dump_classes"), (new.clone(),))?;
            Ok(dumped.extract::<Option<Bound<'_, PyBytes>>>()?.map(|bytes| bytes.as_bytes().to_vec()))
        });
        let dumped = dumped.map_err(|e| attached(|py| user_error(py, &e)))?;
        Ok(dumped.map(|dumped| (new, dumped)))
    }
}

/// Whether pickles may name what another process has to be sent first.
fn are_local(pickles: &[Vec<u8>]) -> bool {
    let names =
        |pickle: &Vec<u8>| NOT_THERE.iter().any(|module| memchr::memmem::find(pickle, module.as_bytes()).is_some());
    pickles.iter().any(names)
}

/// What is in all of these pickles.
fn contents(pickles: &[Vec<u8>]) -> Option<Contents> {
    let mut all = Contents::default();
    for pickle in pickles {
        let more = opcodes::contents(pickle)?;
        all.sets |= more.sets;
        for name in more.names {
            if !all.names.contains(&name) {
                all.names.push(name);
            }
        }
    }
    Some(all)
}

/// The classes and functions that a pickle of protocol 4 or 5 names; `None` where it holds a set, or can't be read.
#[pyfunction]
pub fn pickled_names(pickle: &Bound<'_, PyBytes>) -> Option<Vec<Name>> {
    opcodes::contents(pickle.as_bytes()).filter(|contents| !contents.sets).map(|contents| contents.names)
}
