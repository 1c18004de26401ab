//! Hashes of `hashlib`, `base64`, and what `unicodedata` says of texts.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use md5::Digest;
use unicode_normalization::char::{canonical_combining_class, decompose_canonical, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

use super::cell::Cell;
use crate::error::{Decline, Exception};
use crate::kernel::unicode::{Runs, Set, runs, set};
use crate::lambda::tree::functions::Function;

/// `function(*args)`; the number of arguments was checked.
pub fn call<'a>(function: Function, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    match (function, args) {
        (Function::HashHex, [Cell::Str(name), Cell::Bytes(data)]) => {
            let mut out = String::with_capacity(128);
            for byte in digest(name, data)? {
                let _ = write!(out, "{byte:02x}");
            }
            Ok(Cell::owned(out))
        }
        (Function::HashDigest, [Cell::Str(name), Cell::Bytes(data)]) => Ok(Cell::Bytes(digest(name, data)?.into())),
        (Function::HashHex | Function::HashDigest, [_, Cell::Str(_)]) => {
            Err(Decline::raises(Exception::TypeError, "a hash of a str"))
        }
        (Function::HashModulo, [Cell::Str(name), Cell::Bytes(data), Cell::Int(by @ 1..)]) => {
            let by = u128::from(by.unsigned_abs());
            let rest = digest(name, data)?.into_iter().fold(0, |rest, byte| (rest * 256 + u128::from(byte)) % by);
            Ok(Cell::Int(rest as i64))
        }
        (Function::Base64Encode, [Cell::Bytes(data)]) => Ok(Cell::Bytes(BASE64.encode(data).into_bytes().into())),
        (Function::Base64Decode, [Cell::Bytes(text)]) => decode(text),
        (Function::Base64Decode, [Cell::Str(text)]) => decode(text.as_bytes()),
        (Function::Normalize, [Cell::Str(form), Cell::Str(text)]) => normalized(form, text).map(Cell::owned),
        (Function::Category | Function::Combining, [Cell::Str(text)]) => {
            let mut chars = text.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else {
                return Err(Decline::raises(Exception::TypeError, "a category of what is no single character"));
            };
            let which = if function == Function::Category { Runs::Category } else { Runs::Combining };
            let known = runs(which)?.of(c);
            if function == Function::Category {
                return Ok(Cell::text(known));
            }
            known.parse().map(Cell::Int).map_err(|_| Decline::new("a class of combining characters"))
        }
        (_, args) => Err(args.last().unwrap_or(&Cell::None).unsupported(&format!("{}()", function.name()))),
    }
}

fn digest(name: &str, data: &[u8]) -> Result<Vec<u8>, Decline> {
    Ok(match name {
        "md5" => md5::Md5::digest(data).to_vec(),
        "sha1" => sha1::Sha1::digest(data).to_vec(),
        "sha224" => sha2::Sha224::digest(data).to_vec(),
        "sha256" => sha2::Sha256::digest(data).to_vec(),
        "sha384" => sha2::Sha384::digest(data).to_vec(),
        "sha512" => sha2::Sha512::digest(data).to_vec(),
        _ => return Err(Decline::new("a hash that is not compiled")),
    })
}

/// `b64decode` passes over bits that are too many; what else is odd is the interpreter's.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

fn decode<'a>(text: &[u8]) -> Result<Cell<'a>, Decline> {
    let data = BASE64.decode(text).map_err(|_| Decline::new("b64decode() of an odd text"))?;
    Ok(Cell::Bytes(data.into()))
}

/// `unicodedata.normalize`: what an assigned character becomes never changes, so it matters only which ones the interpreter knows.
fn normalized(form: &str, text: &str) -> Result<String, Decline> {
    if !matches!(form, "NFC" | "NFD" | "NFKC" | "NFKD") {
        return Err(Decline::new("normalize() to such a form"));
    }
    if text.is_ascii() {
        return Ok(text.to_owned());
    }
    let known = set(Set::Assigned)?;
    if !text.chars().all(|c| c.is_ascii() || known.has(c)) {
        return Err(Decline::new("normalize() of a character that this interpreter doesn't know"));
    }
    Ok(match form {
        "NFC" if is_nfc_quick(text.chars().filter(|c| may_change(*c))) == IsNormalized::Yes => text.to_owned(),
        "NFC" => text.nfc().collect(),
        "NFD" => decomposed(text, |c, put| decompose_canonical(c, put)).unwrap_or_else(|| text.nfd().collect()),
        "NFKC" if is_nfkc_quick(text.chars().filter(|c| may_change(*c))) == IsNormalized::Yes => text.to_owned(),
        "NFKC" => text.nfkc().collect(),
        _ => decomposed(text, |c, put| decompose_compatible(c, put)).unwrap_or_else(|| text.nfkd().collect()),
    })
}

/// Whether a character isn't one of those that composition leaves alone: of ASCII, of western Europe, Hangul and Chinese.
fn may_change(c: char) -> bool {
    !matches!(c, '\0'..='\u{9F}' | '\u{C0}'..='\u{131}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// What each character is made of; nothing where marks are to change places then.
fn decomposed(text: &str, each: fn(char, &mut dyn FnMut(char))) -> Option<String> {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    let (mut last, mut in_order) = (0, true);
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            last = 0;
            continue;
        }
        each(c, &mut |part| {
            let class = canonical_combining_class(part);
            in_order &= class == 0 || class >= last;
            last = class;
            out.push(part);
        });
    }
    in_order.then_some(out)
}
