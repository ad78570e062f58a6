//! A site, as it stands in the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cattlegrid::challenge::image::{Font, Fonts, Style, StyleOptions};
use cattlegrid::challenge::{
    CharsOptions, Generators, Kind, KindOptions, MathOptions, UnicodeOptions, WordsOptions,
};
use cattlegrid::{Earns, HostnamePattern, SecretKey, Site, SiteKey};
use serde::{Deserialize, Deserializer};

use super::Config;
use super::altcha::AltchaConfig;
use super::behaviour::BehaviourConfig;
use super::cap::{CapConfig, TimeLockKeys};
use super::provider::ProviderConfig;
use super::rate_limits::SiteRateLimits;
use super::values::{self, Span};
use crate::Error;
use crate::dialect::Dialect;
use crate::hidden::Hidden;

/// A site: who may ask in its name, what is asked, and how it looks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// The site key, as the site's pages have it.
    #[serde(deserialize_with = "values::parsed")]
    pub key: SiteKey,
    /// The secret key, as the site's back end has it.
    #[serde(deserialize_with = "secret_key")]
    pub secret: SecretKey,
    /// The protocol that the site's pages and back end were written for. Default `cattlegrid`.
    #[serde(default)]
    pub dialect: Dialect,
    /// The hosts that the site's pages are on, such as `example.org` or `*.example.org`. Default: any.
    #[serde(default, deserialize_with = "values::all_parsed")]
    pub hostnames: Vec<HostnamePattern>,
    /// The kinds that its pages may ask for; the first is the default. Default `["chars"]`.
    #[serde(default = "kinds")]
    pub kinds: Vec<Kind>,
    /// How long a challenge may be answered. Default: what the dialect's provider has, else `5m`.
    pub challenge_ttl: Option<Span<1, 86_400>>,
    /// How long a response token may be verified. Default: what the dialect's provider has, else `5m`.
    pub token_ttl: Option<Span<1, 86_400>>,
    /// Font files (TrueType or OpenType) to draw with, instead of the embedded ones.
    #[serde(default)]
    pub fonts: Vec<PathBuf>,
    /// A file of words, one on each line, for `words` challenges.
    pub words_file: Option<PathBuf>,
    /// How often it may be used, instead of what is configured for any site.
    #[serde(default)]
    pub rate_limits: SiteRateLimits,
    /// How `chars` challenges are made.
    #[serde(default)]
    pub chars: CharsOptions,
    /// How `math` challenges are made.
    #[serde(default)]
    pub math: MathOptions,
    /// How `words` challenges are made.
    #[serde(default)]
    pub words: WordsOptions,
    /// How `unicode` challenges are made.
    #[serde(default)]
    pub unicode: UnicodeOptions,
    /// How the pictures look.
    #[serde(default)]
    pub style: StyleOptions,
    /// What it makes of how its visitors answer.
    #[serde(default)]
    pub behaviour: BehaviourConfig,
    /// What ALTCHA's widget has to do, where that is the dialect.
    #[serde(default)]
    pub altcha: AltchaConfig,
    /// What Cap's widget has to compute, where that is the dialect.
    #[serde(default)]
    pub cap: CapConfig,
    /// The provider that checks its visitors, where that is not this server.
    pub provider: Option<ProviderConfig>,
}

impl SiteConfig {
    /// The site. Reads its fonts and words, relative to where `config` stands, and calls for the keys of time locks if it has one.
    ///
    /// # Errors
    /// [`Error::ReadFile`] and [`Error::Config`] when a file or a value will not do.
    pub fn build(
        &self,
        config: &Config,
        time_lock_keys: impl FnOnce() -> TimeLockKeys,
    ) -> Result<Site, Error> {
        let wrong = |part: &str, error: &dyn std::fmt::Display| self.wrong(part, error);
        if self.kinds.contains(&Kind::Custom) {
            return Err(wrong("kinds", &"`custom` is not for pages to ask for"));
        }
        let fonts = self.load_fonts(config)?;
        let style = self
            .style
            .resolve(fonts.clone())
            .and_then(Style::legible)
            .map_err(|error| wrong("style", &error))?;
        let kinds = KindOptions {
            chars: self.chars.clone(),
            math: self.math.clone(),
            words: self.words_with_list(config)?,
            unicode: self.unicode.clone(),
        };
        let generators = Generators::for_kinds(&self.kinds, &kinds, &fonts)
            .map_err(|error| wrong("kinds", &error))?;
        let site = Site::new(
            self.key.clone(),
            self.secret.clone(),
            Arc::new(generators),
            Arc::new(style),
        )
        .with_hostnames(self.hostnames.clone())
        .with_kinds(self.kinds.clone())
        .and_then(|site| site.with_ttls(self.challenge_ttl(), self.token_ttl()))
        .map_err(|error| wrong("settings", &error))?;
        let scores = self
            .behaviour
            .rules()
            .map_err(|error| wrong("behaviour", &error))?;
        let site = match scores {
            Some(rules) => site.with_scores(rules),
            None => site,
        };
        match self.dialect {
            Dialect::Altcha => {
                let work = self
                    .altcha
                    .work()
                    .map_err(|error| wrong("altcha", &error))?;
                Ok(site.with_work(Arc::new(work), self.altcha.earns()))
            }
            Dialect::Cap => {
                let works = self
                    .cap
                    .works(time_lock_keys)
                    .map_err(|error| wrong("cap", &error))?;
                Ok(site.with_works(works, Earns::Token))
            }
            _ => Ok(site),
        }
    }

    /// The error that a part of the site will not do.
    pub(super) fn wrong(&self, part: &str, problem: impl std::fmt::Display) -> Error {
        Error::config(&format!("site `{}`: {part}", self.key), problem)
    }

    fn challenge_ttl(&self) -> Duration {
        self.challenge_ttl
            .map_or(self.dialect.challenge_ttl(), Span::get)
    }

    fn token_ttl(&self) -> Duration {
        self.token_ttl.map_or(self.dialect.token_ttl(), Span::get)
    }

    fn load_fonts(&self, config: &Config) -> Result<Fonts, Error> {
        if self.fonts.is_empty() {
            return Ok(self.style.preset.fonts());
        }
        let load = |path: &PathBuf| {
            let path = config.resolve(path);
            let bytes = read(&path)?;
            Font::parse(bytes).map_err(|error| {
                Error::config(
                    &format!("site `{}`: fonts: {}", self.key, path.display()),
                    error,
                )
            })
        };
        let fonts = self.fonts.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        Fonts::new(fonts)
            .map_err(|error| Error::config(&format!("site `{}`: fonts", self.key), error))
    }

    fn words_with_list(&self, config: &Config) -> Result<WordsOptions, Error> {
        let mut options = self.words.clone();
        if let Some(path) = &self.words_file {
            let path = config.resolve(path);
            let text = String::from_utf8(read(&path)?).map_err(|_| {
                Error::config(
                    &format!("site `{}`: words_file: {}", self.key, path.display()),
                    "expected UTF-8 text, one word on each line",
                )
            })?;
            options.list = Some(
                text.lines()
                    .map(str::trim)
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            );
        }
        Ok(options)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::ReadFile {
        path: path.to_owned(),
        source,
    })
}

fn kinds() -> Vec<Kind> {
    vec![Kind::Chars]
}

fn secret_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretKey, D::Error> {
    Hidden::deserialize(deserializer)?
        .expose()
        .parse()
        .map_err(serde::de::Error::custom)
}
