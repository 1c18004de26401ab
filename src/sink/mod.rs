//! Results go out.

mod pprint;
mod process;
mod staging;
mod text;

pub use pprint::pprint_text;
pub use text::{Codec, Part, TextOutput};
