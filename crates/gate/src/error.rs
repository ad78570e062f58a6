//! What can be wrong with what a gate is built from.

/// Why a gate, or a part of it, cannot be built. All of these are mistakes in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A master secret is malformed. Make one with `cattlegrid keygen`.
    #[error(
        "a secret is 43 to 256 characters of A-Z a-z 0-9 - _ (make one with `cattlegrid keygen`)"
    )]
    Secret,
    /// There is no master secret, or there are too many.
    #[error("there must be 1 to 8 secrets: the first seals, all open")]
    Secrets,
    /// A site key is malformed.
    #[error(
        "a site key is 1 to 64 characters of A-Z a-z 0-9 . - _ (make one with `cattlegrid keygen`)"
    )]
    SiteKey,
    /// A secret key is malformed.
    #[error(
        "a secret key is 16 to 256 printable ASCII characters (make one with `cattlegrid keygen`)"
    )]
    SecretKey,
    /// A hostname is malformed.
    #[error(
        "`{0}` is no hostname: give example.org, *.example.org for what is below it, 127.0.0.1 or [::1]; no scheme, port or path"
    )]
    Hostname(String),
    /// An action is malformed.
    #[error("an action is 1 to 32 characters of A-Z a-z 0-9 / - _")]
    Action,
    /// What a page wants its back end to be told is malformed.
    #[error("customer data is 1 to 255 characters of A-Z a-z 0-9 - _")]
    CustomerData,
    /// A site allows no kind, or one of them twice.
    #[error("site `{0}` must allow at least one kind, and each only once")]
    Kinds(String),
    /// The kind of a site's second challenges is none that it asks.
    #[error(
        "site `{site}`: its second challenge is of the kind `{kind}`, which it does not ask: add it to the kinds"
    )]
    SecondKind {
        /// The site key.
        site: String,
        /// The kind.
        kind: crate::challenge::Kind,
    },
    /// A kind's challenges would not fit into a challenge key.
    #[error(
        "site `{site}`: a {kind} challenge may take {bytes} bytes, and a challenge key has room for {room}: make its length, its words or its alphabet's characters smaller"
    )]
    TooLong {
        /// The site key.
        site: String,
        /// The kind.
        kind: crate::challenge::Kind,
        /// The most bytes that prompt and answer take.
        bytes: usize,
        /// The most that they may take.
        room: usize,
    },
    /// A lifetime is out of bounds.
    #[error("site `{0}`: challenges and tokens live 1 second to 1 day")]
    Lifetime(String),
    /// Two sites share a site key.
    #[error("two sites have the site key `{0}`")]
    DuplicateSiteKey(String),
    /// Two sites share a secret key, so a verification could not tell them apart.
    #[error("the sites `{0}` and `{1}` have the same secret key; give each its own")]
    DuplicateSecretKey(String, String),
}
