//! `csv.reader`: the rows of lines, by the same states as the interpreter's reader.

use super::cell::Cell;
use crate::error::Decline;

/// `csv.field_size_limit()` as it is at first; longer fields are the interpreter's.
const LONGEST: usize = 131_072;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    StartRecord,
    StartField,
    InField,
    InQuotes,
    QuoteInQuotes,
    EatNewline,
}

/// `list(csv.reader(lines, delimiter=..., quotechar=...))`; no quote character means that nothing is quoted.
pub fn rows<'a>(args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let odd = || Decline::new("csv.reader() of what are no texts");
    let [lines, Cell::Str(delimiter), Cell::Str(quote), Cell::Bool(skips)] = args else { return Err(odd()) };
    let (Some(delimiter), quote) = (delimiter.chars().next(), quote.chars().next()) else { return Err(odd()) };
    let mut reader =
        Reader { delimiter, quote, skips: *skips, state: State::StartRecord, field: String::new(), row: Vec::new() };
    let mut rows = Vec::new();
    let mut read = |line: &str| -> Result<(), Decline> {
        if line.contains('\0') {
            return Err(Decline::new("csv.reader() of an odd text"));
        }
        for c in line.chars() {
            reader.character(Some(c))?;
        }
        reader.character(None)?;
        if reader.state == State::StartRecord {
            rows.push(Cell::List(std::mem::take(&mut reader.row)));
        }
        Ok(())
    };
    match lines {
        Cell::List(lines) | Cell::Tuple(lines) => {
            for line in lines {
                let Cell::Str(line) = line else { return Err(odd()) };
                read(line)?;
            }
        }
        // A file of this text.
        Cell::Str(text) => text.split_inclusive('\n').try_for_each(&mut read)?,
        _ => return Err(odd()),
    }
    if reader.state != State::StartRecord && (!reader.field.is_empty() || reader.state == State::InQuotes) {
        reader.save();
        rows.push(Cell::List(reader.row));
    }
    Ok(Cell::List(rows))
}

struct Reader<'a> {
    delimiter: char,
    quote: Option<char>,
    /// `skipinitialspace`
    skips: bool,
    state: State,
    field: String,
    row: Vec<Cell<'a>>,
}

impl Reader<'_> {
    /// One character, or a line's end.
    fn character(&mut self, c: Option<char>) -> Result<(), Decline> {
        let newline = matches!(c, Some('\n' | '\r') | None);
        match self.state {
            State::StartRecord if c.is_none() => {}
            State::StartRecord if newline => self.state = State::EatNewline,
            State::StartRecord | State::StartField => match c {
                _ if newline => self.end(c),
                Some(c) if Some(c) == self.quote => self.state = State::InQuotes,
                Some(' ') if self.skips => self.state = State::StartField,
                Some(c) if c == self.delimiter => self.save(),
                Some(c) => self.add(c, State::InField)?,
                None => {}
            },
            State::InField => match c {
                _ if newline => self.end(c),
                Some(c) if c == self.delimiter => {
                    self.save();
                    self.state = State::StartField;
                }
                Some(c) => self.add(c, State::InField)?,
                None => {}
            },
            State::InQuotes => match c {
                Some(c) if Some(c) == self.quote => self.state = State::QuoteInQuotes,
                Some(c) => self.add(c, State::InQuotes)?,
                None => {}
            },
            State::QuoteInQuotes => match c {
                Some(c) if Some(c) == self.quote => self.add(c, State::InQuotes)?,
                Some(c) if c == self.delimiter => {
                    self.save();
                    self.state = State::StartField;
                }
                _ if newline => self.end(c),
                Some(c) => self.add(c, State::InField)?,
                None => {}
            },
            State::EatNewline => match c {
                None => self.state = State::StartRecord,
                _ if newline => {}
                _ => return Err(Decline::new("csv.reader() of a newline within a field")),
            },
        }
        Ok(())
    }

    fn add(&mut self, c: char, state: State) -> Result<(), Decline> {
        if self.field.len() >= LONGEST {
            return Err(Decline::new("csv.reader() of a long field"));
        }
        self.field.push(c);
        self.state = state;
        Ok(())
    }

    fn end(&mut self, c: Option<char>) {
        self.save();
        self.state = if c.is_none() { State::StartRecord } else { State::EatNewline };
    }

    fn save(&mut self) {
        self.row.push(Cell::owned(std::mem::take(&mut self.field)));
        if self.state == State::StartRecord {
            self.state = State::StartField;
        }
    }
}
