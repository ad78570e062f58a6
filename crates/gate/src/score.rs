//! How much like a person's an answer came, and what a site makes of it.

use std::fmt;

use crate::Refusal;
use crate::challenge::Kind;

/// Why a score is below 1. Each is there or not, has a name, and takes its [weight](Reason::weight) from the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// The browser says that a program drives it.
    Automated = 0,
    /// What the page says of the visitor cannot be true.
    Implausible = 1,
    /// The answer was there although nobody had done anything to the widget.
    Untouched = 2,
    /// Many answers from the visitor's address were wrong of late.
    ManyWrongAnswers = 3,
    /// The answer came sooner than a person reads and types one.
    Instant = 4,
    /// The page said nothing of the visitor, as programs that use the API do not.
    NoSignals = 5,
}

impl Reason {
    /// All of them, the heaviest first.
    pub const ALL: [Self; 6] = [
        Self::Automated,
        Self::Implausible,
        Self::Untouched,
        Self::ManyWrongAnswers,
        Self::Instant,
        Self::NoSignals,
    ];

    /// The stable name of this reason, as it stands in `score-reasons`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Implausible => "implausible",
            Self::Untouched => "untouched",
            Self::ManyWrongAnswers => "many-wrong-answers",
            Self::Instant => "instant",
            Self::NoSignals => "no-signals",
        }
    }

    /// What it takes from the score, in hundredths.
    pub const fn weight(self) -> u8 {
        match self {
            Self::Automated => 40,
            Self::Implausible | Self::Untouched | Self::ManyWrongAnswers => 30,
            Self::Instant => 20,
            Self::NoSignals => 10,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// How much like a person's an answer came: 1, less the weight of each [`Reason`] against it, and never below 0.
///
/// It is a hint. What it is made of comes mostly from the visitor's own browser, which may say anything.
///
/// ```
/// use cattlegrid::{Reason, Score};
///
/// let score: Score = [Reason::Instant, Reason::NoSignals].into_iter().collect();
/// assert_eq!((score.hundredths(), score.to_string()), (70, "0.7".to_owned()));
/// assert!(score.reasons().eq([Reason::Instant, Reason::NoSignals]));
/// assert_eq!(Score::default().hundredths(), 100);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Score {
    reasons: u8,
}

impl Score {
    /// The score in hundredths, 0 to 100.
    pub fn hundredths(self) -> u8 {
        self.reasons()
            .fold(100, |left, reason| left.saturating_sub(reason.weight()))
    }

    /// The score, 0 to 1.
    pub fn value(self) -> f32 {
        f32::from(self.hundredths()) / 100.0
    }

    /// Why it is below 1, the heaviest first.
    pub fn reasons(self) -> impl Iterator<Item = Reason> {
        Reason::ALL
            .into_iter()
            .filter(move |reason| self.reasons & reason.bit() != 0)
    }

    /// The reasons as they are sealed.
    pub(crate) const fn to_byte(self) -> u8 {
        self.reasons
    }

    /// The score that was sealed as this; none where a reason is not known.
    pub(crate) fn from_byte(reasons: u8) -> Option<Self> {
        let known = Reason::ALL
            .iter()
            .fold(0, |known, reason| known | reason.bit());
        (reasons & !known == 0).then_some(Self { reasons })
    }
}

impl FromIterator<Reason> for Score {
    fn from_iter<I: IntoIterator<Item = Reason>>(reasons: I) -> Self {
        let bits = reasons.into_iter().map(Reason::bit);
        Self {
            reasons: bits.fold(0, |all, bit| all | bit),
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl fmt::Debug for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Score({self})")
    }
}

/// What a site makes of the scores of right answers. By default nothing: they are told to its back end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreRules {
    /// Below which score, in hundredths, a right answer earns a second challenge in place of a token; at most one.
    pub second_below: u8,
    /// What kind the second challenge is of, one that the site asks; that of the first if it is none.
    pub second_kind: Option<Kind>,
    /// Below which score, in hundredths, a right answer earns nothing.
    pub refuse_below: u8,
}

impl ScoreRules {
    /// Whether a right answer of this score, to a challenge that `is_second` or not, earns a token.
    ///
    /// # Errors
    /// [`Refusal::LowScore`] or [`Refusal::AnotherChallenge`].
    pub(crate) fn judge(self, score: Score, is_second: bool) -> Result<(), Refusal> {
        let hundredths = score.hundredths();
        if hundredths < self.refuse_below {
            Err(Refusal::LowScore)
        } else if hundredths < self.second_below && !is_second {
            Err(Refusal::AnotherChallenge)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_reasons_survives_and_no_other_byte_does() {
        for byte in 0..=u8::MAX {
            let known = byte < 1 << Reason::ALL.len();
            let score = Score::from_byte(byte);
            assert_eq!(score.map(Score::to_byte), known.then_some(byte));
            if let Some(score) = score {
                assert_eq!(score.reasons().collect::<Score>(), score);
                assert!(score.hundredths() <= 100);
            }
        }
    }

    #[test]
    fn all_reasons_together_leave_nothing() {
        let score: Score = Reason::ALL.into_iter().collect();
        assert_eq!(score.hundredths(), 0);
    }
}
