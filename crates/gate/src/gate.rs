//! Issue, present, answer, verify.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use crate::challenge::image::{self, Scale, Seed};
use crate::challenge::{Challenge, Kind};
use crate::content::{SealedChallenge, SealedToken};
use crate::exchange::{
    Ask, Attempt, IdempotencyKey, Inspected, Issued, Passed, Shown, Solved, Verification, What,
};
use crate::refusal::judge;
use crate::seal::Sealer;
use crate::secret::Purpose;
use crate::store::{Clock, SpentId, Store, Timestamp};
use crate::{
    ChallengeKey, Earns, Entropy, Refusal, ResponseToken, SecretKey, Secrets, Site, Sites,
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
    pub(crate) works: Sealer,
    pub(crate) sites: Sites,
    store: S,
    pub(crate) clock: Arc<dyn Clock>,
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
            works: Sealer::new(secrets, Purpose::WorkKey),
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

    /// Where the time comes from.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
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
            is_second: ask.is_second,
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
        let Live { sealed, site, .. } = self.live(key)?;
        let prompt = sealed.challenge.prompt();
        Ok(Shown {
            image: image::draw(prompt, site.style(), &sealed.seed, scale),
            expires_at: sealed.expires,
        })
    }

    /// Whether an attempt at a challenge would be heard: one look at the store, and so for callers alone who must know
    /// before they show it. It promises nothing: between this and an attempt, anybody may come first.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::ExpiredKey`], [`Refusal::SpentKey`] or [`Refusal::StoreUnavailable`].
    pub async fn unanswered(&self, key: &ChallengeKey) -> Result<(), Refusal> {
        let live = self.live(key)?;
        if self.store.is_spent(live.id).await? {
            return Err(Refusal::SpentKey);
        }
        Ok(())
    }

    /// Judges an attempt at a challenge, and spends the key whether the answer is right or wrong.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::ExpiredKey`], [`Refusal::WrongSite`] and [`Refusal::WorkRequired`] spend
    /// nothing; [`Refusal::SpentKey`], [`Refusal::WrongAnswer`], [`Refusal::AnotherChallenge`] and
    /// [`Refusal::LowScore`] mean that the key is spent; [`Refusal::StoreUnavailable`] that it may be.
    pub async fn answer(
        &self,
        key: &ChallengeKey,
        attempt: Attempt<'_>,
    ) -> Result<Solved, Refusal> {
        self.answer_opened(self.open(key)?, attempt).await
    }

    /// The same, of a challenge that was opened to see what the attempt is to be judged with.
    ///
    /// # Errors
    /// Those of [`Gate::answer`].
    pub async fn answer_opened(
        &self,
        opened: OpenChallenge<'_>,
        attempt: Attempt<'_>,
    ) -> Result<Solved, Refusal> {
        let live = self.alive(opened)?;
        if live.site.earns() == Some(Earns::Attempt) {
            return Err(Refusal::WorkRequired);
        }
        self.judge(live, attempt).await
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
        let verified = async {
            let (token, now) = self.open_token(secret, token, site_key)?;
            self.spend(token.id, token.content.expires, now, Refusal::SpentToken)
                .await?;
            Ok(Passed::from(token.content))
        };
        verified.await.into()
    }

    /// Verifies a token as [`Gate::verify`] does, but says the same again to whoever asks again with the same `key`.
    ///
    /// For a back end that got no reply, as its connection broke. A repetition that overtakes what it repeats is
    /// refused: the token never passes under two keys.
    pub async fn verify_repeatably(
        &self,
        secret: &SecretKey,
        token: &ResponseToken,
        key: IdempotencyKey,
    ) -> Verification {
        let verified = async {
            let (token, now) = self.open_token(secret, token, None)?;
            let repetition = token.id_under(key);
            let expires = token.content.expires;
            match self
                .spend(token.id, expires, now, Refusal::SpentToken)
                .await
            {
                Ok(()) => {
                    self.spend(repetition, expires, now, Refusal::SpentToken)
                        .await?;
                }
                Err(Refusal::SpentToken) if self.store.is_spent(repetition).await? => {}
                Err(refusal) => return Err(refusal),
            }
            Ok(Passed::from(token.content))
        };
        verified.await.into()
    }

    /// All that a challenge key holds, be it expired or spent. For debugging and tests: this is the answer.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] when none of the gate's secrets sealed it.
    pub fn inspect(&self, key: &ChallengeKey) -> Result<Inspected, Refusal> {
        let OpenChallenge { sealed, site, .. } = self.open(key)?;
        Ok(Inspected {
            site: site.map(|site| site.key().clone()),
            challenge: sealed.challenge,
            action: sealed.action,
            is_second: sealed.is_second,
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

    /// Opens a challenge, be it expired or spent, for [`Gate::answer_opened`].
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] when none of the gate's secrets sealed it.
    pub fn open(&self, key: &ChallengeKey) -> Result<OpenChallenge<'_>, Refusal> {
        let opened = self.keys.open(&key.0).ok_or(Refusal::UnknownKey)?;
        let sealed = SealedChallenge::decode(&opened.content).map_err(|_| Refusal::UnknownKey)?;
        Ok(OpenChallenge {
            id: opened.id,
            site: self.sites.by_id(sealed.site),
            sealed,
        })
    }

    /// Opens a key that can still be answered.
    pub(crate) fn live(&self, key: &ChallengeKey) -> Result<Live<'_>, Refusal> {
        self.alive(self.open(key)?)
    }

    fn alive<'a>(&self, opened: OpenChallenge<'a>) -> Result<Live<'a>, Refusal> {
        let OpenChallenge { id, sealed, site } = opened;
        let site = site.ok_or(Refusal::UnknownKey)?;
        if sealed.expires <= self.clock.now() {
            return Err(Refusal::ExpiredKey);
        }
        Ok(Live { id, sealed, site })
    }

    /// Opens a token that the site of `secret` can still verify; the time is the one at which it could.
    fn open_token(
        &self,
        secret: &SecretKey,
        token: &ResponseToken,
        site_key: Option<&str>,
    ) -> Result<(LiveToken, Timestamp), Refusal> {
        let site = self.sites.by_secret(secret).ok_or(Refusal::InvalidSecret)?;
        if site_key.is_some_and(|key| key != site.key().as_str()) {
            return Err(Refusal::OtherSite);
        }
        let opened = self
            .tokens
            .open(token.as_str())
            .ok_or(Refusal::InvalidToken)?;
        let content = SealedToken::decode(&opened.content).map_err(|_| Refusal::InvalidToken)?;
        if content.site != site.id() {
            return Err(Refusal::OtherSite);
        }
        let now = self.clock.now();
        if content.expires <= now {
            return Err(Refusal::ExpiredToken);
        }
        let id = opened.id;
        Ok((LiveToken { id, content }, now))
    }

    pub(crate) async fn judge(
        &self,
        Live { id, sealed, site }: Live<'_>,
        attempt: Attempt<'_>,
    ) -> Result<Solved, Refusal> {
        if attempt.site.is_some_and(|asked| asked.id() != site.id()) {
            return Err(Refusal::UnknownKey);
        }
        if !site.allows(attempt.host) {
            return Err(Refusal::WrongSite);
        }
        let now = self.clock.now();
        let right = sealed.challenge.answer().matches(attempt.given);
        // Why: the token is made before the claim, so that nothing can fail between spending and earning.
        let solved = self.token(&SealedToken {
            site: sealed.site,
            expires: now.saturating_add(site.token_ttl()),
            solved: now,
            hostname: attempt.host.cloned(),
            action: sealed.action,
            data: attempt.data.cloned(),
            score: attempt.score,
        })?;
        self.spend(id, sealed.expires, now, Refusal::SpentKey)
            .await?;
        if !right {
            return Err(Refusal::WrongAnswer);
        }
        if let (Some(rules), Some(score)) = (site.scores(), attempt.score) {
            rules.judge(score, sealed.is_second)?;
        }
        Ok(solved)
    }

    pub(crate) fn token(&self, content: &SealedToken) -> Result<Solved, Refusal> {
        let sealed = content
            .encode()
            .and_then(|content| Some((content, self.random().ok()?)))
            .and_then(|(content, nonce)| self.tokens.seal(nonce, content))
            .ok_or(crate::NoEntropy)?;
        Ok(Solved {
            token: ResponseToken(sealed),
            expires_at: content.expires,
        })
    }

    pub(crate) async fn spend(
        &self,
        id: SpentId,
        expires: Timestamp,
        now: Timestamp,
        spent: Refusal,
    ) -> Result<(), Refusal> {
        let ttl = expires.saturating_since(now).saturating_add(CLOCK_SKEW);
        judge(self.store.claim(id, ttl).await?, spent)
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], crate::NoEntropy> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// A challenge whose key was opened.
pub struct OpenChallenge<'a> {
    id: SpentId,
    sealed: SealedChallenge,
    site: Option<&'a Site>,
}

