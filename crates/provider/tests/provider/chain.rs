//! Several providers, of which one is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cattlegrid_provider::provider::Statement;
use cattlegrid_provider::store::SystemClock;
use cattlegrid_provider::store::memory::MemoryStore;
use cattlegrid_provider::{Chain, Error, Expected, Verifier, Verify, Visit, WhenDown};

use crate::stand_in::{StandIn, codes, memory, passed, patient, status, verifier_with};

/// A provider that can be switched off.
struct Switched {
    provider: StandIn,
    up: Arc<AtomicBool>,
}

impl Switched {
    async fn saying(reply: &'static str) -> Self {
        let up = Arc::new(AtomicBool::new(true));
        let is_up = Arc::clone(&up);
        let provider = StandIn::answering(move || {
            let code = if is_up.load(Ordering::SeqCst) {
                200
            } else {
                503
            };
            status(code, reply)
        })
        .await;
        Self { provider, up }
    }

    async fn lenient() -> Self {
        Self::saying(r#"{"success": true}"#).await
    }

    fn verifier(&self, name: &str, store: &Arc<MemoryStore>) -> Arc<Verifier<Arc<MemoryStore>>> {
        let settings = patient(Expected::default());
        let endpoint = &self.provider.endpoint;
        Arc::new(verifier_with(name, endpoint, Arc::clone(store), settings))
    }

    fn go_down(&self) {
        self.up.store(false, Ordering::SeqCst);
    }

    /// Whether it was asked about this token.
    fn saw(&self, token: &str) -> bool {
        let asked = self.provider.questions();
        asked.iter().any(|asked| asked.body.contains(token))
    }
}

/// Turnstile, and hCaptcha for when it is down.
async fn two() -> (Switched, Switched, Chain) {
    let (first, second) = (Switched::lenient().await, Switched::lenient().await);
    let store = Arc::new(memory());
    let chain =
        Chain::new(first.verifier("turnstile", &store)).or(second.verifier("hcaptcha", &store));
    (first, second, chain)
}

fn of_turnstile() -> Visit {
    Visit::new().in_field("cf-turnstile-response")
}

fn of_hcaptcha() -> Visit {
    Visit::new().in_field("h-captcha-response")
}

#[tokio::test]
async fn a_token_goes_to_its_own_provider_and_to_no_other() {
    let (first, second, chain) = two().await;
    assert_eq!(
        chain.fields(),
        ["cf-turnstile-response", "h-captcha-response"]
    );
    let verification = chain.verify("token-one", of_turnstile()).await.unwrap();
    assert_eq!(passed(verification).provider(), "turnstile");
    let verification = chain.verify("token-two", Visit::new()).await.unwrap();
    assert_eq!(passed(verification).provider(), "turnstile");
    assert!(first.saw("token-one") && first.saw("token-two"));
    first.go_down();
    let error = chain.verify("token-three", of_turnstile()).await;
    assert!(matches!(error, Err(Error::Unreachable { .. })));
    assert!(second.provider.questions().is_empty());
    let elsewhere = Visit::new().in_field("g-recaptcha-response");
    let verification = chain.verify("token-four", elsewhere).await.unwrap();
    assert_eq!(codes(&verification), ["missing-input-response"]);
}

#[tokio::test]
async fn the_next_counts_while_the_first_is_down() {
    let (first, second, chain) = two().await;
    assert_eq!(chain.current_field().await, "cf-turnstile-response");
    let early = chain.verify("early", of_hcaptcha()).await.unwrap();
    assert_eq!(codes(&early), ["unexpected-provider"]);
    assert!(!second.saw("early"));

    first.go_down();
    assert!(chain.verify("unlucky", of_turnstile()).await.is_err());
    assert_eq!(chain.current_field().await, "h-captcha-response");
    let verification = chain.verify("next", of_hcaptcha()).await.unwrap();
    assert_eq!(passed(verification).provider(), "hcaptcha");
    assert!(!first.saw("next"));
    let again = chain.verify("next", of_hcaptcha()).await.unwrap();
    assert_eq!(codes(&again), ["already-seen-response"]);

    first.up.store(true, Ordering::SeqCst);
    assert_eq!(chain.current_field().await, "cf-turnstile-response");
    let late = chain.verify("late", of_hcaptcha()).await.unwrap();
    assert_eq!(codes(&late), ["unexpected-provider"]);
    assert!(!second.saw("late"));
}

#[tokio::test]
async fn a_process_that_has_not_heard_of_the_outage_finds_out() {
    let (first, _second, chain) = two().await;
    first.go_down();
    let verification = chain.verify("next", of_hcaptcha()).await.unwrap();
    assert_eq!(passed(verification).provider(), "hcaptcha");
}

#[tokio::test]
async fn a_refusal_is_final() {
    let strict =
        Switched::saying(r#"{"success": false, "error-codes": ["timeout-or-duplicate"]}"#).await;
    let broken = Switched::saying("<html>").await;
    let lenient = Switched::lenient().await;
    let store = Arc::new(memory());
    let chain = Chain::new(strict.verifier("recaptcha_v2", &store))
        .or(lenient.verifier("recaptcha_v2", &store));
    let verification = chain.verify("token", Visit::new()).await.unwrap();
    assert_eq!(codes(&verification), ["timeout-or-duplicate"]);
    let chain = Chain::new(broken.verifier("recaptcha_v2", &store))
        .or(lenient.verifier("recaptcha_v2", &store));
    let error = chain.verify("token", Visit::new()).await.unwrap_err();
    assert_eq!(error.code(), "provider-broken");
    assert!(lenient.provider.questions().is_empty());
}

#[tokio::test]
async fn one_provider_at_two_addresses_is_asked_at_the_next() {
    let (first, second) = (Switched::lenient().await, Switched::lenient().await);
    let store = Arc::new(memory());
    let chain = Chain::new(first.verifier("recaptcha_v2", &store))
        .or(second.verifier("recaptcha_v2", &store));
    assert_eq!(chain.fields(), ["g-recaptcha-response"]);
    first.go_down();
    passed(chain.verify("token", Visit::new()).await.unwrap());
    assert!(second.saw("token"));
    let again = chain.verify("token", Visit::new()).await.unwrap();
    assert_eq!(codes(&again), ["already-seen-response"]);
}

#[tokio::test]
async fn a_site_may_let_visitors_through_when_all_are_down() {
    let (first, second, chain) = two().await;
    let chain = chain.when_down(WhenDown::LetThrough);
    first.go_down();
    // Why: the other could be asked, so the page is to show that one's widget.
    assert!(chain.verify("token", of_turnstile()).await.is_err());
    second.go_down();
    let other = passed(chain.verify("token", of_hcaptcha()).await.unwrap());
    assert_eq!((other.decided(), other.provider()), (false, "hcaptcha"));
    let let_through = passed(chain.verify("token", of_turnstile()).await.unwrap());
    assert_eq!(
        (let_through.decided(), let_through.provider()),
        (false, "turnstile")
    );
    let again = chain.verify("token", of_turnstile()).await.unwrap();
    assert_eq!(codes(&again), ["already-seen-response"]);
    let empty = chain.verify("", of_hcaptcha()).await.unwrap();
    assert_eq!(codes(&empty), ["missing-input-response"]);
}

#[tokio::test]
async fn by_default_nobody_is_let_through_when_all_are_down() {
    let (first, second, chain) = two().await;
    first.go_down();
    second.go_down();
    assert!(!chain.reachable().await);
    assert_eq!(chain.current_field().await, "cf-turnstile-response");
    for visit in [of_turnstile(), of_hcaptcha()] {
        let error = chain.verify("token", visit).await.unwrap_err();
        assert_eq!(error.code(), "provider-unreachable");
    }
}

#[tokio::test]
async fn a_store_that_cannot_decide_lets_nobody_through_even_then() {
    let first = Switched::lenient().await;
    let full = Arc::new(MemoryStore::new(1, Arc::new(SystemClock::new())));
    let chain = Chain::new(first.verifier("turnstile", &full)).when_down(WhenDown::LetThrough);
    passed(chain.verify("one", Visit::new()).await.unwrap());
    first.go_down();
    let error = chain.verify("two", Visit::new()).await.unwrap_err();
    assert_eq!(error.code(), "store-unavailable");
}

#[tokio::test]
async fn a_fake_does_as_it_is_told() {
    use cattlegrid_provider::fake::{Fake, Verdict};
    for (verdict, code) in [
        (Verdict::Unreachable, "provider-unreachable"),
        (Verdict::Broken, "provider-broken"),
        (Verdict::StoreUnavailable, "store-unavailable"),
    ] {
        let fake = Fake::always(verdict);
        let error = fake.verify("token", Visit::new()).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(fake.reachable().await, code != "provider-unreachable");
    }
    let refusing = Fake::refusing("a-code");
    let verification = refusing.verify("token", Visit::new()).await.unwrap();
    assert_eq!(codes(&verification), ["a-code"]);
    let empty = refusing.verify("", Visit::new()).await.unwrap();
    assert_eq!(codes(&empty), ["missing-input-response"]);

    let known = Statement {
        hostname: Some("example.org".to_owned()),
        ..Statement::default()
    };
    let fake = Fake::always(Verdict::Pass(known));
    let visit = Visit::new().in_field("captcha-response");
    let first = passed(fake.verify("token", visit.clone()).await.unwrap());
    assert_eq!(
        (first.hostname(), first.decided()),
        (Some("example.org"), true)
    );
    let again = fake.verify("token", visit.clone()).await.unwrap();
    assert_eq!(codes(&again), ["already-seen-response"]);
    assert!(fake.claim("token", visit.clone()).await.unwrap().is_err());
    assert_eq!(fake.asked()[0].visit, visit);
    assert_eq!(fake.asked()[0].token, "token");
}
