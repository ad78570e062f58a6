//! Whatever is asked and answered, a challenge survives its key, and one answer decides.

use std::sync::LazyLock;
use std::time::Duration;

use cattlegrid::Attempt;
use cattlegrid::challenge::{Answer, Case, Prompt};

use super::gate::{Fuzzed, runtime};

static GATE: LazyLock<Fuzzed> = LazyLock::new(Fuzzed::new);

/// Three lines: a prompt, its answer, and what is answered.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(3, '\n');
    let (Some(prompt), Some(answer), Some(given)) = (lines.next(), lines.next(), lines.next())
    else {
        return;
    };
    for case in [Case::Fold, Case::Exact] {
        if let (Ok(prompt), Ok(answer)) = (Prompt::new(prompt), Answer::new(answer, case)) {
            check_round(prompt, answer, given);
        }
    }
}

fn check_round(prompt: Prompt, answer: Answer, given: &str) {
    let gate = &GATE.gate;
    // Why: so that what is spent here expires, and the store never fills up.
    GATE.clock.advance(Duration::from_secs(1));
    assert!(answer.matches(answer.as_str()));
    let matches = answer.matches(given);
    let (shown, right) = (prompt.as_str().to_owned(), answer.as_str().to_owned());
    let Some(key) = GATE.issue(prompt, answer) else {
        return;
    };

    let inside = gate.inspect(&key).unwrap().challenge;
    assert_eq!(inside.prompt().as_str(), shown);
    assert_eq!(inside.answer().as_str(), right);

    let runtime = runtime();
    match runtime.block_on(gate.answer(&key, Attempt::new(given))) {
        Ok(_) => assert!(matches, "a wrong answer earned a token"),
        Err(refusal) => {
            assert!(!matches, "a right answer was refused");
            assert_eq!(refusal.code(), "wrong-answer");
        }
    }
    let again = runtime.block_on(gate.answer(&key, Attempt::new(&right)));
    assert_eq!(again.unwrap_err().code(), "spent-key");
}
