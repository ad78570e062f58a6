//! Who checks a site's tokens, where that is another provider.

use std::path::PathBuf;
use std::sync::Arc;

use cattlegrid_provider::store::Store;
use cattlegrid_provider::{
    Action, Chain, ConfigError, Endpoint, Expected, Roots, Score, SecretKey, Settings, SiteKey,
    Verifier, Verify, WhenDown, provider,
};
use serde::Deserialize;

use super::values::{self, Ratio, Span};
use super::{Config, SiteConfig};
use crate::hidden::Hidden;
use crate::{Error, secret_file};

/// The provider whose widget a site's pages show, and which is asked when its back end asks here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// The provider's name.
    pub name: String,
    /// The site's secret key there. This or a file is given.
    pub secret_key: Option<Hidden>,
    /// A file with the site's secret key there.
    pub secret_key_file: Option<PathBuf>,
    /// The site's key there, which the provider's widget has in the site's pages.
    #[serde(default, deserialize_with = "values::some_parsed")]
    pub site_key: Option<SiteKey>,
    /// Where it is asked: the first of them that can be reached. Default: its own address.
    #[serde(default, deserialize_with = "values::all_parsed")]
    pub endpoints: Vec<Endpoint>,
    /// A PEM file of the authorities that are trusted there, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// What the site's forms are for. Default: anything.
    #[serde(default, deserialize_with = "values::some_parsed")]
    pub action: Option<Action>,
    /// The least score. Default 0.5 where a score is all that the provider says; else none.
    pub minimum_score: Option<Ratio>,
    /// How long a check may take. Default `5s`.
    #[serde(default = "timeout")]
    pub timeout: Span<1, 60>,
    /// What becomes of visitors while the provider cannot be reached. Default `refuse`.
    #[serde(default)]
    pub when_unreachable: WhenUnreachable,
}

/// What becomes of visitors while a provider cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenUnreachable {
    /// Nobody passes.
    #[default]
    Refuse,
    /// Whoever has what could be a token passes, with each once.
    LetThrough,
}

impl From<WhenUnreachable> for WhenDown {
    fn from(when: WhenUnreachable) -> Self {
        match when {
            WhenUnreachable::Refuse => Self::Refuse,
            WhenUnreachable::LetThrough => Self::LetThrough,
        }
    }
}

impl ProviderConfig {
    /// Who checks the tokens of `site`, spends them in `store`, and is otherwise as `base` says. Reads its files, relative
    /// to where `config` stands.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::ReadFile`] and [`Error::SecretIsOpen`] when a value or a file will not do.
    pub(crate) fn chain<S: Store + Clone>(
        &self,
        config: &Config,
        site: &SiteConfig,
        store: &S,
        base: Settings,
    ) -> Result<Chain, Error> {
        let wrong = |error: ConfigError| site.wrong("provider", error);
        if !site.dialect.verifies_any_token() {
            let problem = "is for another provider's widget, and the site's `dialect` is one that has its own";
            return Err(site.wrong("provider", problem));
        }
        let secret_key = self.secret_key(config, site)?;
        let secret_key: SecretKey = secret_key.expose().parse().map_err(wrong)?;
        let settings = self.settings(config, site, base).map_err(wrong)?;
        let link = |endpoint| -> Result<Arc<dyn Verify>, ConfigError> {
            let provider = provider::by_name(&self.name, endpoint, self.site_key.clone())?;
            let (store, settings) = (store.clone(), settings.clone());
            let verifier = Verifier::new(provider, secret_key.clone(), store, settings)?;
            Ok(Arc::new(verifier))
        };
        let mut endpoints = self.endpoints.iter().cloned();
        let mut chain = Chain::new(link(endpoints.next()).map_err(wrong)?);
        for endpoint in endpoints {
            chain = chain.or(link(Some(endpoint)).map_err(wrong)?);
        }
        Ok(chain.when_down(self.when_unreachable.into()))
    }

    /// What is asked of each check.
    fn settings(
        &self,
        config: &Config,
        site: &SiteConfig,
        base: Settings,
    ) -> Result<Settings, ConfigError> {
        let hostnames = site.hostnames.iter();
        let hostnames = hostnames.map(|pattern| pattern.to_string().parse());
        let minimum_score = self.minimum_score.map(|score| Score::new(score.get()));
        let roots = self.ca_file.as_ref();
        let roots = roots.map(|path| Roots::of_pem_file(&config.resolve(path)));
        Ok(Settings {
            expected: Expected {
                hostnames: hostnames.collect::<Result<_, _>>()?,
                action: self.action.clone(),
                minimum_score: minimum_score.transpose()?,
            },
            timeout: self.timeout.get(),
            roots: roots.transpose()?.unwrap_or_default(),
            ..base
        })
    }

    /// The text of the site's secret key there.
    fn secret_key(&self, config: &Config, site: &SiteConfig) -> Result<Hidden, Error> {
        match (&self.secret_key, &self.secret_key_file) {
            (Some(key), None) => Ok(key.clone()),
            (None, Some(path)) => {
                let text = secret_file::read(&config.resolve(path))?;
                Ok(Hidden::from(text.trim().to_owned()))
            }
            _ => Err(site.wrong("provider", "give one of `secret_key` and `secret_key_file`")),
        }
    }
}

const fn timeout() -> Span<1, 60> {
    Span::clamped(5)
}
