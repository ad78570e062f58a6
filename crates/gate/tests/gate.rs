//! What a caller of the engine can rely on.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test stop where it fails"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cattlegrid::challenge::image::{Fonts, Scale, Style};
use cattlegrid::challenge::work::{Algorithm, Derivation, Hashing, Puzzle, Solution, Task, Work};
use cattlegrid::challenge::{Answer, Case, Generators, Kind, KindOptions, Prompt};
use cattlegrid::store::memory::MemoryStore;
use cattlegrid::store::{
    Claim, Clock, ManualClock, Quota, Rate, RateKey, SpentId, Store, StoreError, Timestamp,
};
use cattlegrid::{
    Ask, Attempt, ChallengeKey, CustomerData, DoneWork, Earns, Entropy, Error, Gate, Hostname,
    IdempotencyKey, Issued, NoEntropy, OsEntropy, Passed, Reason, Refusal, ResponseToken, Score,
    ScoreRules, Secret, SecretKey, Secrets, Site, Sites, Solved, Verification, WorkKey, WorkSet,
};

const MINUTE: Duration = Duration::from_secs(60);

struct Bench<S> {
    gate: Arc<Gate<S>>,
    clock: Arc<ManualClock>,
}

fn secret(letter: &str) -> Secret {
    Secret::parse(&letter.repeat(43)).unwrap()
}

fn secrets(letters: &[&str]) -> Secrets {
    Secrets::new(letters.iter().map(|letter| secret(letter)).collect()).unwrap()
}

fn site(name: &str) -> Site {
    let generators = Generators::new(&KindOptions::default(), &Fonts::embedded()).unwrap();
    Site::new(
        name.parse().unwrap(),
        secret_key(name),
        Arc::new(generators),
        Arc::new(Style::hard()),
    )
}

fn secret_key(name: &str) -> SecretKey {
    format!("the-secret-key-of-{name}").parse().unwrap()
}

fn work() -> Arc<Work> {
    let hashing = Hashing::new(2, 1).unwrap();
    let derivation = Derivation::new(Algorithm::Sha256, 1, 1).unwrap();
    Arc::new(Work::new(vec![Task::Hashing(hashing), Task::Derivation(derivation)]).unwrap())
}

/// What a browser would find.
fn solutions(puzzles: &[Puzzle]) -> Vec<Solution> {
    let solve = |puzzle: &Puzzle| match puzzle {
        Puzzle::Hashing(puzzle) => {
            Solution::Nonce((0..u64::MAX).find(|&nonce| puzzle.accepts(nonce)).unwrap())
        }
        Puzzle::Derivation(puzzle) => {
            let key_of = |counter| {
                let key = puzzle.derive(counter)?;
                Some(Solution::Key { counter, key })
            };
            (0..u32::MAX).find_map(key_of).unwrap()
        }
        Puzzle::TimeLock(_) | Puzzle::Program(_) => panic!("no such task was given"),
    };
    puzzles.iter().map(solve).collect()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)))
}

fn bench() -> Bench<MemoryStore> {
    let clock = clock();
    let sites = vec![
        site("one").with_hostnames(vec![
            "one.example".parse().unwrap(),
            "*.one.example".parse().unwrap(),
        ]),
        site("two")
            .with_kinds(vec![Kind::Math, Kind::Words])
            .unwrap(),
        site("worked").with_work(work(), Earns::Token),
        site("both").with_work(work(), Earns::Attempt),
        site("scored").with_scores(ScoreRules {
            second_below: 80,
            second_kind: None,
            refuse_below: 40,
        }),
    ];
    let gate = Gate::new(
        &secrets(&["a"]),
        Sites::new(sites).unwrap(),
        MemoryStore::new(10_000, clock.clone()),
        clock.clone(),
        Arc::new(OsEntropy),
    );
    Bench {
        gate: Arc::new(gate),
        clock,
    }
}

