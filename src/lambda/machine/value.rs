//! Values while code is made: what is known of their types, and where they are.

use cranelift_codegen::ir::{Type, Value, types};

/// A set of types; most values are known to be of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tags(pub u8);

/// One type, as it is stored beside a value that may be of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tag {
    /// `None`
    None = 0,
    /// `bool`, as an 8-bit 0 or 1.
    Bool = 1,
    /// `int` within 64 bits.
    Int = 2,
    /// `float`
    Float = 3,
    /// `str` of one character, as its code point, or of none, as -1.
    Char = 4,
    /// `str`, as address and length in characters.
    Text = 5,
}

impl Tag {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::None, Self::Bool, Self::Int, Self::Float, Self::Char, Self::Text];

    /// Cranelift's type of the value.
    pub fn kind(self) -> Type {
        match self {
            Self::None | Self::Bool => types::I8,
            Self::Int | Self::Char | Self::Text => types::I64,
            Self::Float => types::F64,
        }
    }

    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Bool | Self::Int | Self::Float)
    }

    /// Whether it is a str.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Char | Self::Text)
    }
}

impl Tags {
    /// The set of one.
    pub fn one(tag: Tag) -> Self {
        Self(1 << tag as u8)
    }

    /// Whether it has the tag.
    pub fn has(self, tag: Tag) -> bool {
        self.0 >> (tag as u8) & 1 == 1
    }

    /// The only one, if it is.
    pub fn only(self) -> Option<Tag> {
        self.each().next().filter(|_| self.0.is_power_of_two())
    }

    /// All in it.
    pub fn each(self) -> impl Iterator<Item = Tag> {
        Tag::ALL.into_iter().filter(move |tag| self.has(*tag))
    }
}

/// A value of a known type.
#[derive(Clone, Copy, Debug)]
pub struct One {
    /// The type.
    pub tag: Tag,
    /// The value; no matter what for `None`.
    pub value: Value,
    /// The length of a text.
    pub len: Option<Value>,
}

/// A value while code is made.
#[derive(Clone, Debug)]
pub enum Val {
    /// Of a known type.
    One(One),
    /// Of one of several types: the tag, 64 bits, and the length if there are texts among them.
    Any {
        /// The types.
        tags: Tags,
        /// Which of them it is.
        tag: Value,
        /// The value's bits.
        bits: Value,
        /// The length of a text.
        len: Option<Value>,
    },
    /// A tuple.
    Tuple(Vec<Val>),
    /// Items of an input's lists: which input, the first item and how many.
    List(usize, Value, Value),
    /// A list that the code makes: its header, and the number of what its items are.
    Made(Value, usize),
    /// No value: the code never gets here.
    Never,
}

/// What a variable can hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Nothing was assigned yet.
    Nothing,
    /// A value of one of these types.
    Scalar(Tags),
    /// A tuple.
    Tuple(Vec<Shape>),
    /// Items of an input's lists.
    List(usize),
    /// A list that the code makes.
    Made(usize),
    /// The same as a result: what its items are.
    Items(Box<Shape>),
}

impl Val {
    /// A value of a known type.
    pub fn one(tag: Tag, value: Value) -> Self {
        Self::One(One { tag, value, len: None })
    }

    /// A text.
    pub fn text(address: Value, len: Value) -> Self {
        Self::One(One { tag: Tag::Text, value: address, len: Some(len) })
    }

    /// What a variable needs to hold it.
    pub fn shape(&self) -> Shape {
        match self {
            Self::One(one) => Shape::Scalar(Tags::one(one.tag)),
            Self::Any { tags, .. } => Shape::Scalar(*tags),
            Self::Tuple(items) => Shape::Tuple(items.iter().map(Self::shape).collect()),
            Self::List(input, ..) => Shape::List(*input),
            Self::Made(_, number) => Shape::Made(*number),
            Self::Never => Shape::Nothing,
        }
    }
}

impl Shape {
    /// Whether it may have the address of something that the code makes.
    pub fn has_address(&self) -> bool {
        match self {
            Self::Scalar(tags) => tags.has(Tag::Text),
            Self::Tuple(items) => items.iter().any(Self::has_address),
            Self::Made(_) | Self::Items(_) => true,
            Self::Nothing | Self::List(_) => false,
        }
    }

    /// Cranelift's types of the parts that a value of it is stored in.
    pub fn parts(&self, out: &mut Vec<Type>) {
        match self {
            Self::Nothing => {}
            Self::Scalar(tags) => {
                match tags.only() {
                    Some(Tag::None) => {}
                    Some(tag) => out.push(tag.kind()),
                    None => out.extend([types::I8, types::I64]),
                }
                if tags.has(Tag::Text) {
                    out.push(types::I64);
                }
            }
            Self::Tuple(items) => items.iter().for_each(|item| item.parts(out)),
            Self::List(_) => out.extend([types::I64, types::I64]),
            Self::Made(_) | Self::Items(_) => out.push(types::I64),
        }
    }
}
