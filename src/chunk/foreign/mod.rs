//! Columns and the arrays of other libraries: what comes in becomes columns where columns have its type, and what goes
//! out has types that others work with. Storage is shared wherever the layouts are alike.

mod given;
mod layout;
mod taken;

pub use given::{Texts, give, list_of, struct_of};
pub use layout::{Layout, fit};
pub use taken::{expanded, lists, take_in, take_in_rows};
