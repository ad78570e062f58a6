//! Paths, as rules see them.

use std::fmt;
use std::str::FromStr;

/// The path of a request, decoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestPath {
    /// One that every server reads alike.
    Plain(String),
    /// One that some server may read as another: `/a/../b`, `//a`, `/a%2Fb`, `/a%252Fb`, `/a;b`, `/a\b`. What is behind it is
    /// not known here.
    Ambiguous,
}

impl RequestPath {
    /// That of a request target in origin form (RFC 9112, 3.2.1).
    pub(crate) fn of(target: &str) -> Self {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        match decoded(path) {
            Some(path) if is_plain(&path) => Self::Plain(path),
            _ => Self::Ambiguous,
        }
    }
}

/// The text with what is encoded in it (RFC 3986, 2.1), once.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                let byte = u8::try_from(high * 16 + low).ok()?;
                // Why: whoever decodes before looking for slashes sees another path.
                (byte != b'/').then_some(byte)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Whether a decoded path has nothing in it that servers treat each in their own way.
fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let known = |c: char| !c.is_control() && !"\\%;?#".contains(c);
    let inner = rest.strip_suffix('/').unwrap_or(rest);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
    path.chars().all(known) && (rest.is_empty() || inner.split('/').all(is_segment))
}

/// The paths of a rule: one, or with `/*` at its end also all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPattern {
    /// This path alone, as `/robots.txt`.
    Exactly(String),
    /// This path and all below it: `/static/*` is `/static`, `/static/` and `/static/a/b`, but not `/statics`; `/*` is all.
    Below(String),
}

/// The text is no pattern of paths.
#[derive(Clone, Copy, Debug)]
pub struct NoPathPattern;

impl PathPattern {
    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exactly(own) => own == path,
            Self::Below(own) => path
                .strip_prefix(own.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }
}

impl FromStr for PathPattern {
    type Err = NoPathPattern;

    fn from_str(text: &str) -> Result<Self, NoPathPattern> {
        let pattern = match text.strip_suffix("/*") {
            Some(parent) => Self::Below(parent.to_owned()),
            None => Self::Exactly(text.to_owned()),
        };
        let (Self::Exactly(path) | Self::Below(path)) = &pattern;
        let fits = match &pattern {
            Self::Exactly(path) => is_plain(path),
            Self::Below(path) => path.is_empty() || (is_plain(path) && !path.ends_with('/')),
        };
        if fits && !path.contains('*') {
            Ok(pattern)
        } else {
            Err(NoPathPattern)
        }
    }
}

impl fmt::Display for NoPathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected a path such as `/robots.txt`, or `/static/*` for it and all below it; decoded, without `..`, `//`, `;` \
             or a query",
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_what_every_server_takes_it_for() {
        for (target, want) in [
            ("/", "/"),
            ("/a/b.c", "/a/b.c"),
            ("/a/", "/a/"),
            ("/a?b=/../c&d=%2F", "/a"),
            ("/%61dmin", "/admin"),
            ("/caf%C3%A9", "/café"),
            ("/a%20b", "/a b"),
            ("/...", "/..."),
            ("/.well-known/x", "/.well-known/x"),
        ] {
            let path = RequestPath::of(target);
            assert_eq!(path, RequestPath::Plain(want.to_owned()), "{target}");
        }
        for target in [
            "",
            "*",
            "a",
            "?",
            "http://example.org/",
            "//",
            "//a",
            "/a//b",
            "/a//",
            "/.",
            "/..",
            "/./a",
            "/a/../b",
            "/a/..",
            "/a/%2e%2E/b",
            "/a%2Fb",
            "/a%5Cb",
            "/a\\b",
            "/a%252Fb",
            "/a;b",
            "/a%3Bb",
            "/a%3Fb",
            "/a#b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%00",
            "/a%0D%0Ab",
            "/a%FF",
        ] {
            assert_eq!(RequestPath::of(target), RequestPath::Ambiguous, "{target}");
        }
    }

    #[test]
    fn a_pattern_is_one_path_or_all_below_it() {
        let matches = |pattern: &str, path: &str| {
            let pattern: PathPattern = pattern.parse().unwrap();
            pattern.matches(path)
        };
        for (pattern, yes, no) in [
            (
                "/robots.txt",
                vec!["/robots.txt"],
                vec!["/robots.txt/", "/ROBOTS.TXT", "/a/robots.txt"],
            ),
            ("/a/", vec!["/a/"], vec!["/a", "/a/b"]),
            (
                "/a/*",
                vec!["/a", "/a/", "/a/b", "/a/b/c/"],
                vec!["/", "/ab", "/b/a/c"],
            ),
            ("/*", vec!["/", "/a", "/a/b"], vec![]),
            ("/café", vec!["/café"], vec!["/cafe"]),
        ] {
            for path in yes {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in no {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
        for text in [
            "",
            "*",
            "a",
            "a/*",
            "/a*",
            "/*/b",
            "/a/*/*",
            "/a/b*",
            "//*",
            "/a//*",
            "/a/../b",
            "/a?b",
            "/caf%C3%A9",
        ] {
            assert!(text.parse::<PathPattern>().is_err(), "{text}");
        }
    }

    proptest! {
        /// Whatever comes, a path that is plain stays what it is when it is resolved as a browser would.
        #[test]
        fn nothing_plain_leads_elsewhere(target in "(/|[.]|%|[0-9a-fA-F]{2}|;|\\\\|[a-z]|\\PC){0,24}") {
            if let RequestPath::Plain(path) = RequestPath::of(&target) {
                prop_assert!(path.starts_with('/') && !path.contains("//"));
                prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."));
            }
        }
    }
}
