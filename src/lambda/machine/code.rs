//! A function of machine code: how it is made, called and freed.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlags, Signature, UserFuncName, Value, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module, default_libcall_names};

use super::arena::{self, Arena};
use super::bail::{Stop, Unsupported};
use super::build::{Build, Kept};
use super::emit::Output;
use super::input::{Arrays, Input, is_wide};
use super::kind::Known;
use super::output;
use super::sites::Sites;
use super::value::{Shape, Val};
use crate::chunk::{Cancel, Columns, Type};
use crate::error::Decline;
use crate::lambda::tree::Tree;
use crate::lambda::tree::turns::Loop;

/// So often the types of variables are found to be more than was assumed.
const MOST_TRIES: usize = 64;
/// A function of more instructions takes too long to compile.
const MOST_INSTRUCTIONS: usize = 8000;

/// Inputs, results, number of rows, where it says whether the job was cancelled, and where to make things.
type Entry = unsafe extern "C" fn(*const *const u8, *const *mut u8, i64, *const AtomicBool, *mut Arena) -> i64;

/// The processor; nothing where Cranelift doesn't know it.
static PROCESSOR: LazyLock<Option<Arc<dyn TargetIsa>>> = LazyLock::new(|| {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("use_colocated_libcalls", "false"),
        ("unwind_info", "false"),
        // A mistake of ours is code that isn't made.
        ("enable_verifier", "true"),
    ] {
        flags.set(name, value).ok()?;
    }
    cranelift_native::builder().ok()?.finish(settings::Flags::new(flags)).ok()
});

/// Whether code can be made for this processor.
pub fn is_available() -> bool {
    PROCESSOR.is_some()
}

/// What of a tree is compiled.
pub enum Unit<'t> {
    /// All of it.
    Whole(&'t Tree),
    /// The turns of a loop: the result is a tuple of the carried locals. Their first values, and what the loop goes through,
    /// are inputs, the trees in this order.
    Turns(&'t Loop<Tree>, Vec<&'t Tree>),
    /// The turns of a loop that has one for each row, and puts something out. The first values of the carried locals are
    /// inputs, the trees in this order.
    Scan(&'t Loop<Tree>, Vec<&'t Tree>),
}

/// Machine code of a function, for inputs of certain types.
pub struct Machine {
    entry: Entry,
    shape: Shape,
    wide: bool,
    known: Vec<Known>,
    /// The lists among the results.
    lists: Vec<Output>,
    /// What the code points into.
    _kept: Kept,
    module: Option<JITModule>,
}

// SAFETY: the module is used only when it is dropped, by one thread; the code and the texts don't change.
unsafe impl Send for Machine {}
// SAFETY: as above.
unsafe impl Sync for Machine {}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: the code runs only in `run`, which borrows the machine, and nobody keeps its address.
            unsafe { module.free_memory() };
        }
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Machine({:?})", self.known)
    }
}

impl Machine {
    /// Compiles; nothing where no translation is known.
    pub fn new(unit: &Unit<'_>, known: Vec<Known>, wide: bool) -> Option<Self> {
        let isa = PROCESSOR.clone()?;
        let mut module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
        let made = Self::made(unit, known, wide, &mut module);
        if let Some((entry, shape, known, kept)) = made {
            let mut lists = Vec::new();
            output::lists_of(&shape, &mut lists);
            Some(Self { entry, shape, wide, known, lists, _kept: kept, module: Some(module) })
        } else {
            // SAFETY: none of its code has ever run.
            unsafe { module.free_memory() };
            None
        }
    }

