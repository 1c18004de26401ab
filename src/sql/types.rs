//! Spark's data types: what columns have, how they are written for people, for JSON and for the executor.

use std::fmt::Write as _;

/// The type of a value.
#[expect(missing_docs, reason = "the names are Spark's")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Null,
    Boolean,
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
    Decimal(u8, i8),
    String,
    Binary,
    Date,
    Timestamp,
    TimestampNtz,
    /// From and to: 0 day, 1 hour, 2 minute, 3 second.
    DayTime(u8, u8),
    /// From and to: 0 year, 1 month.
    YearMonth(u8, u8),
    /// Elements, and whether they may be null.
    Array(Box<Type>, bool),
    /// Keys, values, and whether these may be null.
    Map(Box<Type>, Box<Type>, bool),
    Struct(Vec<Field>),
    /// A class of the user's over another type: its JSON, and that type.
    Udt(String, Box<Type>),
}

/// A field of a struct or a column of a table.
#[expect(missing_docs, reason = "the names are Spark's")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub ty: Type,
    pub nullable: bool,
    /// JSON, or empty.
    pub metadata: String,
}

#[expect(missing_docs, reason = "the parts of a field")]
impl Field {
    pub fn new(name: &str, ty: Type, nullable: bool) -> Self {
        Self { name: name.to_owned(), ty, nullable, metadata: String::new() }
    }
}

const DAY_TIME: [&str; 4] = ["day", "hour", "minute", "second"];
const YEAR_MONTH: [&str; 2] = ["year", "month"];

#[expect(missing_docs, reason = "each says it in its name")]
impl Type {
    pub const INTEGRAL: [Self; 4] = [Self::Byte, Self::Short, Self::Int, Self::Long];

    pub fn is_integral(&self) -> bool {
        Self::INTEGRAL.contains(self)
    }

    pub fn is_numeric(&self) -> bool {
        self.is_integral() || matches!(self, Self::Float | Self::Double | Self::Decimal(..))
    }

    pub fn is_fractional(&self) -> bool {
        matches!(self, Self::Float | Self::Double)
    }

