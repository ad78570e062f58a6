//! How much like a person's an answer came.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::sync::Arc;
use std::time::Duration;

use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, KindOptions};
use cattlegrid::{
    Ask, Attempt, Gate, OsEntropy, ScoreRules, Secret, Secrets, Site, Sites, Verification,
};
use cattlegrid_guard::AddressPrefix;
use cattlegrid_guard::behaviour::{
    GivenSignals, History, INSTANT, Reason, Score, Scorer, Seen, Signals, Used, WrongAnswers, score,
};
use cattlegrid_guard::rate_limit::{Rates, Salt};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{Clock, ManualClock, Timestamp};
use proptest::prelude::*;

/// Every way to use a widget: with each device or several, and with none that a page can see.
fn ways() -> impl Iterator<Item = Used> {
    (0..8).map(|bits| Used {
        pointer: bits & 1 != 0,
        touch: bits & 2 != 0,
        keys: bits & 4 != 0,
    })
}

fn signals() -> impl Strategy<Value = Signals> {
    let used = prop::sample::select(ways().collect::<Vec<_>>());
    let counts = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>());
    (used, counts, any::<bool>()).prop_map(
        |(used, (half_seconds, edits, corrections, blurs), automated)| Signals {
            half_seconds,
            used,
            edits,
            corrections,
            blurs,
            automated,
        },
    )
}

fn history() -> impl Strategy<Value = History> {
    let age = proptest::option::of((0_u64..600_000).prop_map(Duration::from_millis));
    (age, any::<bool>()).prop_map(|(age, many_wrong_answers)| History {
        age,
        many_wrong_answers,
    })
}

fn reasons(score: Score) -> Vec<&'static str> {
    score.reasons().map(Reason::as_str).collect()
}

proptest! {
    /// Keys alone, a finger, a mouse, a screen reader, a switch or a voice: whatever else is seen, it is one score.
    #[test]
    fn what_it_was_used_with_makes_no_difference(
        seen in signals(),
        edits in 1..=u8::MAX,
        history in history(),
    ) {
        let scores: Vec<_> = ways()
            .map(|used| score(Some(Signals { used, edits, ..seen }), history))
            .collect();
        prop_assert!(scores.windows(2).all(|pair| pair[0] == pair[1]), "{scores:?}");
    }

    /// Who takes their time, changes their mind and looks elsewhere has the full score, whatever they use.
    #[test]
    fn a_person_has_the_full_score(
        used in prop::sample::select(ways().collect::<Vec<_>>()),
        half_seconds in 2_u8..=Signals::MOST_TIME,
        longer in 0_u64..300,
        edits in 1..=Signals::MOST,
        corrections in 0..=Signals::MOST,
        blurs in 0..=Signals::MOST,
    ) {
        let corrections = corrections.min(edits);
        let signals = Signals { half_seconds, used, edits, corrections, blurs, automated: false };
        let age = Duration::from_secs(longer) + Duration::from_millis(u64::from(half_seconds) * 500);
        let history = History { age: Some(age), many_wrong_answers: false };
        prop_assert_eq!(score(Some(signals), history), Score::default());
    }

    /// What a page says can only be added to what is held against it anyway.
    #[test]
    fn nobody_talks_a_reason_away_that_the_server_knows(signals in signals(), history in history()) {
        let known = reasons(score(Some(Signals { edits: 1, half_seconds: 2, ..Signals::default() }), history));
        let known: Vec<_> = known.into_iter().filter(|name| *name != "implausible").collect();
        let said = reasons(score(Some(signals), history));
        prop_assert!(known.iter().all(|name| said.contains(name)), "{known:?} {said:?}");
    }
}

