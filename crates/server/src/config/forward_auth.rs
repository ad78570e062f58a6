//! What is answered to reverse proxies that ask about each request.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use axum::http::Method;
use cattlegrid::{HostnamePattern, SiteKey};
use cattlegrid_guard::{AddressPrefix, Networks};
use serde::{Deserialize, Deserializer};

use super::Config;
use super::client_address::networks;
use super::rate_limits::prefix;
use super::sites::SiteConfig;
use super::values::{Count, Span, all_parsed, parsed, some_parsed};
use crate::Error;
use crate::dialect::Dialect;
use crate::forward_auth::{Outcome, PathPattern};

/// What is answered to a reverse proxy that asks about each request for one site, by the hosts that the site has.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForwardAuthConfig {
    /// The site whose challenges are asked. Default: the only one there is, else the demo site.
    #[serde(deserialize_with = "some_parsed")]
    pub site: Option<SiteKey>,
    /// What the pass is called, with `__Host-` before it where the visitor came by `https`. Default `cattlegrid-pass`.
    #[serde(deserialize_with = "parsed")]
    pub cookie: CookieName,
    /// How long a pass is good, and for whom.
    pub pass: PassConfig,
    /// Who needs no pass, and who is not let through with one: the first rule that applies decides. What none applies to needs a pass.
    /// Default: `GET` and `HEAD` of `/.well-known/*`, `/robots.txt`, `/favicon.ico` and `/healthz` need none.
    pub rules: Vec<RuleConfig>,
}

/// How long a pass is good, and for whom.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PassConfig {
    /// How long. Default `12h`.
    pub lifetime: Span<1, 2_592_000>,
    /// What it is bound to beside the site and the host. Default: both the address and the agent.
    pub bound_to: Vec<Binding>,
    /// How many bits of an IPv4 address stay the same. Default 24.
    pub ipv4_prefix: Count<1, 32>,
    /// How many bits of an IPv6 address stay the same. Default 48.
    pub ipv6_prefix: Count<1, 128>,
}

/// What a pass may be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// The visitor's address, as far as its prefix goes.
    Address,
    /// What the visitor's browser says that it is.
    Agent,
}

/// A rule. It applies where all that it names holds; of each list, one item has to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// What becomes of the request.
    pub then: Outcome,
    /// The hosts. Default: any.
    #[serde(default, deserialize_with = "all_parsed")]
    pub hosts: Vec<HostnamePattern>,
    /// The paths. Default: any.
    #[serde(default, deserialize_with = "all_parsed")]
    pub paths: Vec<PathPattern>,
    /// The methods. Default: any.
    #[serde(default, deserialize_with = "methods")]
    pub methods: Vec<Method>,
    /// The visitors' addresses. Default: any.
    #[serde(default, deserialize_with = "networks")]
    pub addresses: Networks,
    /// What stands somewhere in `User-Agent`, in whatever case; anybody may write it there. Default: anything.
    #[serde(default, deserialize_with = "agents")]
    pub agents: Vec<String>,
}

/// The name of a cookie: 1 to 64 of the characters that RFC 6265 allows, and no prefix that browsers give a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

/// The text is no name of a cookie.
#[derive(Clone, Copy, Debug)]
pub struct NoCookieName;

impl CookieName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CookieName {
    type Err = NoCookieName;

    fn from_str(text: &str) -> Result<Self, NoCookieName> {
        let known = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(known);
        if fits && !text.starts_with("__") {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoCookieName)
        }
    }
}

impl fmt::Display for NoCookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected the name of a cookie, 1 to 64 letters, digits, `-` or `_`, without `__Host-`: that is put before \
             it where it may stand",
        )
    }
}

impl Default for ForwardAuthConfig {
    fn default() -> Self {
        Self {
            site: None,
            cookie: CookieName("cattlegrid-pass".to_owned()),
            pass: PassConfig::default(),
            rules: vec![RuleConfig::of_machines()],
        }
    }
}

impl Default for PassConfig {
    fn default() -> Self {
        Self {
            lifetime: Span::clamped(12 * 60 * 60),
            bound_to: vec![Binding::Address, Binding::Agent],
            ipv4_prefix: Count::clamped(24),
            ipv6_prefix: Count::clamped(48),
        }
    }
}

impl PassConfig {
    /// How much of an address stays the same.
    pub fn prefix(&self) -> AddressPrefix {
        prefix(self.ipv4_prefix, self.ipv6_prefix)
    }
}