    pub fn is_time(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::TimestampNtz)
    }

    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Array(..) | Self::Map(..) | Self::Struct(_))
    }

    /// Whether values of it can be sorted.
    pub fn is_orderable(&self) -> bool {
        match self {
            Self::Map(..) => false,
            Self::Array(element, _) => element.is_orderable(),
            Self::Struct(fields) => fields.iter().all(|field| field.ty.is_orderable()),
            _ => true,
        }
    }

    /// Whether the executor would order such values otherwise: within structs and arrays its nulls are the greatest.
    pub fn orders_apart(&self) -> bool {
        match self {
            Self::Array(element, nulls) => *nulls || element.orders_apart(),
            Self::Struct(fields) => fields.iter().any(|field| field.nullable || field.ty.orders_apart()),
            _ => false,
        }
    }

    /// Whether a map is in it anywhere.
    pub fn has_map(&self) -> bool {
        !self.is_orderable()
    }

    /// `bigint`, `array<string>`, `struct<a:int>`.
    pub fn simple(&self) -> String {
        match self {
            Self::Null => "void".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Byte => "tinyint".to_owned(),
            Self::Short => "smallint".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Long => "bigint".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            Self::String => "string".to_owned(),
            Self::Binary => "binary".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::TimestampNtz => "timestamp_ntz".to_owned(),
            Self::DayTime(from, to) => interval(&DAY_TIME, *from, *to),
            Self::YearMonth(from, to) => interval(&YEAR_MONTH, *from, *to),
            Self::Array(element, _) => format!("array<{}>", element.simple()),
            Self::Map(key, value, _) => format!("map<{},{}>", key.simple(), value.simple()),
            Self::Struct(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|field| format!("{}:{}", field.name, field.ty.simple())).collect();
                format!("struct<{}>", fields.join(","))
            }
            Self::Udt(_, ty) => ty.simple(),
        }
    }

    /// As error messages have it: `"BIGINT"`.
    pub fn sql(&self) -> String {
        match self {
            Self::Array(element, _) => format!("ARRAY<{}>", element.sql()),
            Self::Map(key, value, _) => format!("MAP<{}, {}>", key.sql(), value.sql()),
            Self::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(sql_field).collect();
                format!("STRUCT<{}>", fields.join(", "))
            }
            Self::Udt(_, ty) => ty.sql(),
            _ => self.simple().to_uppercase(),
        }
    }

    /// The name in a schema's JSON and in `printSchema`: `long`, `integer`.
    pub fn json_name(&self) -> String {
        match self {
            Self::Byte => "byte".to_owned(),
            Self::Short => "short".to_owned(),
            Self::Int => "integer".to_owned(),
            Self::Long => "long".to_owned(),
            Self::Array(..) => "array".to_owned(),
            Self::Map(..) => "map".to_owned(),
            Self::Struct(_) => "struct".to_owned(),
            Self::Udt(..) => "udt".to_owned(),
            _ => self.simple(),
        }
    }

    /// The executor's name of the type that holds such values.
    pub fn physical(&self) -> String {
        match self {
            Self::Null => "INTEGER".to_owned(),
            Self::Boolean => "BOOLEAN".to_owned(),
            Self::Byte => "TINYINT".to_owned(),
            Self::Short => "SMALLINT".to_owned(),
            Self::Int | Self::YearMonth(..) => "INTEGER".to_owned(),
            Self::Long | Self::DayTime(..) => "BIGINT".to_owned(),
            Self::Float => "FLOAT".to_owned(),
            Self::Double => "DOUBLE".to_owned(),
            Self::Decimal(precision, scale) => format!("DECIMAL({precision},{scale})"),
            Self::String => "VARCHAR".to_owned(),
            Self::Binary => "BLOB".to_owned(),
            Self::Date => "DATE".to_owned(),
            Self::Timestamp => "TIMESTAMPTZ".to_owned(),
            Self::TimestampNtz => "TIMESTAMP".to_owned(),
            Self::Array(element, _) => format!("{}[]", element.physical()),
            Self::Map(key, value, _) => format!("MAP({}, {})", key.physical(), value.physical()),
            Self::Struct(fields) if fields.is_empty() => "STRUCT(\"\" INTEGER)".to_owned(),
            Self::Struct(fields) => {
                let fields: Vec<_> = physical_names(fields)
                    .iter()
                    .zip(fields)
                    .map(|(name, field)| format!("{} {}", quoted(name), field.ty.physical()))
                    .collect();
                format!("STRUCT({})", fields.join(", "))
            }
            Self::Udt(_, ty) => ty.physical(),
        }
    }

    /// The type as a schema's JSON has it.
    pub fn json(&self) -> String {
        match self {
            Self::Array(element, nulls) => {
                format!("{{\"type\":\"array\",\"elementType\":{},\"containsNull\":{nulls}}}", element.json())
            }
            Self::Map(key, value, nulls) => format!(
                "{{\"type\":\"map\",\"keyType\":{},\"valueType\":{},\"valueContainsNull\":{nulls}}}",
                key.json(),
                value.json()
            ),
            Self::Struct(fields) => {
                let mut text = String::from("{\"type\":\"struct\",\"fields\":[");
                for (index, field) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    let metadata = if field.metadata.is_empty() { "{}" } else { &field.metadata };
                    let _ = write!(
                        text,
                        "{comma}{{\"name\":{},\"type\":{},\"nullable\":{},\"metadata\":{metadata}}}",
                        serde_json::Value::String(field.name.clone()),
                        field.ty.json(),
                        field.nullable
                    );
                }
                text.push_str("]}");
                text
            }
            Self::Udt(json, _) => json.clone(),
            _ => format!("\"{}\"", self.json_name()),
        }
    }
}

fn sql_field(field: &Field) -> String {
    let not_null = if field.nullable { "" } else { " NOT NULL" };
    let name = if is_plain_name(&field.name) { field.name.clone() } else { backquoted(&field.name) };
    format!("{name}: {}{not_null}", field.ty.sql())
}

fn interval(names: &[&str], from: u8, to: u8) -> String {
    let name = |index: u8| names.get(index as usize).copied().unwrap_or("?");
    if from == to { format!("interval {}", name(from)) } else { format!("interval {} to {}", name(from), name(to)) }
}

/// The names that a struct's fields have in the executor, which knows no two of one name whatever the case.
pub fn physical_names(fields: &[Field]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let own = |c: char| c == '\u{1}' || is_mark(c);
            let free = !field.name.is_empty() && !field.name.contains(own) && seen.insert(field.name.to_lowercase());
            if free { field.name.clone() } else { format!("{}\u{1}{index}", field.name.replace(own, "")) }
        })
        .collect()
}

/// A name in the executor's quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Zero, which can't stand in SQL text, and the characters that mark places in it while it is put together.
pub fn is_mark(c: char) -> bool {
    matches!(c, '\0' | '\u{2}'..='\u{7}')
}

/// A text as the executor's literal.
pub fn text_literal(text: &str) -> String {
    if !text.contains(is_mark) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut parts = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        if is_mark(c) {
            parts.push(format!("'{}'", std::mem::take(&mut plain)));
            parts.push(format!("chr({})", u32::from(c)));
        } else if c == '\'' {
            plain.push_str("''");
        } else {
            plain.push(c);
        }
    }
    parts.push(format!("'{plain}'"));
    format!("({})", parts.join(" || "))
}

/// A name in Spark's quotes.
pub fn backquoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Whether Spark writes the name without quotes.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
