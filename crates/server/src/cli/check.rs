//! `cattlegrid check`

use std::fmt::Write;
use std::sync::Arc;

use cattlegrid::store::SystemClock;
use cattlegrid::store::memory::MemoryStore;
use cattlegrid::{OsEntropy, ScoreRules, Secret, Site};
use cattlegrid_provider::Settings;

use super::print;
use crate::config::{ClientAddress, Config, ForwardAuthConfig, RateLimits};
use crate::data_dir::{self, DataDir};
use crate::rate_limits::{By, Operation};
use crate::{Error, app};

pub(super) fn run(config: &Config) -> Result<(), Error> {
    // Why: nothing that is shown here follows from the secret, which need not be there yet.
    let secrets = Secret::generate(&OsEntropy)?.into();
    let sites = app::sites(config, &secrets, [])?;
    let mut text = String::new();
    line(&mut text, "listens on", &config.listen);
    line(&mut text, "secret", &secret(config)?);
    line(&mut text, "store", &store(config)?);
    let demo = if config.has_demo() { "yes" } else { "no" };
    line(&mut text, "demo site", &demo);
    line(&mut text, "test keys", &test_keys(config));
    client_addresses(&mut text, &config.client_address);
    rate_limits(&mut text, &config.rate_limits);
    for guarded in &config.forward_auth {
        forward_auth(&mut text, guarded, config)?;
    }
    for site in sites.iter() {
        describe(&mut text, site, provider(config, site)?);
    }
    print(text.as_bytes())
}

fn line(text: &mut String, name: &str, value: &dyn std::fmt::Display) {
    // Why: writing to a string cannot fail.
    let _ = writeln!(text, "{name:<16} {value}");
}

/// Where the secret is, after a look at whether it will do.
fn secret(config: &Config) -> Result<String, Error> {
    let place = match (&config.secret, &config.secret_file) {
        (Some(_), _) => "given in the configuration".to_owned(),
        (None, Some(path)) => config.resolve(path).display().to_string(),
        (None, None) => {
            let path = DataDir::of(config)?.secret_file();
            if !path.try_exists().unwrap_or(false) {
                return Ok(format!("{}, which will be made", path.display()));
            }
            path.display().to_string()
        }
    };
    data_dir::secrets(config).map(|_| place)
}

fn store(config: &Config) -> Result<String, Error> {
    match &config.store {
        Some(url) => Ok(url.to_string()),
        None => Ok(format!(
            "sqlite:{}",
            DataDir::of(config)?.store_file().display()
        )),
    }
}

fn client_addresses(text: &mut String, client: &ClientAddress) {
    let proxies = client.proxies();
    let networks: Vec<_> = proxies
        .trusted()
        .iter()
        .map(|network| network.to_string())
        .collect();
    let whence = match (networks.as_slice(), client.proxy_protocol) {
        ([], _) => "the socket".to_owned(),
        (some, false) => format!(
            "{}, written by {}",
            proxies.header().name(),
            some.join(", ")
        ),
        (some, true) => format!(
            "PROXY protocol and {}, written by {}",
            proxies.header().name(),
            some.join(", ")
        ),
    };
    line(text, "client address", &whence);
}

fn rate_limits(text: &mut String, limits: &RateLimits) {
    for operation in Operation::ALL {
        let each = By::ALL
            .map(|by| format!("{} by {}", limits.limit(operation, by), by.as_str()))
            .join(", ");
        line(text, &format!("limits on {}", operation.as_str()), &each);
    }
}

fn forward_auth(
    text: &mut String,
    guarded: &ForwardAuthConfig,
    config: &Config,
) -> Result<(), Error> {
    let site = guarded.site(&config.sites, config.has_demo())?;
    let site = site.map_or("the demo site", |site| site.key.as_str());
    let rules: Vec<_> = guarded
        .rules
        .iter()
        .map(|rule| rule.then.as_str())
        .collect();
    line(text, "forward auth", &format!("with challenges of {site}"));
    line(
        text,
        "  passes",
        &format!("live {:?}", guarded.pass.lifetime.get()),
    );
    line(text, "  rules", &rules.join(", "));
    Ok(())
}

fn test_keys(config: &Config) -> &'static str {
    match (config.has_test_keys(), config.sites.is_empty()) {
        (false, _) => "no",
        (true, true) => "yes",
        (true, false) => {
            "yes; anybody passes whom a back end verifies with one of their secret keys"
        }
    }
}

/// The provider that checks the site's visitors, after a look at whether its settings will do.
fn provider<'a>(config: &'a Config, site: &Site) -> Result<Option<&'a str>, Error> {
    let own = config.sites.iter().find(|own| own.key == *site.key());
    let Some((own, provider)) = own.and_then(|own| Some((own, own.provider.as_ref()?))) else {
        return Ok(None);
    };
    // Why: nothing is asked here.
    let store = Arc::new(MemoryStore::new(0, Arc::new(SystemClock::new())));
    provider.chain(config, own, &store, Settings::default())?;
    Ok(Some(&provider.name))
}

fn describe(text: &mut String, site: &Site, provider: Option<&str>) {
    fn list<T: ToString>(items: &[T]) -> String {
        items
            .iter()
            .map(T::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    }
    text.push('\n');
    line(text, "site", site.key());
    let hostnames = match site.hostnames() {
        [] => "any".to_owned(),
        some => list(some),
    };
    line(text, "  hostnames", &hostnames);
    if let Some(provider) = provider {
        line(text, "  checked by", &provider);
        return;
    }
    line(text, "  kinds", &list(site.kinds()));
    line(
        text,
        "  challenges",
        &format!("live {:?}", site.challenge_ttl()),
    );
    line(text, "  tokens", &format!("live {:?}", site.token_ttl()));
    line(text, "  scores", &scores(site.scores()));
}

fn scores(rules: Option<ScoreRules>) -> String {
    let Some(rules) = rules else {
        return "off".to_owned();
    };
    let below = |hundredths: u8| f32::from(hundredths) / 100.0;
    let mut text = "told".to_owned();
    // Why: writing to a string cannot fail.
    if rules.second_below > 0 {
        let _ = write!(
            text,
            ", a second challenge below {}",
            below(rules.second_below)
        );
    }
    if rules.refuse_below > 0 {
        let _ = write!(text, ", refused below {}", below(rules.refuse_below));
    }
    text
}
