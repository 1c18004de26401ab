//! Hashes of `hashlib`, `base64`, and what `unicodedata` says of texts.

use std::fmt::Write;

use md5::Digest;
use unicode_normalization::UnicodeNormalization;

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
        (Function::Base64Encode, [Cell::Bytes(data)]) => Ok(Cell::Bytes(encode(data).into())),
        (Function::Base64Decode, [Cell::Bytes(text)]) => decode(text).map(|data| Cell::Bytes(data.into())),
        (Function::Base64Decode, [Cell::Str(text)]) => decode(text.as_bytes()).map(|data| Cell::Bytes(data.into())),
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

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4);
    for part in data.chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at > part.len() { b'=' } else { digit });
        }
    }
    out
}

/// `b64decode` of what it can only read one way: no characters but the alphabet's, padded.
fn decode(text: &[u8]) -> Result<Vec<u8>, Decline> {
    let odd = || Decline::new("b64decode() of an odd text");
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return Err(odd());
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in &text[..text.len() - padding] {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(odd()),
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Ok(out)
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
        "NFC" => text.nfc().collect(),
        "NFD" => text.nfd().collect(),
        "NFKC" => text.nfkc().collect(),
        _ => text.nfkd().collect(),
    })
}
