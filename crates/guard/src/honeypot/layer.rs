//! The layer.

use http::Response;
use http::request::Parts;

use crate::fields::Fields;
use crate::form::{Form, OpenedStamp};
use crate::{Check, CheckLayer, Refusal, Refuse};

/// Looks at what became of a form's bait.
#[derive(Clone, Debug)]
pub struct Honeypot {
    form: Form,
}

impl Honeypot {
    /// The honeypot of this form.
    pub const fn new(form: Form) -> Self {
        Self { form }
    }

    /// Whether the fields that belong to this stamp's form came back as a browser sends them: each of them, and empty.
    ///
    /// # Errors
    /// [`Refusal::Honeypot`].
    pub fn inspect(stamp: &OpenedStamp, fields: &Fields) -> Result<(), Refusal> {
        let is_untouched = |name: &str| {
            let mut values = fields.all(name).peekable();
            values.peek().is_some() && values.all(str::is_empty)
        };
        if stamp.bait().names().into_iter().all(is_untouched) {
            Ok(())
        } else {
            Err(Refusal::Honeypot)
        }
    }
}

impl Check for Honeypot {
    type Refusal = Refusal;

    async fn check(&self, parts: &mut Parts) -> Result<(), Refusal> {
        let stamp = self.form.open_once(&mut parts.extensions)?;
        Self::inspect(&stamp, Fields::of(&parts.extensions)?)
    }
}

/// Refuses forms whose bait was taken. Wants a [`FieldsLayer`](crate::fields::FieldsLayer) outside of it.
pub type HoneypotLayer<R = crate::ProblemDetails> = CheckLayer<Honeypot, R>;

impl<R> HoneypotLayer<R> {
    /// The same, which answers a form whose bait was taken with what `success` makes: what the site answers when all is
    /// well, so that nobody learns that anything was noticed. A form without a genuine stamp is refused as before.
    pub fn with_pretence<F>(self, success: F) -> HoneypotLayer<Pretence<F, R>> {
        self.map_refusal(|otherwise| Pretence { success, otherwise })
    }
}

/// Answers with what looks like success; see [`HoneypotLayer::with_pretence`].
#[derive(Clone, Copy, Debug)]
pub struct Pretence<F, R> {
    success: F,
    otherwise: R,
}

impl<F: Fn() -> Response<B>, R: Refuse<Refusal, B>, B> Refuse<Refusal, B> for Pretence<F, R> {
    fn refuse(&self, refusal: &Refusal, request: &Parts) -> Response<B> {
        match refusal {
            Refusal::Honeypot => (self.success)(),
            other => self.otherwise.refuse(other, request),
        }
    }
}
