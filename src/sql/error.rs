//! What is wrong with a plan, as Spark says it: a condition, its parameters and a sentence.

/// An error of analysis. Its class decides which of `PySpark`'s exceptions is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// `AnalysisException`, `ParseException`, `UnsupportedOperationException`, ...
    pub kind: &'static str,
    /// Spark's condition, `UNRESOLVED_COLUMN.WITH_SUGGESTION`; empty where Spark has none.
    pub condition: String,
    /// The SQL state that goes with the condition.
    pub state: &'static str,
    /// The parameters of the condition's message.
    pub parameters: Vec<(String, String)>,
    /// The sentence.
    pub message: String,
}

/// What planning gives.
pub type SqlResult<T> = Result<T, SqlError>;

impl SqlError {
    /// An `AnalysisException` with a condition; the sentence is given without it.
    pub fn analysis(condition: &str, state: &'static str, parameters: &[(&str, &str)], message: &str) -> Self {
        Self {
            kind: "AnalysisException",
            condition: condition.to_owned(),
            state,
            parameters: parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            message: format!("[{condition}] {message} SQLSTATE: {state}"),
        }
    }

    /// Something that Pyrite doesn't have: the sentence names it.
    pub fn declined(construct: &str) -> Self {
        Self {
            kind: "UnsupportedOperationException",
            condition: "UNSUPPORTED_FEATURE.PYRITE".to_owned(),
            state: "0A000",
            parameters: vec![("feature".to_owned(), construct.to_owned())],
            message: format!("{construct} is not in Pyrite's DataFrames yet."),
        }
    }

    /// Whether it says that Pyrite hasn't something.
    pub fn is_declined(&self) -> bool {
        self.condition == "UNSUPPORTED_FEATURE.PYRITE"
    }

    /// Whether it says that there is no such column.
    pub fn is_unresolved(&self) -> bool {
        self.condition.starts_with("UNRESOLVED_COLUMN.") || self.condition.starts_with("MISSING_ATTRIBUTES.")
    }

    /// SQL text that can't be read.
    pub fn parse(message: &str) -> Self {
        Self {
            kind: "ParseException",
            condition: "PARSE_SYNTAX_ERROR".to_owned(),
            state: "42601",
            parameters: vec![("error".to_owned(), message.to_owned()), ("hint".to_owned(), String::new())],
            message: format!("[PARSE_SYNTAX_ERROR] Syntax error: {message}. SQLSTATE: 42601"),
        }
    }

    /// A function's arguments have types that it doesn't take.
    pub fn mismatch(call: &str, sub: &str, message: &str) -> Self {
        Self::analysis(
            &format!("DATATYPE_MISMATCH.{sub}"),
            "42K09",
            &[("sqlExpr", &format!("\"{call}\""))],
            &format!("Cannot resolve \"{call}\" due to data type mismatch: {message}"),
        )
    }

    /// A protocol message that lacks what it must have: a client of another version.
    pub fn malformed(what: &str) -> Self {
        Self {
            kind: "IllegalArgumentException",
            condition: String::new(),
            state: "",
            parameters: Vec::new(),
            message: format!("The plan is not complete: {what} is missing."),
        }
    }
}