impl<S: Store> Bench<S> {
    fn issue(&self, site: &str, ask: Ask) -> Issued {
        let site = self.gate.sites().get(site).unwrap();
        self.gate.issue(site, ask).unwrap()
    }

    fn read(&self, key: &ChallengeKey) -> String {
        self.gate
            .inspect(key)
            .unwrap()
            .challenge
            .answer()
            .as_str()
            .to_owned()
    }

    async fn solve(&self, site: &str, host: Option<&str>) -> Solved {
        let issued = self.issue(
            site,
            Ask::any().with_action(Some("sign-up".parse().unwrap())),
        );
        let host: Option<Hostname> = host.map(|host| host.parse().unwrap());
        self.gate
            .answer(
                &issued.key,
                Attempt::new(&self.read(&issued.key)).from_page(host.as_ref()),
            )
            .await
            .unwrap()
    }

    fn set_work(&self, site: &str) -> WorkSet {
        let site = self.gate.sites().get(site).unwrap();
        self.gate
            .set_work(site, Some("sign-up".parse().unwrap()))
            .unwrap()
    }

    fn do_work(&self, site: &str) -> DoneWork {
        let set = self.set_work(site);
        self.gate
            .judge_work(&set.key, &solutions(&set.puzzles), None)
            .unwrap()
    }

    async fn verify_repeatably(&self, token: &ResponseToken, key: u8) -> Result<(), &'static str> {
        let key = IdempotencyKey::from_bytes([key; 16]);
        let secret = secret_key("one");
        match self.gate.verify_repeatably(&secret, token, key).await {
            Verification::Passed(_) => Ok(()),
            Verification::Refused(refusal) => Err(refusal.code()),
        }
    }

    async fn verify(&self, site: &str, token: &ResponseToken) -> Result<Passed, &'static str> {
        match self.gate.verify(&secret_key(site), token, None).await {
            Verification::Passed(passed) => Ok(passed),
            Verification::Refused(refusal) => Err(refusal.code()),
        }
    }
}

#[tokio::test]
async fn a_right_answer_earns_a_token_that_is_verified_once() {
    let bench = bench();
    let solved = bench.solve("one", Some("www.one.example")).await;
    let passed = bench.verify("one", &solved.token).await.unwrap();
    assert_eq!(passed.challenge_ts, bench.clock.now());
    assert_eq!(passed.hostname.unwrap().as_str(), "www.one.example");
    assert_eq!(passed.action.unwrap().as_str(), "sign-up");
    assert_eq!(
        bench.verify("one", &solved.token).await.unwrap_err(),
        "already-seen-response"
    );
}

