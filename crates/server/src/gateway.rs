//! The sites whose visitors another provider checks. Their back ends ask here all the same, so that the keys, and what is
//! expected of a token, stand in one place.
//!
//! The gate knows none of these sites: nothing is issued in their names, and nothing that was issued before counts.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

use cattlegrid::store::Clock;
use cattlegrid::{Refusal, Site, SiteKey, Sites};
use cattlegrid_provider::observer::Outcome;
use cattlegrid_provider::{
    Chain, Error as Undecided, Refused, Settings, Verification, Verify, Visit,
};
use tracing::Instrument;

use crate::config::Config;
use crate::seldom::Seldom;
use crate::standing::Standing;
use crate::verification::{Asked, Denial, Passed};
use crate::{Error, traces};

/// The sites that other providers check.
pub(crate) struct Gateway {
    sites: Sites,
    checks: HashMap<SiteKey, Check>,
    clock: Arc<dyn Clock>,
}

/// How the tokens of one site are checked.
struct Check {
    provider: String,
    chain: Chain,
    /// The site's key there, which is the one that its pages have.
    site_key: Option<String>,
    log: Seldom,
}

impl Gateway {
    /// `sites`, each checked as `config` says.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::ReadFile`] and [`Error::SecretIsOpen`] when one cannot be.
    pub(crate) fn new(config: &Config, sites: Sites, standing: &Standing) -> Result<Self, Error> {
        let mut checks = HashMap::new();
        for site in &config.sites {
            let Some(provider) = &site.provider else {
                continue;
            };
            let base = Settings {
                clock: Arc::clone(&standing.clock),
                observer: Arc::new(standing.metrics.providers().clone()),
                ..Settings::default()
            };
            let site_key = provider.site_key.as_ref();
            let check = Check {
                provider: provider.name.clone(),
                chain: provider.chain(config, site, &standing.store, base)?,
                site_key: site_key.map(|key| key.as_str().to_owned()),
                log: Seldom::new(),
            };
            checks.insert(site.key.clone(), check);
        }
        let clock = Arc::clone(&standing.clock);
        Ok(Self {
            sites,
            checks,
            clock,
        })
    }

    /// The sites.
    pub(crate) const fn sites(&self) -> &Sites {
        &self.sites
    }

    /// The provider that checks the site with this key, if one does.
    pub(crate) fn provider(&self, site_key: &str) -> Option<&str> {
        let site = self.sites.get(site_key)?;
        let check = self.checks.get(site.key())?;
        Some(&check.provider)
    }

    /// Who passed, if the provider of `site` says so, and all is as expected. The site key that the back end may name is
    /// the one that the site has here, or the one that its pages have.
    ///
    /// # Errors
    /// [`Denial`] where nobody is to be let through.
    pub(crate) async fn verify(&self, site: &Site, asked: &Asked) -> Result<Passed, Denial> {
        let check = self.checks.get(site.key()).ok_or(Refusal::InvalidSecret)?;
        let is_own = |key| key == site.key().as_str() || Some(key) == check.site_key.as_deref();
        if !asked.site_key().is_none_or(is_own) {
            return Err(Refusal::OtherSite.into());
        }
        let span = traces::provider(&check.provider);
        let visit = Visit::new().from_address(asked.remote_ip());
        let asking = check.chain.verify(asked.response(), visit);
        let said = asking.instrument(span.clone()).await;
        traces::checked(&span, Outcome::of(&said));
        let passed = match said {
            Ok(Verification::Passed(passed)) => passed,
            Ok(Verification::Refused(refused)) => return Err(check.refused(&refused)),
            Err(error) => {
                traces::failed(&span);
                return Err(check.undecided(error));
            }
        };
        if !passed.decided() {
            check.log(&"somebody was let through without being asked about");
        }
        Ok(Passed::elsewhere(&passed, self.clock.now()))
    }
}

impl Check {
    /// Why nobody is let through, where the provider has decided.
    fn refused(&self, refused: &Refused) -> Denial {
        let known = refused.codes().find_map(meaning);
        let denial = known.unwrap_or(Denial::Unfit("refused-by-provider"));
        if let Denial::Undecided(_) = denial {
            self.log(refused);
        }
        denial
    }

    /// Why nobody is let through, where it has not.
    fn undecided(&self, error: Undecided) -> Denial {
        self.log(&error);
        match error {
            Undecided::Store(error) => Refusal::from(error).into(),
            other => Denial::Undecided(other.code()),
        }
    }

    fn log(&self, problem: &dyn Display) {
        // Why seldom: a provider that is gone fails every request.
        if let Some(unsaid) = self.log.again() {
            let provider = &self.provider;
            tracing::error!(provider, unsaid, %problem, "a provider has not decided");
        }
    }
}

/// What a provider's code, or one of its crate's own, means here; nothing, if it is not known.
///
/// Those with `_` are Friendly Captcha's, the single words reCAPTCHA Enterprise's.
fn meaning(code: &str) -> Option<Denial> {
    Some(match code {
        "missing-input-response"
        | "invalid-input-response"
        | "response_missing"
        | "response_invalid"
        | "missing"
        | "malformed" => Refusal::InvalidToken.into(),
        "expired-input-response" | "response_timeout" | "expired" => Refusal::ExpiredToken.into(),
        "already-seen-response"
        | "invalid-or-already-seen-response"
        | "timeout-or-duplicate"
        | "response_duplicate"
        | "dupe" => Refusal::SpentToken.into(),
        "sitekey-secret-mismatch" | "sitekey_invalid" | "site_mismatch" => {
            Refusal::OtherSite.into()
        }
        "hostname-mismatch" => Denial::Unfit("hostname-mismatch"),
        "action-mismatch" => Denial::Unfit("action-mismatch"),
        "score-too-low" => Denial::Unfit("score-too-low"),
        // Why not as it stands: the back end's own secret key is right, it is the one in the configuration that is wrong.
        "missing-input-secret" | "invalid-input-secret" | "auth_required" | "auth_invalid" => {
            Denial::Undecided("provider-broken")
        }
        _ => return None,
    })
}
