//! What the rows of a column of records are: instances of one class of the program, by the names of what they hold. The
//! class itself is known to `objects/` alone, by its number.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{Field, Fields};

/// The class of a column's records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    /// What can be done with its instances.
    pub kind: ClassKind,
    /// The class's number in this process, where it isn't known by its kind.
    pub id: u32,
    /// What an instance holds, in order. Never none, and no name comes twice.
    pub names: Vec<String>,
}

/// Kinds of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClassKind {
    /// A `namedtuple` or `typing.NamedTuple`: it does what a tuple does.
    Named,
    /// `pyrite.sql.Row` with names: a tuple, but `in` looks at the names. The number says what the names are kept as.
    Row,
    /// `dict` whose keys are these.
    Dict,
    /// A class of the program whose instances hold plain attributes.
    Object,
}

impl ClassKind {
    const ALL: [(Self, char); 4] = [(Self::Named, 'n'), (Self::Row, 'r'), (Self::Dict, 'd'), (Self::Object, 'o')];

    /// By its letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == letter).map(|(kind, _)| *kind)
    }

    fn letter(self) -> char {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or('?', |(_, letter)| *letter)
    }
}

impl Class {
    /// By its mark, a letter and a number, and its names.
    pub fn marked(mark: &str, names: Vec<String>) -> Option<Self> {
        let mut rest = mark.chars();
        let kind = ClassKind::of_letter(rest.next()?)?;
        let id = rest.as_str().parse().ok()?;
        (!names.is_empty()).then_some(Self { kind, id, names })
    }

    /// By its mark alone, to be compared with.
    pub fn bare(mark: &str) -> Option<Self> {
        Some(Self { names: Vec::new(), ..Self::marked(mark, vec![String::new()])? })
    }

    /// Whether this is the same class, whatever the instances hold.
    pub fn is_class(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }

    /// The letter and the number.
    pub fn mark(&self) -> String {
        format!("{}{}", self.kind.letter(), self.id)
    }

    /// Where the value of a name is.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Where the value of an attribute is. A Row has methods that come before its names, as a tuple or by itself; a dict has
    /// no attributes but those.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        match self.kind {
            ClassKind::Dict => None,
            ClassKind::Row if matches!(name, "count" | "index" | "asDict") => None,
            _ => self.place(name),
        }
    }

    /// Whether instances are tuples.
    pub fn is_tuple(&self) -> bool {
        matches!(self.kind, ClassKind::Named | ClassKind::Row)
    }

    /// Whether an instance may be changed, so that it matters which one it is.
    pub fn is_mutable(&self) -> bool {
        !self.is_tuple()
    }

    /// The class that named these fields.
    pub(super) fn of(fields: &Fields) -> Option<Arc<Self>> {
        let (mark, _) = fields.first()?.name().split_once(':')?;
        let name = |field: &Arc<Field>| Some(field.name().strip_prefix(mark)?.strip_prefix(':')?.to_owned());
        Self::marked(mark, fields.iter().map(name).collect::<Option<_>>()?).map(Arc::new)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ClassKind::Named => "namedtuple",
            ClassKind::Row => "Row",
            ClassKind::Dict => "dict",
            ClassKind::Object => "object",
        })
    }
}