#[tokio::test]
async fn a_verification_is_repeated_under_its_own_key_alone() {
    let bench = bench();
    let solved = bench.solve("one", None).await;
    let spent = Err("already-seen-response");
    assert_eq!(bench.verify_repeatably(&solved.token, 1).await, Ok(()));
    assert_eq!(bench.verify_repeatably(&solved.token, 1).await, Ok(()));
    for _ in 0..2 {
        assert_eq!(bench.verify_repeatably(&solved.token, 2).await, spent);
        assert!(bench.verify("one", &solved.token).await.is_err());
    }
    assert_eq!(bench.verify_repeatably(&solved.token, 1).await, Ok(()));

    let other = bench.solve("one", None).await;
    assert!(bench.verify("one", &other.token).await.is_ok());
    for _ in 0..2 {
        assert_eq!(bench.verify_repeatably(&other.token, 1).await, spent);
    }
    bench.clock.advance(6 * MINUTE);
    let expired = Err("expired-input-response");
    assert_eq!(bench.verify_repeatably(&solved.token, 1).await, expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_passes_under_one_key_however_many_race() {
    let bench = bench();
    for _ in 0..50 {
        let solved = bench.solve("one", None).await;
        let tries = (0..16).map(|key| {
            let (gate, token) = (Arc::clone(&bench.gate), solved.token.clone());
            tokio::spawn(async move {
                let key = IdempotencyKey::from_bytes([key; 16]);
                let verified = gate
                    .verify_repeatably(&secret_key("one"), &token, key)
                    .await;
                matches!(verified, Verification::Passed(_))
            })
        });
        let mut passed = 0;
        for one in tries.collect::<Vec<_>>() {
            passed += u32::from(one.await.unwrap());
        }
        assert_eq!(passed, 1);
    }
}

#[tokio::test]
async fn what_a_page_wants_its_back_end_told_comes_with_the_verification() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let data: CustomerData = "x".repeat(255).parse().unwrap();
    let answer = bench.read(&issued.key);
    let host = format!("{}one.example", "a.".repeat(121)).parse().unwrap();
    let attempt = Attempt::new(&answer)
        .from_page(Some(&host))
        .with_data(Some(&data));
    let solved = bench.gate.answer(&issued.key, attempt).await.unwrap();
    let token: ResponseToken = solved.token.as_str().parse().unwrap();
    let passed = bench.verify("one", &token).await.unwrap();
    assert_eq!(passed.data, Some(data));
    for wrong in ["", "a b", "é", &"x".repeat(256)] {
        assert!(wrong.parse::<CustomerData>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn done_work_earns_one_token() {
    let bench = bench();
    let set = bench.set_work("worked");
    let done = |solutions: &[Solution]| bench.gate.judge_work(&set.key, solutions, None);
    let right = solutions(&set.puzzles);
    let backwards: Vec<_> = right.iter().rev().cloned().collect();
    let twice = [right.clone(), right.clone()].concat();
    for wrong in [&[][..], &right[1..], &backwards, &twice] {
        assert_eq!(done(wrong).unwrap_err().code(), "wrong-solution");
    }
    let (first, second) = (done(&right).unwrap(), done(&right).unwrap());
    let solved = bench.gate.earn(first).await.unwrap();
    let again = bench.gate.earn(second).await.unwrap_err();
    assert_eq!(again.code(), "spent-key");
    let passed = bench.verify("worked", &solved.token).await.unwrap();
    assert_eq!(passed.action.unwrap().as_str(), "sign-up");

    let forged: WorkKey = solved.token.as_str().parse().unwrap();
    let refused = bench.gate.judge_work(&forged, &right, None).unwrap_err();
    assert_eq!(refused.code(), "unknown-key");
    bench.clock.advance(6 * MINUTE);
    assert_eq!(done(&right).unwrap_err().code(), "expired-key");
}

#[tokio::test]
async fn a_site_that_asks_for_both_hears_no_answer_without_work() {
    let bench = bench();
    let issued = bench.issue("both", Ask::any());
    let answer = bench.read(&issued.key);
    let attempt = Attempt::new(&answer);
    let idle = bench.gate.answer(&issued.key, attempt).await.unwrap_err();
    assert_eq!(idle.code(), "work-required");
    let alone = bench.gate.earn(bench.do_work("both")).await.unwrap_err();
    assert_eq!(alone.code(), "no-work");
    let elsewhere = bench.do_work("worked");
    let refused = bench
        .gate
        .answer_after(elsewhere, &issued.key, attempt)
        .await;
    assert_eq!(refused.unwrap_err().code(), "unknown-key");

    let worked = bench.do_work("both");
    let solved = bench.gate.answer_after(worked, &issued.key, attempt).await;
    assert!(bench.verify("both", &solved.unwrap().token).await.is_ok());
    let worked = bench.do_work("both");
    let again = bench.gate.answer_after(worked, &issued.key, attempt).await;
    assert_eq!(again.unwrap_err().code(), "spent-key");

    let second = bench.issue("both", Ask::any());
    let worked = bench.do_work("both");
    let wrong = bench
        .gate
        .answer_after(worked, &second.key, Attempt::new("x"))
        .await;
    assert_eq!(wrong.unwrap_err().code(), "wrong-answer");
}

#[tokio::test]
async fn work_is_for_sites_that_ask_for_it() {
    let bench = bench();
    let site = bench.gate.sites().get("one").unwrap();
    assert_eq!(
        bench.gate.set_work(site, None).unwrap_err().code(),
        "no-work"
    );
}

#[tokio::test]
async fn an_answer_spends_the_key_right_or_wrong() {
    let bench = bench();
    for first in ["wrong", "right"] {
        let issued = bench.issue("one", Ask::any());
        let answer = bench.read(&issued.key);
        let given = if first == "right" {
            answer.clone()
        } else {
            format!("{answer}x")
        };
        let outcome = bench.gate.answer(&issued.key, Attempt::new(&given)).await;
        match first {
            "right" => assert!(outcome.is_ok()),
            _ => assert_eq!(outcome.unwrap_err().code(), "wrong-answer"),
        }
        let again = bench.gate.answer(&issued.key, Attempt::new(&answer)).await;
        assert_eq!(again.unwrap_err().code(), "spent-key");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_answers_and_verifications_one_passes() {
    let bench = bench();
    for _ in 0..20 {
        let issued = bench.issue("one", Ask::any());
        let answer = bench.read(&issued.key);
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let (gate, key, answer) = (bench.gate.clone(), issued.key.clone(), answer.clone());
                tokio::spawn(async move { gate.answer(&key, Attempt::new(&answer)).await })
            })
            .collect();
        let mut tokens = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(solved) => tokens.push(solved.token),
                Err(refusal) => assert_eq!(refusal.code(), "spent-key"),
            }
        }
        assert_eq!(tokens.len(), 1);

        let passed = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let (gate, token, passed) = (bench.gate.clone(), tokens[0].clone(), passed.clone());
                tokio::spawn(async move {
                    match gate.verify(&secret_key("one"), &token, None).await {
                        Verification::Passed(_) => drop(passed.fetch_add(1, Ordering::SeqCst)),
                        Verification::Refused(refusal) => {
                            assert_eq!(refusal.code(), "already-seen-response");
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(passed.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn challenges_and_tokens_expire_after_five_minutes() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let answer = bench.read(&issued.key);
    bench.clock.advance(5 * MINUTE);
    assert_eq!(
        bench
            .gate
            .image(&issued.key, Scale::One)
            .unwrap_err()
            .code(),
        "expired-key"
    );
    let late = bench.gate.answer(&issued.key, Attempt::new(&answer)).await;
    assert_eq!(late.unwrap_err().code(), "expired-key");

    let solved = bench.solve("one", None).await;
    bench.clock.advance(Duration::from_millis(5 * 60_000 - 1));
    let other = bench.solve("one", None).await;
    bench.verify("one", &solved.token).await.unwrap();
    bench.clock.advance(5 * MINUTE);
    assert_eq!(
        bench.verify("one", &other.token).await.unwrap_err(),
        "expired-input-response"
    );
}

#[tokio::test]
async fn a_token_is_good_for_its_own_site_and_not_spent_by_another() {
    let bench = bench();
    let solved = bench.solve("one", None).await;
    assert_eq!(
        bench.verify("two", &solved.token).await.unwrap_err(),
        "sitekey-secret-mismatch"
    );
    let outcome = bench
        .gate
        .verify(&secret_key("one"), &solved.token, Some("two"))
        .await;
    assert!(matches!(outcome, Verification::Refused(Refusal::OtherSite)));
    let unknown = bench
        .gate
        .verify(&secret_key("three"), &solved.token, None)
        .await;
    assert!(matches!(
        unknown,
        Verification::Refused(Refusal::InvalidSecret)
    ));
    bench.verify("one", &solved.token).await.unwrap();
}

#[tokio::test]
async fn only_pages_of_the_site_may_answer_and_a_refused_page_spends_nothing() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let answer = bench.read(&issued.key);
    let elsewhere: Hostname = "evil.example".parse().unwrap();
    let refused = bench
        .gate
        .answer(
            &issued.key,
            Attempt::new(&answer).from_page(Some(&elsewhere)),
        )
        .await;
    assert_eq!(refused.unwrap_err().code(), "wrong-site");
    let home: Hostname = "one.example".parse().unwrap();
    bench
        .gate
        .answer(&issued.key, Attempt::new(&answer).from_page(Some(&home)))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_attempt_of_one_site_is_not_heard_for_another_and_spends_nothing() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let answer = bench.read(&issued.key);
    let attempt = async |site: &str| {
        let site = bench.gate.sites().get(site).unwrap();
        let attempt = Attempt::new(&answer).of_site(site);
        bench.gate.answer(&issued.key, attempt).await
    };
    assert_eq!(attempt("two").await.unwrap_err().code(), "unknown-key");
    attempt("one").await.unwrap();
}

#[tokio::test]
async fn a_challenge_is_unanswered_until_an_attempt_right_or_wrong() {
    let bench = bench();
    for right in [true, false] {
        let issued = bench.issue("one", Ask::any());
        bench.gate.unanswered(&issued.key).await.unwrap();
        let answer = if right {
            bench.read(&issued.key)
        } else {
            "wrong".to_owned()
        };
        let _ = bench.gate.answer(&issued.key, Attempt::new(&answer)).await;
        let spent = bench.gate.unanswered(&issued.key).await.unwrap_err();
        assert_eq!(spent.code(), "spent-key");
    }
    let issued = bench.issue("one", Ask::any());
    bench.clock.advance(5 * MINUTE);
    let late = bench.gate.unanswered(&issued.key).await.unwrap_err();
    assert_eq!(late.code(), "expired-key");
    let forged: ChallengeKey = "A".repeat(200).parse().unwrap();
    let unknown = bench.gate.unanswered(&forged).await.unwrap_err();
    assert_eq!(unknown.code(), "unknown-key");
}

#[tokio::test]
async fn a_key_and_a_token_cannot_stand_in_for_each_other() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let as_token: ResponseToken = issued.key.as_str().parse().unwrap();
    assert_eq!(
        bench.verify("one", &as_token).await.unwrap_err(),
        "invalid-input-response"
    );
    let solved = bench.solve("one", None).await;
    let padded = format!("{:A<200}", solved.token.as_str());
    let as_key: ChallengeKey = padded.parse().unwrap();
    assert_eq!(
        bench
            .gate
            .answer(&as_key, Attempt::new("x"))
            .await
            .unwrap_err()
            .code(),
        "unknown-key"
    );
}

#[test]
fn every_key_has_200_url_safe_characters_whatever_it_holds() {
    let bench = bench();
    let longest = Some("a".repeat(32).parse().unwrap());
    let mut keys: Vec<_> = [Kind::Math, Kind::Words]
        .into_iter()
        .flat_map(|kind| (0..50).map(move |_| Ask::kind(kind)))
        .map(|ask| bench.issue("two", ask.with_action(longest.clone())).key)
        .collect();
    keys.push(bench.issue("one", Ask::any()).key);
    for key in keys {
        assert_eq!(key.as_str().len(), 200);
        assert!(
            key.as_str()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }
}

#[test]
fn a_site_asks_only_the_kinds_it_allows() {
    let bench = bench();
    let two = bench.gate.sites().get("two").unwrap();
    assert_eq!(bench.gate.issue(two, Ask::any()).unwrap().kind, Kind::Math);
    assert_eq!(
        bench
            .gate
            .issue(two, Ask::kind(Kind::Chars))
            .unwrap_err()
            .code(),
        "kind-not-allowed"
    );
}

#[tokio::test]
async fn a_caller_can_ask_its_own_question() {
    let bench = bench();
    let ask = Ask::custom(
        Prompt::new("colour of grass?").unwrap(),
        Answer::new("Green", Case::Fold).unwrap(),
    );
    let issued = bench.issue("one", ask);
    assert_eq!(issued.kind, Kind::Custom);
    bench
        .gate
        .answer(&issued.key, Attempt::new(" GREEN "))
        .await
        .unwrap();

    let long = Ask::custom(
        Prompt::new("x".repeat(40)).unwrap(),
        Answer::new(&"y".repeat(40), Case::Exact).unwrap(),
    );
    let one = bench.gate.sites().get("one").unwrap();
    assert_eq!(bench.gate.issue(one, long).unwrap_err().code(), "too-long");
}

#[test]
fn the_same_key_always_gives_the_same_picture_and_another_key_another() {
    let bench = bench();
    let ask = || {
        Ask::custom(
            Prompt::new("same").unwrap(),
            Answer::new("same", Case::Fold).unwrap(),
        )
    };
    let (one, two) = (bench.issue("one", ask()), bench.issue("one", ask()));
    let picture = |key, scale| bench.gate.image(key, scale).unwrap().image.png;
    assert_eq!(picture(&one.key, Scale::One), picture(&one.key, Scale::One));
    assert_ne!(picture(&one.key, Scale::One), picture(&one.key, Scale::Two));
    assert_ne!(picture(&one.key, Scale::One), picture(&two.key, Scale::One));
}

#[tokio::test]
async fn a_rotated_secret_still_opens_what_it_sealed() {
    let clock = clock();
    let gate = |letters: &[&str]| {
        Gate::new(
            &secrets(letters),
            Sites::new(vec![site("one")]).unwrap(),
            MemoryStore::new(100, clock.clone()),
            clock.clone(),
            Arc::new(OsEntropy),
        )
    };
    let (old, both, new) = (gate(&["a"]), gate(&["b", "a"]), gate(&["b"]));
    let issued = old
        .issue(old.sites().get("one").unwrap(), Ask::any())
        .unwrap();
    assert!(both.image(&issued.key, Scale::One).is_ok());
    assert_eq!(
        new.image(&issued.key, Scale::One).unwrap_err().code(),
        "unknown-key"
    );
    let answer = both
        .inspect(&issued.key)
        .unwrap()
        .challenge
        .answer()
        .as_str()
        .to_owned();
    let solved = both
        .answer(&issued.key, Attempt::new(&answer))
        .await
        .unwrap();
    let verified = new.verify(&secret_key("one"), &solved.token, None).await;
    assert!(matches!(verified, Verification::Passed(_)));
}

struct Broken;

impl Store for Broken {
    async fn claim(&self, _: SpentId, _: Duration) -> Result<Claim, StoreError> {
        Err(StoreError::Unavailable("gone".into()))
    }

    async fn is_spent(&self, _: SpentId) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable("gone".into()))
    }

    async fn step(&self, _: RateKey, _: Quota) -> Result<Rate, StoreError> {
        Err(StoreError::Unavailable("gone".into()))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("gone".into()))
    }
}

#[tokio::test]
async fn without_its_store_a_gate_lets_nobody_through() {
    let clock = clock();
    let gate = Gate::new(
        &secrets(&["a"]),
        Sites::new(vec![site("one")]).unwrap(),
        Broken,
        clock.clone(),
        Arc::new(OsEntropy),
    );
    let bench = Bench {
        gate: Arc::new(gate),
        clock,
    };
    let issued = bench.issue("one", Ask::any());
    let answer = bench.read(&issued.key);
    let refused = bench.gate.answer(&issued.key, Attempt::new(&answer)).await;
    assert_eq!(refused.unwrap_err().code(), "store-unavailable");
}

#[tokio::test]
async fn a_full_store_refuses_and_forgets_nothing() {
    let clock = clock();
    let gate = Gate::new(
        &secrets(&["a"]),
        Sites::new(vec![site("one")]).unwrap(),
        MemoryStore::new(1, clock.clone()),
        clock.clone(),
        Arc::new(OsEntropy),
    );
    let bench = Bench {
        gate: Arc::new(gate),
        clock,
    };
    let (one, two) = (
        bench.issue("one", Ask::any()),
        bench.issue("one", Ask::any()),
    );
    bench
        .gate
        .answer(&one.key, Attempt::new(&bench.read(&one.key)))
        .await
        .unwrap();
    let full = bench
        .gate
        .answer(&two.key, Attempt::new(&bench.read(&two.key)))
        .await;
    assert_eq!(full.unwrap_err().code(), "store-unavailable");
    let again = bench
        .gate
        .answer(&one.key, Attempt::new(&bench.read(&one.key)))
        .await;
    assert_eq!(again.unwrap_err().code(), "spent-key");
}

struct Dry;

impl Entropy for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

#[test]
fn without_randomness_nothing_is_issued() {
    let clock = clock();
    let gate = Gate::new(
        &secrets(&["a"]),
        Sites::new(vec![site("one")]).unwrap(),
        MemoryStore::new(1, clock.clone()),
        clock,
        Arc::new(Dry),
    );
    let refused = gate.issue(gate.sites().get("one").unwrap(), Ask::any());
    assert!(matches!(refused, Err(Refusal::NoEntropy(_))));
}

#[test]
fn malformed_keys_are_refused_whatever_they_are() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let key = issued.key.as_str();
    for bad in [
        String::new(),
        key[..199].to_owned(),
        format!("{key}A"),
        "é".repeat(100),
        "\0".repeat(200),
    ] {
        assert!(
            bad.parse::<ChallengeKey>().is_err()
                || bench.gate.inspect(&bad.parse().unwrap()).is_err()
        );
    }
    let foreign = format!("B{}", &key[1..]).parse().unwrap();
    assert_eq!(
        bench.gate.image(&foreign, Scale::One).unwrap_err().code(),
        "unknown-key"
    );
}

#[test]
fn demo_keys_follow_from_the_secret_and_tell_nothing_of_it() {
    let (site_key, secret_key) = Site::demo_keys(&secrets(&["a"])).unwrap();
    let (same, _) = Site::demo_keys(&secrets(&["a", "b"])).unwrap();
    let (other, _) = Site::demo_keys(&secrets(&["b"])).unwrap();
    assert_eq!(site_key, same);
    assert_ne!(site_key, other);
    assert!(!secret_key.expose().contains(secret("a").expose()));
}

#[test]
fn a_secrets_own_keys_are_no_other_keys() {
    let (site_key, secret_key) = Site::own_keys(&secret("a")).unwrap();
    let (same, same_secret) = Site::own_keys(&secret("a")).unwrap();
    let (other, _) = Site::own_keys(&secret("b")).unwrap();
    let (demo, demo_secret) = Site::demo_keys(&secrets(&["a"])).unwrap();
    assert_eq!(site_key, same);
    assert_eq!(secret_key.expose(), same_secret.expose());
    assert!(site_key != other && site_key != demo);
    assert_ne!(secret_key.expose(), demo_secret.expose());
}

#[test]
fn sites_that_cannot_be_told_apart_are_refused() {
    assert!(Sites::new(vec![site("one"), site("one")]).is_err());
    assert!(site("one").with_kinds(Vec::new()).is_err());
    assert!(
        site("one")
            .with_kinds(vec![Kind::Math, Kind::Math])
            .is_err()
    );
    assert!(site("one").with_ttls(Duration::ZERO, MINUTE).is_err());
}

#[test]
fn a_kind_whose_challenges_would_not_fit_into_a_key_is_refused() {
    let with_length = |length| {
        let mut options = KindOptions::default();
        options.unicode.length = length;
        let generators = Generators::new(&options, &Fonts::embedded()).unwrap();
        let site = Site::new(
            "one".parse().unwrap(),
            secret_key("one"),
            Arc::new(generators),
            Arc::new(Style::hard()),
        );
        Sites::new(vec![site.with_kinds(vec![Kind::Unicode]).unwrap()])
    };
    assert!(with_length(21).is_ok());
    let refused = with_length(22).unwrap_err();
    assert!(matches!(
        refused,
        Error::TooLong {
            bytes: 44,
            room: 43,
            ..
        }
    ));
}

#[test]
fn secrets_keys_and_tokens_do_not_show_in_debug_output() {
    let bench = bench();
    let issued = bench.issue("one", Ask::any());
    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        secrets(&["a"]),
        issued,
        bench.gate.inspect(&issued.key).unwrap(),
        bench.gate
    );
    assert!(!shown.contains(&"a".repeat(43)));
    assert!(!shown.contains(issued.key.as_str()));
    assert!(!shown.contains(&bench.read(&issued.key)));
    assert!(!shown.contains("the-secret-key"));
}

fn score(reasons: &[Reason]) -> Score {
    reasons.iter().copied().collect()
}

impl Bench<MemoryStore> {
    /// A right answer of this score, to a challenge that is the second one or not.
    async fn right(&self, ask: Ask, reasons: &[Reason]) -> Result<Solved, Refusal> {
        let issued = self.issue("scored", ask);
        let read = self.read(&issued.key);
        let attempt = Attempt::new(&read).with_score(Some(score(reasons)));
        self.gate.answer(&issued.key, attempt).await
    }
}

#[tokio::test]
async fn a_verification_tells_the_score_of_the_answer() {
    let bench = bench();
    for reasons in [&[][..], &[Reason::NoSignals], &[Reason::Instant]] {
        let solved = bench.right(Ask::any(), reasons).await.unwrap();
        let secret = secret_key("scored");
        match bench.gate.verify(&secret, &solved.token, None).await {
            Verification::Passed(passed) => assert_eq!(passed.score, Some(score(reasons))),
            Verification::Refused(refusal) => panic!("{refusal}"),
        }
    }
    let solved = bench.solve("two", None).await;
    match bench
        .gate
        .verify(&secret_key("two"), &solved.token, None)
        .await
    {
        Verification::Passed(passed) => assert_eq!(passed.score, None),
        Verification::Refused(refusal) => panic!("{refusal}"),
    }
}

#[tokio::test]
async fn a_site_asks_once_more_or_refuses_below_a_score_and_else_nobody_does() {
    let bench = bench();
    let (low, lower) = (
        [Reason::Automated],
        [Reason::Automated, Reason::Implausible],
    );
    assert!(matches!(
        bench.right(Ask::any(), &low).await,
        Err(Refusal::AnotherChallenge)
    ));
    assert!(bench.right(Ask::any().as_second(), &low).await.is_ok());
    for ask in [Ask::any(), Ask::any().as_second()] {
        assert!(matches!(
            bench.right(ask, &lower).await,
            Err(Refusal::LowScore)
        ));
    }
    let issued = bench.issue("scored", Ask::any().as_second());
    assert!(bench.gate.inspect(&issued.key).unwrap().is_second);
    let wrong = Attempt::new("no").with_score(Some(Score::default()));
    let wrong = bench.gate.answer(&issued.key, wrong).await;
    assert!(matches!(wrong, Err(Refusal::WrongAnswer)));

    let issued = bench.issue("one", Ask::any());
    let read = bench.read(&issued.key);
    let attempt = Attempt::new(&read).with_score(Some(score(&Reason::ALL)));
    assert!(bench.gate.answer(&issued.key, attempt).await.is_ok());
}

#[test]
fn a_second_challenge_is_of_a_kind_that_the_site_asks() {
    let rules = ScoreRules {
        second_kind: Some(Kind::Words),
        ..ScoreRules::default()
    };
    assert!(matches!(
        Sites::new(vec![site("one").with_scores(rules)]),
        Err(Error::SecondKind { .. })
    ));
    let kinds = vec![Kind::Chars, Kind::Words];
    let asks = site("one").with_scores(rules).with_kinds(kinds).unwrap();
    assert!(Sites::new(vec![asks]).is_ok());
}