    fn made(
        unit: &Unit<'_>,
        known: Vec<Known>,
        wide: bool,
        module: &mut JITModule,
    ) -> Option<(Entry, Shape, Vec<Known>, Kept)> {
        let mut signature = module.make_signature();
        signature.params.extend([AbiParam::new(types::I64); 5]);
        signature.returns.push(AbiParam::new(types::I64));
        let (mut shapes, mut result, mut sites) = (HashMap::new(), Shape::Nothing, Sites::default());
        for _ in 0..MOST_TRIES {
            let mut kept = Kept::default();
            sites.changed = false;
            let mut context = module.make_context();
            context.func = Function::with_name_signature(UserFuncName::user(0, 0), signature.clone());
            let made = Making { unit, known: &known, wide, signature: &signature, shape: result.clone() };
            let (shape, again) = made.function(&mut context, &mut shapes, &mut sites, &mut kept).ok()?;
            if matches!(unit, Unit::Scan(..)) && !sites.is_empty() {
                // The arena begins anew with each row.
                return None;
            }
            if context.func.dfg.num_insts() > MOST_INSTRUCTIONS {
                return None;
            }
            if !again && shape == result {
                let shape = sites.resolved(&shape, 0).filter(output::is_known)?;
                let id = module.declare_function("rows", Linkage::Local, &signature).ok()?;
                module.define_function(id, &mut context).ok()?;
                module.finalize_definitions().ok()?;
                let address = module.get_finalized_function(id);
                // SAFETY: the code was compiled for this very signature with the processor's own convention.
                let entry = unsafe { std::mem::transmute::<*const u8, Entry>(address) };
                return Some((entry, shape, known, kept));
            }
            result = sites.join(&result, &shape)?;
        }
        None
    }

    /// The results of all rows, or why the code stopped.
    pub fn run(&self, inputs: &[Input], rows: usize) -> Result<Result<Columns, Decline>, Stop> {
        let mut parts = output::room(&self.shape, rows);
        let (_kept, mut arena) = self.call(inputs, rows, &output::addresses(&mut parts))?;
        let mut lists = std::mem::take(&mut arena.results).into_iter();
        Ok(output::columns(&self.shape, &mut parts.into_iter(), rows, self.wide, &mut lists))
    }

    /// What a scan of all rows puts out, of which there are at most `most` for each, and what its carried locals are in
    /// the end: a tuple; or why the code stopped.
    pub fn scan(&self, inputs: &[Input], rows: usize, most: usize) -> Result<Result<[Columns; 2], Decline>, Stop> {
        let Shape::Tuple(shapes) = &self.shape else { return Err(Stop::Other) };
        let [item, last] = shapes.as_slice() else { return Err(Stop::Other) };
        let mut items = output::room(item, rows.checked_mul(most).ok_or(Stop::Other)?);
        let mut ends = output::room(last, 1);
        let mut count: i64 = 0;
        let mut results = output::addresses(&mut items);
        results.extend(output::addresses(&mut ends));
        results.push((&raw mut count).cast());
        let _kept = self.call(inputs, rows, &results)?;
        // None of the shapes is a list's.
        let mut lists = std::iter::empty();
        let count = usize::try_from(count).map_err(|_| Stop::Other)?;
        for part in &mut items {
            part.truncate(count);
        }
        Ok(output::columns(last, &mut ends.into_iter(), 1, self.wide, &mut lists).and_then(|last| {
            let nothing = Columns::empty(Type::Null);
            let items = if count == 0 {
                nothing
            } else {
                output::columns(item, &mut items.into_iter(), count, self.wide, &mut lists)?
            };
            Ok([items, last])
        }))
    }

    /// Runs the code; what it gives may point into what is returned.
    fn call(&self, inputs: &[Input], rows: usize, results: &[*mut u8]) -> Result<(Arrays, Arena), Stop> {
        let mut arrays = Arrays::default();
        for (input, known) in inputs.iter().zip(&self.known) {
            if input.known != *known || (!known.constant && input.columns.len() != rows) {
                return Err(Stop::Other);
            }
            arrays.add(&input.columns, &known.kind, self.wide).ok_or(Stop::Other)?;
        }
        let cancel = Cancel::current().unwrap_or_default();
        let mut arena = Arena::new(self.wide, &self.lists);
        // SAFETY: the inputs are arrays of the types that the code was compiled for, as `known` says, each of `rows` rows or,
        // where it is constant, of one; the results have room for what the rows give, as `run` and `scan` see to; all live until
        // the end, as the flag does, which `cancel` holds, and the arena, which nobody else has.
        let code = unsafe {
            (self.entry)(arrays.bases.as_ptr(), results.as_ptr(), rows as i64, cancel.flag(), &raw mut arena)
        };
        match Stop::of(code) {
            None => {
                super::count_call();
                Ok((arrays, arena))
            }
            Some(stop) => Err(stop),
        }
    }
}

