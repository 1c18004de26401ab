//! Schemas as text: `a INT, b ARRAY<STRING>`, `struct<a:int>`, `decimal(10,2)`.

use super::error::{SqlError, SqlResult};
use super::types::{Field, Type};

/// One type.
pub fn read_type(text: &str) -> SqlResult<Type> {
    let mut reader = Reader { text, rest: text };
    let ty = reader.data_type()?;
    reader.end()?;
    Ok(ty)
}

/// A table's schema, or the type that stands alone.
pub fn read_schema(text: &str) -> SqlResult<Type> {
    let mut reader = Reader { text, rest: text };
    match reader.fields(None) {
        Ok(fields) if reader.end().is_ok() => Ok(Type::Struct(fields)),
        _ => read_type(text),
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    fn wrong<T>(&self) -> SqlResult<T> {
        let at = if self.rest.is_empty() { "end of input" } else { self.rest };
        Err(SqlError::parse(&format!("`{}` is no type or schema, at or near '{at}'", self.text)))
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn end(&mut self) -> SqlResult<()> {
        self.blanks();
        if self.rest.is_empty() { Ok(()) } else { self.wrong() }
    }

    fn takes(&mut self, symbol: char) -> bool {
        self.blanks();
        let Some(rest) = self.rest.strip_prefix(symbol) else { return false };
        self.rest = rest;
        true
    }

    fn needs(&mut self, symbol: char) -> SqlResult<()> {
        if self.takes(symbol) { Ok(()) } else { self.wrong() }
    }

    fn name(&mut self) -> SqlResult<String> {
        self.blanks();
        if let Some(rest) = self.rest.strip_prefix('`') {
            let mut name = String::new();
            let mut chars = rest.char_indices().peekable();
            while let Some((at, c)) = chars.next() {
                if c == '`' {
                    if chars.peek().is_some_and(|(_, next)| *next == '`') {
                        chars.next();
                    } else {
                        self.rest = &rest[at + 1..];
                        return Ok(name);
                    }
                }
                name.push(c);
            }
            return self.wrong();
        }
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(self.rest.len());
        if end == 0 {
            return self.wrong();
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let matches = self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !self.rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if matches {
            self.rest = &self.rest[word.len()..];
        }
        matches
    }

    fn number(&mut self) -> SqlResult<i64> {
        let Ok(number) = self.name()?.parse() else { return self.wrong() };
        Ok(number)
    }

    fn fields(&mut self, close: Option<char>) -> SqlResult<Vec<Field>> {
        let mut fields = Vec::new();
        if close.is_some_and(|close| self.takes(close)) {
            return Ok(fields);
        }
        loop {
            let name = self.name()?;
            self.takes(':');
            let ty = self.data_type()?;
            let nullable = !self.word("not") || !self.word("null");
            let mut field = Field::new(&name, ty, nullable);
            if self.word("comment") {
                self.blanks();
                let comment = self.quoted()?;
                field.metadata = serde_json::json!({ "comment": comment }).to_string();
            }
            fields.push(field);
            if self.takes(',') {
                continue;
            }
            match close {
                Some(close) => self.needs(close)?,
                None => self.end()?,
            }
            return Ok(fields);
        }
    }

    fn quoted(&mut self) -> SqlResult<String> {
        for quote in ['\'', '"'] {
            if let Some(rest) = self.rest.strip_prefix(quote)
                && let Some(end) = rest.find(quote)
            {
                self.rest = &rest[end + 1..];
                return Ok(rest[..end].to_owned());
            }
        }
        self.wrong()
    }

    fn data_type(&mut self) -> SqlResult<Type> {
        let before = self.rest;
        let name = self.name()?.to_lowercase();
        Ok(match name.as_str() {
            "void" | "null" => Type::Null,
            "boolean" => Type::Boolean,
            "byte" | "tinyint" => Type::Byte,
            "short" | "smallint" => Type::Short,
            "int" | "integer" => Type::Int,
            "long" | "bigint" => Type::Long,
            "float" | "real" => Type::Float,
            "double" => Type::Double,
            "string" => Type::String,
            "binary" => Type::Binary,
            "date" => Type::Date,
            "timestamp" | "timestamp_ltz" => Type::Timestamp,
            "timestamp_ntz" => Type::TimestampNtz,
            "decimal" | "dec" | "numeric" => self.decimal()?,
            "array" => {
                self.needs('<')?;
                let element = self.data_type()?;
                self.needs('>')?;
                Type::Array(Box::new(element), true)
            }
            "map" => {
                self.needs('<')?;
                let key = self.data_type()?;
                self.needs(',')?;
                let value = self.data_type()?;
                self.needs('>')?;
                Type::Map(Box::new(key), Box::new(value), true)
            }
            "struct" => {
                self.needs('<')?;
                Type::Struct(self.fields(Some('>'))?)
            }
            "interval" => self.interval()?,
            "varchar" | "char" | "character" => return Err(SqlError::declined("The type CHAR or VARCHAR")),
            "variant" | "time" | "geometry" | "geography" => {
                return Err(SqlError::declined(&format!("The type {}", name.to_uppercase())));
            }
            _ => {
                let unknown = before.trim_start().split([' ', ',', '>']).next().unwrap_or_default().to_uppercase();
                let mut error = SqlError::analysis(
                    "UNSUPPORTED_DATATYPE",
                    "0A000",
                    &[("typeName", &format!("\"{unknown}\""))],
                    &format!("Unsupported data type \"{unknown}\"."),
                );
                error.kind = "ParseException";
                return Err(error);
            }
        })
    }

    fn decimal(&mut self) -> SqlResult<Type> {
        if !self.takes('(') {
            return Ok(Type::Decimal(10, 0));
        }
        let precision = self.number()?;
        let scale = if self.takes(',') { self.number()? } else { 0 };
        self.needs(')')?;
        if !(0..=38).contains(&precision) || !(0..=precision).contains(&scale) {
            return self.wrong();
        }
        Ok(Type::Decimal(precision as u8, scale as i8))
    }

    fn interval(&mut self) -> SqlResult<Type> {
        let fields = ["day", "hour", "minute", "second"];
        let years = ["year", "month"];
        for (names, make) in [(&fields[..], Type::DayTime as fn(u8, u8) -> Type), (&years[..], Type::YearMonth)] {
            if let Some(from) = names.iter().position(|name| self.word(name)) {
                let to = if self.word("to") { names.iter().position(|name| self.word(name)) } else { Some(from) };
                let Some(to) = to else { return self.wrong() };
                return Ok(make(from as u8, to as u8));
            }
        }
        Err(SqlError::declined("The type CALENDAR INTERVAL"))
    }
}
