//! What is seen of a visitor who answers, and the score that it makes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use cattlegrid::store::Timestamp;
use cattlegrid::{ChallengeKey, Gate, Score, Secrets};
use cattlegrid_guard::AddressBlock;
use cattlegrid_guard::behaviour::{History, Signals, Used, WrongAnswers, score};
use cattlegrid_guard::rate_limit::Salt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Error;
use crate::app::App;
use crate::rate_limits::Counted;
use crate::standing::Standing;

/// What the widget says of its own use, from the picture to the answer. All of it is optional, and none of it is believed.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct GivenSignals {
    /// The time that it took, in half seconds; 120 stands for a minute and for any longer time.
    #[schema(example = 17)]
    time: u64,
    /// What it was used with, as far as the page could see.
    used: Vec<Means>,
    /// How often the field was changed; 15 stands for any more.
    #[schema(example = 6)]
    edits: u64,
    /// How many of these took something back; 15 stands for any more.
    corrections: u64,
    /// How often the focus left it; 15 stands for any more.
    blurs: u64,
    /// Whether the browser says that a program drives it.
    automated: bool,
}

/// What the widget is used with.
// Why written as well: the description of the API has an empty list of them for a default.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Means {
    Pointer,
    Touch,
    Keys,
}

impl From<GivenSignals> for Signals {
    fn from(given: GivenSignals) -> Self {
        let at_most =
            |most: u8, number| u8::try_from(number).map_or(most, |number| most.min(number));
        let used = |means| given.used.contains(&means);
        Self {
            half_seconds: at_most(Self::MOST_TIME, given.time),
            used: Used {
                pointer: used(Means::Pointer),
                touch: used(Means::Touch),
                keys: used(Means::Keys),
            },
            edits: at_most(Self::MOST, given.edits),
            corrections: at_most(Self::MOST, given.corrections),
            blurs: at_most(Self::MOST, given.blurs),
            automated: given.automated,
        }
    }
}

/// The client of a request, as limits by address tell clients apart; none where they do not count it.
pub(crate) struct Client(Option<AddressBlock>);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(app.rate_limits().client(parts)))
    }
}

/// What is seen of a visitor who answers.
pub(crate) struct Seen {
    signals: Option<Signals>,
    client: Option<AddressBlock>,
}

impl Seen {
    /// Of this client, with what the widget says if there was one.
    pub(crate) fn new(Client(client): Client, signals: Option<GivenSignals>) -> Self {
        Self {
            signals: signals.map(Signals::from),
            client,
        }
    }
}

/// What makes scores, and remembers who was wrong.
pub(crate) struct Behaviour {
    wrong_answers: WrongAnswers<Counted>,
}

impl Behaviour {
    /// One that counts where the server that stands counts.
    ///
    /// # Errors
    /// [`Error::Config`] when wrong answers cannot be counted.
    pub(crate) fn new(secrets: &Secrets, standing: &Standing) -> Result<Self, Error> {
        let salt = Salt::new(&secrets.rate_limit_key());
        let wrong_answers = WrongAnswers::new(&salt, Arc::clone(&standing.rates))
            .map_err(|error| Error::config("behaviour", error))?;
        Ok(Self { wrong_answers })
    }

    /// The score of an answer to this challenge at `now`; none where the site's answers have none.
    pub(crate) async fn score(
        &self,
        gate: &Gate<Counted>,
        now: Timestamp,
        key: &ChallengeKey,
        seen: &Seen,
    ) -> Option<Score> {
        let inside = gate.inspect(key).ok()?;
        let site = gate.sites().get(inside.site?.as_str())?;
        site.scores()?;
        let left = inside.expires_at.saturating_since(now);
        let many_wrong_answers = match seen.client {
            Some(client) => self.wrong_answers.are_many(client).await,
            None => false,
        };
        let history = History {
            // Why none: the site's challenges lived longer when this one was issued.
            age: site.challenge_ttl().checked_sub(left),
            many_wrong_answers,
        };
        Some(score(seen.signals, history))
    }

    /// Counts a wrong answer.
    pub(crate) async fn count_wrong_answer(&self, seen: &Seen) {
        if let Some(client) = seen.client {
            self.wrong_answers.count(client).await;
        }
    }
}
