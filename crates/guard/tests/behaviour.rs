//! How much like a person's an answer came.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_guard::behaviour::{
    History, INSTANT, Reason, Score, Signals, Used, WrongAnswers, score,
};
use cattlegrid_guard::rate_limit::{Rates, Salt};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{ManualClock, Timestamp};
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

#[tokio::test]
async fn wrong_answers_are_many_from_the_sixth_and_are_forgotten() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
    let rates = Arc::new(Rates::new(
        MemoryStore::new(1000, clock.clone()),
        clock.clone(),
    ));
    let wrong = WrongAnswers::new(&Salt::new(&[7; 32]), rates).unwrap();
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
