//! Which tokens are spent.

use std::time::Duration;

use cattlegrid_store::{Claim, SpentId, Store, StoreError};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use crate::Refused;

/// How much longer a token is remembered than the provider says that it lives: its clock is not ours.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// That a token was not spent before, and is now.
pub(crate) struct FirstTime(());

/// What remembers the spent tokens of one provider.
pub(crate) struct Spending<S> {
    store: S,
    provider: &'static str,
    lifetime: Duration,
    /// Whether the secret key is one for tests, whose tokens are all the same.
    testing: bool,
}

impl<S: Store> Spending<S> {
    pub(crate) fn new(store: S, provider: &'static str, lifetime: Duration, testing: bool) -> Self {
        Self {
            store,
            provider,
            lifetime,
            testing,
        }
    }

    /// Spends a token, if it is not spent.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot decide; within, [`Refused`] for a token that is spent.
    pub(crate) async fn claim(
        &self,
        token: &str,
        deadline: Instant,
    ) -> Result<Result<FirstTime, Refused>, StoreError> {
        if self.testing {
            return Ok(Ok(FirstTime(())));
        }
        let ttl = self.lifetime + CLOCK_SKEW;
        let claim = timeout_at(deadline, self.store.claim(self.id(token), ttl))
            .await
            .unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())))?;
        Ok(match claim {
            Claim::First => Ok(FirstTime(())),
            Claim::Spent => Err(Refused::already_seen()),
        })
    }

    /// What a token is remembered by. Tells nothing of the token, and no other one has it.
    fn id(&self, token: &str) -> SpentId {
        let digest: [u8; 32] = Sha256::new()
            .chain_update("cattlegrid/1/response-token-of/")
            .chain_update(self.provider)
            .chain_update([0])
            .chain_update(token)
            .finalize()
            .into();
        SpentId::from_bytes(digest.first_chunk().copied().unwrap_or_default())
    }
}
