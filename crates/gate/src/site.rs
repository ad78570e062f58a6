//! The sites that a server asks for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::challenge::image::Style;
use crate::challenge::work::Work;
use crate::challenge::{Generators, Kind};
use crate::content::ROOM;
use crate::secret::Purpose;
use crate::{
    Entropy, Error, Hostname, HostnamePattern, NoEntropy, ScoreRules, Secret, SecretKey, Secrets,
    SiteKey,
};

/// How a site is known inside a sealed key or token.
pub(crate) type SiteId = [u8; 8];

/// A site: who may ask in its name, what is asked, how it looks, and how long it is good for.
#[derive(Clone, Debug)]
pub struct Site {
    key: SiteKey,
    secret: SecretKey,
    hostnames: Vec<HostnamePattern>,
    kinds: Vec<Kind>,
    generators: Arc<Generators>,
    style: Arc<Style>,
    challenge_ttl: Duration,
    token_ttl: Duration,
    works: Option<(Vec<Arc<Work>>, Earns)>,
    scores: Option<ScoreRules>,
}

/// What done work earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earns {
    /// A response token. A challenge of the site can be answered without work as well.
    Token,
    /// An attempt at a challenge, which the site hears from nobody who has not worked.
    Attempt,
}

impl Site {
    /// How long challenges and tokens live unless the site says otherwise: 5 minutes.
    pub const DEFAULT_TTL: Duration = Duration::from_secs(5 * 60);
    /// The longest that a challenge or a token may live: a day.
    pub const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);

    /// A site on any hostname that asks for characters, everything else as by default.
    pub fn new(
        key: SiteKey,
        secret: SecretKey,
        generators: Arc<Generators>,
        style: Arc<Style>,
    ) -> Self {
        Self {
            key,
            secret,
            hostnames: Vec::new(),
            kinds: vec![Kind::Chars],
            generators,
            style,
            challenge_ttl: Self::DEFAULT_TTL,
            token_ttl: Self::DEFAULT_TTL,
            works: None,
            scores: None,
        }
    }

    /// Draws a key pair for a new site.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source fails.
    pub fn generate_keys(entropy: &dyn Entropy) -> Result<(SiteKey, SecretKey), NoEntropy> {
        let mut bytes = [0; 47];
        entropy.fill(&mut bytes)?;
        let (public, private) = bytes.split_at(15);
        keys(public, private).ok_or(NoEntropy)
    }

    /// The key pair of the demo site: the same for the same secrets, and nothing about the secrets follows
    /// from it.
    pub fn demo_keys(secrets: &Secrets) -> Option<(SiteKey, SecretKey)> {
        let public = secrets.derive(Purpose::DemoSiteKey);
        keys(&public[..15], &secrets.derive(Purpose::DemoSecretKey))
    }

    /// The key pair of the one site of a gate that has only one: the same for the same secret, another for any other, and
    /// nothing about the secret follows from it.
    pub fn own_keys(secret: &Secret) -> Option<(SiteKey, SecretKey)> {
        let public = secret.derive(Purpose::OwnSiteKey);
        keys(&public[..15], &secret.derive(Purpose::OwnSecretKey))
    }

    /// Pages on these hosts alone may ask and answer in the site's name; with none, pages on any host.
    #[must_use]
    pub fn with_hostnames(mut self, hostnames: Vec<HostnamePattern>) -> Self {
        self.hostnames = hostnames;
        self
    }

    /// The kinds that a page may ask for, the one asked for by default first.
    ///
    /// # Errors
    /// [`Error::Kinds`] when there is none, or one is there twice.
    pub fn with_kinds(mut self, kinds: Vec<Kind>) -> Result<Self, Error> {
        let twice = kinds
            .iter()
            .enumerate()
            .any(|(i, kind)| kinds[..i].contains(kind));
        if kinds.is_empty() || twice {
            return Err(Error::Kinds(self.key.to_string()));
        }
        self.kinds = kinds;
        Ok(self)
    }

    /// How long a challenge may be answered, and how long a token may be verified: 1 second to
    /// [`Site::MAX_TTL`] each.
    ///
    /// # Errors
    /// [`Error::Lifetime`] when one is out of bounds.
    pub fn with_ttls(mut self, challenge: Duration, token: Duration) -> Result<Self, Error> {
        let bounds = Duration::from_secs(1)..=Self::MAX_TTL;
        if !bounds.contains(&challenge) || !bounds.contains(&token) {
            return Err(Error::Lifetime(self.key.to_string()));
        }
        self.challenge_ttl = challenge;
        self.token_ttl = token;
        Ok(self)
    }

    /// Pages may have this work done, and it earns that.
    #[must_use]
    pub fn with_work(self, work: Arc<Work>, earns: Earns) -> Self {
        self.with_works(vec![work], earns)
    }

    /// As [`Site::with_work`], where the work follows from the server's secret: as it is under each of the secrets, in their
    /// order, so that what was set under any of them can be judged while they are rotated. The first is set.
    #[must_use]
    pub fn with_works(mut self, works: Vec<Arc<Work>>, earns: Earns) -> Self {
        self.works = Some((works, earns));
        self
    }

    /// Answers to the site's challenges have scores, of which it makes this.
    #[must_use]
    pub const fn with_scores(mut self, rules: ScoreRules) -> Self {
        self.scores = Some(rules);
        self
    }

    /// The site's public name.
    pub const fn key(&self) -> &SiteKey {
        &self.key
    }

    /// The site's private name.
    pub const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The hosts that the site's pages are on; empty for any.
    pub fn hostnames(&self) -> &[HostnamePattern] {
        &self.hostnames
    }

    /// The kinds that a page may ask for, the default first.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// What makes the site's challenges.
    pub fn generators(&self) -> &Generators {
        &self.generators
    }

    /// How the site's pictures look.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// How long a challenge may be answered.
    pub const fn challenge_ttl(&self) -> Duration {
        self.challenge_ttl
    }

    /// How long a token may be verified.
    pub const fn token_ttl(&self) -> Duration {
        self.token_ttl
    }

    /// The work that pages may have done.
    pub fn work(&self) -> Option<&Work> {
        self.work_under(0)
    }

    /// The work as it is under this of the secrets.
    pub(crate) fn work_under(&self, secret: usize) -> Option<&Work> {
        let (works, _) = self.works.as_ref()?;
        works
            .get(secret)
            .or_else(|| works.first())
            .map(|work| &**work)
    }

    /// What done work earns, if there is any to do.
    pub fn earns(&self) -> Option<Earns> {
        self.works.as_ref().map(|&(_, earns)| earns)
    }

    /// What the site makes of scores, if its answers have any.
    pub const fn scores(&self) -> Option<ScoreRules> {
        self.scores
    }

    /// Whether a page on `host` may ask and answer in the site's name.
    ///
    /// A caller without a page (a program, an app) has no host and is let through: it could claim any. Its
    /// token says so by having no hostname.
    pub fn allows(&self, host: Option<&Hostname>) -> bool {
        self.hostnames.is_empty()
            || host.is_none_or(|host| self.hostnames.iter().any(|pattern| pattern.matches(host)))
    }

    fn check_fit(&self) -> Result<(), Error> {
        for &kind in &self.kinds {
            let bytes = self.generators.longest(kind).unwrap_or(0);
            if bytes > ROOM {
                return Err(Error::TooLong {
                    site: self.key.to_string(),
                    kind,
                    bytes,
                    room: ROOM,
                });
            }
        }
        Ok(())
    }

    fn check_second_kind(&self) -> Result<(), Error> {
        match self.scores.and_then(|rules| rules.second_kind) {
            Some(kind) if !self.kinds.contains(&kind) => Err(Error::SecondKind {
                site: self.key.to_string(),
                kind,
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn id(&self) -> SiteId {
        site_id(self.key.as_str())
    }
}

fn site_id(site_key: &str) -> SiteId {
    let digest: [u8; 32] = Sha256::digest(site_key.as_bytes()).into();
    let mut id = SiteId::default();
    id.copy_from_slice(&digest[..8]);
    id
}

fn keys(public: &[u8], private: &[u8]) -> Option<(SiteKey, SecretKey)> {
    // Why: the prefixes let people, and scanners for leaked secrets, tell the two apart.
    let site = format!("cgp_{}", BASE64URL_NOPAD.encode(public))
        .parse()
        .ok()?;
    let secret = format!("cgs_{}", BASE64URL_NOPAD.encode(private))
        .parse()
        .ok()?;
    Some((site, secret))
}

/// All sites of a server, found by site key, by secret key, or by what a sealed key says.
#[derive(Debug, Default)]
pub struct Sites {
    all: Vec<Site>,
    by_id: HashMap<SiteId, usize>,
    by_secret: HashMap<[u8; 32], usize>,
}

impl Sites {
    /// The sites of a server.
    ///
    /// # Errors
    /// [`Error::DuplicateSiteKey`] or [`Error::DuplicateSecretKey`] when two could not be told apart,
    /// [`Error::TooLong`] when challenges of a kind might not fit into a key, [`Error::SecondKind`] when a site would not
    /// ask the kind of its second challenges.
    pub fn new(sites: Vec<Site>) -> Result<Self, Error> {
        let mut by_id = HashMap::new();
        let mut by_secret = HashMap::new();
        for (index, site) in sites.iter().enumerate() {
            site.check_fit()?;
            site.check_second_kind()?;
            if by_id.insert(site.id(), index).is_some() {
                return Err(Error::DuplicateSiteKey(site.key.to_string()));
            }
            if let Some(other) = by_secret.insert(site.secret.digest(), index) {
                return Err(Error::DuplicateSecretKey(
                    sites[other].key.to_string(),
                    site.key.to_string(),
                ));
            }
        }
        Ok(Self {
            all: sites,
            by_id,
            by_secret,
        })
    }

    /// The site with this site key.
    pub fn get(&self, site_key: &str) -> Option<&Site> {
        self.by_id(site_id(site_key))
            .filter(|site| site.key.as_str() == site_key)
    }

    /// All sites, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.all.iter()
    }

    pub(crate) fn by_id(&self, id: SiteId) -> Option<&Site> {
        self.by_id.get(&id).and_then(|&index| self.all.get(index))
    }

    /// The site with this secret key.
    pub fn by_secret(&self, secret: &SecretKey) -> Option<&Site> {
        self.by_secret
            .get(&secret.digest())
            .and_then(|&index| self.all.get(index))
            .filter(|site| site.secret.is(secret))
    }
}
