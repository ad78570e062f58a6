//! `application/x-www-form-urlencoded` (<https://url.spec.whatwg.org/#urlencoded-parsing>).

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::Found;
use crate::Refusal;

/// Why strict, where the standard replaces what it cannot decode: a browser writes nothing of the kind, and what is
/// replaced in one way here may be replaced in another by who reads it next.
pub(super) fn read(body: &[u8], found: &mut Found) -> Result<(), Refusal> {
    let pairs = body.split(|&byte| byte == b'&');
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        found.count()?;
        let mut halves = pair.splitn(2, |&byte| byte == b'=');
        let mut half = || decode(halves.next().unwrap_or_default());
        let (name, value) = (half()?, half()?);
        found.add(name, value);
    }
    Ok(())
}

fn decode(text: &[u8]) -> Result<String, Refusal> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        rest = match rest.get(at + 1..) {
            Some([a, b, rest @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest,
            _ => return Err(Refusal::Malformed("the form's percent-encoding is broken")),
        };
    }
    let mut spaced = Cow::Borrowed(text);
    if text.contains(&b'+') {
        let plus = spaced.to_mut().iter_mut().filter(|byte| **byte == b'+');
        plus.for_each(|byte| *byte = b' ');
    }
    let decoded = percent_decode(&spaced).decode_utf8();
    let decoded = decoded.map_err(|_| Refusal::Malformed("the form is not in UTF-8"))?;
    Ok(decoded.into_owned())
}
