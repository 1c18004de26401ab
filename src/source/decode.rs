//! Bytes become text, incrementally over a whole connection, in the encoding that the user named.

use encoding_rs::Encoding;

use crate::chunk::Utf8;
use crate::error::{Error, Kind, Result};

/// A decoder of one connection's bytes.
pub enum Decoder {
    /// UTF-8.
    Utf8(Utf8),
    /// Any other encoding.
    Other(Box<encoding_rs::Decoder>),
}

impl Decoder {
    /// A decoder for an encoding, `None` for UTF-8.
    pub fn new(encoding: Option<&'static Encoding>) -> Self {
        match encoding {
            None => Self::Utf8(Utf8::default()),
            Some(encoding) => Self::Other(Box::new(encoding.new_decoder_without_bom_handling())),
        }
    }

    /// Appends the text of `bytes` to `text`, which stays valid UTF-8. True when something had to be replaced.
    pub fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> bool {
        match self {
            Self::Utf8(decoder) => decoder.decode(bytes, text),
            Self::Other(decoder) => decode_other(decoder, bytes, text, false),
        }
    }

    /// The connection ended: an incomplete character is replaced.
    pub fn finish(&mut self, text: &mut Vec<u8>) {
        match self {
            Self::Utf8(decoder) => decoder.finish(text),
            Self::Other(decoder) => {
                let encoding = decoder.encoding();
                decode_other(decoder, &[], text, true);
                **decoder = encoding.new_decoder_without_bom_handling();
            }
        }
    }
}

fn decode_other(decoder: &mut encoding_rs::Decoder, bytes: &[u8], text: &mut Vec<u8>, last: bool) -> bool {
    let from = text.len();
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len().saturating_mul(3) + 16);
    text.resize(from + room, 0);
    let (_, _, written, damaged) = decoder.decode_to_utf8(bytes, &mut text[from..], last);
    text.truncate(from + written);
    damaged
}

/// The encoding that `pyrite.socket.encoding` names, by Python's or the web's name; `None` for UTF-8.
pub fn find_encoding(name: &str) -> Result<Option<&'static Encoding>> {
    let plain = name.trim().to_ascii_lowercase().replace('_', "-");
    let label = match plain.as_str() {
        "utf-8" | "utf8" | "u8" => return Ok(None),
        "cp949" | "949" | "ms949" | "uhc" | "euckr" => "euc-kr",
        "cp932" | "ms932" | "mskanji" => "shift_jis",
        "cp936" | "ms936" => "gbk",
        "cp950" | "ms950" => "big5",
        "eucjp" => "euc-jp",
        other => other,
    };
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) => Ok(Some(encoding)),
        None => Err(Error::new(
            Kind::IllegalArgument,
            format!(
                "pyrite.socket.encoding is set to '{name}', which is no known encoding; try utf-8, cp949 or euc-kr"
            ),
        )),
    }
}

/// Whether bytes that are not UTF-8 read well as Korean text in CP949.
pub fn looks_like_cp949(bytes: &[u8]) -> bool {
    // The cut at the end may fall into a character.
    let end = bytes.iter().rposition(u8::is_ascii).map_or(bytes.len(), |i| i + 1);
    let (text, damaged) = encoding_rs::EUC_KR.decode_without_bom_handling(&bytes[..end.min(4096)]);
    let hangul = text.chars().filter(|c| ('\u{AC00}'..='\u{D7A3}').contains(c)).count();
    let others = text.chars().filter(|c| !c.is_ascii() && !('\u{AC00}'..='\u{D7A3}').contains(c)).count();
    hangul >= 2 && hangul > others && (!damaged || end > 4096)
}
