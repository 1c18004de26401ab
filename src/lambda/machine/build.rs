//! Code while it is made: blocks, stops, calls of helpers.

use std::collections::{HashMap, HashSet};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, Block, Inst, InstBuilder, MemFlags, SigRef, Signature, StackSlot, StackSlotData, StackSlotKind, TrapCode,
    Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use super::arena::Arena;
use super::bail::Stop;
use super::helpers::Helper;
use super::index::Layout;
use super::kind::Known;
use super::scan::Out;
use super::sites::Sites;
use super::value::{Shape, Val};
use crate::lambda::tree::Tree;

/// A helper of what is made. The last argument is a place for two words in the caller's frame.
pub type Maker = extern "C" fn(*mut Arena, i64, i64, i64, i64, *mut i64) -> i64;

/// What the code points into.
#[derive(Default)]
pub struct Kept {
    /// Texts and tables.
    pub texts: Vec<Box<[u32]>>,
    /// What items are.
    #[expect(clippy::vec_box, reason = "the code has their addresses")]
    pub layouts: Vec<Box<Layout>>,
}

/// What a function is made of.
pub struct Build<'f, 's> {
    /// Cranelift's builder.
    pub f: FunctionBuilder<'f>,
    /// What the row's inputs are.
    pub inputs: Vec<(Known, Val)>,
    /// Where each part of the inputs begins.
    pub bases: Vec<Value>,
    /// What locals are, at this place.
    pub locals: HashMap<usize, Val>,
    /// What the carried locals of each loop can hold, as far as known.
    pub shapes: &'s mut HashMap<usize, Vec<Shape>>,
    /// Whether some of them can hold more than was assumed: then all is to be made again.
    pub again: bool,
    /// The lists that it makes.
    pub sites: &'s mut Sites,
    /// Whether it makes anything.
    pub makes: bool,
    /// Where what it makes is.
    pub arena: Value,
    /// What the code points into.
    pub kept: &'s mut Kept,
    /// Code points that are of ASCII for sure.
    pub ascii: HashSet<Value>,
    /// Whether characters have 32 bits; else 8.
    pub wide: bool,
    /// Where it says whether the job was cancelled.
    cancelled: Value,
    /// Trees that were evaluated before, by their addresses.
    pub before: HashMap<usize, usize>,
    /// What turns put out, where all rows are gone through.
    pub out: Option<Out>,
    /// Where each reason to stop leads.
    stops: [Block; Stop::ALL.len()],
    helper: SigRef,
    maker: SigRef,
    /// Where helpers put what they find.
    pub found: StackSlot,
}

