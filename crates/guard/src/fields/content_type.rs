//! What a `content-type` says (RFC 9110, 8.3).

/// The forms of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    UrlEncoded,
    Multipart,
    Json,
}

/// A `content-type`, as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContentType<'a> {
    text: &'a str,
}

impl<'a> ContentType<'a> {
    pub(super) const fn parse(text: &'a str) -> Self {
        Self { text }
    }

    pub(super) const fn as_str(self) -> &'a str {
        self.text
    }

    /// Which form of a form it is, if any.
    pub(super) fn form(self) -> Option<Form> {
        let essence = self.text.split(';').next()?.trim();
        let essence = essence.to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Some(Form::UrlEncoded),
            "multipart/form-data" => Some(Form::Multipart),
            "application/json" => Some(Form::Json),
            // Why: such are read as JSON by many, axum among them (RFC 6839, 3.1).
            other if other.starts_with("application/") && other.ends_with("+json") => {
                Some(Form::Json)
            }
            _ => None,
        }
    }

    /// Whether it names no encoding of text, or one that UTF-8 is or contains.
    pub(super) fn is_utf8(self) -> bool {
        let parameters = self.text.split(';').skip(1);
        let mut named = parameters.filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"'))
        });
        named.all(|charset| {
            ["utf-8", "utf8", "us-ascii"]
                .iter()
                .any(|same| charset.eq_ignore_ascii_case(same))
        })
    }
}
