//! What a provider is asked, and in which form.

use std::net::IpAddr;

use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use uuid::Uuid;

use crate::{Action, ResponseToken, SecretKey, SiteKey};

/// What a provider is asked.
pub struct Question<'a> {
    /// The site's secret key.
    pub secret_key: &'a SecretKey,
    /// The token.
    pub token: &'a ResponseToken,
    /// The visitor's address, if it is known.
    pub remote_ip: Option<IpAddr>,
    /// What the visitor's browser calls itself, if that is known.
    pub user_agent: Option<&'a str>,
    /// What the form is for, if that is to be checked.
    pub action: Option<&'a Action>,
    /// What the provider knows a repetition by, if it [can](crate::provider::Remote::may_be_asked_again) be asked again.
    pub idempotency_key: Option<Uuid>,
}

impl Question<'_> {
    /// The fields that siteverify takes, wherever it is: `secret`, `response`, and `remoteip` if it is known.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("secret", self.secret_key.expose().to_owned()),
            ("response", self.token.expose().to_owned()),
        ];
        fields.extend(self.address().map(|address| ("remoteip", address)));
        fields
    }

    /// These fields and `sitekey`, with which a provider refuses the tokens of its other sites.
    pub(crate) fn fields_with(&self, site_key: Option<&SiteKey>) -> Vec<(&'static str, String)> {
        let mut fields = self.fields();
        fields.extend(site_key.map(|key| ("sitekey", key.as_str().to_owned())));
        fields
    }

    /// The visitor's address in text.
    pub(crate) fn address(&self) -> Option<String> {
        // Why canonical: a socket that takes both says `::ffff:203.0.113.7` where it means `203.0.113.7`.
        self.remote_ip
            .map(|address| address.to_canonical().to_string())
    }
}

/// What is posted to a provider.
#[derive(Clone)]
pub struct Request {
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) key: Option<(HeaderName, HeaderValue)>,
}

impl Request {
    /// A form.
    pub fn form<V: AsRef<str>>(fields: &[(&str, V)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Self {
            content_type: "application/x-www-form-urlencoded",
            body: body.into(),
            key: None,
        }
    }

    /// JSON.
    pub fn json(value: &Value) -> Self {
        Self {
            content_type: "application/json",
            body: value.to_string().into(),
            key: None,
        }
    }

    /// With the secret key in this header, whose name is in small letters.
    #[must_use]
    pub fn with_key_in(mut self, header: &'static str, key: &SecretKey) -> Self {
        // Why it is always some: a key is of visible ASCII characters.
        self.key = HeaderValue::from_str(key.expose()).ok().map(|mut value| {
            value.set_sensitive(true);
            (HeaderName::from_static(header), value)
        });
        self
    }
}