#[test]
fn each_reason_has_its_case() {
    let person = Signals {
        half_seconds: 16,
        edits: 6,
        ..Signals::default()
    };
    let slow = History {
        age: Some(Duration::from_secs(9)),
        many_wrong_answers: false,
    };
    let at_once = History {
        age: Some(INSTANT / 2),
        ..slow
    };
    let wrong = History {
        many_wrong_answers: true,
        ..slow
    };
    for (signals, history, hundredths, named) in [
        (Some(person), slow, 100, &[] as &[_]),
        (
            Some(Signals {
                automated: true,
                ..person
            }),
            slow,
            60,
            &["automated"],
        ),
        (
            Some(Signals {
                corrections: 7,
                ..person
            }),
            slow,
            70,
            &["implausible"],
        ),
        (
            Some(Signals {
                half_seconds: u8::MAX,
                ..person
            }),
            slow,
            70,
            &["implausible"],
        ),
        (
            Some(Signals { edits: 0, ..person }),
            slow,
            70,
            &["untouched"],
        ),
        (
            Some(Signals {
                edits: 0,
                blurs: 1,
                ..person
            }),
            slow,
            100,
            &[],
        ),
        (Some(person), wrong, 70, &["many-wrong-answers"]),
        (
            Some(Signals {
                half_seconds: 1,
                ..person
            }),
            slow,
            80,
            &["instant"],
        ),
        (Some(person), at_once, 50, &["implausible", "instant"]),
        (None, slow, 90, &["no-signals"]),
        (None, History::default(), 90, &["no-signals"]),
        (None, at_once, 70, &["instant", "no-signals"]),
    ] {
        let score = score(signals, history);
        assert_eq!(reasons(score), named, "{signals:?} {history:?}");
        assert_eq!(score.hundredths(), hundredths, "{named:?}");
    }
}

fn stopped_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

fn wrong_answers(clock: &Arc<ManualClock>) -> WrongAnswers<MemoryStore> {
    let store = MemoryStore::new(1000, Arc::clone(clock) as _);
    let rates = Arc::new(Rates::new(store, Arc::clone(clock) as _));
    WrongAnswers::new(&Salt::new(&[7; 32]), rates).unwrap()
}

#[tokio::test]
async fn wrong_answers_are_many_from_the_sixth_and_are_forgotten() {
    let clock = stopped_clock();
    let wrong = wrong_answers(&clock);
    for answer in 0..6 {
        assert!(!wrong.are_many("here").await, "after {answer}");
        wrong.count("here").await;
        clock.advance(Duration::from_secs(1));
    }
    for _ in 0..3 {
        assert!(wrong.are_many("here").await, "to ask changes nothing");
    }
    assert!(!wrong.are_many("elsewhere").await);

    clock.advance(Duration::from_secs(60));
    assert!(!wrong.are_many("here").await);

    for _ in 0..100 {
        wrong.count("here").await;
    }
    clock.advance(Duration::from_secs(4 * 60));
    assert!(wrong.are_many("here").await);
    clock.advance(Duration::from_secs(60));
    assert!(
        !wrong.are_many("here").await,
        "no more than ten are remembered"
    );
}

#[test]
fn what_the_widget_sends_is_read_within_its_bounds() {
    let read = |text: &str| serde_json::from_str::<GivenSignals>(text).map(Signals::from);
    assert_eq!(read("{}").unwrap(), Signals::default());
    let sent =
        r#"{"time": 17, "used": ["keys", "touch"], "edits": 6, "corrections": 2, "blurs": 1}"#;
    let keys_and_touch = Used {
        touch: true,
        keys: true,
        ..Used::default()
    };
    let seen = Signals {
        half_seconds: 17,
        used: keys_and_touch,
        edits: 6,
        corrections: 2,
        blurs: 1,
        automated: false,
    };
    assert_eq!(read(sent).unwrap(), seen);
    let most = u64::MAX;
    let sent = format!(
        r#"{{"time": {most}, "edits": {most}, "corrections": {most}, "blurs": {most}, "x": []}}"#
    );
    let seen = Signals {
        half_seconds: Signals::MOST_TIME,
        edits: Signals::MOST,
        corrections: Signals::MOST,
        blurs: Signals::MOST,
        ..Signals::default()
    };
    assert_eq!(read(&sent).unwrap(), seen);
    for sent in [
        "7",
        r#"{"time": -1}"#,
        r#"{"time": 1.5}"#,
        r#"{"used": "keys"}"#,
    ] {
        assert!(read(sent).is_err(), "{sent}");
    }
}

