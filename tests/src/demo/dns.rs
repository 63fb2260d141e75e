//! As much of the domain name system as asking for an address takes.

use std::net::Ipv4Addr;

const HEADER: usize = 12;
const TYPE_A_CLASS_IN: [u8; 4] = [0, 1, 0, 1];

/// A question for a name's IPv4 address.
pub(crate) fn question(id: u16, name: &str) -> Vec<u8> {
    const RECURSION_DESIRED: [u8; 2] = [1, 0];
    let mut message = id.to_be_bytes().to_vec();
    message.extend(RECURSION_DESIRED);
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        message.extend(u8::try_from(label.len()));
        message.extend(label.bytes());
    }
    message.push(0);
    message.extend(TYPE_A_CLASS_IN);
    message
}

/// The answer to a question; nothing for what is none.
pub(crate) fn answer(question: &[u8], address_of: impl Fn(&str) -> Option<Ipv4Addr>) -> Option<Vec<u8>> {
    const SECONDS_TO_LIVE: [u8; 4] = [0, 0, 0, 5];
    const NAME_OF_THE_QUESTION: [u8; 2] = [0xc0, 0x0c];
    let (name, end) = name(question)?;
    let asked = question.get(HEADER..end + TYPE_A_CLASS_IN.len())?;
    let found = address_of(&name).filter(|_| asked.ends_with(&TYPE_A_CLASS_IN));
    let (flags, answers) = if found.is_some() {
        ([0x85, 0x80], 1)
    } else {
        ([0x85, 0x83], 0)
    };
    let mut message = question.get(..2)?.to_vec();
    message.extend(flags);
    message.extend([0, 1, 0, answers, 0, 0, 0, 0]);
    message.extend(asked);
    if let Some(address) = found {
        message.extend(NAME_OF_THE_QUESTION);
        message.extend(TYPE_A_CLASS_IN);
        message.extend(SECONDS_TO_LIVE);
        message.extend([0, 4]);
        message.extend(address.octets());
    }
    Some(message)
}

/// The address in an answer to the question of this number.
pub(crate) fn address(id: u16, answer: &[u8]) -> Option<Ipv4Addr> {
    const OK: u8 = 0;
    let is_ours = answer.get(..2)? == id.to_be_bytes() && answer.get(3)? & 0x0f == OK && answer.get(6..8)? == [0, 1];
    let body = answer.get(HEADER..)?;
    let address: [u8; 4] = body.get(body.len().checked_sub(4)?..)?.try_into().ok()?;
    is_ours.then(|| address.into())
}

/// The name asked for, and where it ends.
fn name(question: &[u8]) -> Option<(String, usize)> {
    let (mut labels, mut at) = (Vec::new(), HEADER);
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8(question.get(at..at + length)?.to_vec()).ok()?);
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);

    fn ask(name: &str) -> Option<Ipv4Addr> {
        let answer = answer(&question(7, name), |name| (name == "api.prod-a").then_some(ADDRESS))?;
        address(7, &answer)
    }

    #[test]
    fn a_name_that_is_known_has_its_address_and_another_has_none() {
        assert_eq!(ask("api.prod-a"), Some(ADDRESS));
        assert_eq!(ask("api.prod-b"), None);
    }

    #[test]
    fn an_answer_is_as_the_specification_has_it() {
        let answer = answer(&question(0x1234, "a.b"), |_| Some(ADDRESS));
        let expected = [
            0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, b'a', 1, b'b', 0, 0, 1, 0, 1, 0xc0, 0x0c, 0, 1, 0, 1, 0,
            0, 0, 5, 0, 4, 10, 1, 2, 3,
        ];
        assert_eq!(answer.as_deref(), Some(expected.as_slice()));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let answer = answer(&question(7, "a"), |_| Some(ADDRESS)).unwrap_or_default();
        assert_eq!(address(8, &answer), None);
        assert_eq!(address(7, &answer[..9]), None);
    }

    #[test]
    fn what_is_no_question_has_no_answer() {
        assert_eq!(answer(b"nonsense", |_| Some(ADDRESS)), None);
        assert_eq!(answer(&question(7, "a.b")[..16], |_| Some(ADDRESS)), None);
    }
}
