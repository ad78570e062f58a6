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
        let shared = &self.shared;
        if token.expose().len() > shared.provider.max_token_chars() {
            return Ok(Verification::Refused(Refused::because(
                "invalid-input-response",
            )));
        }
        let deadline = Instant::now() + shared.timeout;
        let said = match shared.ask(token, remote_ip, deadline).await? {
            Ok(said) => said,
            Err(refused) => return Ok(Verification::Refused(refused)),
        };
        if let Err(refused) = self.expected.check(&said) {
            return Ok(Verification::Refused(refused));
        }
        Ok(match shared.claim(token, deadline).await? {
            Claim::First => Verification::Passed(Passed::new(self.provider(), said)),
            Claim::Spent => Verification::Refused(Refused::already_seen()),
        })
    }

    /// Spends a token without asking anybody what it is worth.
    ///
    /// For a site that lets visitors through while the provider is [unreachable](Error::Unreachable): a token that got
    /// somebody through gets nobody through again, then or when the provider is back.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot decide.
    pub async fn claim(&self, token: &ResponseToken) -> Result<Claim, Error> {
        self.shared
            .claim(token, Instant::now() + self.shared.timeout)
            .await
    }
}

impl<S: Store> Shared<S> {
    /// What the provider says of a token.
    async fn ask(
        &self,
        token: &ResponseToken,
        remote_ip: Option<IpAddr>,
        deadline: Instant,
    ) -> Result<Result<Statement, Refused>, Error> {
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
        match self.provider.read(&reply) {
            Ok(said) => Ok(Ok(said)),
            Err(Denial::Refused(refused)) => Ok(Err(refused)),
            Err(Denial::Broken(why)) => Err(broken(why)),
        }
    }

    async fn claim(&self, token: &ResponseToken, deadline: Instant) -> Result<Claim, Error> {
        if self
            .provider
            .test_secret_keys()
            .contains(&self.secret_key.expose())
        {
            return Ok(Claim::First);
        }
        let ttl = self.provider.token_lifetime() + CLOCK_SKEW;
        timeout_at(deadline, self.store.claim(self.id(token), ttl))
            .await
            .unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())))
            .map_err(Error::Store)
    }

    /// What a token is remembered by. Tells nothing of the token, and cannot be met by another one.
    fn id(&self, token: &ResponseToken) -> SpentId {
        let digest = Sha256::new()
            .chain_update("cattlegrid/1/response-token-of/")
            .chain_update(self.provider.name())
            .chain_update([0])
            .chain_update(token.expose())
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        SpentId::from_bytes(id)
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
