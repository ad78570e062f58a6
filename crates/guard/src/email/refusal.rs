//! Why not.

use cattlegrid::NoEntropy;
use cattlegrid_store::StoreError;

/// Why no letter goes to an address, or a link confirms nothing.
///
/// Every reason has a stable [`code`](Refusal::code), which is the interface; the text is for operators.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The text is no address that a letter can be sent to. Ask for another.
    #[error("the text is no e-mail address")]
    Address,
    /// What is before the `@` is quoted or beyond ASCII, which few mail servers take. Ask for another address.
    #[error("the e-mail address has characters before its `@` that few mail servers take")]
    LocalPart,
    /// Address, subject and purpose do not fit into a link. Make the subject shorter.
    #[error("address, subject and purpose do not fit into a link")]
    TooLong,
    /// The link was not made by this site for this purpose, or was altered. Ask for a new letter.
    #[error("the link is unknown or forged")]
    InvalidLink,
    /// The link is too old. Ask for a new letter.
    #[error("the link has expired")]
    ExpiredLink,
    /// The link has confirmed its address before. Whoever has pressed the button twice is through already.
    #[error("the link has been used before")]
    SpentLink,
    /// Too many letters are waiting to be made. Try again later.
    #[error("too many letters are waiting to be sent")]
    TooManyLetters,
    /// The store could not decide, so nothing is confirmed. Try again, and look at the store.
    #[error("the store cannot decide: {0}")]
    StoreUnavailable(#[from] StoreError),
    /// The source of randomness failed.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Refusal {
    /// The stable code of this reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address => "email-invalid",
            Self::LocalPart => "email-local-part",
            Self::TooLong => "too-long",
            Self::InvalidLink => "unknown-link",
            Self::ExpiredLink => "expired-link",
            Self::SpentLink => "spent-link",
            Self::TooManyLetters => "overloaded",
            Self::StoreUnavailable(_) => "store-unavailable",
            Self::NoEntropy(_) => "internal-error",
        }
    }
}
