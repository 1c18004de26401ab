//! What was compiled of a function is kept, for each of its trees and their inputs' types.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::{Machine, Unit, any_wide};
use super::input::Input;
use super::kind::Known;
use super::names::{Path, free, free_in_scan, free_in_turns};
use crate::fault::caught;
use crate::sync::Mutex;

/// More of them are of functions whose inputs are never of the same types.
const MOST: usize = 64;

/// What was compiled of one function's trees. The trees live as long as this.
#[derive(Debug, Default)]
pub struct Machines(Mutex<Compiled>);

#[derive(Debug, Default)]
struct Compiled {
    /// What each tree, by its address, reads; nothing where it isn't translated.
    paths: HashMap<(usize, How), Option<Arc<[Path]>>>,
    machines: HashMap<Key, Option<Arc<Machine>>>,
}

/// The tree, what of it, the inputs' types, and whether there are characters beyond ASCII in them.
type Key = (usize, How, Vec<Known>, bool);

/// What of a tree is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum How {
    Whole,
    Turns,
    Scan,
}

impl Machines {
    /// What the unit reads; nothing where it isn't translated.
    pub fn paths(&self, unit: &Unit<'_>) -> Option<Arc<[Path]>> {
        let mut compiled = self.0.lock();
        let found = compiled.paths.entry(key(unit)).or_insert_with(|| {
            let found = match unit {
                Unit::Whole(tree) => free(tree),
                Unit::Turns(of, _) => free_in_turns(of),
                Unit::Scan(of, _) => free_in_scan(of),
            };
            found.ok().map(Arc::from)
        });
        found.clone()
    }

    /// The code for such inputs, if there is any.
    pub fn machine(&self, unit: &Unit<'_>, inputs: &[Input]) -> Option<Arc<Machine>> {
        let known: Vec<Known> = inputs.iter().map(|input| input.known.clone()).collect();
        let wide = any_wide(inputs);
        let (tree, how) = key(unit);
        let key = (tree, how, known, wide);
        {
            let compiled = self.0.lock();
            if let Some(found) = compiled.machines.get(&key) {
                return found.clone();
            }
            if compiled.machines.len() >= MOST {
                return None;
            }
        }
        // No lock is held meanwhile: it takes milliseconds, and a fault is told to a log. A fault of Cranelift's, or a system
        // that lets nobody make code, is no fault of the function's.
        let made = caught(|| Machine::new(unit, key.2.clone(), wide)).ok().flatten().map(Arc::new);
        // Who was quicker has made the same.
        self.0.lock().machines.entry(key).or_insert(made).clone()
    }
}

fn key(unit: &Unit<'_>) -> (usize, How) {
    match unit {
        Unit::Whole(tree) => (std::ptr::from_ref(*tree).addr(), How::Whole),
        Unit::Turns(of, _) => (std::ptr::from_ref(*of).addr(), How::Turns),
        Unit::Scan(of, _) => (std::ptr::from_ref(*of).addr(), How::Scan),
    }
}
