//! Stages: the plan is cut at shuffles into a graph, and each stage runs as one task a partition. A task is a stream of
//! chunks that is pulled; columnar and interpreted operators stand side by side.

mod context;
mod cores;
pub mod explain;
mod few;
mod graph;
mod keys;
mod op;
mod pool;
mod prepared;
pub mod runs;
mod seam;
pub mod sort;
mod task;
mod total;
mod write;

pub use context::{Properties, Running as RunningTask, TaskContext};
pub use cores::Cores;
pub use few::is_small;
pub use graph::{Graph, Stage, Writes};
pub use op::{gather_rows, open};
pub use pool::{Pool, Work};
pub use prepared::{Aggregate, Frozen, Prepared, Step};
pub use seam::{
    Calls, Interpreter, Keyed, Lifecycle, ObjectNumbers, ObjectOrder, ObjectTable, RowInput, Rows, Side, Sorting,
    StateAnswer, StateCall, States, Tables,
};
pub use task::Task;
pub use total::{Partial, PreparedTotal, TotalKind, TotalOf};
pub use write::{Written, write_partition};