impl RuleConfig {
    /// What machines read on any site, and no person sees.
    fn of_machines() -> Self {
        let paths = ["/.well-known/*", "/robots.txt", "/favicon.ico", "/healthz"];
        Self {
            then: Outcome::Allow,
            hosts: Vec::new(),
            // Why no error: the paths are known.
            paths: paths.iter().filter_map(|path| path.parse().ok()).collect(),
            methods: vec![Method::GET, Method::HEAD],
            addresses: Networks::default(),
            agents: Vec::new(),
        }
    }

    /// Whether whoever knows what to write into `User-Agent` needs no pass.
    fn believes_anybody(&self) -> bool {
        self.then == Outcome::Allow && !self.agents.is_empty() && self.addresses.is_empty()
    }
}

impl ForwardAuthConfig {
    /// The site whose challenges are asked; none for the demo site.
    ///
    /// # Errors
    /// [`Error::Config`] when no site is meant, or one that hears answers from its own widget alone.
    pub fn site<'a>(
        &self,
        sites: &'a [SiteConfig],
        has_demo: bool,
    ) -> Result<Option<&'a SiteConfig>, Error> {
        let wrong = |problem| Error::config("forward_auth.site", problem);
        let site = match (&self.site, sites) {
            (Some(key), sites) => {
                let named = sites.iter().find(|site| site.key == *key);
                Some(named.ok_or_else(|| wrong("no site has this key"))?)
            }
            (None, [only]) => Some(only),
            (None, []) if has_demo => None,
            (None, _) => return Err(wrong("name the site whose challenges are to be asked")),
        };
        match site {
            Some(site) if site.dialect == Dialect::Altcha => Err(wrong(
                "a site with `dialect = \"altcha\"` hears ALTCHA's widget alone; name another",
            )),
            Some(site) if site.provider.is_some() => Err(wrong(
                "a provider checks that site's visitors, and there is no picture for them; name another",
            )),
            site => Ok(site),
        }
    }

    /// Logs what is allowed and yet may be a mistake.
    pub(super) fn warn(&self) {
        if self.rules.iter().any(RuleConfig::believes_anybody) {
            tracing::warn!(
                "a rule of forward_auth.rules allows by `agents` without `addresses`: anybody can write such a User-Agent"
            );
        }
    }
}

/// Refuses what cannot work.
///
/// # Errors
/// [`Error::Config`].
pub(super) fn check(config: &Config) -> Result<(), Error> {
    let sections = &config.forward_auth;
    if sections.is_empty() {
        return Ok(());
    }
    let wrong = |problem: &str| Err(Error::config("forward_auth", problem));
    if config.client_address.trusted_proxies.is_empty() {
        return wrong("needs `client_address.trusted_proxies`: only those may say what is asked");
    }
    if config.client_address.proxy_protocol {
        return wrong("does not go with `client_address.proxy_protocol`, which hides who asks");
    }
    let site = |section: &ForwardAuthConfig| section.site(&config.sites, config.has_demo());
    let guarded = sections.iter().map(site).collect::<Result<Vec<_>, _>>()?;
    let mut earlier = guarded.iter().take(sections.len() - 1);
    if earlier.any(|site| site.is_none_or(|site| site.hostnames.is_empty())) {
        return wrong(
            "asks a site without `hostnames` about any host, so that nothing is left for those after it: name its \
             hosts, or put it last",
        );
    }
    let keys: HashSet<_> = guarded
        .iter()
        .map(|site| site.map(|site| &site.key))
        .collect();
    if keys.len() < guarded.len() {
        return wrong("guards a site twice, of which only the first would count");
    }
    Ok(())
}

fn methods<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Method>, D::Error> {
    let method = |text: String| {
        let method = Method::from_bytes(text.as_bytes()).ok();
        // Why: methods are compared as they are written, and nobody sends `get`.
        let method = method.filter(|_| !text.bytes().any(|b| b.is_ascii_lowercase()));
        method
            .ok_or_else(|| serde::de::Error::custom("expected methods such as `GET`, in capitals"))
    };
    Vec::<String>::deserialize(deserializer)?
        .into_iter()
        .map(method)
        .collect()
}

fn agents<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let agents = Vec::<String>::deserialize(deserializer)?;
    if agents.iter().any(|agent| agent.trim().is_empty()) {
        return Err(serde::de::Error::custom(
            "expected a part of `User-Agent`, such as `Googlebot`",
        ));
    }
    Ok(agents)
}
