//! The running kernel's own description of its types: where fields lie, what enumerators are called.
//!
//! Read by hand because what is needed is little, and the crates that read all of it keep tens of MiB for it.
use std::{fs, path::Path};

use super::error::KernelError;

const HEADER_LEN: usize = 24;
const MAGIC: u16 = 0xeb9f;

const INT: u32 = 1;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const ENUM: u32 = 6;
const TYPEDEF: u32 = 8;
const VOLATILE: u32 = 9;
const CONST: u32 = 10;
const FUNC_PROTO: u32 = 13;
const VAR: u32 = 14;
const DATASEC: u32 = 15;
const DECL_TAG: u32 = 17;
const TYPE_TAG: u32 = 18;
const ENUM64: u32 = 19;

/// One BTF blob. A module's blob continues the numbering and the strings of the kernel's own.
pub(crate) struct Btf {
    types: Vec<u8>,
    strings: Vec<u8>,
    /// Where the type of each number begins; number 0 is `void`.
    starts: Vec<u32>,
    /// Length of the strings that come before this blob's own.
    base_strings: u32,
}

/// The fixed part of a type.
#[derive(Clone, Copy)]
struct Type {
    name: u32,
    kind: u32,
    vlen: u32,
    /// Bitfields: member offsets carry their width in the top byte.
    kind_flag: bool,
    /// Size or the type referred to.
    size_or_type: u32,
    /// Where what follows begins.
    rest: usize,
}

impl Btf {
    pub(crate) fn read(path: &Path, base: Option<&Self>) -> Result<Self, KernelError> {
        let data = fs::read(path).map_err(|error| KernelError::BtfUnreadable {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(&data, base).ok_or_else(|| KernelError::BtfMalformed { path: path.to_owned() })
    }

    fn parse(data: &[u8], base: Option<&Self>) -> Option<Self> {
        let magic = u16::from_ne_bytes(data.get(..2)?.try_into().ok()?);
        if magic != MAGIC || word(data, 4)? as usize != HEADER_LEN {
            return None;
        }
        let section = |offset: usize, len: usize| {
            let start = HEADER_LEN + word(data, offset)? as usize;
            data.get(start..start.checked_add(word(data, len)? as usize)?)
        };
        let base_strings = base.map_or(Some(0), |base| u32::try_from(base.strings.len()).ok())?;
        let mut btf = Self {
            types: section(8, 12)?.to_vec(),
            strings: section(16, 20)?.to_vec(),
            starts: Vec::new(),
            base_strings,
        };
        btf.starts = btf.find_starts()?;
        Some(btf)
    }

    /// The byte offset of a field, given as `field.field…`; fields of anonymous members count as the struct's own.
    pub(crate) fn offset_of(&self, structure: &str, path: &str) -> Option<u32> {
        let mut at = self
            .all()
            .find(|found| found.kind == STRUCT && self.name(found.name) == structure.as_bytes())?;
        let mut bits = 0;
        for field in path.split('.') {
            let (offset, id) = self.member(at, field)?;
            bits += offset;
            at = self.resolve(id).unwrap_or(at);
        }
        Some(bits / 8)
    }

    /// The enumerators of every enum whose name passes.
    pub(crate) fn enumerators(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        for kind in self.all() {
            let stride = match kind.kind {
                ENUM => 8,
                ENUM64 => 12,
                _ => continue,
            };
            if !std::str::from_utf8(self.name(kind.name)).is_ok_and(&wanted) {
                continue;
            }
            for nth in 0..kind.vlen as usize {
                let at = kind.rest + nth * stride;
                if let (Some(name), Some(value)) = (word(&self.types, at), word(&self.types, at + 4)) {
                    found.push((String::from_utf8_lossy(self.name(name)).into_owned(), value));
                }
            }
        }
        found
    }

    fn all(&self) -> impl Iterator<Item = Type> + '_ {
        self.starts.iter().filter_map(|start| self.at(*start as usize))
    }

    fn find_starts(&self) -> Option<Vec<u32>> {
        let mut starts = Vec::new();
        let mut at = 0;
        while at < self.types.len() {
            starts.push(u32::try_from(at).ok()?);
            let found = self.at(at)?;
            at = found.rest + found.len_of_rest()?;
        }
        Some(starts)
    }

    fn at(&self, at: usize) -> Option<Type> {
        let info = word(&self.types, at + 4)?;
        Some(Type {
            name: word(&self.types, at)?,
            kind: info >> 24 & 0x1f,
            vlen: info & 0xffff,
            kind_flag: info >> 31 == 1,
            size_or_type: word(&self.types, at + 8)?,
            rest: at + 12,
        })
    }

    /// The struct or union that a number leads to, through typedefs and qualifiers.
    fn resolve(&self, mut id: u32) -> Option<Type> {
        for _ in 0..32 {
            let found = self.at(*self.starts.get((id as usize).checked_sub(1)?)? as usize)?;
            match found.kind {
                STRUCT | UNION => return Some(found),
                TYPEDEF | VOLATILE | CONST | TYPE_TAG => id = found.size_or_type,
                _ => return None,
            }
        }
        None
    }

    /// A member's offset in bits and the number of its type.
    fn member(&self, of: Type, wanted: &str) -> Option<(u32, u32)> {
        for nth in 0..of.vlen as usize {
            let at = of.rest + nth * 12;
            let (name, id) = (self.name(word(&self.types, at)?), word(&self.types, at + 4)?);
            let raw = word(&self.types, at + 8)?;
            let offset = if of.kind_flag { raw & 0x00ff_ffff } else { raw };
            if name == wanted.as_bytes() {
                return Some((offset, id));
            }
            if name.is_empty()
                && let Some((inner, id)) = self.resolve(id).and_then(|anonymous| self.member(anonymous, wanted))
            {
                return Some((offset + inner, id));
            }
        }
        None
    }

    fn name(&self, offset: u32) -> &[u8] {
        let own = offset
            .checked_sub(self.base_strings)
            .and_then(|offset| self.strings.get(offset as usize..));
        own.and_then(|from| from.split(|byte| *byte == 0).next())
            .unwrap_or_default()
    }
}

impl Type {
    fn len_of_rest(self) -> Option<usize> {
        let vlen = self.vlen as usize;
        Some(match self.kind {
            INT | VAR | DECL_TAG => 4,
            ARRAY => 12,
            STRUCT | UNION | DATASEC | ENUM64 => vlen * 12,
            ENUM | FUNC_PROTO => vlen * 8,
            0..=TYPE_TAG => 0,
            _ => return None,
        })
    }
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
