//! Results go out.

mod pprint;

pub use pprint::pprint_text;
