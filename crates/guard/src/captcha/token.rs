//! Where a request carries its response token.

use http::HeaderName;
use http::request::Parts;

use super::Unverified;
use crate::fields::Fields;

/// The header in which a program may send the token, whatever the body is.
pub const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-captcha-response");

/// A token, not verified yet.
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// The field that it was in; none for the header.
    pub(super) field: Option<&'a str>,
}

impl<'a> Token<'a> {
    /// The one token that a request has, in one of these fields or in the header.
    pub(super) fn only(parts: &'a Parts, names: &'a [String]) -> Result<Self, Unverified> {
        let in_headers = parts.headers.get_all(TOKEN_HEADER).into_iter();
        let in_headers = in_headers
            .filter_map(|value| value.to_str().ok())
            .map(|text| Token { text, field: None });
        let fields = fields_of(parts, names)?;
        let in_fields = names.iter().flat_map(|name| {
            let texts = fields.into_iter().flat_map(|fields| fields.all(name));
            texts.map(|text| Token {
                text,
                field: Some(name.as_str()),
            })
        });
        // Why: widgets leave their field in the form, empty, until somebody has answered.
        let mut tokens = in_headers
            .chain(in_fields)
            .filter(|token| !token.text.is_empty());
        match (tokens.next(), tokens.next()) {
            (Some(token), None) => Ok(token),
            _ => Err(Unverified::Missing),
        }
    }
}

/// The body's fields; none where nobody looks for one, or there need not be a body.
fn fields_of<'a>(parts: &'a Parts, names: &[String]) -> Result<Option<&'a Fields>, Unverified> {
    let fields = parts.extensions.get::<Fields>();
    if fields.is_none() && !names.is_empty() && !parts.method.is_safe() {
        tracing::error!(
            "no `FieldsLayer` is outside of the captcha, which finds no token without one"
        );
        return Err(Unverified::FieldsNotRead);
    }
    Ok(fields)
}
