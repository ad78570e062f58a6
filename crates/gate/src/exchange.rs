//! What goes into the gate, and what comes out of it.

use std::fmt;

use crate::challenge::image::Image;
use crate::challenge::work::Puzzle;
use crate::challenge::{Answer, Challenge, Kind, Prompt};
use crate::site::SiteId;
use crate::store::{SpentId, Timestamp};
use crate::{
    Action, ChallengeKey, CustomerData, Hostname, Refusal, ResponseToken, Score, Site, SiteKey,
    WorkKey,
};

/// What a page asks for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub(crate) what: What,
    pub(crate) action: Option<Action>,
    pub(crate) is_second: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum What {
    #[default]
    Default,
    Kind(Kind),
    Custom(Box<(Prompt, Answer)>),
}

impl Ask {
    /// A challenge of the site's default kind.
    pub fn any() -> Self {
        Self::default()
    }

    /// A challenge of this kind, which the site must allow.
    pub fn kind(kind: Kind) -> Self {
        Self {
            what: What::Kind(kind),
            ..Self::default()
        }
    }

    /// A challenge of this kind, as one of `site` was, to be asked instead of it; of the default kind where the site has no
    /// such challenges any more, or only the caller could ask for them.
    pub fn again(kind: Kind, site: &Site) -> Self {
        if kind != Kind::Custom && site.kinds().contains(&kind) {
            Self::kind(kind)
        } else {
            Self::any()
        }
    }

    /// The caller's own prompt and answer. Only for callers that choose both; never for what a page sends.
    pub fn custom(prompt: Prompt, answer: Answer) -> Self {
        Self {
            what: What::Custom(Box::new((prompt, answer))),
            ..Self::default()
        }
    }

    /// Binds the challenge, and the token it earns, to what the form is for.
    #[must_use]
    pub fn with_action(mut self, action: Option<Action>) -> Self {
        self.action = action;
        self
    }

    /// For somebody who has answered one already, and is not to be asked for yet another.
    #[must_use]
    pub const fn as_second(mut self) -> Self {
        self.is_second = true;
        self
    }
}

/// One attempt at a challenge, as a page sends it.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub(crate) given: &'a str,
    pub(crate) site: Option<&'a Site>,
    pub(crate) host: Option<&'a Hostname>,
    pub(crate) data: Option<&'a CustomerData>,
    pub(crate) score: Option<Score>,
}

impl<'a> Attempt<'a> {
    /// What was given as the answer, by a caller that is no page.
    pub const fn new(given: &'a str) -> Self {
        Self {
            given,
            site: None,
            host: None,
            data: None,
            score: None,
        }
    }

    /// At a challenge of this site alone, for callers that have no token to verify with the site's secret key.
    #[must_use]
    pub const fn of_site(mut self, site: &'a Site) -> Self {
        self.site = Some(site);
        self
    }

    /// From a page on this host.
    #[must_use]
    pub const fn from_page(mut self, host: Option<&'a Hostname>) -> Self {
        self.host = host;
        self
    }

    /// With what the verification is to repeat.
    #[must_use]
    pub const fn with_data(mut self, data: Option<&'a CustomerData>) -> Self {
        self.data = data;
        self
    }

    /// With the score that what was seen of the visitor makes, of which a site that [has](Site::scores) rules makes what
    /// they say.
    #[must_use]
    pub const fn with_score(mut self, score: Option<Score>) -> Self {
        self.score = score;
        self
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(…)")
    }
}

/// A challenge as the visitor's page gets it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The challenge's name, for its picture and its answer.
    pub key: ChallengeKey,
    /// What kind of challenge it is.
    pub kind: Kind,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
}

/// A picture, and until when its challenge may be answered.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The picture.
    pub image: Image,
    /// Until when the challenge may be answered.
    pub expires_at: Timestamp,
}

/// What a right answer earned.
#[derive(Clone, Debug)]
pub struct Solved {
    /// For the site's back end, which verifies it.
    pub token: ResponseToken,
    /// Until when it may be verified.
    pub expires_at: Timestamp,
}

/// All that a challenge key holds, for whoever has the secret.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Kind, prompt and answer.
    pub challenge: Challenge,
    /// The site, if the server still has it.
    pub site: Option<SiteKey>,
    /// What the form is for.
    pub action: Option<Action>,
    /// Whether it was asked for after a first one.
    pub is_second: bool,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
}

/// What became of a token.
#[derive(Debug)]
#[must_use = "a verification that is not looked at lets everybody through"]
pub enum Verification {
    /// A person answered a challenge of the site, and this is the first time that the token is shown.
    Passed(Passed),
    /// Not to be let through, and why.
    Refused(Refusal),
}

/// What is known of somebody who passed.
#[derive(Clone, Debug)]
pub struct Passed {
    /// When the challenge was answered.
    pub challenge_ts: Timestamp,
    /// The host of the page it was answered on; none if it was not answered on a page.
    pub hostname: Option<Hostname>,
    /// What the form was for. Compare it with what yours is for.
    pub action: Option<Action>,
    /// What the page wanted to be told.
    pub data: Option<CustomerData>,
    /// How much like a person's the answer came, if the site's answers have scores. A hint: let it decide nothing alone.
    pub score: Option<Score>,
}

/// Names one verification, so that whoever got no reply to it may ask again. 128 bits, chosen by the site's back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey([u8; 16]);

impl IdempotencyKey {
    /// The key with these bytes, such as those of a UUID.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Work as a page's widget gets it.
#[derive(Clone, Debug)]
pub struct WorkSet {
    /// The work's name, to be sent back with the solutions.
    pub key: WorkKey,
    /// What is to be solved.
    pub puzzles: Vec<Puzzle>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Work that was found to be done and is not spent yet. Only [`Gate::judge_work`](crate::Gate::judge_work) makes one.
#[derive(Debug)]
#[must_use = "work that is done earns nothing until it is spent"]
pub struct DoneWork {
    pub(crate) id: SpentId,
    pub(crate) site: SiteId,
    pub(crate) expires: Timestamp,
    pub(crate) hostname: Option<Hostname>,
    pub(crate) action: Option<Action>,
}

impl DoneWork {
    /// Whether it was set by a page of `site`.
    pub fn is_for(&self, site: &Site) -> bool {
        self.site == site.id()
    }
}
