//! What cannot be set up.

/// Why a layer cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text names no network.
    #[error(
        "`{given}` is no network; write an address, a network such as `10.0.0.0/8` whose last bits are zero, or \
         `loopback`, `private` or `link-local`"
    )]
    Network {
        /// The text.
        given: String,
    },
    /// More bits than an address has, or none.
    #[error(
        "a prefix is of 1 to 32 bits of an IPv4 address, and of 1 to 128 bits of an IPv6 address"
    )]
    Prefix,
    /// The text is not the name of a limit.
    #[error("`{given}` is no name for a limit; take 1 to 64 of `a–z 0–9 - _`")]
    LimitName {
        /// The text.
        given: String,
    },
    /// There is no such quota.
    #[error(transparent)]
    Quota(#[from] cattlegrid_store::QuotaError),
    /// The name of a site or a form is empty or too long.
    #[error("a site and a form have names of 1 to 255 bytes")]
    FormName,
    /// No form can be of such an age.
    #[error("a form's least age is less than its greatest, which is at most {} days", crate::form_timing::Ages::MAX.as_secs() / 86_400)]
    Ages,
    /// The gate has no site of that name.
    #[error("the gate has no site `{given}`; give it one, or take the site key of one that it has")]
    NoSite {
        /// The site key.
        given: String,
    },
    /// Links that work for a shorter or longer time than is sensible.
    #[error("a link works for a minute to 30 days")]
    LinkLifetime,
    /// No letters can be sent like this.
    #[error("no letters can be sent: {part} will not do: {problem}")]
    Mail {
        /// What is wrong.
        part: &'static str,
        /// How it is wrong.
        problem: String,
    },
}

#[cfg(feature = "email")]
impl Error {
    pub(crate) fn mail(part: &'static str, problem: &dyn std::fmt::Display) -> Self {
        Self::Mail {
            part,
            problem: problem.to_string(),
        }
    }
}
