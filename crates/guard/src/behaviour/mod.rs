//! How much like a person's an answer came: a [`Score`] from 0 to 1, each [`Reason`] of which has a name.
//!
//! [`score`] is a function of the [`Signals`] that the widget has gathered about its own use, and of the [`History`] that
//! the server knows by itself. It starts at 1, and each reason that applies takes its [weight](Reason::weight) off:
//!
//! | reason | takes | applies when |
//! |---|--:|---|
//! | `automated` | 0.4 | the browser says that a program drives it (`navigator.webdriver`) |
//! | `implausible` | 0.3 | the signals cannot be true: more was taken back than was ever changed, or the answer took longer than the challenge is old |
//! | `untouched` | 0.3 | the answer was there, but the widget has seen no edit, no pointer, no touch, no key, and no focus that left it |
//! | `many-wrong-answers` | 0.3 | more than [`WrongAnswers::MANY`] of late came from the same address |
//! | `instant` | 0.2 | the answer came within [`INSTANT`], by the widget's count or by the server's clock |
//! | `no-signals` | 0.1 | there are none, as from whoever uses the API without the widget |
//!
//! A [`Scorer`] does all of that around a gate: it reads the history, has the gate judge the answer with its score, and
//! counts a wrong one.
//!
//! # What it is worth
//!
//! Signals come from the visitor's browser, and whoever writes a program can send any. So they can only take from the
//! score, and the best that can be said of a forger is what is said of a person. A score finds the programs that take no
//! trouble, and no others. It is a hint, and nobody is refused for it unless a site has asked for that.
//!
//! # Who must not lose by it
//!
//! Which of pointer, touch and keys were used makes no difference, and neither does whether any of them was: a screen reader,
//! a switch, a voice or a password manager changes the field without. Nor does it take from a score to be slow, to correct
//! oneself, or to look elsewhere in between. `untouched` alone looks at those, and only for whether there was anything
//! at all.
//!
//! # What is kept
//!
//! Of signals nothing. Of wrong answers one moment for each block of addresses, under a keyed hash, for at most as many
//! minutes as wrong answers are remembered; see [`WrongAnswers`].
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use cattlegrid_guard::behaviour::{History, Signals, Used, WrongAnswers, score};
//! use cattlegrid_guard::rate_limit::{Rates, Salt};
//! use cattlegrid_store::{AnyStore, SystemClock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock::new());
//! let store = AnyStore::open(&"memory:".parse()?, clock.clone())?;
//! let rates = Arc::new(Rates::new(store, clock));
//! let wrong_answers = WrongAnswers::new(&Salt::new(&[7; 32]), rates)?;
//!
//! let signals = Signals {
//!     half_seconds: 17,
//!     used: Used { keys: true, ..Used::default() },
//!     edits: 6,
//!     ..Signals::default()
//! };
//! let history = History {
//!     age: Some(Duration::from_secs(10)),
//!     many_wrong_answers: wrong_answers.are_many("192.0.2.1").await,
//! };
//! assert_eq!(score(Some(signals), history).to_string(), "1");
//!
//! let driven = Signals { automated: true, ..signals };
//! assert_eq!(score(Some(driven), history).to_string(), "0.6");
//! # Ok(())
//! # }
//! ```

mod given;
mod scorer;
mod wrong_answers;

use std::time::Duration;

pub use cattlegrid::{Reason, Score};
pub use given::GivenSignals;
pub use scorer::{Scorer, Seen};
pub use wrong_answers::WrongAnswers;

/// Nobody reads a picture and types what it says in less.
pub const INSTANT: Duration = Duration::from_secs(1);

/// How much longer than the challenge is old an answer may be said to have taken: requests take a while, and clocks run
/// at paces of their own.
const SLACK: Duration = Duration::from_secs(1);

/// What the widget says of its own use, from the picture to the answer. Nothing in it is to be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The time that it took, in half seconds; [`Signals::MOST_TIME`] stands for any longer time.
    pub half_seconds: u8,
    /// What it was used with.
    pub used: Used,
    /// How often the field was changed, by whatever means; [`Signals::MOST`] stands for more.
    pub edits: u8,
    /// How many of these took something back; at most [`Signals::MOST`].
    pub corrections: u8,
    /// How often the focus left it; at most [`Signals::MOST`].
    pub blurs: u8,
    /// Whether the browser says that a program drives it.
    pub automated: bool,
}

/// What the widget was used with. All of it may be missing, and none of it is better than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// A mouse, or another device that points.
    pub pointer: bool,
    /// A finger.
    pub touch: bool,
    /// Keys.
    pub keys: bool,
}

/// What the server knows by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// How long ago the challenge was issued, where that is known.
    pub age: Option<Duration>,
    /// Whether many wrong answers came from the visitor's address of late; see [`WrongAnswers::are_many`].
    pub many_wrong_answers: bool,
}

impl Signals {
    /// What stands for a minute, and for any longer time.
    pub const MOST_TIME: u8 = 120;
    /// What stands for that many of something, and for any more.
    pub const MOST: u8 = 15;

    const fn time(self) -> Duration {
        Duration::from_millis(self.half_seconds as u64 * 500)
    }

    fn are_implausible(self, age: Option<Duration>) -> bool {
        self.corrections > self.edits
            || age.is_some_and(|age| self.time() > age.saturating_add(SLACK))
    }

    const fn are_of_nothing(self) -> bool {
        let Used {
            pointer,
            touch,
            keys,
        } = self.used;
        self.edits == 0 && self.blurs == 0 && !(pointer || touch || keys)
    }
}

/// The score of an answer that came with these signals, or without any.
pub fn score(signals: Option<Signals>, history: History) -> Score {
    let applies = |reason: &Reason| match reason {
        Reason::Automated => signals.is_some_and(|signals| signals.automated),
        Reason::Implausible => signals.is_some_and(|signals| signals.are_implausible(history.age)),
        Reason::Untouched => signals.is_some_and(Signals::are_of_nothing),
        Reason::ManyWrongAnswers => history.many_wrong_answers,
        Reason::Instant => {
            let time = signals.map(Signals::time);
            [time, history.age]
                .into_iter()
                .flatten()
                .any(|time| time < INSTANT)
        }
        Reason::NoSignals => signals.is_none(),
        // Why: what is not known here takes nothing.
        _ => false,
    };
    Reason::ALL.into_iter().filter(applies).collect()
}
