//! The whole check of a token, in its order.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::{Claim, SpentId, Store, StoreError};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use crate::provider::{Question, Statement};
use crate::reply::{Denial, Reply};
use crate::transport::{Failure, Transport};
use crate::{
    Action, ConfigError, Error, Expected, Passed, Provider, Refused, ResponseToken, Score,
    SecretKey, Unreachable, Verification,
};

/// How much longer a token is remembered than the provider says that it lives: its clock is not ours.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// How a [`Verifier`] is asked to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the provider must say of page and visitor.
    pub expected: Expected,
    /// How long a whole check may take, 0.1 to 60 seconds.
    pub timeout: Duration,
}

impl Default for Settings {
    /// Expects nothing beyond that somebody passed, within 5 seconds.
    fn default() -> Self {
        Self {
            expected: Expected::default(),
            timeout: Duration::from_secs(5),
        }
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
}

struct Shared<S> {
    provider: Box<dyn Provider>,
    secret_key: SecretKey,
    transport: Transport,
    store: S,
    timeout: Duration,
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
            mut expected,
            timeout,
        } = settings;
        let bounds = Duration::from_millis(100)..=Duration::from_secs(60);
        if !bounds.contains(&timeout) {
            return Err(ConfigError::Timeout);
        }
        let says = provider.says();
        if expected.action.is_some() && !says.action {
            return Err(ConfigError::NoAction {
                provider: provider.name(),
            });
        }
        if says.score {
            expected.minimum_score.get_or_insert(Score::HALF);
        } else if expected.minimum_score.is_some() {
            return Err(ConfigError::NoScore {
                provider: provider.name(),
            });
        }
        // Why: half the time, so that there is some left for the other attempt.
        let transport = Transport::to(provider.endpoint().clone(), timeout / 2)?;
        let shared = Shared {
            provider,
            secret_key,
            transport,
            store,
            timeout,
        };
        Ok(Self {
            shared: Arc::new(shared),
            expected,
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
        if !self.shared.provider.says().action {
            return Err(ConfigError::NoAction {
                provider: self.provider(),
            });
        }
        let mut other = self.clone();
        other.expected.action = Some(action);
        Ok(other)
    }

    /// Checks a token, and spends it if it passes. `remote_ip` is the visitor's address, where the site knows it for
    /// sure; providers use it as they like.
    ///
    /// # Errors
    /// [`Error`] when nobody could decide; nobody is let through then, unless the site has chosen so.
    pub async fn verify(
        &self,
        token: &ResponseToken,
        remote_ip: Option<IpAddr>,
    ) -> Result<Verification, Error> {
        let judged = settle(self.judge(token, remote_ip).await)?;
        Ok(judged.map_or_else(Verification::Refused, Verification::Passed))
    }

    async fn judge(
        &self,
        token: &ResponseToken,
        remote_ip: Option<IpAddr>,
    ) -> Result<Passed, Stop> {
        let deadline = self.shared.deadline();
        self.shared.bound(token)?;
        let said = self.shared.ask(token, remote_ip, deadline).await?;
        self.expected.check(&said)?;
        self.shared.claim(token, deadline).await?;
        Ok(Passed::new(self.provider(), said))
    }

    /// Spends a token without asking anybody what it is worth; the inner result is whether it was there to be spent.
    ///
    /// For a site that lets visitors through while the provider is [unreachable](Error::Unreachable): a token that got
    /// somebody through gets nobody through again, then or when the provider is back.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot decide; within, [`Refused`] for a token that is spent, or cannot be one.
    pub async fn claim(&self, token: &ResponseToken) -> Result<Result<(), Refused>, Error> {
        settle(self.spend(token).await)
    }

    async fn spend(&self, token: &ResponseToken) -> Result<(), Stop> {
        self.shared.bound(token)?;
        self.shared.claim(token, self.shared.deadline()).await
    }
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

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<S: Store> Shared<S> {
    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Refuses what is longer than a token of the provider.
    fn bound(&self, token: &ResponseToken) -> Result<(), Refused> {
        if token.expose().len() <= self.provider.max_token_chars() {
            Ok(())
        } else {
            Err(Refused::invalid())
        }
    }

    /// What the provider says of a token.
    async fn ask(
        &self,
        token: &ResponseToken,
        remote_ip: Option<IpAddr>,
        deadline: Instant,
    ) -> Result<Statement, Stop> {
        let provider = self.provider.name();
        let broken = |why| Error::Broken { provider, why };
        let unreachable = |why| Error::Unreachable { provider, why };
        let form = self.provider.form(&Question {
            secret_key: &self.secret_key,
            token,
            remote_ip,
        });
        let body = timeout_at(deadline, self.transport.post(&form))
            .await
            .map_err(|_| unreachable(Unreachable::Timeout))?
            .map_err(|failure| match failure {
                Failure::Unreachable(why) => unreachable(why),
                Failure::Broken(why) => broken(why),
            })?;
        let reply = Reply::parse(&body).map_err(broken)?;
        self.provider.read(&reply).map_err(|denial| match denial {
            Denial::Refused(refused) => refused.into(),
            Denial::Broken(why) => broken(why).into(),
        })
    }

    /// Spends a token, if it is not spent.
    async fn claim(&self, token: &ResponseToken, deadline: Instant) -> Result<(), Stop> {
        let test_keys = self.provider.test_secret_keys();
        if test_keys.contains(&self.secret_key.expose()) {
            return Ok(());
        }
        let ttl = self.provider.token_lifetime() + CLOCK_SKEW;
        let claim = timeout_at(deadline, self.store.claim(self.id(token), ttl))
            .await
            .unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())));
        match claim.map_err(Error::Store)? {
            Claim::First => Ok(()),
            Claim::Spent => Err(Refused::already_seen().into()),
        }
    }

    /// What a token is remembered by. Tells nothing of the token, and no other one has it.
    fn id(&self, token: &ResponseToken) -> SpentId {
        let digest: [u8; 32] = Sha256::new()
            .chain_update("cattlegrid/1/response-token-of/")
            .chain_update(self.provider.name())
            .chain_update([0])
            .chain_update(token.expose())
            .finalize()
            .into();
        SpentId::from_bytes(digest.first_chunk().copied().unwrap_or_default())
    }
}

impl<S> Clone for Verifier<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            expected: self.expected.clone(),
        }
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("provider", &self.shared.provider.name())
            .field("endpoint", self.shared.provider.endpoint())
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
