//! The texts of exceptions as the running interpreter words them, and of the names of HTML, asked for when the first one is wanted.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::repr::write_str_repr;

/// Texts by what raises them.
type Texts = HashMap<String, String>;

static ASK: OnceLock<fn() -> Option<Texts>> = OnceLock::new();
static TEXTS: OnceLock<Texts> = OnceLock::new();

/// `int` cuts the text that it quotes, in quotes, at 200 characters.
const LONGEST: usize = 190;

/// Says whom to ask; the first call counts.
pub fn set_texts(ask: fn() -> Option<Texts>) {
    let _ = ASK.set(ask);
}

/// What `str` of the exception is that this raises; nothing where that isn't known. No lock is held while somebody is asked.
pub fn text_of(what: &str) -> Option<String> {
    let texts = if let Some(known) = TEXTS.get() {
        known
    } else {
        let made = ASK.get()?()?;
        TEXTS.get_or_init(|| made)
    };
    texts.get(what).cloned()
}

/// The same of what quotes a text.
pub fn text_with(what: &str, quoted: &str) -> Option<String> {
    let mut text = text_of(what)?;
    let begin = text.len();
    write_str_repr(quoted, &mut text).ok()?;
    (text.len() - begin <= LONGEST).then_some(text)
}
