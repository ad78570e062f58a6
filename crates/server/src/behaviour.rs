//! Whose wrong answers are counted.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use cattlegrid::Secrets;
use cattlegrid_guard::AddressBlock;
use cattlegrid_guard::behaviour::{Scorer, WrongAnswers};
use cattlegrid_guard::rate_limit::Salt;

use crate::Error;
use crate::app::App;
use crate::rate_limits::Counted;
use crate::standing::Standing;

/// The client of a request, as limits by address tell clients apart; none where they do not count it.
pub(crate) struct Client(pub(crate) Option<AddressBlock>);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(app.rate_limits().client(parts)))
    }
}

/// A scorer that counts where the server that stands counts.
///
/// # Errors
/// [`Error::Config`] when wrong answers cannot be counted.
pub(crate) fn scorer(secrets: &Secrets, standing: &Standing) -> Result<Scorer<Counted>, Error> {
    let salt = Salt::new(&secrets.rate_limit_key());
    WrongAnswers::new(&salt, Arc::clone(&standing.rates))
        .map(Scorer::new)
        .map_err(|error| Error::config("behaviour", error))
}
