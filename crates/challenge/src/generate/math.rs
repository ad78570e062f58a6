use rand_core::Rng;

use super::{Question, check_covered};
use crate::image::Fonts;
use crate::random::{below, pick};
use crate::{Case, ChallengeError};

/// What a sum does with its two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Operator {
    /// Adds them.
    Add,
    /// Takes the second from the first.
    Subtract,
    /// Multiplies them.
    Multiply,
}

/// How [`Kind::Math`](crate::Kind::Math) is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct MathOptions {
    /// The largest number in a sum, 1 to 999, by default 10. Numbers start at 1.
    pub max: u32,
    /// Which operators, each as likely as the others; by default all three.
    pub operators: Vec<Operator>,
    /// Whether a difference may be below zero; by default the larger number comes first.
    pub negative: bool,
    /// How plus looks: one character, by default `+`.
    pub plus: char,
    /// How minus looks: one character, by default the minus sign `−` (U+2212).
    pub minus: char,
    /// How times looks: one character, by default `×`.
    pub times: char,
    /// What stands at the end: one character, by default `=`, or nothing.
    pub equals: Option<char>,
}

impl Default for MathOptions {
    fn default() -> Self {
        Self {
            max: 10,
            operators: vec![Operator::Add, Operator::Subtract, Operator::Multiply],
            negative: false,
            plus: '+',
            minus: '\u{2212}',
            times: '×',
            equals: Some('='),
        }
    }
}

impl MathOptions {
    pub(super) fn generator(&self, fonts: &Fonts) -> Result<MathGenerator, ChallengeError> {
        if !(1..=999).contains(&self.max) {
            return Err(ChallengeError::option("math.max", "1 to 999"));
        }
        if self.operators.is_empty() || self.operators.len() > 16 {
            return Err(ChallengeError::option(
                "math.operators",
                "a list of 1 to 16 of add, subtract and multiply",
            ));
        }
        for (field, sign) in [
            ("math.plus", Some(self.plus)),
            ("math.minus", Some(self.minus)),
            ("math.times", Some(self.times)),
            ("math.equals", self.equals),
        ] {
            if let Some(sign) = sign {
                if sign.is_control() || sign.is_whitespace() || sign.is_ascii_digit() {
                    return Err(ChallengeError::option(
                        field,
                        "one visible character that is not a digit",
                    ));
                }
                check_covered(field, sign.encode_utf8(&mut [0; 4]), fonts)?;
            }
        }
        check_covered("math.max", "0123456789", fonts)?;
        Ok(MathGenerator {
            options: self.clone(),
        })
    }
}

/// Thinks of sums.
#[derive(Debug, Clone)]
pub(super) struct MathGenerator {
    options: MathOptions,
}

impl MathGenerator {
    /// `999 × 999 =` with signs of four bytes, and `998001`.
    pub(super) const LONGEST: usize = "999".len() * 2 + 2 * 4 + 3 + "998001".len();

    pub(super) fn question(&self, rng: &mut (impl Rng + ?Sized)) -> Question {
        let MathOptions {
            max,
            ref operators,
            negative,
            plus,
            minus,
            times,
            equals,
        } = self.options;
        let mut number = || i64::from(1 + below(rng, max));
        let (mut a, mut b) = (number(), number());
        let operator = pick(rng, operators).copied().unwrap_or(Operator::Add);
        if operator == Operator::Subtract && !negative && a < b {
            (a, b) = (b, a);
        }
        let (sign, result) = match operator {
            Operator::Add => (plus, a + b),
            Operator::Subtract => (minus, a - b),
            Operator::Multiply => (times, a * b),
        };
        let mut prompt = format!("{a} {sign} {b}");
        if let Some(equals) = equals {
            prompt.extend([' ', equals]);
        }
        Question {
            prompt,
            answer: Some(result.to_string()),
            case: Case::Fold,
        }
    }
}
