//! An address to write to.

use std::fmt;
use std::str::FromStr;

use super::Refusal;

/// An e-mail address that a letter can be sent to, in one way of writing it.
///
/// A visitor's text becomes one if it is `local@domain` (RFC 5321, 4.1.2), where
///
/// - `local` is 1 to 64 letters, digits and ``!#$%&'*+-/=?^_`{|}~``, with single dots between. It is kept as it is
///   written, as capitals may mean something there. Quoted ones and those beyond ASCII (RFC 6531) are refused: too few
///   mail servers take them, and whoever has one would wait for a letter that cannot come.
/// - `domain` is a name of at least two labels. International ones are kept as DNS has them (`xn--…`, RFC 5891), capitals
///   as small letters. Addresses of machines are refused.
///
/// White space around it is left out. There is none within, no control character and nothing beyond ASCII, so it can be
/// no more than one address in the header of a letter.
///
/// ```
/// use cattlegrid_guard::email::EmailAddress;
///
/// # fn main() -> Result<(), cattlegrid_guard::email::Refusal> {
/// let address: EmailAddress = "Ada+shop@Bücher.Example".parse()?;
/// assert_eq!(address.as_str(), "Ada+shop@xn--bcher-kva.example");
/// assert!("ada@example.org\r\nBcc: bob@example.org".parse::<EmailAddress>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

impl EmailAddress {
    /// The most characters of an address (RFC 5321, 4.5.3.1.3, less its brackets).
    pub const MAX_CHARS: usize = 254;
    const MAX_LOCAL_CHARS: usize = 64;
    /// The most bytes that are looked at: a domain is longer before it is brought into ASCII than after at most by this.
    const MAX_GIVEN_BYTES: usize = 4 * Self::MAX_CHARS;

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is before the `@`.
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What is after the `@`.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// What most mail servers deliver to the same person, for counting: small letters, without what follows a `+`
    /// (RFC 5233). Never an address to write to.
    pub(super) fn mailbox(&self) -> String {
        let local = match self.local().split_once('+') {
            Some((name, _)) if !name.is_empty() => name,
            _ => self.local(),
        };
        format!("{}@{}", local.to_ascii_lowercase(), self.domain())
    }
}

impl FromStr for EmailAddress {
    type Err = Refusal;

    fn from_str(given: &str) -> Result<Self, Refusal> {
        if given.len() > Self::MAX_GIVEN_BYTES {
            return Err(Refusal::Address);
        }
        let (local, domain) = given.trim().rsplit_once('@').ok_or(Refusal::Address)?;
        if !local.is_ascii() || local.starts_with('"') {
            return Err(Refusal::LocalPart);
        }
        if local.len() > Self::MAX_LOCAL_CHARS || !local.split('.').all(is_atom) {
            return Err(Refusal::Address);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| Refusal::Address)?;
        let text = format!("{local}@{domain}");
        if is_name(&domain) && text.len() <= Self::MAX_CHARS {
            let at = local.len();
            Ok(Self { text, at })
        } else {
            Err(Refusal::Address)
        }
    }
}

fn is_atom(part: &str) -> bool {
    let is_atext =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    !part.is_empty() && part.bytes().all(is_atext)
}

/// Whether it has two labels, the last of which is no number: else it would be an address of a machine.
fn is_name(domain: &str) -> bool {
    let last = domain.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why: addresses are personal data.
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<String, &'static str> {
        let address = text.parse::<EmailAddress>();
        address
            .map(|address| address.to_string())
            .map_err(|refusal| refusal.code())
    }

    #[test]
    fn what_can_be_written_to_is_kept_in_one_way_of_writing_it() {
        for (given, kept) in [
            ("ada@example.org", "ada@example.org"),
            ("  ada@example.org\n", "ada@example.org"),
            ("Ada.Lovelace@EXAMPLE.org", "Ada.Lovelace@example.org"),
            ("o'hara+shop@example.co.uk", "o'hara+shop@example.co.uk"),
            ("!#$%&'*+-/=?^_`{|}~@a.b", "!#$%&'*+-/=?^_`{|}~@a.b"),
            ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
            ("ada@ｅｘａｍｐｌｅ。org", "ada@example.org"),
        ] {
            assert_eq!(parsed(given).as_deref(), Ok(kept), "{given}");
        }
        let longest = format!(
            "{}@{}.{}.org",
            "a".repeat(64),
            "b".repeat(63),
            "c".repeat(63)
        );
        assert!(parsed(&longest).is_ok());
    }

    #[test]
    fn what_cannot_is_refused() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_label = format!("a@{}.org", "b".repeat(64));
        let label = "b".repeat(62);
        let long = format!("{}@{label}.{label}.{label}.org", "a".repeat(64));
        let huge = "a".repeat(1 << 20);
        for given in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "ada@example.org.",
            "ada@.org",
            "ada@a..org",
            "ada@-a.org",
            "ada@a_b.org",
            "ada@192.0.2.1",
            "ada@[192.0.2.1]",
            "ada@[IPv6:::1]",
            "ada@1.2",
            ".ada@example.org",
            "ada.@example.org",
            "a..b@example.org",
            "a b@example.org",
            "ada@exa mple.org",
            "ada @example.org",
            "ada@example.org,bob@example.org",
            "bob@example.org ada@example.org",
            "<ada@example.org>",
            "ada(x)@example.org",
            "a\\b@example.org",
            "ada@example.org\r\nBcc: bob@example.org",
            "a\nb@example.org",
            "a\0@example.org",
            "ada@exam\u{a0}ple.org",
            "ada@example.org\u{2028}x",
            "ada@xn--a.org",
            &long_local,
            &long_label,
            &long,
            &huge,
        ] {
            let shown: String = given.chars().take(60).collect();
            assert_eq!(parsed(given), Err("email-invalid"), "{shown:?}");
        }
        for given in [
            "zoë@example.org",
            "用户@example.org",
            "\"ada\"@example.org",
            "\"a@b\"@example.org",
        ] {
            assert_eq!(parsed(given), Err("email-local-part"), "{given}");
        }
    }

    #[test]
    fn one_person_is_counted_once() {
        let mailbox = |text: &str| text.parse::<EmailAddress>().unwrap().mailbox();
        assert_eq!(mailbox("Ada+1@Example.org"), mailbox("ada+2@example.org"));
        assert_ne!(mailbox("ada@example.org"), mailbox("ada@example.net"));
        assert_eq!(mailbox("+ada@example.org"), "+ada@example.org");
    }

    #[test]
    fn nothing_tells_an_address_but_whoever_asks_for_it() {
        let address: EmailAddress = "ada@example.org".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }

    proptest! {
        #[test]
        fn an_address_is_one_word_of_ascii(given in ".{0,40}@.{0,40}") {
            if let Ok(address) = given.parse::<EmailAddress>() {
                let text = address.as_str();
                prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\"\\".contains(&byte)));
                prop_assert_eq!(text.matches('@').count(), 1);
                prop_assert_eq!(text.parse::<EmailAddress>().unwrap(), address.clone());
                prop_assert_eq!(format!("{}@{}", address.local(), address.domain()), text);
            }
        }
    }
}
