//! The gate of this process.

use std::fmt;
use std::sync::Arc;

use cattlegrid::{Gate, Refusal, ResponseToken, SecretKey, SiteKey};
use cattlegrid_provider::provider::Statement;
use cattlegrid_provider::{
    BoxFuture, Error, Expected, Passed, Refused, Score, Verification, Verify, Visit,
};
use cattlegrid_store::Store;

/// Verifies the tokens that a gate in this process has issued for one of its sites, or for any.
///
/// The gate sees to it that a token is verified once, has not expired, and is of such a site; and that it was earned on one
/// of the site's hostnames, when the answer was judged. It gives a score if the answer
/// [had](cattlegrid::Attempt::with_score) one.
pub struct GateVerifier<S> {
    gate: Arc<Gate<S>>,
    secret_keys: Vec<SecretKey>,
    minimum_score: Option<Score>,
}

impl<S: Store> GateVerifier<S> {
    /// What it says of itself where providers say their name.
    pub const NAME: &'static str = "gate";

    /// One for the site of this name.
    ///
    /// # Errors
    /// [`crate::Error::NoSite`] when the gate has no such site.
    pub fn new(gate: Arc<Gate<S>>, site_key: &SiteKey) -> Result<Self, crate::Error> {
        let site = gate.sites().get(site_key.as_str());
        let secret_key =
            site.map(|site| site.secret().clone())
                .ok_or_else(|| crate::Error::NoSite {
                    given: site_key.to_string(),
                })?;
        Ok(Self {
            gate,
            secret_keys: vec![secret_key],
            minimum_score: None,
        })
    }

    /// One for each of the gate's sites, where all are the same one, such as under several secrets.
    pub fn of_all(gate: Arc<Gate<S>>) -> Self {
        let secrets = gate.sites().iter().map(|site| site.secret().clone());
        Self {
            secret_keys: secrets.collect(),
            gate,
            minimum_score: None,
        }
    }

    /// Refuses tokens of answers with a lower score, or with none; `score-too-low`.
    #[must_use]
    pub fn with_minimum_score(mut self, minimum_score: impl Into<Option<Score>>) -> Self {
        self.minimum_score = minimum_score.into();
        self
    }

    async fn open(&self, token: &ResponseToken) -> Result<cattlegrid::Passed, Refusal> {
        for secret_key in &self.secret_keys {
            match self.gate.verify(secret_key, token, None).await {
                cattlegrid::Verification::Passed(passed) => return Ok(passed),
                // Why: it has spent nothing.
                cattlegrid::Verification::Refused(Refusal::OtherSite) => {}
                cattlegrid::Verification::Refused(refusal) => return Err(refusal),
            }
        }
        Err(Refusal::OtherSite)
    }

    async fn judge(&self, token: &str, visit: Visit) -> Result<Verification, Refusal> {
        let passed = self.open(&token.parse()?).await?;
        let said = Statement {
            challenge_ts: Some(passed.challenge_ts.to_rfc3339()),
            hostname: passed.hostname.map(|host| host.to_string()),
            action: passed.action.map(|action| action.as_str().to_owned()),
            score: passed
                .score
                .and_then(|score| Score::new(f64::from(score.hundredths()) / 100.0).ok()),
            ..Statement::default()
        };
        let expected = Expected {
            action: visit.action,
            minimum_score: self.minimum_score,
            ..Expected::default()
        };
        Ok(Passed::vouched(Self::NAME, said, &expected).into())
    }
}

impl<S: Store> Verify for GateVerifier<S> {
    fn fields(&self) -> Vec<&str> {
        vec!["cattlegrid-response"]
    }

    fn verify<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Verification, Error>> {
        Box::pin(async move {
            match self.judge(token, visit).await {
                Ok(verification) => Ok(verification),
                Err(Refusal::StoreUnavailable(error)) => Err(Error::Store(error)),
                Err(refusal) => Ok(Verification::Refused(Refused::because(refusal.code()))),
            }
        })
    }

    /// As verifying does: the gate alone knows the id under which its tokens are spent.
    fn claim<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>> {
        Box::pin(async move {
            Ok(match self.verify(token, visit).await? {
                Verification::Passed(_) => Ok(()),
                Verification::Refused(refused) => Err(refused),
            })
        })
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

impl<S> fmt::Debug for GateVerifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GateVerifier(…)")
    }
}
