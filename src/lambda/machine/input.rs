//! Columns as machine code reads them: addresses of plain arrays.

use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, StringViewArray};
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};

use super::bail::Unsupported;
use super::build::Build;
use super::kind::{Kind, Known};
use super::sites::EMPTY;
use super::value::{Tag, Val};
use crate::chunk::{Columns, Type};

/// An input of a call.
pub struct Input {
    /// What is known of it.
    pub known: Known,
    /// Its values.
    pub columns: Columns,
}

/// The arrays of a call's inputs.
#[derive(Default)]
pub struct Arrays {
    /// The address of each.
    pub bases: Vec<*const u8>,
    keep: Vec<Keep>,
}

/// What the addresses point into.
#[expect(dead_code, reason = "it is only kept")]
enum Keep {
    Columns(Columns),
    Bytes(Vec<u8>),
    Borders(Vec<i32>),
    Texts(Vec<(*const u8, usize)>),
    Characters(Vec<u32>),
}

/// Whether there is a character beyond ASCII in a column.
pub fn is_wide(columns: &Columns) -> bool {
    match columns.kind() {
        Type::Str | Type::Optional(_) => {
            let texts = columns.array().as_any().downcast_ref::<StringViewArray>();
            texts.is_some_and(|texts| texts.iter().flatten().any(|text| !text.is_ascii()))
        }
        Type::Tuple(_) => columns.items().is_some_and(|items| items.iter().any(is_wide)),
        Type::List(_) | Type::Group(_) => columns.lists().is_some_and(|(_, items)| is_wide(&items)),
        _ => false,
    }
}

impl Arrays {
    /// Adds those of a column. Characters have 32 bits where `wide` is true.
    pub fn add(&mut self, columns: &Columns, kind: &Kind, wide: bool) -> Option<()> {
        let array = columns.array();
        match kind {
            Kind::None | Kind::Empty => {}
            Kind::Int => {
                self.bases.push(array.as_any().downcast_ref::<Int64Array>()?.values().as_ptr().cast());
                self.keep.push(Keep::Columns(columns.clone()));
            }
            Kind::Float => {
                self.bases.push(array.as_any().downcast_ref::<Float64Array>()?.values().as_ptr().cast());
                self.keep.push(Keep::Columns(columns.clone()));
            }
            Kind::Bool => {
                let bools = array.as_any().downcast_ref::<BooleanArray>()?;
                self.bytes(bools.values().iter().map(u8::from).collect());
            }
            Kind::Text => self.texts(array.as_any().downcast_ref()?, columns, wide),
            Kind::Optional(inner) => {
                self.bytes((0..columns.len()).map(|row| u8::from(array.is_valid(row))).collect());
                self.add(columns, inner, wide)?;
            }
            Kind::Tuple(kinds) => {
                let items = columns.items()?;
                for (item, kind) in items.iter().zip(kinds) {
                    self.add(item, kind, wide)?;
                }
            }
            Kind::List(item, _) => {
                let (borders, items) = columns.lists()?;
                self.bases.push(borders.as_ptr().cast());
                self.keep.push(Keep::Borders(borders));
                self.add(&items, item, wide)?;
            }
        }
        Some(())
    }

    fn bytes(&mut self, bytes: Vec<u8>) {
        self.bases.push(bytes.as_ptr());
        self.keep.push(Keep::Bytes(bytes));
    }

    /// Address and length of each text.
    fn texts(&mut self, texts: &StringViewArray, columns: &Columns, wide: bool) {
        let mut places: Vec<(*const u8, usize)> = Vec::with_capacity(texts.len());
        if wide {
            let mut characters: Vec<u32> = Vec::new();
            let mut borders = vec![0];
            for row in 0..texts.len() {
                if texts.is_valid(row) {
                    characters.extend(texts.value(row).chars().map(u32::from));
                }
                borders.push(characters.len());
            }
            let place = |row: &[usize]| (characters[row[0]..].as_ptr().cast(), row[1] - row[0]);
            places.extend(borders.windows(2).map(place));
            self.keep.push(Keep::Characters(characters));
        } else {
            let place = |row| if texts.is_valid(row) { texts.value(row) } else { "" };
            places.extend((0..texts.len()).map(|row| (place(row).as_ptr(), place(row).len())));
            self.keep.push(Keep::Columns(columns.clone()));
        }
        self.bases.push(places.as_ptr().cast());
        self.keep.push(Keep::Texts(places));
    }
}

impl Build<'_, '_> {
    /// The value of a column of a type whose first array is `base`, at a row.
    pub fn load(&mut self, kind: &Kind, base: usize, row: Value) -> Result<Val, Unsupported> {
        // Whether there is such a row may have been asked just before, so that the load stays where it is.
        let flags = MemFlags::trusted().with_readonly();
        Ok(match kind {
            Kind::None => Val::one(Tag::None, self.bool(false)),
            Kind::Bool => Val::one(Tag::Bool, self.byte(base, row)?),
            Kind::Int => {
                let at = self.at(base, row, 3)?;
                Val::one(Tag::Int, self.f.ins().load(types::I64, flags, at, 0))
            }
            Kind::Float => {
                let at = self.at(base, row, 3)?;
                Val::one(Tag::Float, self.f.ins().load(types::F64, flags, at, 0))
            }
            Kind::Text => {
                let at = self.at(base, row, 4)?;
                let address = self.f.ins().load(types::I64, flags, at, 0);
                let len = self.f.ins().load(types::I64, flags, at, 8);
                Val::text(address, len)
            }
            Kind::Optional(inner) => {
                let present = self.byte(base, row)?;
                let loaded = self.load(inner, base + 1, row)?;
                let none = Val::one(Tag::None, self.bool(false));
                self.choose(present, &loaded, &none)?
            }
            Kind::Tuple(items) => {
                let mut from = base;
                let mut vals = Vec::with_capacity(items.len());
                for item in items {
                    vals.push(self.load(item, from, row)?);
                    from += item.arrays();
                }
                Val::Tuple(vals)
            }
            Kind::Empty => self.new_list((EMPTY, self.inputs.len()), 0),
            Kind::List(..) => {
                self.shape_of(kind, base);
                let at = self.at(base, row, 2)?;
                let start = self.f.ins().load(types::I32, flags, at, 0);
                let end = self.f.ins().load(types::I32, flags, at, 4);
                let len = self.f.ins().isub(end, start);
                let start = self.f.ins().uextend(types::I64, start);
                Val::List(base, start, self.f.ins().uextend(types::I64, len))
            }
        })
    }

    fn byte(&mut self, base: usize, row: Value) -> Result<Value, Unsupported> {
        let at = self.at(base, row, 0)?;
        let flags = MemFlags::trusted().with_readonly();
        Ok(self.f.ins().load(types::I8, flags, at, 0))
    }

    fn at(&mut self, base: usize, row: Value, shift: i64) -> Result<Value, Unsupported> {
        let base = *self.bases.get(base).ok_or(Unsupported)?;
        let by = self.f.ins().ishl_imm(row, shift);
        Ok(self.f.ins().iadd(base, by))
    }
}
