//! Issue, present, answer, verify.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::challenge::image::{self, Scale, Seed};
use crate::challenge::{Challenge, Kind};
use crate::content::{SealedChallenge, SealedToken};
use crate::exchange::{Ask, Inspected, Issued, Passed, Shown, Solved, Verification, What};
use crate::refusal::judge;
use crate::seal::Sealer;
use crate::secret::Purpose;
use crate::store::{Clock, SpentId, Store, Timestamp};
use crate::{
    ChallengeKey, Entropy, Hostname, Refusal, ResponseToken, SecretKey, Secrets, Site, Sites,
};

/// How much longer than a key or token lives the store remembers that it is spent, so that a node whose clock
/// is behind by less cannot accept it again.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The engine: issues challenges, shows them, judges answers and verifies tokens.
///
/// It holds no state but what is spent, and that in the store. Clone nothing, share it behind an [`Arc`].
pub struct Gate<S> {
    keys: Sealer,
    tokens: Sealer,
    sites: Sites,
    store: S,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl<S: Store> Gate<S> {
    /// A gate for these sites.
    pub fn new(
        secrets: &Secrets,
        sites: Sites,
        store: S,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            keys: Sealer::new(secrets, Purpose::ChallengeKey),
            tokens: Sealer::new(secrets, Purpose::ResponseToken),
            sites,
            store,
            clock,
            entropy,
        }
    }

    /// The sites that the gate asks for.
    pub const fn sites(&self) -> &Sites {
        &self.sites
    }

    /// What remembers what is spent.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// A new challenge for a page of `site`. Writes nothing anywhere.
    ///
    /// # Errors
    /// [`Refusal::KindNotAllowed`] when the site does not ask that kind, [`Refusal::TooLong`] when a custom
    /// prompt and answer do not fit into a key, [`Refusal::NoEntropy`] when there is no randomness.
    pub fn issue(&self, site: &Site, ask: Ask) -> Result<Issued, Refusal> {
        let challenge = match ask.what {
            What::Default => self.generate(site, None)?,
            What::Kind(kind) => self.generate(site, Some(kind))?,
            What::Custom(own) => Challenge::custom(own.0, own.1),
        };
        let expires = self.clock.now().saturating_add(site.challenge_ttl());
        let kind = challenge.kind();
        let content = SealedChallenge {
            site: site.id(),
            expires,
            seed: Seed::from_bytes(self.random()?),
            action: ask.action,
            challenge,
        };
        let content = content.encode().ok_or(Refusal::TooLong)?;
        let sealed = self
            .keys
            .seal(self.random()?, content)
            .ok_or(Refusal::TooLong)?;
        Ok(Issued {
            key: ChallengeKey(sealed),
            kind,
            expires_at: expires,
        })
    }

    /// The picture of a challenge: the same bytes each time. This is work for a processor, some tens of
    /// microseconds of it; nothing waits for anything.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] or [`Refusal::ExpiredKey`].
    pub fn image(&self, key: &ChallengeKey, scale: Scale) -> Result<Shown, Refusal> {
        let (_, sealed, site) = self.live(key)?;
        let prompt = sealed.challenge.prompt();
        Ok(Shown {
            image: image::draw(prompt, site.style(), &sealed.seed, scale),
            expires_at: sealed.expires,
        })
    }

    /// Judges an answer that came from a page on `host`, and spends the key whether the answer is right or
    /// wrong.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::ExpiredKey`] and [`Refusal::WrongSite`] spend nothing;
    /// [`Refusal::SpentKey`] and [`Refusal::WrongAnswer`] mean that the key is spent;
    /// [`Refusal::StoreUnavailable`] that it may be.
    pub async fn answer(
        &self,
        key: &ChallengeKey,
        given: &str,
        host: Option<&Hostname>,
    ) -> Result<Solved, Refusal> {
        let (id, sealed, site) = self.live(key)?;
        if !site.allows(host) {
            return Err(Refusal::WrongSite);
        }
        let now = self.clock.now();
        let expires_at = now.saturating_add(site.token_ttl());
        let token = SealedToken {
            site: sealed.site,
            expires: expires_at,
            solved: now,
            hostname: host.cloned(),
            action: sealed.action,
        };
        let right = sealed.challenge.answer().matches(given);
        // Why: the token is made before the claim, so that nothing can fail between spending and earning.
        let token = token
            .encode()
            .and_then(|content| Some((content, self.random().ok()?)))
            .and_then(|(content, nonce)| self.tokens.seal(nonce, content))
            .ok_or(crate::NoEntropy)?;
        self.spend(id, sealed.expires, now, Refusal::SpentKey)
            .await?;
        if right {
            Ok(Solved {
                token: ResponseToken(token),
                expires_at,
            })
        } else {
            Err(Refusal::WrongAnswer)
        }
    }