/// A gate for one site, and its clock.
struct Engine {
    gate: Gate<MemoryStore>,
    clock: Arc<ManualClock>,
}

impl Engine {
    fn new(rules: Option<ScoreRules>) -> Self {
        let clock = stopped_clock();
        let secrets: Secrets = Secret::generate(&OsEntropy).unwrap().into();
        let (key, secret) = Site::demo_keys(&secrets).unwrap();
        let generators = Generators::new(&KindOptions::default(), &Fonts::embedded()).unwrap();
        let site = Site::new(key, secret, Arc::new(generators), Arc::new(Style::hard()));
        let site = match rules {
            Some(rules) => site.with_scores(rules),
            None => site,
        };
        let store = MemoryStore::new(1000, Arc::clone(&clock) as _);
        let sites = Sites::new(vec![site]).unwrap();
        let (time, entropy) = (Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(OsEntropy));
        let gate = Gate::new(&secrets, sites, store, time, entropy);
        Self { gate, clock }
    }

    fn site(&self) -> &Site {
        self.gate.sites().iter().next().unwrap()
    }

    /// What becomes of an answer to a fresh challenge after ten seconds: its score, if it is right, as the back end is
    /// told it.
    async fn answer(
        &self,
        scorer: &Scorer<MemoryStore>,
        seen: &Seen,
        is_right: bool,
    ) -> Option<Score> {
        let issued = self.gate.issue(self.site(), Ask::any()).unwrap();
        self.clock.advance(Duration::from_secs(10));
        let answer = self.gate.inspect(&issued.key).unwrap().challenge;
        let given = if is_right {
            answer.answer().as_str()
        } else {
            "no"
        };
        let (judged, score) = scorer
            .answer(&self.gate, &issued.key, Attempt::new(given), seen)
            .await;
        let token = judged.ok()?.token;
        let secret = self.site().secret();
        match self.gate.verify(secret, &token, None).await {
            Verification::Passed(passed) => {
                assert_eq!(passed.score, score);
                score
            }
            Verification::Refused(refusal) => panic!("{refusal}"),
        }
    }
}

#[tokio::test]
async fn a_gates_answers_have_scores_and_wrong_ones_are_counted() {
    let engine = Engine::new(Some(ScoreRules::default()));
    let scorer = Scorer::new(wrong_answers(&engine.clock));
    let client = |address: &str| Some(AddressPrefix::default().block(address.parse().unwrap()));
    let person = Signals {
        half_seconds: 17,
        edits: 6,
        ..Signals::default()
    };
    let here = Seen {
        signals: Some(person),
        client: client("192.0.2.1"),
    };
    assert_eq!(
        engine.answer(&scorer, &here, true).await,
        Some(Score::default())
    );
    for _ in 0..8 {
        engine.answer(&scorer, &here, false).await;
    }
    let elsewhere = Seen {
        client: client("192.0.2.2"),
        ..here
    };
    let unknown = Seen::default();
    for (seen, named) in [
        (here, &["many-wrong-answers"][..]),
        (elsewhere, &[]),
        (unknown, &["no-signals"]),
    ] {
        let score = engine.answer(&scorer, &seen, true).await.unwrap();
        assert_eq!(reasons(score), named, "{seen:?}");
    }
}

#[tokio::test]
async fn where_a_site_has_no_scores_nothing_is_counted() {
    let engine = Engine::new(None);
    let wrong = wrong_answers(&engine.clock);
    let client = AddressPrefix::default().block("192.0.2.1".parse().unwrap());
    let scorer = Scorer::new(wrong);
    let seen = Seen {
        signals: None,
        client: Some(client),
    };
    for _ in 0..8 {
        engine.answer(&scorer, &seen, false).await;
    }
    assert_eq!(engine.answer(&scorer, &seen, true).await, None);
}
