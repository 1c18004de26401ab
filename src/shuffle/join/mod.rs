//! Keyed matching of several inputs: cogroup, the joins, and what keeps or drops rows by the keys of another input.
//! Pairs come in, all of input 0 first, then all of input 1, ...; keys come out in the order of their first appearance.

mod cogroup;
mod numbers;
mod pairs;
mod select;
mod side;

pub use cogroup::{Cogrouped, NativeCogroup};
pub use numbers::Numbers;
pub use pairs::{JoinKind, Joined, NativeJoin};
pub use select::{NativeSelect, SelectKind, Selected};
