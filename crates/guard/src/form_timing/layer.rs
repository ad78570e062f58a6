//! The layer.

use std::fmt;
use std::sync::Arc;

use cattlegrid_store::{Claim, Store};
use http::request::Parts;

use super::Ages;
use crate::form::{Form, OpenedStamp};
use crate::{Check, CheckLayer, Refusal};

/// Judges the age of a form, and spends its stamp. A clone is the same.
pub struct FormTiming<S> {
    form: Form,
    ages: Ages,
    store: Arc<S>,
}

impl<S: Store> FormTiming<S> {
    /// That of `form`, whose stamps are spent in `store`.
    pub const fn new(form: Form, ages: Ages, store: Arc<S>) -> Self {
        Self { form, ages, store }
    }

    /// Spends the stamp of a form that is sent now.
    ///
    /// # Errors
    /// [`Refusal::TooEarly`], [`Refusal::ExpiredStamp`], [`Refusal::SpentStamp`]; [`Refusal::UnknownStamp`] for one from the
    /// future; [`Refusal::StoreUnavailable`], which is logged.
    pub async fn spend(&self, stamp: &OpenedStamp) -> Result<(), Refusal> {
        let ttl = self.ages.judge(stamp.made_at(), self.form.now())?;
        match self.store.claim(stamp.id(), ttl).await {
            Ok(Claim::First) => Ok(()),
            Ok(Claim::Spent) => Err(Refusal::SpentStamp),
            Err(error) => {
                tracing::warn!(%error, "the store cannot decide; forms are refused until it can");
                Err(error.into())
            }
        }
    }
}

impl<S: Store> Check for FormTiming<S> {
    type Refusal = Refusal;

    async fn check(&self, parts: &mut Parts) -> Result<(), Refusal> {
        let stamp = self.form.open_once(&mut parts.extensions)?;
        let outcome = self.spend(&stamp).await;
        if let Err(Refusal::SpentStamp | Refusal::ExpiredStamp) = outcome {
            // Why: what went on from it would be a second post, with no second wait.
            parts.extensions.remove::<OpenedStamp>();
        }
        outcome
    }
}

/// Refuses forms that are sent too early, too late, or twice. Wants a [`FieldsLayer`](crate::fields::FieldsLayer) outside
/// of it.
pub type FormTimingLayer<S, R = crate::ProblemDetails> = CheckLayer<FormTiming<S>, R>;

// Why not derived: it can be copied whether its store can or not.
impl<S> Clone for FormTiming<S> {
    fn clone(&self) -> Self {
        Self {
            form: self.form.clone(),
            ages: self.ages,
            store: Arc::clone(&self.store),
        }
    }
}

impl<S> fmt::Debug for FormTiming<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormTiming({:?}, {:?})", self.form, self.ages)
    }
}
