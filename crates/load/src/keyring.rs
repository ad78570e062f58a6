//! What only those know who have the secret.

use std::sync::Arc;

use cattlegrid::{
    Ask, Attempt, ChallengeKey, Gate, OsEntropy, Secrets, Site, SiteKey, Sites,
    challenge::{
        Generators, KindOptions,
        image::{Fonts, Style},
    },
    store::{SystemClock, memory::MemoryStore},
};

use crate::{Error, SECRET_KEY, SITE_KEY};

/// How many keys the gate that earns tokens may have spent at a time.
const LIMIT: usize = 10_000_000;

/// The secrets of a fleet: they read any challenge without looking at its picture, and earn tokens without any node.
pub struct Keyring {
    gate: Gate<MemoryStore>,
    site: Site,
}

impl Keyring {
    /// With these secrets, as a node's configuration lists them.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn new(secrets: &str) -> Result<Self, Error> {
        let site_key: SiteKey = SITE_KEY.parse()?;
        let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
        let style = Arc::new(Style::hard());
        let site = Site::new(site_key, SECRET_KEY.parse()?, Arc::new(generators), style)
            .with_ttls(Site::MAX_TTL, Site::MAX_TTL)?;
        let clock = Arc::new(SystemClock::new());
        let gate = Gate::new(
            &Secrets::parse(secrets)?,
            Sites::new(vec![site.clone()])?,
            MemoryStore::new(LIMIT, clock.clone()),
            clock,
            Arc::new(OsEntropy),
        );
        Ok(Self { gate, site })
    }

    /// The key of a fresh challenge.
    ///
    /// # Errors
    ///
    /// There is no randomness.
    pub fn key(&self) -> Result<String, Error> {
        let issued = self.gate.issue(&self.site, Ask::any())?;
        Ok(issued.key.as_str().to_owned())
    }

    /// The answer to a challenge.
    ///
    /// # Errors
    ///
    /// It was not sealed under any of the secrets.
    pub fn answer_to(&self, key: &str) -> Result<String, Error> {
        let key: ChallengeKey = key.parse()?;
        let inside = self.gate.inspect(&key)?;
        Ok(inside.challenge.answer().as_str().to_owned())
    }

    /// A response token that any node of the fleet accepts once.
    ///
    /// # Errors
    ///
    /// There is no randomness.
    pub async fn token(&self) -> Result<String, Error> {
        let issued = self.gate.issue(&self.site, Ask::any())?;
        let answer = self.answer_to(issued.key.as_str())?;
        let solved = self.gate.answer(&issued.key, Attempt::new(&answer)).await?;
        Ok(solved.token.as_str().to_owned())
    }

    /// As many of them.
    ///
    /// # Errors
    ///
    /// There is no randomness.
    pub async fn tokens(&self, count: usize) -> Result<Vec<String>, Error> {
        let mut tokens = Vec::with_capacity(count);
        for _ in 0..count {
            tokens.push(self.token().await?);
        }
        Ok(tokens)
    }
}
