//! Worker processes: one interpreter lock means one core, so Python functions that keep it busy go to other processes,
//! as `PySpark`'s do. Which ones and when is settled here, by the key `pyrite.python.workers`.

mod ahead;
mod away;
mod busy;
mod crew;
mod errand;
mod failure;
mod helped;
mod home;
mod inbox;
mod mover;
mod opcodes;
mod outgoing;
mod pace;
mod parcel;
mod piecework;
mod policy;
mod process;
mod serve;
mod session;
mod stretches;
mod table;
mod together;
mod wire;

pub use ahead::Ahead;
pub use away::{Away, CameHome};
pub use busy::{Busy, Trial};
pub use crew::CREW;
pub use helped::{Help, Helped, Split};
pub use home::Home;
pub use mover::Mover;
pub use outgoing::{Outgoing, pickled_names};
pub use policy::{Begun, Stay, Workers};
pub use serve::WorkerPort;
pub use session::Session;
pub use table::{CarriedTable, TableKind, Taker};
