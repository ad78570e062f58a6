//! Why something was not let through.

use crate::store::StoreError;
use crate::{NoEntropy, store};

/// Why a challenge was not issued or shown, an answer not accepted, or a token not verified.
///
/// Every reason has a stable [`code`](Refusal::code), which is the interface; the text is for operators.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The challenge key was not sealed by this server, or was altered. Ask for a new challenge.
    #[error("the challenge key is unknown or forged")]
    UnknownKey,
    /// The challenge is too old. Ask for a new one.
    #[error("the challenge has expired")]
    ExpiredKey,
    /// The challenge has been answered before, rightly or wrongly. Ask for a new one.
    #[error("the challenge has been answered before")]
    SpentKey,
    /// The answer is not the challenge's. The key is spent; ask for a new challenge.
    #[error("the answer is wrong")]
    WrongAnswer,
    /// The answer is right, and its score asks for a second challenge. The key is spent; ask for that challenge.
    #[error("the answer is right, and another one is asked for")]
    AnotherChallenge,
    /// The answer is right, and its score is below what the site lets through. The key is spent.
    #[error("the answer is right, but its score is too low for the site")]
    LowScore,
    /// A puzzle is not solved. Nothing is spent; solve it, or ask for new work.
    #[error("a puzzle is not solved")]
    WrongSolution,
    /// The site asks for work before it hears an answer. Do the work, and send both.
    #[error("the site asks for work before it hears an answer")]
    WorkRequired,
    /// The site asks for no work, or none that earns this. Configure it, or ask for a challenge.
    #[error("the site asks for no such work")]
    NoWork,
    /// The page that sent the answer is not on one of the site's hostnames. Add the hostname to the site.
    #[error("the page's hostname is not one of the site's")]
    WrongSite,
    /// The site does not ask this kind of challenge. Add the kind to the site, or ask for another.
    #[error("the site does not allow this kind of challenge")]
    KindNotAllowed,
    /// Prompt, answer and action together do not fit into a challenge key. Make one of them shorter.
    #[error("prompt, answer and action do not fit into a challenge key")]
    TooLong,
    /// No site has this secret key.
    #[error("no site has this secret key")]
    InvalidSecret,
    /// The response token was not sealed by this server, or was altered.
    #[error("the response token is unknown or forged")]
    InvalidToken,
    /// The response token is too old. Let the visitor answer another challenge.
    #[error("the response token has expired")]
    ExpiredToken,
    /// The response token has been verified before. A token is good for one verification.
    #[error("the response token has been verified before")]
    SpentToken,
    /// The response token was earned on another site than the one whose secret key this is.
    #[error("the response token belongs to another site")]
    OtherSite,
    /// The store could not decide, so nothing is let through. Try again, and look at the store.
    #[error("the store cannot decide: {0}")]
    StoreUnavailable(#[from] StoreError),
    /// The source of randomness failed.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// A challenge could not be made as the site is configured.
    #[error("no challenge could be made: {0}")]
    Challenge(#[from] crate::challenge::ChallengeError),
}

impl Refusal {
    /// The stable code of this reason, as it stands in `error-codes` and problem details.
    ///
    /// Codes about tokens and secrets are hCaptcha's words where it has one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown-key",
            Self::ExpiredKey => "expired-key",
            Self::SpentKey => "spent-key",
            Self::WrongAnswer => "wrong-answer",
            Self::AnotherChallenge => "another-challenge",
            Self::LowScore => "low-score",
            Self::WrongSolution => "wrong-solution",
            Self::WorkRequired => "work-required",
            Self::NoWork => "no-work",
            Self::WrongSite => "wrong-site",
            Self::KindNotAllowed => "kind-not-allowed",
            Self::TooLong => "too-long",
            Self::InvalidSecret => "invalid-input-secret",
            Self::InvalidToken => "invalid-input-response",
            Self::ExpiredToken => "expired-input-response",
            Self::SpentToken => "already-seen-response",
            Self::OtherSite => "sitekey-secret-mismatch",
            Self::StoreUnavailable(_) => "store-unavailable",
            Self::NoEntropy(_) | Self::Challenge(_) => "internal-error",
        }
    }
}

/// The claim as a judgement: `spent` when somebody was first.
pub(crate) fn judge(claim: store::Claim, spent: Refusal) -> Result<(), Refusal> {
    match claim {
        store::Claim::First => Ok(()),
        store::Claim::Spent => Err(spent),
    }
}
