//! `Forwarded`, RFC 7239.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest node that is looked at. The longest address with a port has some 50 characters.
const MAX_NODE: usize = 128;

/// The `for` of each element of a line, from the right; nothing where it is no address.
pub(super) fn from_the_right(line: &[u8]) -> impl Iterator<Item = Option<IpAddr>> {
    FromTheRight::new(line, b',')
        .filter(|element| !element.is_empty())
        .map(|element| node_of(element).and_then(|node| address(&node)))
}

/// What lies between separators that are not quoted, from the right and without the white space around it.
///
/// Why not from the left: a quotation mark that a stranger never closed would swallow what a proxy wrote after it.
struct FromTheRight<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> FromTheRight<'a> {
    const fn new(text: &'a [u8], separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
        }
    }
}

impl<'a> Iterator for FromTheRight<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let mut quoted = false;
        for (at, &byte) in text.iter().enumerate().rev() {
            let (before, after) = (&text[..at], &text[at + 1..]);
            if byte == b'"' {
                // Why: from the right, a mark outside of quotes ends some, and one inside begins them unless escaped.
                quoted = !quoted || is_escaped(before);
            } else if byte == self.separator && !quoted {
                self.rest = Some(before);
                return Some(after.trim_ascii());
            }
        }
        self.rest = None;
        Some(text.trim_ascii())
    }
}

/// Whether what comes after `before` is escaped: an odd number of backslashes stands there.
fn is_escaped(before: &[u8]) -> bool {
    before
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'\\')
        .count()
        % 2
        == 1
}

/// The value of the one `for` in an element all of whose pairs are well-formed (RFC 7239, 4).
fn node_of(element: &[u8]) -> Option<Vec<u8>> {
    let mut node = None;
    for pair in FromTheRight::new(element, b';').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (&pair[..equals], unquoted(&pair[equals + 1..])?);
        if !is_token(name) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"for") && node.replace(value).is_some() {
            return None;
        }
    }
    node
}

/// A token, or what is in a quoted string (RFC 9110, 5.6.4).
fn unquoted(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() > MAX_NODE {
        // Why not refused: other parameters may be long.
        return Some(Vec::new());
    }
    let Some(rest) = value.strip_prefix(b"\"") else {
        return is_token(value).then(|| value.to_vec());
    };
    let inside = rest.strip_suffix(b"\"")?;
    let mut text = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'\\' => bytes.next()?,
            b'"' => return None,
            other => other,
        };
        let is_text = matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
        text.push(is_text.then_some(byte)?);
    }
    Some(text)
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The address in a node (RFC 7239, 6); `unknown` and obfuscated identifiers have none.
fn address(node: &[u8]) -> Option<IpAddr> {
    let node = std::str::from_utf8(node).ok()?;
    let (address, port) = if let Some(rest) = node.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), port)
    } else {
        let end = node.find(':').unwrap_or(node.len());
        let (address, port) = node.split_at_checked(end)?;
        (IpAddr::V4(address.parse::<Ipv4Addr>().ok()?), port)
    };
    (port.is_empty() || is_port(port.strip_prefix(':')?)).then(|| address.to_canonical())
}

fn is_port(port: &str) -> bool {
    match port.strip_prefix('_') {
        Some(obfuscated) => {
            !obfuscated.is_empty()
                && obfuscated
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(line: &str) -> Vec<Option<String>> {
        from_the_right(line.as_bytes())
            .map(|ip| ip.map(|ip| ip.to_string()))
            .collect()
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        let some = |ip: &str| Some(ip.to_owned());
        assert_eq!(heard(r#"for="_gazonk""#), [None]);
        assert_eq!(
            heard(r#"For="[2001:db8:cafe::17]:4711""#),
            [some("2001:db8:cafe::17")]
        );
        assert_eq!(
            heard("for=192.0.2.60;proto=http;by=203.0.113.43"),
            [some("192.0.2.60")]
        );
        assert_eq!(
            heard("for=192.0.2.43, for=198.51.100.17"),
            [some("198.51.100.17"), some("192.0.2.43")]
        );
        assert_eq!(
            heard(r#"for=192.0.2.43, for="[2001:db8:cafe::17]",for=unknown"#),
            [None, some("2001:db8:cafe::17"), some("192.0.2.43")]
        );
        assert_eq!(heard("for=_hidden, for=_SEVKISEK"), [None, None]);
        assert_eq!(
            heard(r#"for="192.0.2.43:47011";proto=https"#),
            [some("192.0.2.43")]
        );
        assert_eq!(heard(r#"for="[::ffff:192.0.2.1]:_x""#), [some("192.0.2.1")]);
        assert_eq!(heard(r#"for="192\.0.2.1""#), [some("192.0.2.1")]);
        assert_eq!(heard(" ,, "), [] as [Option<String>; 0]);
    }

    #[test]
    fn what_is_malformed_is_no_address() {
        for line in [
            "192.0.2.1",
            "for",
            "for=",
            "=192.0.2.1",
            "for==192.0.2.1",
            "for =192.0.2.1",
            "for= 192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1:80",
            "for=[2001:db8::1]",
            "for=2001:db8::1",
            r#"for="2001:db8::1""#,
            r#"for="192.0.2.1"#,
            r#"for=192.0.2.1""#,
            r#"for="192.0.2.1:123456""#,
            r#"for="192.0.2.1:""#,
            r#"for="192.0.2.1:_""#,
            r#"for="[2001:db8::1"#,
            r#"for="[2001:db8::1]x""#,
            r#"for="192.0.2.1\"#,
            "for=192.0.2.1;b\0r=x",
            "proto=http",
            "for=192.0.2.01",
            r#"for="[fe80::1%1]""#,
            "for=192.0.2.1;proto",
            "for=\"192.0.2.1\"\"",
        ] {
            assert_eq!(heard(line), [None], "{line}");
        }
    }

    #[test]
    fn nothing_to_the_left_changes_how_an_element_is_read() {
        for left in [
            r#"for=""#,
            r#"for="\"#,
            r#"for="a, for=\""#,
            "for=x;;=;",
            "\\",
            "\"\\\"",
            "\"\"",
        ] {
            for right in ["for=192.0.2.1", r#"for="192.0.2.1:80";by="a,b\",;\\""#] {
                let line = format!("{left}, {right}");
                assert_eq!(heard(&line)[0].as_deref(), Some("192.0.2.1"), "{line}");
            }
        }
    }
}
