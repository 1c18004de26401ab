//! Whether a stage is done before another thread has woken: then its tasks run where they are waited for. So it is where
//! few rows are known to come and kernels do all that is done to them, or none come at all: a stream's empty batch.

use crate::plan::{Op, Plan, PlanRef, Size};

use super::Prepared;

/// More rows than this may be worth a second thread.
const ROWS: usize = 256;
/// So may more bytes.
const BYTES: usize = 1 << 16;
/// Longer lineages are not looked through.
const DEEPEST: usize = 64;

/// Whether the tasks that compute `plan`, and lay it out for `reader` if there is one, are that small.
pub fn is_small(plan: &PlanRef, reader: Option<&Plan>, prepared: &Prepared) -> bool {
    let Some(size) = size(plan, prepared, 0) else { return false };
    let laid_natively = || reader.is_none_or(|reader| is_native(reader, prepared));
    size.rows == 0 || (size.rows <= ROWS && size.bytes <= BYTES && laid_natively())
}

/// What goes into the stage that computes `plan`; nothing where that isn't known, or it is no measure of the work.
fn size(plan: &Plan, prepared: &Prepared, depth: usize) -> Option<Size> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(kept) = prepared.kept(plan) {
        return Some(Size::of_stored(kept));
    }
    match plan.op() {
        Op::Scan(scan) => return scan.size(),
        Op::Narrow(narrow) if narrow.kind.takes_iterator() => return None,
        Op::Cartesian | Op::State(_) | Op::StateView(_) | Op::Slide(_) => return None,
        _ => {}
    }
    let read = |input: &crate::plan::Input| match input.shuffle() {
        Some(shuffle) => shuffle.output.get()?.size(),
        None => size(&input.plan, prepared, depth + 1),
    };
    let size: Size = plan.inputs().iter().map(read).sum::<Option<Size>>()?;
    let many = matches!(plan.op(), Op::Join(_)) || !is_native(plan, prepared);
    (size.rows == 0 || !many).then_some(size)
}

fn is_native(plan: &Plan, prepared: &Prepared) -> bool {
    let native = |role| prepared.optional(plan, role).is_some_and(|function| function.frozen.native.is_ok());
    plan.functions().into_iter().all(|(role, _)| native(role))
}
