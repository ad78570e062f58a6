//! Which page a request comes from.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use cattlegrid::Hostname;

use crate::problem::Problem;

/// The host of the page that sent the request, as its browser says in `Origin`, else in `Referer`; none if it
/// was no page. A page without a host (`Origin: null`) has the host `null`, which no site lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page(pub Option<Hostname>);

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        for name in [header::ORIGIN, header::REFERER] {
            if let Some(origin) = text(&parts.headers, &name)? {
                return match host(origin) {
                    Some(host) => Ok(Self(Some(host))),
                    None => Err(malformed(&name)),
                };
            }
        }
        Ok(Self(None))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    match headers.get(name).map(|value| value.to_str()) {
        None | Some(Ok("")) => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(malformed(name)),
    }
}

fn malformed(name: &HeaderName) -> Problem {
    Problem::bad_request(format!("the header `{name}` names no host"))
}

/// The host in an origin or a URL.
pub(crate) fn host(url: &str) -> Option<Hostname> {
    if url == "null" {
        return url.parse().ok();
    }
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Hostname::from_authority(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_origins_and_urls() {
        for (url, want) in [
            ("https://example.org", "example.org"),
            ("http://Example.org:8080", "example.org"),
            ("https://user:pass@example.org/a?b@c#d", "example.org"),
            ("http://[::1]:8080/", "[::1]"),
            ("http://127.0.0.1:1", "127.0.0.1"),
            ("null", "null"),
        ] {
            assert_eq!(host(url).unwrap().as_str(), want, "{url}");
        }
        for url in [
            "",
            "example.org",
            "https://",
            "https:///x",
            "about:blank",
            "https://a b",
        ] {
            assert_eq!(host(url), None, "{url}");
        }
    }
}
