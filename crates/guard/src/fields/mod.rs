//! The fields of a form, however it was sent: URL-encoded, in parts, or as JSON.
//!
//! [`FieldsLayer`] reads the body of each request once, within [`Limits`], puts its [`Fields`] into the request's
//! extensions for the layers inside of it, and hands the body on unchanged.
//!
//! | `content-type` | its fields |
//! |---|---|
//! | `application/x-www-form-urlencoded` | all, as the URL standard decodes them |
//! | `multipart/form-data` (RFC 7578) | the parts that are no files |
//! | `application/json`, `application/…+json` | the members of an object that are strings |
//! | anything else, or none | none |
//!
//! All text is UTF-8. What is not written as its `content-type` says is refused, with status 400 and the code
//! `bad-request`, rather than read in one way here and in another behind.
//!
//! # What is inside
//!
//! Services inside see a `Request<Full<Bytes>>`, which axum's routers take as they do any body; where a service takes
//! axum's `Body` alone, map it with `Body::from(bytes)`. Trailers are dropped. A layer that decompresses bodies belongs
//! outside of this one, and a route that takes files larger than [`Limits::body`] has a layer of its own.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use cattlegrid_guard::fields::{Fields, FieldsLayer, Limits};
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = FieldsLayer::new(Limits::default()).layer(service_fn(async |request: Request<Full<Bytes>>| {
//!     let fields = request.extensions().get::<Fields>();
//!     let name = fields.and_then(|fields| fields.get("name")).unwrap_or("nobody");
//!     Ok::<_, Infallible>(Response::new(format!("hello {name}")))
//! }));
//!
//! let request = Request::post("/")
//!     .header("content-type", "application/x-www-form-urlencoded")
//!     .body(Full::<Bytes>::from("name=Ada&age=36"))?;
//! assert_eq!(service.oneshot(request).await?.body(), "hello Ada");
//! # Ok(())
//! # }
//! ```

mod content_type;
mod json;
mod layer;
mod multipart;
mod service;
mod urlencoded;

pub use layer::{FieldsLayer, Limits};
pub use service::ReadFields;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Extensions;

use self::content_type::{ContentType, Form};
use crate::Refusal;

/// The fields of a form, in their order, in a request's extensions. A clone is the same.
///
/// They hold what people typed, so `Debug` shows only how many there are.
#[derive(Clone, Default)]
pub struct Fields(Arc<[(String, String)]>);

impl Fields {
    /// The fields of a body with this `content-type`, of which there may be at most `most`; the parts of a multipart body
    /// that are files count with them.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::TooManyFields`].
    pub fn parse(content_type: &str, body: &Bytes, most: usize) -> Result<Self, Refusal> {
        let content_type = ContentType::parse(content_type);
        let Some(form) = content_type.form() else {
            return Ok(Self::default());
        };
        if !content_type.is_utf8() {
            return Err(Refusal::Malformed("the body is not in UTF-8"));
        }
        let mut found = Found::new(most);
        match form {
            Form::UrlEncoded => urlencoded::read(body, &mut found)?,
            Form::Multipart => multipart::read(&content_type, body, &mut found)?,
            Form::Json => json::read(body, &mut found)?,
        }
        Ok(found.fields.into_iter().collect())
    }

    /// The fields of a request, for a layer that needs them.
    ///
    /// # Errors
    /// [`Refusal::FieldsNotRead`], which is logged, when no [`FieldsLayer`] outside has read them.
    pub fn of(extensions: &Extensions) -> Result<&Self, Refusal> {
        extensions.get().ok_or_else(|| {
            tracing::error!(
                "nobody has read a form's fields: put a `FieldsLayer` outside of what needs them"
            );
            Refusal::FieldsNotRead
        })
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of all fields of this name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| value.as_str())
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({})", self.0.len())
    }
}

/// Fields as they are found, of which there may be so many.
struct Found {
    fields: Vec<(String, String)>,
    count: usize,
    most: usize,
}

impl Found {
    const fn new(most: usize) -> Self {
        Self {
            fields: Vec::new(),
            count: 0,
            most,
        }
    }

    /// Counts one more, whether it will be a field or not.
    fn count(&mut self) -> Result<(), Refusal> {
        self.count += 1;
        self.check()
    }

    /// Refuses what has been counted if it is too many.
    const fn check(&self) -> Result<(), Refusal> {
        if self.count > self.most {
            return Err(Refusal::TooManyFields { limit: self.most });
        }
        Ok(())
    }

    fn add(&mut self, name: String, value: String) {
        self.fields.push((name, value));
    }
}
