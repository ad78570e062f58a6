use std::fmt;

use icu_casemap::CaseMapper;
use subtle::{Choice, ConstantTimeEq};
use unicode_normalization::UnicodeNormalization;

use crate::ChallengeError;
use crate::prompt::is_short_visible_text;

/// Whether upper and lower case count as the same in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Case {
    /// `a` and `A` are the same, as are `ß` and `SS`.
    #[default]
    Fold,
    /// `a` and `A` differ.
    Exact,
}

/// What the person has to give: 1 to [`Answer::MAX_CHARS`] characters.
///
/// Given answers are judged by [`Answer::matches`]. `Debug` does not show the text, and there is deliberately no
/// `PartialEq`: compare with `matches`.
#[derive(Clone)]
pub struct Answer {
    text: String,
    case: Case,
    canonical: Canonical,
}

impl Answer {
    /// The most characters that an answer has.
    pub const MAX_CHARS: usize = 64;

    /// The most bytes of UTF-8 that a given answer can have and still match; longer ones are refused unread.
    pub const MAX_GIVEN_BYTES: usize = 1024;

    /// An answer of the text, which is trimmed.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Answer`] if the text is blank, longer than [`Answer::MAX_CHARS`], has control characters,
    /// or grows past 256 bytes when it is normalised (only a few rare ligatures do).
    pub fn new(text: &str, case: Case) -> Result<Self, ChallengeError> {
        let text = text.trim();
        if !is_short_visible_text(text, Self::MAX_CHARS) {
            return Err(ChallengeError::Answer);
        }
        let canonical = Canonical::of(text, case).ok_or(ChallengeError::Answer)?;
        Ok(Self {
            text: text.to_owned(),
            case,
            canonical,
        })
    }

    /// The text as it was given, trimmed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether case counts.
    pub fn case(&self) -> Case {
        self.case
    }

    /// Whether the given text is this answer.
    ///
    /// Both are trimmed and brought to Unicode NFKC (UAX #15), so full-width and half-width forms are the same; with
    /// [`Case::Fold`] they are compared as in the Unicode Standard's compatibility caseless match (section 3.13, D146), and a minus sign
    /// is a hyphen.
    /// The time taken depends on the given text alone, never on where it differs from the answer.
    pub fn matches(&self, given: &str) -> bool {
        if given.len() > Self::MAX_GIVEN_BYTES {
            return false;
        }
        match Canonical::of(given, self.case) {
            Some(given) => given.ct_eq(&self.canonical).into(),
            None => false,
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("case", &self.case)
            .finish_non_exhaustive()
    }
}

/// A normalised text, padded to one size so that comparing two takes the same time whatever they hold.
#[derive(Clone)]
struct Canonical {
    bytes: [u8; Self::MAX_BYTES],
    length: u64,
}

impl Canonical {
    const MAX_BYTES: usize = 256;

    fn of(text: &str, case: Case) -> Option<Self> {
        let text = match case {
            Case::Fold => fold(text),
            Case::Exact => text.nfkc().collect(),
        };
        let text = text.trim().as_bytes();
        let mut bytes = [0; Self::MAX_BYTES];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self {
            bytes,
            length: text.len() as u64,
        })
    }
}

impl ConstantTimeEq for Canonical {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.bytes.ct_eq(&other.bytes) & self.length.ct_eq(&other.length)
    }
}

// Why: folding can undo normalisation and normalisation can bring capitals back, so one pass of each is not enough;
// this is the order that D146 gives.
fn fold(text: &str) -> String {
    let mapper = CaseMapper::new();
    let canonical: String = text.nfd().collect();
    let compatible: String = mapper.fold_string(&canonical).nfkd().collect();
    let folded = mapper.fold_string(&compatible);
    // Why: sums show a minus sign, and keyboards have a hyphen.
    folded
        .nfkc()
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::new(text, Case::Fold).unwrap()
    }

    #[test]
    fn form_and_case_and_space_around_do_not_count() {
        for (wanted, given) in [
            ("K7PQ", "k7pq"),
            ("K7PQ", "  K7PQ\t\r\n"),
            ("K7PQ", "ｋ７ＰＱ"),
            ("K7PQ", "\u{a0}K7PQ\u{3000}"),
            ("straße", "STRASSE"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("é", "E\u{301}"),
            ("12", "１２"),
            ("ﬁn", "FIN"),
            ("Å", "\u{212b}"),
        ] {
            assert!(
                answer(wanted).matches(given),
                "{given:?} should match {wanted:?}"
            );
            assert!(
                answer(given).matches(wanted),
                "{wanted:?} should match {given:?}"
            );
        }
    }

    #[test]
    fn anything_else_counts() {
        for given in [
            "",
            " ",
            "K7P",
            "K7PQQ",
            "K7PR",
            "K7 PQ",
            "K7PQ\0",
            "\0",
            &"K7PQ".repeat(1 << 18),
        ] {
            assert!(!answer("K7PQ").matches(given), "{given:.20?}");
        }
    }

    #[test]
    fn case_counts_where_it_is_told_to() {
        let exact = Answer::new("K7pq", Case::Exact).unwrap();
        assert!(exact.matches(" Ｋ7pq "));
        assert!(!exact.matches("k7pq"));
    }

    #[test]
    fn refuses_what_nobody_could_give() {
        for text in [
            "",
            " \t",
            "a\u{7}b",
            &"x".repeat(65),
            &"\u{fdfa}".repeat(64),
        ] {
            assert_eq!(
                Answer::new(text, Case::Fold).err(),
                Some(ChallengeError::Answer),
                "{text:.20?}"
            );
        }
    }

    #[test]
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", answer("K7PQ")), "Answer { case: Fold, .. }");
    }

    proptest! {
        #[test]
        fn an_answer_matches_itself_however_it_is_written(text in "[\\PC]{1,16}", pad in "[ \t\u{a0}]{0,4}") {
            if let Ok(wanted) = Answer::new(&text, Case::Fold) {
                let given = format!("{pad}{}{pad}", text.trim());
                prop_assert!(wanted.matches(&given));
                prop_assert!(wanted.matches(&given.nfd().collect::<String>()));
                prop_assert!(wanted.matches(&given.nfkc().collect::<String>()));
                prop_assert!(wanted.matches(&fold(&given)));
            }
        }

        #[test]
        fn different_letters_never_match(a in "[A-Z0-9]{1,8}", b in "[a-z0-9]{1,8}") {
            prop_assert_eq!(answer(&a).matches(&b), a.to_lowercase() == b);
        }

        #[test]
        fn no_text_can_break_judging(given in any::<String>()) {
            prop_assert!(!answer("cattlegrid-never-given").matches(&given));
        }
    }
}
