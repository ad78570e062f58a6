//! Who checks tokens, whoever that is.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use crate::{Action, Error, Refused, Verification};

/// A future that can be named, so that there can be a `dyn` [`Verify`].
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who checks response tokens: one provider's [`Verifier`](crate::Verifier), a [`Chain`](crate::Chain) of them, or a
/// [`Fake`](crate::Fake) in a site's own tests.
///
/// What needs tokens checked takes an `Arc<dyn Verify>`, and does not know which of them it is.
pub trait Verify: Send + Sync + 'static {
    /// The names of the form fields that tokens come in, with the preferred first. There is at least one.
    fn fields(&self) -> Vec<&str>;

    /// Checks a token as a form brought it, of whatever length and characters, and spends it if it passes.
    ///
    /// # Errors
    /// [`Error`] when nobody could decide; nobody is let through then, unless the site has chosen so.
    fn verify<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Verification, Error>>;

    /// Spends a token without asking anybody what it is worth; the inner result is whether it was there to be spent.
    ///
    /// For a site that lets visitors through while the provider is [unreachable](Error::Unreachable): a token that got
    /// somebody through gets nobody through again, then or when the provider is back.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot decide; within, [`Refused`] for a token that is spent, or cannot be one.
    fn claim<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>>;

    /// Whether there is anybody to ask now. May ask, with a token that is none.
    fn reachable(&self) -> BoxFuture<'_, bool>;
}

impl<V: Verify + ?Sized> Verify for Arc<V> {
    fn fields(&self) -> Vec<&str> {
        (**self).fields()
    }

    fn verify<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Verification, Error>> {
        (**self).verify(token, visit)
    }

    fn claim<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>> {
        (**self).claim(token, visit)
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        (**self).reachable()
    }
}

/// What is known of the request that brought a token. All of it may be left out.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Visit {
    /// The visitor's address, where the site knows it for sure. Providers use it as they like.
    pub remote_ip: Option<IpAddr>,
    /// What the visitor's browser calls itself. Only reCAPTCHA Enterprise is told.
    pub user_agent: Option<String>,
    /// What this form is for, where that is not the same for all forms. A provider that says no action refuses.
    pub action: Option<Action>,
    /// The name of the form field that the token came in; the first of [`Verify::fields`] when it is none.
    pub field: Option<String>,
}

impl Visit {
    /// A visit of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// From this address.
    #[must_use]
    pub fn from_address(mut self, address: impl Into<Option<IpAddr>>) -> Self {
        self.remote_ip = address.into();
        self
    }

    /// With this browser.
    #[must_use]
    pub fn with_user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// By a form for this.
    #[must_use]
    pub fn for_action(mut self, action: impl Into<Option<Action>>) -> Self {
        self.action = action.into();
        self
    }

    /// With the token in this field.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why not the rest: it is the visitor's own, and not for logs.
        f.debug_struct("Visit")
            .field("action", &self.action)
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}
