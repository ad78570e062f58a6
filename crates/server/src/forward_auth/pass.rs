//! Passes: what a right answer earns where a proxy asks.
//!
//! A pass is a cookie, sealed, of until when it is good and a digest of what it is bound to. Nothing of it is stored, and it is
//! not spent: whoever has it may come as often as they like, for as long as it is good and as long as they are who it is
//! bound to.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use cattlegrid::store::Timestamp;
use cattlegrid::{Envelopes, NoEntropy, OsEntropy, Secrets, SiteKey};
use cattlegrid_guard::AddressPrefix;
use sha2::{Digest, Sha256};

use super::original::Visitor;
use crate::config::{Binding, CookieName, ForwardAuthConfig, PassConfig};

/// How many cookies of the same name are looked at: that of this host, and what those above it may have set.
const MOST_COOKIES: usize = 4;

/// Makes passes, and knows them again.
pub(super) struct Passes {
    envelopes: Envelopes,
    site: SiteKey,
    cookie: CookieName,
    config: PassConfig,
    prefix: AddressPrefix,
}

impl Passes {
    /// Those of the site. The first secret seals, all open.
    pub(super) fn new(config: &ForwardAuthConfig, site: &SiteKey, secrets: &Secrets) -> Self {
        Self {
            envelopes: Envelopes::new(secrets, "pass", Arc::new(OsEntropy)),
            site: site.clone(),
            cookie: config.cookie.clone(),
            prefix: config.pass.prefix(),
            config: config.pass.clone(),
        }
    }

    /// A pass for the visitor, as a `Set-Cookie` header has it.
    pub(super) fn grant(&self, to: &Visitor, now: Timestamp) -> Result<HeaderValue, NoEntropy> {
        let lifetime = self.config.lifetime.get();
        let expires = now.saturating_add(lifetime).as_millis().to_be_bytes();
        let pass = self
            .envelopes
            .seal(&[expires.as_slice(), &self.bound_to(to)].concat())?;
        let cookie = format!(
            "{}={pass}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
            self.name(to),
            lifetime.as_secs(),
            if to.is_secure { "; Secure" } else { "" },
        );
        // Why no other error: all of it is visible ASCII.
        HeaderValue::from_str(&cookie).map_err(|_| NoEntropy)
    }

    /// Whether the visitor has a pass that is still good.
    pub(super) fn has(&self, visitor: &Visitor, headers: &HeaderMap, now: Timestamp) -> bool {
        let name = self.name(visitor);
        cookies(headers)
            .filter_map(|(own, value)| (own == name).then_some(value))
            .take(MOST_COOKIES)
            .any(|pass| self.is_good(pass, visitor, now))
    }

    fn is_good(&self, pass: &str, visitor: &Visitor, now: Timestamp) -> bool {
        let Some(opened) = self.envelopes.open(pass) else {
            return false;
        };
        let Some((expires, bound_to)) = opened.content.split_first_chunk() else {
            return false;
        };
        Timestamp::from_millis(u64::from_be_bytes(*expires)) > now
            && bound_to == self.bound_to(visitor)
    }

    /// What the visitor's cookie is called. Browsers take one with this prefix only from the host itself, by `https`
    /// (RFC 6265bis, 4.1.3.2).
    fn name(&self, visitor: &Visitor) -> String {
        let prefix = if visitor.is_secure { "__Host-" } else { "" };
        format!("{prefix}{}", self.cookie.as_str())
    }

    /// A digest of all that the visitor's pass is bound to. Why a digest: nobody's address goes into a cookie.
    fn bound_to(&self, visitor: &Visitor) -> [u8; 32] {
        let block = self.prefix.block(visitor.address);
        let mut digest = Sha256::new();
        let mut bind = |what: &[u8]| {
            // Why its length: so that no two lists of parts are the same bytes.
            digest.update((what.len() as u64).to_be_bytes());
            digest.update(what);
        };
        bind(self.site.as_str().as_bytes());
        bind(visitor.host.as_str().as_bytes());
        for (binding, value) in [
            (Binding::Address, block.as_ref()),
            (Binding::Agent, visitor.agent.as_bytes()),
        ] {
            let is_bound = self.config.bound_to.contains(&binding);
            bind(&[u8::from(is_bound)]);
            bind(if is_bound { value } else { &[] });
        }
        digest.finalize().into()
    }
}

/// The cookies of a request (RFC 6265, 4.2.1), as far as they are text.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}
