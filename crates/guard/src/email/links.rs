//! The link in a letter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid::{CLOCK_SKEW, Entropy, Envelopes, Secrets};
use cattlegrid_store::{Claim, Clock, SpentId, Store, Timestamp};

use super::{EmailAddress, Refusal};
use crate::Error;

/// Makes the links that confirm addresses, and hears them once.
///
/// All is in the link, sealed under the server's secret: purpose, address, subject, expiry. Nothing is written down when one
/// is made; the store remembers which are spent.
pub struct Links<S> {
    envelopes: Envelopes,
    store: S,
    clock: Arc<dyn Clock>,
    purpose: String,
    lifetime: Duration,
}

/// A link to be sent, and to nobody but the address that it confirms.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    token: String,
    expires_at: Timestamp,
}

/// What a link would confirm, if somebody pressed the button.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// The address that the letter went to.
    pub address: EmailAddress,
    /// What the site gave when it made the link.
    pub subject: String,
}

/// Whoever sent the link reads the mail of this address.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "what is confirmed is to be written down"]
#[non_exhaustive]
pub struct Confirmed {
    /// The address that the letter went to.
    pub address: EmailAddress,
    /// What the site gave when it made the link, such as an account's id.
    pub subject: String,
}

/// All that is in a link.
struct Inside {
    id: SpentId,
    expires_at: Timestamp,
    address: EmailAddress,
    subject: String,
}

impl<S: Store> Links<S> {
    /// How long a link works, unless said otherwise: a day.
    pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(24 * 3600);
    const LIFETIMES: std::ops::RangeInclusive<Duration> =
        Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 3600);
    /// More than this makes links that mail programs break.
    const MAX_CONTENT_BYTES: usize = 1024;

    /// Those that confirm addresses for `purpose`, which names the site and what the address is for, such as
    /// `shop.example sign-up`. No other purpose's links work for it, though it shares secrets and store.
    pub fn new(
        secrets: &Secrets,
        purpose: impl Into<String>,
        store: S,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            envelopes: Envelopes::new(secrets, "email-link", entropy),
            store,
            clock,
            purpose: purpose.into(),
            lifetime: Self::DEFAULT_LIFETIME,
        }
    }

    /// The same, whose links work for `lifetime`: a minute to 30 days.
    ///
    /// # Errors
    /// [`Error::LinkLifetime`] when it is less or more.
    pub fn with_lifetime(self, lifetime: Duration) -> Result<Self, Error> {
        if Self::LIFETIMES.contains(&lifetime) {
            Ok(Self { lifetime, ..self })
        } else {
            Err(Error::LinkLifetime)
        }
    }

    /// How long a link works.
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A link that confirms `address`. `subject` is what the site needs to know again then, such as the account's id;
    /// it comes back as it is, and nobody else can read it. Address, subject and purpose are of 900 bytes together at most,
    /// and of fewer where JSON escapes them.
    ///
    /// # Errors
    /// [`Refusal::TooLong`], [`Refusal::NoEntropy`]
    pub fn make(&self, address: &EmailAddress, subject: &str) -> Result<Link, Refusal> {
        let expires_at = self.clock.now().saturating_add(self.lifetime);
        let content = (
            &self.purpose,
            expires_at.as_millis(),
            address.as_str(),
            subject,
        );
        let content = serde_json::to_vec(&content).map_err(|_| Refusal::TooLong)?;
        if content.len() > Self::MAX_CONTENT_BYTES {
            return Err(Refusal::TooLong);
        }
        let token = self.envelopes.seal(&content)?;
        Ok(Link { token, expires_at })
    }

    /// What a link would confirm. Spends nothing: this is for the page that the link leads to, which programs that look
    /// through mail open before any person does.
    ///
    /// # Errors
    /// [`Refusal::InvalidLink`], [`Refusal::ExpiredLink`]
    pub fn look(&self, token: &str) -> Result<Pending, Refusal> {
        let Inside {
            address, subject, ..
        } = self.open(token)?;
        Ok(Pending { address, subject })
    }

    /// Confirms the link's address, and spends the link. For what the page's button sends.
    ///
    /// # Errors
    /// [`Refusal::InvalidLink`], [`Refusal::ExpiredLink`], [`Refusal::SpentLink`], [`Refusal::StoreUnavailable`]
    pub async fn confirm(&self, token: &str) -> Result<Confirmed, Refusal> {
        let Inside {
            id,
            expires_at,
            address,
            subject,
        } = self.open(token)?;
        let left = expires_at.saturating_since(self.clock.now());
        match self
            .store
            .claim(id, left.saturating_add(CLOCK_SKEW))
            .await?
        {
            Claim::First => Ok(Confirmed { address, subject }),
            Claim::Spent => Err(Refusal::SpentLink),
        }
    }

    fn open(&self, token: &str) -> Result<Inside, Refusal> {
        let opened = self.envelopes.open(token).ok_or(Refusal::InvalidLink)?;
        let (purpose, expires, address, subject): (String, u64, String, String) =
            serde_json::from_slice(&opened.content).map_err(|_| Refusal::InvalidLink)?;
        if purpose != self.purpose {
            return Err(Refusal::InvalidLink);
        }
        let expires_at = Timestamp::from_millis(expires);
        if expires_at <= self.clock.now() {
            return Err(Refusal::ExpiredLink);
        }
        Ok(Inside {
            id: opened.id,
            expires_at,
            address: address.parse().map_err(|_| Refusal::InvalidLink)?,
            subject,
        })
    }
}

impl Link {
    /// What the page is sent: at most 1,500 characters of `A–Z a–z 0–9 - _`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Until when the link works.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The link to `page`, with the token as the parameter `token`.
    ///
    /// `page` is the site's own configured address, never made from a request: whoever sends the request writes its
    /// `Host`, and would get the token of whomever the letter goes to.
    pub fn to(&self, page: &str) -> String {
        let separator = if page.contains('?') { '&' } else { '?' };
        format!("{page}{separator}token={}", self.token)
    }
}

impl<S> fmt::Debug for Links<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links")
            .field("purpose", &self.purpose)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

// Why all three by hand: a link is a secret, and an address is personal data.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending(…)")
    }
}

impl fmt::Debug for Confirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confirmed(…)")
    }
}
