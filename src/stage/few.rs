//! Whether a stage is done before another thread has woken: then its tasks run where they are waited for. So it is where
//! few rows are known to come and kernels do all that is done to them, or none come at all: a stream's empty batch, or one of
//! a few rows that meet a small window or state.

use crate::plan::{FrozenFunction, Input, Op, Plan, PlanRef, Role, Size, StateOp};

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
    // What a state does with its rows is for the next stage.
    let is_state = |reader: &Plan| matches!(reader.op(), Op::State(_));
    let laid_natively = || reader.is_none_or(|reader| is_state(reader) || is_native(reader, prepared));
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
        Op::Cartesian => return None,
        Op::State(state) => return state_size(state, plan, prepared, depth),
        // The first input is for where kernels can't slide.
        Op::Slide(_) => {
            let size = of_inputs(plan.inputs().get(1..)?, prepared, depth)?;
            return (size.rows == 0 || is_native(plan, prepared)).then_some(size);
        }
        _ => {}
    }
    let size = of_inputs(&plan.inputs(), prepared, depth)?;
    let many = matches!(plan.op(), Op::Join(_)) || !is_native(plan, prepared);
    (size.rows == 0 || !many).then_some(size)
}

/// Of what inputs bring; a shuffle's output is what came of its own input.
fn of_inputs(inputs: &[Input], prepared: &Prepared, depth: usize) -> Option<Size> {
    let read = |input: &Input| match input.shuffle() {
        Some(shuffle) => shuffle.output.get()?.size(),
        None => size(&input.plan, prepared, depth + 1),
    };
    inputs.iter().map(read).sum()
}

/// Of all keys' states and the batch, where the state isn't known yet.
fn state_size(state: &StateOp, plan: &Plan, prepared: &Prepared, depth: usize) -> Option<Size> {
    if let Some(held) = state.all_held() {
        return Some(held.iter().map(|held| Size { rows: held.keys(), bytes: held.bytes() }).sum());
    }
    let size = of_inputs(&plan.inputs(), prepared, depth)?;
    let called = [Role::Update, Role::WithState].iter().find_map(|role| prepared.optional(plan, *role));
    (size.rows == 0 || called.is_some_and(|function| is_quick(&function.frozen))).then_some(size)
}

/// A loop may take long, and who waits here would hear nothing else.
fn is_quick(frozen: &FrozenFunction) -> bool {
    frozen.native.as_ref().is_ok_and(|compiled| !compiled.may_take_long())
}

fn is_native(plan: &Plan, prepared: &Prepared) -> bool {
    let native = |role| prepared.optional(plan, role).is_some_and(|function| is_quick(&function.frozen));
    plan.functions().into_iter().all(|(role, _)| native(role))
}
