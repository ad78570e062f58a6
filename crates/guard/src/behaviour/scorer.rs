//! Answers to a gate's challenges, judged along with how they came.

use cattlegrid::{Attempt, ChallengeKey, Gate, OpenChallenge, Refusal, Solved};
use cattlegrid_store::{Store, Timestamp};

use super::{History, Score, Signals, WrongAnswers, score};
use crate::AddressBlock;

/// What is seen of a visitor who answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// What the widget says, if there was one.
    pub signals: Option<Signals>,
    /// Whom wrong answers are counted for; none if that cannot be told.
    pub client: Option<AddressBlock>,
}

/// Has a gate judge answers along with how they came, and remembers from where the wrong ones did.
#[derive(Debug)]
pub struct Scorer<S> {
    wrong_answers: WrongAnswers<S>,
}

impl<S: Store> Scorer<S> {
    /// One that counts wrong answers there.
    pub const fn new(wrong_answers: WrongAnswers<S>) -> Self {
        Self { wrong_answers }
    }

    /// What `gate` makes of a visitor's attempt with the score that what is `seen` of them makes, and that score:
    /// none where the answers of the [site](cattlegrid::Site::scores) have none.
    ///
    /// # Errors
    /// Those of [`Gate::answer`].
    pub async fn answer<G: Store>(
        &self,
        gate: &Gate<G>,
        key: &ChallengeKey,
        attempt: Attempt<'_>,
        seen: &Seen,
    ) -> (Result<Solved, Refusal>, Option<Score>) {
        let opened = match gate.open(key) {
            Ok(opened) => opened,
            Err(refusal) => return (Err(refusal), None),
        };
        let now = gate.clock().now();
        let score = self.score(&opened, now, seen).await;
        let attempt = attempt.with_score(score);
        let judged = gate.answer_opened(opened, attempt).await;
        if let (Some(client), Some(_), Err(Refusal::WrongAnswer)) = (seen.client, score, &judged) {
            self.wrong_answers.count(client).await;
        }
        (judged, score)
    }

    async fn score(
        &self,
        opened: &OpenChallenge<'_>,
        now: Timestamp,
        seen: &Seen,
    ) -> Option<Score> {
        let site = opened.site()?;
        site.scores()?;
        let left = opened.expires_at().saturating_since(now);
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
}
