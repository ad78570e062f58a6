//! How much of an address is one client.

use std::net::{IpAddr, Ipv6Addr};

use crate::Error;

/// How many bits of an address tell clients apart.
///
/// All of them of an IPv4 address, unless said otherwise, and 64 of an IPv6 address: a line gets at least a /64 network
/// (RFC 6177), and whoever has one has 2⁶⁴ addresses to come from. IPv4 addresses that are mapped into IPv6 count as
/// IPv4.
///
/// ```
/// use cattlegrid_guard::AddressPrefix;
///
/// let prefix = AddressPrefix::default();
/// let block = |text: &str| text.parse().map(|address| prefix.block(address));
/// assert_eq!(block("2001:db8:1:2::1")?, block("2001:db8:1:2:ffff::2")?);
/// assert_ne!(block("192.0.2.1")?, block("192.0.2.2")?);
/// assert_eq!(block("192.0.2.1")?, block("::ffff:192.0.2.1")?);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressPrefix {
    v4: u8,
    v6: u8,
}

impl Default for AddressPrefix {
    fn default() -> Self {
        Self { v4: 32, v6: 64 }
    }
}

/// The addresses that count as one client.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBlock([u8; 16]);

impl AddressPrefix {
    /// `v4` bits of IPv4 addresses, `v6` bits of IPv6 addresses.
    ///
    /// # Errors
    /// [`Error::Prefix`] when one is zero, or more than such an address has.
    pub const fn new(v4: u8, v6: u8) -> Result<Self, Error> {
        match (v4, v6) {
            (1..=32, 1..=128) => Ok(Self { v4, v6 }),
            _ => Err(Error::Prefix),
        }
    }

    /// The block that the address is in.
    pub fn block(self, address: IpAddr) -> AddressBlock {
        // Why one shift does: an IPv4 address is the last 32 bits of its mapped one.
        let (address, bits) = match address.to_canonical() {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped(), 96 + u32::from(self.v4)),
            IpAddr::V6(v6) => (v6, u32::from(self.v6)),
        };
        let mask = u128::MAX << (128 - bits);
        AddressBlock(Ipv6Addr::from_bits(address.to_bits() & mask).octets())
    }
}

impl AsRef<[u8]> for AddressBlock {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for AddressBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Why: addresses are personal data.
        f.write_str("AddressBlock(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(prefix: AddressPrefix, one: &str, other: &str) -> bool {
        prefix.block(one.parse().unwrap()) == prefix.block(other.parse().unwrap())
    }

    #[test]
    fn every_width_is_what_it_says() {
        let wide = AddressPrefix::new(24, 48).unwrap();
        assert!(same(wide, "192.0.2.1", "192.0.2.254"));
        assert!(!same(wide, "192.0.2.1", "192.0.3.1"));
        assert!(same(wide, "2001:db8:1::", "2001:db8:1:ffff::"));
        assert!(!same(wide, "2001:db8:1::", "2001:db8:2::"));
        let narrow = AddressPrefix::new(32, 128).unwrap();
        assert!(!same(narrow, "2001:db8::1", "2001:db8::2"));
        let least = AddressPrefix::new(1, 1).unwrap();
        assert!(!same(least, "::", "0.0.0.0"), "IPv4 and IPv6 never meet");
        for (v4, v6) in [(0, 64), (33, 64), (32, 0), (32, 129)] {
            assert_eq!(AddressPrefix::new(v4, v6), Err(Error::Prefix));
        }
    }
}
