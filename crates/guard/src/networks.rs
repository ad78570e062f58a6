//! Networks that somebody trusts, or makes an exception for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::Error;

/// A set of networks. IPv4 addresses that are mapped into IPv6 (RFC 4291, 2.5.5.2) count as the IPv4 addresses that
/// they are.
///
/// ```
/// use cattlegrid_guard::Networks;
///
/// let networks = Networks::parse(["loopback", "10.0.0.0/8", "2001:db8::1"])?;
/// assert!(networks.contains("127.0.0.1".parse()?));
/// assert!(networks.contains("::ffff:10.1.2.3".parse()?));
/// assert!(!networks.contains("192.0.2.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

const V4: fn(u8, u8, u8, u8, u8) -> IpNet =
    |a, b, c, d, bits| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits));
const V6: fn(Ipv6Addr, u8) -> IpNet = |address, bits| IpNet::V6(Ipv6Net::new_assert(address, bits));

impl Networks {
    /// The networks that are written like this: addresses, networks in CIDR notation, and the names `loopback`,
    /// `private` (RFC 1918 and RFC 4193) and `link-local`.
    ///
    /// # Errors
    /// [`Error::Network`], with the first text that is none of these.
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, Error> {
        let mut networks = Vec::new();
        for text in texts {
            networks.extend(named(text.as_ref().trim())?);
        }
        Ok(Self(networks))
    }

    /// Whether the address is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The networks, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = IpNet> {
        self.0.iter().copied()
    }
}

fn named(text: &str) -> Result<Vec<IpNet>, Error> {
    let unique_local = Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0);
    let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    Ok(match text {
        "loopback" => vec![V4(127, 0, 0, 0, 8), V6(Ipv6Addr::LOCALHOST, 128)],
        "private" => vec![
            V4(10, 0, 0, 0, 8),
            V4(172, 16, 0, 0, 12),
            V4(192, 168, 0, 0, 16),
            V6(unique_local, 7),
        ],
        "link-local" => vec![V4(169, 254, 0, 0, 16), V6(link_local, 10)],
        other => vec![network(other).ok_or_else(|| Error::Network {
            given: other.to_owned(),
        })?],
    })
}

fn network(text: &str) -> Option<IpNet> {
    let network = match IpAddr::from_str(text) {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse().ok()?,
    };
    // Why: a mapped network would hold no address, as those in it count as IPv4.
    let mapped = matches!(network, IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some());
    (network.trunc() == network && !mapped).then_some(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_network_is_named() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "localhost",
            "::ffff:10.0.0.0/104",
            "10/8",
        ] {
            let given = text.to_owned();
            assert_eq!(
                Networks::parse([text]),
                Err(Error::Network { given }),
                "{text}"
            );
        }
    }

    #[test]
    fn names_stand_for_their_networks() {
        for (name, inside, outside) in [
            (
                "loopback",
                vec!["127.1.2.3", "::1", "::ffff:127.0.0.1"],
                "10.0.0.1",
            ),
            (
                "private",
                vec!["10.0.0.1", "172.31.0.1", "192.168.1.1", "fd00::1"],
                "172.32.0.1",
            ),
            ("link-local", vec!["169.254.1.1", "fe80::1"], "fec0::1"),
            ("192.0.2.0/24", vec!["192.0.2.255"], "192.0.3.0"),
            ("::ffff:192.0.2.1", vec!["192.0.2.1"], "192.0.2.2"),
        ] {
            let networks = Networks::parse([name]).unwrap();
            assert!(
                inside
                    .iter()
                    .all(|ip| networks.contains(ip.parse().unwrap())),
                "{name}"
            );
            assert!(!networks.contains(outside.parse().unwrap()), "{name}");
        }
    }
}
