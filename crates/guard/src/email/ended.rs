//! What a mailer's metrics are made of.

use std::time::Duration;

/// A letter that is over with. Nothing in it names anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took from when its turn came, with each attempt and the pauses between.
    pub took: Duration,
}

/// What becomes of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The mail server has taken it, or it is in the folder.
    Sent,
    /// There was nobody to write to.
    Nobody,
    /// None was made: its making panicked or took too long, or its text fits into no letter. Look into the log.
    NotMade,
    /// The mail server will not take it, now or later. Where that is often, look at the sender and at what the server
    /// thinks of it.
    Refused,
    /// No attempt reached a mail server that would take it, or the folder. Look at the server.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Sent,
        Self::Nobody,
        Self::NotMade,
        Self::Refused,
        Self::Failed,
    ];

    /// The outcome in a word, as a label of a metric.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Nobody => "nobody",
            Self::NotMade => "not-made",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}
