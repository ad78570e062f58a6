//! The whole check of a token, in its order.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::{Clock, Store, StoreError, SystemClock};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::asking::{Asking, NoStatement};
use crate::judging::Judging;
use crate::observer::{Check, Nobody, Observer, Outcome};
use crate::provider::{Judge, Says, Scoring, Statement};
use crate::question::Question;
use crate::reply::Denial;
use crate::spending::{FirstTime, Spending};
use crate::{
    Action, BoxFuture, ConfigError, Error, Expected, Passed, Provider, Refused, ResponseToken,
    Roots, Score, SecretKey, Verification, Verify, Visit,
};

/// What nobody has issued, to see whether anybody answers.
const NO_TOKEN: &str = "is-anybody-there";

/// How a [`Verifier`] is asked to be.
#[derive(Clone)]
pub struct Settings {
    /// What the provider must say of page and visitor.
    pub expected: Expected,
    /// How long a whole check may take, 0.1 to 60 seconds.
    pub timeout: Duration,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Who is told of every check.
    pub observer: Arc<dyn Observer>,
}

impl Default for Settings {
    /// Expects nothing beyond that somebody passed, within 5 seconds; trusts the system's certificates and its clock, and
    /// tells nobody.
    fn default() -> Self {
        Self {
            expected: Expected::default(),
            timeout: Duration::from_secs(5),
            roots: Roots::system(),
            clock: Arc::new(SystemClock::new()),
            observer: Arc::new(Nobody),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("expected", &self.expected)
            .field("timeout", &self.timeout)
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

/// Checks response tokens: with the provider that issued them, then what it says of page and visitor, then whether the
/// token is here for the first time.
///
/// Clones share connections and store. To be used within a Tokio runtime with time and I/O enabled, and in the process
/// that it was made in.
pub struct Verifier<S> {
    shared: Arc<Shared<S>>,
    expected: Expected,
    field: Arc<str>,
}

struct Shared<S> {
    provider: Box<dyn Provider>,
    secret_key: SecretKey,
    way: Way,
    spending: Spending<S>,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

/// How it comes to be known what a token is worth.
enum Way {
    Asked(Box<Asking>),
    Judged(Judging),
}

impl<S: Store> Verifier<S> {
    /// A verifier of `provider`'s tokens, that remembers in `store` which are spent. All processes and machines of a
    /// site use one store.
    ///
    /// # Errors
    /// [`ConfigError`] for a timeout out of bounds, for an expectation that `provider` never meets, and where there is
    /// no TLS or no such proxy.
    pub fn new(
        provider: Box<dyn Provider>,
        secret_key: SecretKey,
        store: S,
        settings: Settings,
    ) -> Result<Self, ConfigError> {
        let Settings {
            expected,
            timeout,
            roots,
            clock,
            observer,
        } = settings;
        let bounds = Duration::from_millis(100)..=Duration::from_secs(60);
        if !bounds.contains(&timeout) {
            return Err(ConfigError::Timeout);
        }
        let name = provider.name();
        let expected = attainable(expected, provider.says(), name)?;
        let way = match provider.judge() {
            Judge::Local(local) => Way::Judged(Judging::new(local)),
            Judge::Remote(remote) => {
                // Why: half the time, so that there is some left for the other attempt.
                let patience = timeout / 2;
                let asking = Asking::new(remote, &roots, patience, Arc::clone(&clock))?;
                Way::Asked(Box::new(asking))
            }
        };
        let testing = provider.test_secret_keys().contains(&secret_key.expose());
        let spending = Spending::new(store, name, provider.token_lifetime(), testing);
        let field = provider.field().into();
        let shared = Shared {
            provider,
            secret_key,
            way,
            spending,
            timeout,
            clock,
            observer,
        };
        Ok(Self {
            shared: Arc::new(shared),
            expected,
            field,
        })
    }

    /// The provider's name.
    pub fn provider(&self) -> &'static str {
        self.shared.provider.name()
    }

    /// The same verifier, for a form that is for `action`.
    ///
    /// # Errors
    /// [`ConfigError::NoAction`] where the provider does not say one.
    pub fn with_action(&self, action: Action) -> Result<Self, ConfigError> {
        let mut other = self.clone();
        other.expected = attainable(
            self.expected.of_form(Some(action)),
            self.shared.provider.says(),
            self.provider(),
        )?;
        Ok(other)
    }

    /// The same verifier, of tokens that come in the form field `name`: 1 to 100 visible ASCII characters.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for what can be no name.
    pub fn in_field(&self, name: &str) -> Result<Self, ConfigError> {
        if !(1..=100).contains(&name.len()) || !crate::keys::is_visible(name) {
            return Err(ConfigError::Field);
        }
        let mut other = self.clone();
        other.field = name.into();
        Ok(other)
    }

    /// One check, watched.
    async fn check(&self, token: &str, visit: &Visit) -> Result<Verification, Error> {
        let began = Instant::now();
        let outcome = settle(self.decide(token, visit).await).map(Verification::from);
        let check = Check {
            provider: self.provider(),
            outcome: Outcome::of(&outcome),
            took: began.elapsed(),
        };
        Span::current().record("outcome", check.outcome.as_str());
        self.shared.observer.checked(&check);
        outcome
    }

    async fn decide(&self, token: &str, visit: &Visit) -> Result<Passed, Stop> {
        let shared = &self.shared;
        let deadline = shared.deadline();
        let token = shared.plausible(token)?;
        let expected = self.expected.of_form(visit.action.clone());
        let said = shared
            .statement(&token, visit, expected.action.as_ref(), deadline)
            .await?;
        let spent_as = said.spent_as.clone();
        let checked = expected.check(said)?;
        let first = shared
            .spend(spent_as.as_deref().unwrap_or(token.expose()), deadline)
            .await?;
        Ok(Passed::new(self.provider(), checked, first))
    }

    async fn spend_unseen(&self, token: &str) -> Result<(), Stop> {
        let token = self.shared.plausible(token)?;
        let deadline = self.shared.deadline();
        self.shared.spend(token.expose(), deadline).await?;
        Ok(())
    }

    /// Whether the provider answers a question about no token.
    async fn answers(&self) -> bool {
        let shared = &self.shared;
        match &shared.way {
            Way::Judged(_) => return true,
            Way::Asked(asking) if asking.is_answered() => return true,
            Way::Asked(_) => {}
        }
        let Ok(token) = NO_TOKEN.parse() else {
            return false;
        };
        let said = shared
            .statement(&token, &Visit::new(), None, shared.deadline())
            .await;
        !matches!(said, Err(Stop::Failed(Error::Unreachable { .. })))
    }
}

/// What is expected, if the provider can meet it.
fn attainable(
    mut expected: Expected,
    says: Says,
    provider: &'static str,
) -> Result<Expected, ConfigError> {
    if !expected.hostnames.is_empty() && !says.hostname {
        return Err(ConfigError::NoHostname { provider });
    }
    if expected.action.is_some() && !says.action {
        return Err(ConfigError::NoAction { provider });
    }
    match (says.score, expected.minimum_score) {
        (Scoring::None, Some(_)) => return Err(ConfigError::NoScore { provider }),
        (Scoring::Instead, None) => expected.minimum_score = Some(Score::HALF),
        _ => {}
    }
    Ok(expected)
}

/// Why a token gets nobody through.
enum Stop {
    Refused(Refused),
    Failed(Error),
}

/// Tells what is decided from what is not.
fn settle<T>(outcome: Result<T, Stop>) -> Result<Result<T, Refused>, Error> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(refused)) => Ok(Err(refused)),
        Err(Stop::Failed(error)) => Err(error),
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<S: Store> Shared<S> {
    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Refuses what cannot be a token of the provider.
    fn plausible(&self, text: &str) -> Result<ResponseToken, Refused> {
        let token: ResponseToken = text.parse()?;
        if text.len() <= self.provider.max_token_chars() {
            Ok(token)
        } else {
            Err(Refused::invalid())
        }
    }

    /// What is said of a token, by whoever judges it.
    async fn statement(
        &self,
        token: &ResponseToken,
        visit: &Visit,
        action: Option<&Action>,
        deadline: Instant,
    ) -> Result<Statement, Stop> {
        let said = match &self.way {
            Way::Judged(judging) => {
                let now = self.clock.now();
                judging.judge(&self.secret_key, token, now, deadline).await
            }
            Way::Asked(asking) => {
                let question = Question {
                    secret_key: &self.secret_key,
                    token,
                    remote_ip: visit.remote_ip,
                    user_agent: visit.user_agent.as_deref(),
                    action,
                    idempotency_key: asking.idempotency_key(),
                };
                asking.ask(&question, deadline).await
            }
        };
        let provider = self.provider.name();
        said.map_err(|no| match no {
            NoStatement::Denied(Denial::Refused(refused)) => Stop::Refused(refused),
            NoStatement::Denied(Denial::Broken(why)) => {
                Stop::Failed(Error::Broken { provider, why })
            }
            NoStatement::Unreachable(why) => Stop::Failed(Error::Unreachable { provider, why }),
        })
    }

    async fn spend(&self, token: &str, deadline: Instant) -> Result<FirstTime, Stop> {
        Ok(self.spending.claim(token, deadline).await??)
    }
}

impl<S: Store> Verify for Verifier<S> {
    fn fields(&self) -> Vec<&str> {
        vec![&self.field]
    }

    fn verify<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Verification, Error>> {
        let span = tracing::info_span!("verify_token", provider = self.provider(), outcome = Empty);
        Box::pin(async move { self.check(token, &visit).await }.instrument(span))
    }

    fn claim<'a>(
        &'a self,
        token: &'a str,
        _: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>> {
        Box::pin(async move { settle(self.spend_unseen(token).await) })
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(self.answers())
    }
}

impl<S> Clone for Verifier<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            expected: self.expected.clone(),
            field: Arc::clone(&self.field),
        }
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("provider", &self.shared.provider.name())
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