    /// Verifies a token for the site whose secret key this is, and spends it.
    ///
    /// With `site_key`, the site must also be the one of that name.
    pub async fn verify(
        &self,
        secret: &SecretKey,
        token: &ResponseToken,
        site_key: Option<&str>,
    ) -> Verification {
        match self.try_verify(secret, token, site_key).await {
            Ok(passed) => Verification::Passed(passed),
            Err(refusal) => Verification::Refused(refusal),
        }
    }

    async fn try_verify(
        &self,
        secret: &SecretKey,
        token: &ResponseToken,
        site_key: Option<&str>,
    ) -> Result<Passed, Refusal> {
        let site = self.sites.by_secret(secret).ok_or(Refusal::InvalidSecret)?;
        if site_key.is_some_and(|key| key != site.key().as_str()) {
            return Err(Refusal::OtherSite);
        }
        let opened = self
            .tokens
            .open(token.as_str())
            .ok_or(Refusal::InvalidToken)?;
        let sealed = SealedToken::decode(&opened.content).map_err(|_| Refusal::InvalidToken)?;
        if sealed.site != site.id() {
            return Err(Refusal::OtherSite);
        }
        let now = self.clock.now();
        if sealed.expires <= now {
            return Err(Refusal::ExpiredToken);
        }
        self.spend(opened.id, sealed.expires, now, Refusal::SpentToken)
            .await?;
        Ok(Passed {
            challenge_ts: sealed.solved,
            hostname: sealed.hostname,
            action: sealed.action,
        })
    }

    /// All that a challenge key holds, be it expired or spent. For debugging and tests: this is the answer.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] when none of the gate's secrets sealed it.
    pub fn inspect(&self, key: &ChallengeKey) -> Result<Inspected, Refusal> {
        let (_, sealed) = self.open(key)?;
        Ok(Inspected {
            site: self.sites.by_id(sealed.site).map(|site| site.key().clone()),
            challenge: sealed.challenge,
            action: sealed.action,
            expires_at: sealed.expires,
        })
    }

    fn generate(&self, site: &Site, kind: Option<Kind>) -> Result<Challenge, Refusal> {
        let kind = match kind {
            Some(kind) if site.kinds().contains(&kind) => kind,
            Some(_) => return Err(Refusal::KindNotAllowed),
            None => *site.kinds().first().ok_or(Refusal::KindNotAllowed)?,
        };
        let mut rng = ChaCha20Rng::from_seed(self.random()?);
        Ok(site.generators().generate(kind, &mut rng)?)
    }

    fn open(&self, key: &ChallengeKey) -> Result<(SpentId, SealedChallenge), Refusal> {
        let opened = self.keys.open(&key.0).ok_or(Refusal::UnknownKey)?;
        let sealed = SealedChallenge::decode(&opened.content).map_err(|_| Refusal::UnknownKey)?;
        Ok((opened.id, sealed))
    }

    /// Opens a key that can still be answered.
    fn live(&self, key: &ChallengeKey) -> Result<(SpentId, SealedChallenge, &Site), Refusal> {
        let (id, sealed) = self.open(key)?;
        let site = self.sites.by_id(sealed.site).ok_or(Refusal::UnknownKey)?;
        if sealed.expires <= self.clock.now() {
            return Err(Refusal::ExpiredKey);
        }
        Ok((id, sealed, site))
    }

    async fn spend(
        &self,
        id: SpentId,
        expires: Timestamp,
        now: Timestamp,
        spent: Refusal,
    ) -> Result<(), Refusal> {
        let ttl = expires.saturating_since(now).saturating_add(CLOCK_SKEW);
        judge(self.store.claim(id, ttl).await?, spent)
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], crate::NoEntropy> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl<S> fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("sites", &self.sites)
            .finish_non_exhaustive()
    }
}