/// Whether a character is beyond ASCII in one of these.
pub fn any_wide(inputs: &[Input]) -> bool {
    inputs.iter().any(|input| is_wide(&input.columns))
}

/// A function that is made, with what is known.
struct Making<'a, 't> {
    unit: &'a Unit<'t>,
    known: &'a [Known],
    wide: bool,
    signature: &'a Signature,
    /// What the result was found to be before.
    shape: Shape,
}

impl Making<'_, '_> {
    /// Makes it; what the result can be, and whether more than was assumed is to be assumed.
    fn function(
        &self,
        context: &mut Context,
        shapes: &mut HashMap<usize, Vec<Shape>>,
        sites: &mut Sites,
        kept: &mut Kept,
    ) -> Result<(Shape, bool), Unsupported> {
        let mut room = FunctionBuilderContext::new();
        let mut f = FunctionBuilder::new(&mut context.func, &mut room);
        let entry = f.create_block();
        f.append_block_params_for_function_params(entry);
        f.switch_to_block(entry);
        let &[inputs, results, rows, cancelled, arena] = f.block_params(entry) else { return Err(Unsupported) };
        let mut build = Build::new(f, self.signature.call_conv, [cancelled, arena], self.wide, shapes, sites, kept);
        let flags = MemFlags::trusted().with_readonly().with_can_move();
        let arrays: usize = self.known.iter().map(|known| known.kind.arrays()).sum();
        for at in 0..arrays {
            let base = build.f.ins().load(types::I64, flags, inputs, (at * 8) as i32);
            build.bases.push(base);
        }
        if let Unit::Scan(of, before) = self.unit {
            build.before = numbers(before);
            let shape = build.scan(of, self.known, rows, results, &self.shape)?;
            return Ok((shape, build.finish()));
        }
        let mut kinds = Vec::new();
        output::without_lists(&self.shape).parts(&mut kinds);
        let out: Vec<_> =
            (0..kinds.len()).map(|at| build.f.ins().load(types::I64, flags, results, (at * 8) as i32)).collect();
        let mut found = Shape::Nothing;
        build.repeat(rows, &mut |build, row| {
            found = self.row(build, &out, row)?;
            Ok(())
        })?;
        let done = build.int(0);
        build.f.ins().return_(&[done]);
        Ok((found, build.finish()))
    }

    /// What is done for a row, and its result's shape.
    fn row(&self, build: &mut Build<'_, '_>, out: &[Value], row: Value) -> Result<Shape, Unsupported> {
        let mut from = 0;
        for known in self.known {
            let at = if known.constant { build.int(0) } else { row };
            let val = build.load(&known.kind, from, at)?;
            from += known.kind.arrays();
            build.inputs.push((known.clone(), val));
        }
        let val = match self.unit {
            Unit::Whole(tree) => build.value(tree)?,
            Unit::Turns(of, before) => {
                build.before = numbers(before);
                Val::Tuple(build.turns(of)?)
            }
            Unit::Scan(..) => return Err(Unsupported),
        };
        let val = build.owned(&val)?;
        let shape = val.shape();
        if shape == self.shape {
            build.store(&val, &shape, out, row)?;
        }
        if build.makes {
            // What the next row makes comes in the place of what this one has made.
            let none = build.int(0);
            build.make(arena::reset, [none; 4], types::I64);
        }
        Ok(shape)
    }
}

/// What was evaluated before, by the addresses of its trees.
fn numbers(before: &[&Tree]) -> HashMap<usize, usize> {
    before.iter().enumerate().map(|(at, tree)| (std::ptr::from_ref(*tree).addr(), at)).collect()
}
