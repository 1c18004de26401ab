//! Files that outlive a crash: put in their place whole and durably, in directories that only their owner reads; and the
//! numbered places on the way at which a test kills the process.

mod kill;
mod place;

pub use kill::reached;
pub use place::{private, private_directory, put, sync_directory};
