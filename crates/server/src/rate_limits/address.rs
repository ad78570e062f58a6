//! Which addresses are counted, and as whose.

use std::sync::Once;

use axum::http::request::Parts;
use cattlegrid_guard::client_ip::{ClientIp, ForwardingHeader};
use cattlegrid_guard::{AddressBlock, AddressPrefix, Networks};

use crate::config::Config;

/// What limits by address count.
pub(super) struct Addresses {
    prefix: AddressPrefix,
    exempt: Networks,
    /// Whose addresses may hide those of everybody, as no proxy is named.
    unnamed: Option<Unnamed>,
}

/// Where a proxy stands that nobody has told the server of.
struct Unnamed {
    this_machine: Networks,
    near: Networks,
    warned: Once,
}

impl Addresses {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            prefix: config.rate_limits.prefix(),
            exempt: config.rate_limits.exempt.clone(),
            unnamed: config
                .client_address
                .trusted_proxies
                .is_empty()
                .then(Unnamed::new),
        }
    }

    /// The block of addresses that a request counts for; none if it is not counted.
    pub(super) fn block(&self, parts: &Parts) -> Option<AddressBlock> {
        let &ClientIp(client) = parts.extensions.get()?;
        let is_likely_a_proxy = |unnamed: &Unnamed| unnamed.sent(client, &parts.headers);
        if self.exempt.contains(client) || self.unnamed.as_ref().is_some_and(is_likely_a_proxy) {
            return None;
        }
        Some(self.prefix.block(client))
    }
}

impl Unnamed {
    fn new() -> Self {
        // Why no error: the names are known.
        let named = |names: &[&str]| Networks::parse(names).unwrap_or_default();
        Self {
            this_machine: named(&["loopback"]),
            near: named(&["private", "link-local"]),
            warned: Once::new(),
        }
    }

    /// Whether a proxy is likely to have sent this: from this machine, or from one nearby with a header of proxies. Then
    /// its address stands for that of everybody, who would share one quota.
    fn sent(&self, from: std::net::IpAddr, headers: &axum::http::HeaderMap) -> bool {
        let is_forwarded = ForwardingHeader::ALL
            .iter()
            .any(|header| headers.contains_key(header.name()));
        let is_here = self.this_machine.contains(from);
        let is_likely = is_here || (is_forwarded && self.near.contains(from));
        if is_likely && is_forwarded {
            self.warned.call_once(|| {
                tracing::warn!(
                    "requests come through a proxy that is not in client_address.trusted_proxies: no limit by address \
                     applies to them"
                );
            });
        }
        is_likely
    }
}
