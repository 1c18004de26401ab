//! The expression tree of a user function, as `python/pyrite/_lambda` translates it and sends it (JSON, serde's
//! externally tagged form). Python's semantics throughout; nothing here evaluates.

use serde::{Deserialize, Serialize};

use super::tries::Try;
use super::turns::Loop;

/// One expression. `Local` slots are unique within a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// The function's i-th positional parameter.
    Param(usize),
    /// A name bound by `Let`, `Comprehension` or `Loop`.
    Local(usize),
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// An int that fits 64 bits.
    Int(i64),
    /// A float, by the bits of its IEEE double.
    Float(u64),
    /// A str without lone surrogates.
    Str(String),
    /// A bytes constant.
    Bytes(Vec<u8>),
    /// A tuple display or constant tuple.
    Tuple(Vec<Expr>),
    /// A list display.
    List(Vec<Expr>),
    /// `of[index]`
    Item {
        /// What is indexed.
        of: Box<Expr>,
        /// The index or key.
        index: Box<Expr>,
    },
    /// `of[start:stop:step]`
    Slice {
        /// What is sliced.
        of: Box<Expr>,
        /// First bound.
        start: Option<Box<Expr>>,
        /// Second bound.
        stop: Option<Box<Expr>>,
        /// Step.
        step: Option<Box<Expr>>,
    },
    /// `-x`, `+x`, `not x`, `~x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        of: Box<Expr>,
    },
    /// Arithmetic and bit operators.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// A comparison chain: `first op0 e0 op1 e1 ...`, each operand evaluated once, short-circuit.
    Compare {
        /// The leftmost operand.
        first: Box<Expr>,
        /// The rest of the chain.
        rest: Vec<(CompareOp, Expr)>,
    },
    /// `a and b and ...` with Python's value semantics.
    And(Vec<Expr>),
    /// `a or b or ...` with Python's value semantics.
    Or(Vec<Expr>),
    /// `then if test else orelse`
    If {
        /// Its truth decides.
        test: Box<Expr>,
        /// Taken when true.
        then: Box<Expr>,
        /// Taken when false.
        orelse: Box<Expr>,
    },
    /// `{ local[slot] = value; body }`: an assignment in a `def`, an unpacking, an inlined call's argument.
    Let {
        /// Which local.
        slot: usize,
        /// What it is bound to, evaluated once.
        value: Box<Expr>,
        /// Where it is visible.
        body: Box<Expr>,
    },
    /// A call of a built-in or of a module's function, by its canonical name: `len`, `int`, `math.sqrt`, ...
    Call {
        /// The canonical name.
        function: String,
        /// Positional arguments (keywords are already in their places).
        args: Vec<Expr>,
    },
    /// A call of a method of a str, bytes or list value.
    Method {
        /// Its name.
        name: String,
        /// The receiver.
        of: Box<Expr>,
        /// Positional arguments.
        args: Vec<Expr>,
    },
    /// A function of `re` or a compiled pattern's method.
    Regex {
        /// Which function.
        function: RegexFunction,
        /// The pattern.
        pattern: Pattern,
        /// What `sub` puts in the place of a match, or what `finditer` is asked for; for the other functions there is none.
        #[serde(default)]
        replacement: Vec<Piece>,
        /// The text, then `maxsplit` of `split` or `count` of `sub`.
        args: Vec<Expr>,
    },
    /// A look into the i-th container that the function captures; what is in it comes with every job.
    Lookup {
        /// Which container.
        table: usize,
        /// What is asked.
        how: LookupKind,
        /// The key, index or element.
        key: Box<Expr>,
        /// The second argument of `get`.
        #[serde(default)]
        default: Option<Box<Expr>>,
    },
    /// The i-th captured value, which comes with every job.
    Captured(usize),
    /// An f-string, a %-format or `str.format` reduced to parts.
    Format(Vec<FormatPart>),
    /// A list comprehension or a generator consumed at once: `[item for slot in source if conditions...]`.
    Comprehension {
        /// The loop variable's slot.
        slot: usize,
        /// What is iterated.
        source: Box<Expr>,
        /// All must be true for an element to count.
        conditions: Vec<Expr>,
        /// What is produced.
        item: Box<Expr>,
    },
    /// A `for` or a `while` of a `def`, and what follows it.
    Loop(Box<Loop<Expr>>),
    /// A `try` of a `def`: what follows it stands in its body and in its handlers.
    Try(Box<Try<Expr>>),
    /// What stands in the body of the `try` of a number, which doesn't protect it.
    Outside(usize, Box<Expr>),
    /// What `CPython` evaluates in another order, or not to its end: nobody knows what is raised in it.
    Unsure(Box<Expr>),
    /// No value: the function raises where this is evaluated, which declines for the reason given.
    Raises(String),
    /// A generator over the elements of a value; only the whole function's value can be one.
    Generator(Box<Expr>),
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `+x`
    Pos,
    /// `not x`
    Not,
    /// `~x`
    Invert,
}

