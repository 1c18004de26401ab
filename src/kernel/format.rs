//! Format specifications of f-strings and %-formats.

use crate::error::Decline;

/// A parsed specification.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Spec {}

impl Spec {
    /// Parses a specification; declines those that aren't done natively.
    pub fn parse(spec: &str) -> Result<Self, Decline> {
        if spec.is_empty() {
            return Ok(Self {});
        }
        Err(Decline::new(format!("the format specification {spec:?}")))
    }
}