impl<'f, 's> Build<'f, 's> {
    /// Around a builder whose current block is the entry.
    pub fn new(
        mut f: FunctionBuilder<'f>,
        convention: CallConv,
        [cancelled, arena]: [Value; 2],
        wide: bool,
        shapes: &'s mut HashMap<usize, Vec<Shape>>,
        sites: &'s mut Sites,
        kept: &'s mut Kept,
    ) -> Self {
        let mut signature = |count: usize| {
            let mut signature = Signature::new(convention);
            signature.params.resize(count, AbiParam::new(types::I64));
            signature.returns.push(AbiParam::new(types::I64));
            f.import_signature(signature)
        };
        let (helper, maker) = (signature(4), signature(6));
        let stops = Stop::ALL.map(|_| f.create_block());
        for stop in stops {
            f.set_cold_block(stop);
        }
        let found = f.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 16, 3));
        Self {
            f,
            inputs: Vec::new(),
            bases: Vec::new(),
            locals: HashMap::new(),
            shapes,
            again: false,
            sites,
            makes: false,
            arena,
            kept,
            ascii: HashSet::new(),
            wide,
            cancelled,
            before: HashMap::new(),
            out: None,
            stops,
            helper,
            maker,
            found,
        }
    }

    /// Ends the function: what stops says why.
    pub fn finish(mut self) -> bool {
        for (block, why) in self.stops.into_iter().zip(Stop::ALL) {
            self.f.switch_to_block(block);
            let code = self.f.ins().iconst(types::I64, why as i64);
            self.f.ins().return_(&[code]);
        }
        self.f.seal_all_blocks();
        self.f.finalize();
        self.again || self.sites.changed
    }

    /// An int.
    pub fn int(&mut self, value: i64) -> Value {
        self.f.ins().iconst(types::I64, value)
    }

    /// A bool.
    pub fn bool(&mut self, value: bool) -> Value {
        self.f.ins().iconst(types::I8, i64::from(value))
    }

    /// Goes on in a new block, to which this one leads.
    pub fn cut(&mut self) -> Block {
        let next = self.f.create_block();
        self.f.ins().jump(next, &[]);
        self.f.switch_to_block(next);
        next
    }

    /// Stops here, always.
    pub fn stop(&mut self, why: Stop) -> Val {
        self.f.ins().jump(self.stops[why as usize - 1], &[]);
        let dead = self.f.create_block();
        self.f.switch_to_block(dead);
        Val::Never
    }

    /// Stops if a condition holds.
    pub fn stop_if(&mut self, condition: Value, why: Stop) {
        let next = self.f.create_block();
        self.f.ins().brif(condition, self.stops[why as usize - 1], &[], next, &[]);
        self.f.switch_to_block(next);
    }

    /// Ends a block that is never reached.
    pub fn trap(&mut self) {
        self.f.ins().trap(TrapCode::unwrap_user(1));
    }

    /// Calls a helper, which may stop, and gives what it found.
    pub fn call(&mut self, helper: Helper, arguments: [Value; 3], kind: Type) -> Value {
        let slot = self.found;
        let out = self.f.ins().stack_addr(types::I64, slot, 0);
        let address = self.int(helper as usize as i64);
        let [a, b, c] = arguments;
        let call = self.f.ins().call_indirect(self.helper, address, &[a, b, c, out]);
        self.called(call);
        self.f.ins().stack_load(kind, slot, 0)
    }

    /// Calls a helper of what is made, and gives the first word of what it found.
    pub fn make(&mut self, helper: Maker, [a, b, c, d]: [Value; 4], kind: Type) -> Value {
        self.makes = true;
        let slot = self.found;
        let out = self.f.ins().stack_addr(types::I64, slot, 0);
        let address = self.int(helper as usize as i64);
        let arguments = [self.arena, a, b, c, d, out];
        let call = self.f.ins().call_indirect(self.maker, address, &arguments);
        self.called(call);
        self.f.ins().stack_load(kind, slot, 0)
    }

    /// The second word of what a helper found.
    pub fn second(&mut self) -> Value {
        let slot = self.found;
        self.f.ins().stack_load(types::I64, slot, 8)
    }

    /// Stops where a call says so.
    fn called(&mut self, call: Inst) {
        let code = self.f.inst_results(call)[0];
        let (stop, next) = (self.f.create_block(), self.f.create_block());
        self.f.set_cold_block(stop);
        self.f.ins().brif(code, stop, &[], next, &[]);
        self.f.switch_to_block(stop);
        self.f.ins().return_(&[code]);
        self.f.switch_to_block(next);
    }

    /// A float as its bits.
    pub fn bits(&mut self, float: Value) -> Value {
        self.f.ins().bitcast(types::I64, MemFlags::new(), float)
    }

    /// Stops at the end of a turn if nobody waits for the loop any more.
    pub fn turn(&mut self) {
        let set = self.f.ins().atomic_load(types::I8, MemFlags::trusted(), self.cancelled);
        self.stop_if(set, Stop::Cancelled);
    }

    /// The number that a value certainly is.
    pub fn constant(&self, value: Value) -> Option<i64> {
        use cranelift_codegen::ir::{InstructionData, Opcode, ValueDef};
        let value = self.f.func.dfg.resolve_aliases(value);
        let ValueDef::Result(inst, _) = self.f.func.dfg.value_def(value) else { return None };
        match self.f.func.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
            _ => None,
        }
    }

    /// The float that a value certainly is.
    pub fn constant_float(&self, value: Value) -> Option<f64> {
        use cranelift_codegen::ir::{InstructionData, ValueDef};
        let value = self.f.func.dfg.resolve_aliases(value);
        let ValueDef::Result(inst, _) = self.f.func.dfg.value_def(value) else { return None };
        match self.f.func.dfg.insts[inst] {
            InstructionData::UnaryIeee64 { imm, .. } => Some(f64::from_bits(imm.bits())),
            _ => None,
        }
    }

    /// Stops unless a value lies in `0..len`.
    pub fn within(&mut self, at: Value, len: Value) {
        let out = self.f.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, at, len);
        self.stop_if(out, Stop::Index);
    }

    /// The number of what was evaluated before.
    pub fn number(&self, tree: &Tree) -> Option<usize> {
        self.before.get(&std::ptr::from_ref(tree).addr()).copied()
    }
}
