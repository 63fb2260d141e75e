//! Fields of protobuf messages, written as they are met. As everywhere in proto3, what is zero or empty is left out.
use std::{fmt::Display, io::Write as _};

use bytes::BufMut;

/// The key of a field and the length of what is in it take no more bytes than these.
pub(super) const MOST_HEADER: usize = 20;

const VARINT: u32 = 0;
const LENGTH: u32 = 2;

pub(super) fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        varint(out, (field << 3 | VARINT).into());
        varint(out, value);
    }
}

/// A word of an enum.
pub(super) fn word(out: &mut Vec<u8>, field: u32, word: impl Into<i32>) {
    number(out, field, u64::try_from(word.into()).unwrap_or_default());
}

pub(super) fn text(out: &mut Vec<u8>, field: u32, text: &str) {
    if !text.is_empty() {
        message(out, field, text.as_bytes());
    }
}

/// What has to be written out first.
pub(super) fn display(out: &mut Vec<u8>, field: u32, value: &dyn Display) {
    nested(out, field, |out| {
        // Writing to memory does not fail.
        let _ = write!(out, "{value}");
    });
}

/// How many bytes [`text`] takes for a field whose key takes one.
pub(super) const fn text_length(text: &str) -> usize {
    if text.is_empty() {
        0
    } else {
        1 + varint_length(text.len()) + text.len()
    }
}

/// What is encoded already.
pub(super) fn message(out: &mut impl BufMut, field: u32, encoded: &[u8]) {
    header(out, field, encoded.len());
    out.put_slice(encoded);
}

pub(super) fn header(out: &mut impl BufMut, field: u32, length: usize) {
    varint(out, (field << 3 | LENGTH).into());
    varint(out, length as u64);
}

/// What is written now; most such messages are short enough for their length to take one byte.
pub(super) fn nested(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    varint(out, (field << 3 | LENGTH).into());
    let length_at = out.len();
    out.push(0);
    write(out);
    let length = out.len() - length_at - 1;
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out[length_at] = short,
        Ok(_) | Err(_) => {
            let mut long = Vec::with_capacity(MOST_HEADER);
            varint(&mut long, length as u64);
            out.splice(length_at..=length_at, long);
        }
    }
}

pub(super) fn varint(out: &mut impl BufMut, mut value: u64) {
    while value >= 0x80 {
        out.put_u8((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8((value & 0x7f) as u8);
}

const fn varint_length(value: usize) -> usize {
    let bits = usize::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}