impl<'a> OpenChallenge<'a> {
    /// Its site, if the gate still has it.
    pub const fn site(&self) -> Option<&'a Site> {
        self.site
    }

    /// Until when it may be answered.
    pub const fn expires_at(&self) -> Timestamp {
        self.sealed.expires
    }
}

impl fmt::Debug for OpenChallenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenChallenge(…)")
    }
}

/// A challenge that can still be answered.
pub(crate) struct Live<'a> {
    id: SpentId,
    pub(crate) sealed: SealedChallenge,
    pub(crate) site: &'a Site,
}

/// A token that can still be verified.
struct LiveToken {
    id: SpentId,
    content: SealedToken,
}

impl LiveToken {
    /// What is spent along with the token when it is verified under `key`.
    fn id_under(&self, key: IdempotencyKey) -> SpentId {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.id.as_bytes())
            .chain_update(key.as_bytes())
            .finalize()
            .into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        SpentId::from_bytes(id)
    }
}

impl From<SealedToken> for Passed {
    fn from(token: SealedToken) -> Self {
        Self {
            challenge_ts: token.solved,
            hostname: token.hostname,
            action: token.action,
            data: token.data,
            score: token.score,
        }
    }
}

impl From<Result<Passed, Refusal>> for Verification {
    fn from(verified: Result<Passed, Refusal>) -> Self {
        match verified {
            Ok(passed) => Self::Passed(passed),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

impl<S> fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("sites", &self.sites)
            .finish_non_exhaustive()
    }
}