/// An arithmetic or bit operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    Pow,
    And,
    Or,
    Xor,
    LShift,
    RShift,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CompareOp {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    In,
    NotIn,
    Is,
    IsNot,
}

/// What is asked of a captured container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupKind {
    /// `container[key]`
    Item,
    /// `container.get(key, default)`
    Get,
    /// `key in container`
    In,
}

/// A function of `re`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RegexFunction {
    Split,
    Sub,
    Findall,
    /// Only its truth or `is None` may be used, unless the tree indexes the groups through `Method { name: "group" }`.
    Search,
    Match,
    Fullmatch,
    /// A list of what is wanted of each match, as tuples.
    Finditer,
}

/// A piece of a replacement, as `re`'s own parser read the template, or what is wanted of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Text that stands as it is: escapes are resolved.
    Text(String),
    /// What a group matched; nothing where it took no part in the match.
    Group(usize),
    /// Where a group begins, of a match that is wanted.
    Start(usize),
    /// Where it ends.
    End(usize),
}

/// A pattern that passed the rules of design section 4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// The pattern as the user wrote it, for `explain`.
    pub source: String,
    /// Number of capture groups.
    pub groups: usize,
    /// How it is matched.
    pub matcher: Matcher,
}

/// How a pattern is matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matcher {
    /// One character class repeated once or more (`\W+`, `[,;\s]+`): a table scan.
    ClassRun(CharClass),
    /// One character of a class (`\s`, `,`, `[,;]`), not repeated.
    ClassOne(CharClass),
    /// Anything else: a syntax for the `regex` crate, in which every class of Unicode is written out by
    /// placeholders `\p{PyWord}` ... that the lambda compiler replaces from the interpreter's tables:
    /// `{{w}}` `{{W}}` `{{d}}` `{{D}}` `{{s}}` `{{S}}`.
    Regex(String),
    /// What the crate can't say, or not of all texts: steps to try one after another, and the same in the crate's syntax
    /// for ASCII texts, where there is one.
    Steps {
        /// In this order.
        steps: Step,
        /// For ASCII texts.
        ascii: Option<String>,
    },
}

/// A part of a pattern, tried as `re` does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// In the `regex` crate's syntax, without groups.
    Syntax(String),
    /// One after another.
    Concat(Vec<Step>),
    /// The first that does.
    Branch(Vec<Step>),
    /// A capture group and its number.
    Group(usize, Box<Step>),
    /// So many times; what can't match nothing.
    Repeat {
        /// At least.
        least: usize,
        /// At most.
        most: Option<usize>,
        /// As often as it goes, or as seldom.
        greedy: bool,
        /// What.
        of: Box<Step>,
    },
    /// `(?=...)`, `(?<=...)` and their negations; there is no group in it.
    Around {
        /// So many characters before this place, where it looks behind.
        behind: Option<usize>,
        /// `(?!...)`
        negated: bool,
        /// What is there, or isn't.
        of: Box<Step>,
    },
    /// `\b`, or `\B`
    Boundary {
        /// `\B`
        negated: bool,
        /// Only of ASCII words.
        ascii: bool,
    },
    /// `$`
    End,
    /// What a group matched.
    Back(usize),
}

/// A character class: the union of its parts, perhaps negated as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharClass {
    /// Whether the class is everything but its parts.
    pub negated: bool,
    /// Inclusive code point ranges.
    pub ranges: Vec<(u32, u32)>,
    /// Categories of `re`: one of `w W d D s S`.
    pub categories: Vec<char>,
}

/// A part of a formatted string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatPart {
    /// Text that stands as it is.
    Text(String),
    /// `format(str|repr(value), spec)`.
    Value {
        /// What is formatted.
        value: Expr,
        /// `s`, `r`, `a` or none.
        conversion: Option<char>,
        /// The format specification, empty for none.
        spec: String,
    },
}
