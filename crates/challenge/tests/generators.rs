//! What is asked, and that it can be answered.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use cattlegrid_challenge::image::{Font, Fonts};
use cattlegrid_challenge::{
    Case, Challenge, ChallengeError, CharsOptions, Generators, Kind, KindOptions, MathOptions,
    Operator, UnicodeOptions, WordsOptions,
};
use chacha20::ChaCha8Rng;
use rand_core::SeedableRng;

fn generate(options: &KindOptions, kind: Kind, count: usize) -> Vec<Challenge> {
    let generators = Generators::new(options, &Fonts::embedded()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    (0..count)
        .map(|_| generators.generate(kind, &mut rng).unwrap())
        .collect()
}

fn sums(math: MathOptions, count: usize) -> Vec<Challenge> {
    let options = KindOptions {
        math,
        ..KindOptions::default()
    };
    generate(&options, Kind::Math, count)
}

fn refused(options: &KindOptions) -> (&'static str, ChallengeError) {
    let error = Generators::new(options, &Fonts::embedded()).unwrap_err();
    let (ChallengeError::Option { field, .. } | ChallengeError::NotCovered { field, .. }) = error
    else {
        panic!("{error}")
    };
    (field, error)
}

#[test]
fn every_kind_is_answered_by_what_it_asks_for() {
    for kind in Kind::GENERATED {
        for challenge in generate(&KindOptions::default(), kind, 200) {
            assert_eq!(challenge.kind(), kind);
            let answer = challenge.answer().as_str().to_owned();
            assert!(
                challenge
                    .answer()
                    .matches(&format!(" {} ", answer.to_lowercase()))
            );
            assert!(!challenge.answer().matches(&format!("{answer}x")));
            if kind != Kind::Math {
                assert_eq!(challenge.prompt().as_str(), answer);
            }
        }
    }
}

#[test]
fn characters_come_from_the_whole_alphabet_about_equally_often() {
    let alphabet = CharsOptions::default().alphabet;
    assert!(alphabet.chars().count() >= 24);
    let mut counts = BTreeMap::new();
    let challenges = generate(&KindOptions::default(), Kind::Chars, 4000);
    for challenge in &challenges {
        assert_eq!(challenge.prompt().as_str().chars().count(), 6);
        for character in challenge.prompt().as_str().chars() {
            *counts.entry(character).or_insert(0) += 1;
        }
    }
    assert_eq!(
        counts.keys().collect::<String>(),
        alphabet
            .chars()
            .collect::<BTreeSet<_>>()
            .iter()
            .collect::<String>()
    );
    assert!(
        counts.values().all(|&count| (850..1150).contains(&count)),
        "{counts:?}"
    );
    let different: BTreeSet<_> = challenges
        .iter()
        .map(|challenge| challenge.prompt().as_str())
        .collect();
    assert!(different.len() > 3990);
}

#[test]
fn length_alphabet_and_case_are_those_of_the_options() {
    let chars = CharsOptions {
        length: 9,
        alphabet: "abAB".to_owned(),
        case_sensitive: true,
    };
    for challenge in generate(
        &KindOptions {
            chars,
            ..KindOptions::default()
        },
        Kind::Chars,
        50,
    ) {
        let text = challenge.prompt().as_str();
        assert!(text.len() == 9 && text.chars().all(|c| "abAB".contains(c)));
        assert_eq!(challenge.answer().case(), Case::Exact);
        assert!(challenge.answer().matches(text));
        assert!(!challenge.answer().matches(&text.to_uppercase()) || text == text.to_uppercase());
    }
}

#[test]
fn sums_come_out_right() {
    let mut signs = BTreeSet::new();
    for challenge in generate(&KindOptions::default(), Kind::Math, 2000) {
        let parts: Vec<&str> = challenge.prompt().as_str().split(' ').collect();
        let [a, sign, b, "="] = parts[..] else {
            panic!("{parts:?}")
        };
        let (a, b): (i64, i64) = (a.parse().unwrap(), b.parse().unwrap());
        assert!((1..=10).contains(&a) && (1..=10).contains(&b));
        let result = match sign {
            "+" => a + b,
            "−" => a - b,
            "×" => a * b,
            _ => panic!("{sign}"),
        };
        assert!(result >= 0);
        assert!(challenge.answer().matches(&result.to_string()));
        assert!(!challenge.answer().matches(&(result + 1).to_string()));
        signs.insert(sign.to_owned());
    }
    assert_eq!(signs.len(), 3);
}

#[test]
fn sums_look_as_they_are_told_to() {
    let math = MathOptions {
        max: 3,
        operators: vec![Operator::Subtract],
        negative: true,
        minus: '-',
        equals: None,
        ..MathOptions::default()
    };
    let challenges = sums(math, 200);
    assert!(
        challenges
            .iter()
            .any(|challenge| challenge.prompt().as_str() == "1 - 3")
    );
    assert!(
        challenges
            .iter()
            .any(|challenge| challenge.answer().matches("-2"))
    );
}

#[test]
fn a_minus_sign_may_be_typed_as_it_is_shown_or_as_a_hyphen() {
    let math = MathOptions {
        max: 2,
        operators: vec![Operator::Subtract],
        negative: true,
        ..MathOptions::default()
    };
    let challenges = sums(math, 100);
    let negative = challenges
        .iter()
        .find(|challenge| challenge.prompt().as_str() == "1 − 2 =")
        .unwrap();
    assert!(negative.answer().matches("-1"));
    assert!(negative.answer().matches("−1"));
}

#[test]
fn words_are_of_the_lengths_and_the_list() {
    for challenge in generate(&KindOptions::default(), Kind::Words, 500) {
        assert!((4..=8).contains(&challenge.prompt().as_str().chars().count()));
    }
    let words = WordsOptions {
        list: Some(
            ["été", " Straße ", "no", "supercalifragilistic", "ключ"]
                .map(str::to_owned)
                .to_vec(),
        ),
        min_length: 3,
        max_length: 6,
    };
    let challenges = generate(
        &KindOptions {
            words,
            ..KindOptions::default()
        },
        Kind::Words,
        100,
    );
    let met: BTreeSet<_> = challenges
        .iter()
        .map(|challenge| challenge.prompt().as_str())
        .collect();
    assert_eq!(met, BTreeSet::from(["été", "Straße", "ключ"]));
    assert!(
        challenges
            .iter()
            .filter(|c| c.prompt().as_str() == "Straße")
            .all(|c| c.answer().matches("STRASSE"))
    );
}

#[test]
fn any_alphabet_that_the_fonts_cover_can_be_asked() {
    let unicode = UnicodeOptions {
        alphabet: "ΓΔΘΛΞΠΣΦΨΩ".to_owned(),
        length: 4,
    };
    for challenge in generate(
        &KindOptions {
            unicode,
            ..KindOptions::default()
        },
        Kind::Unicode,
        50,
    ) {
        assert_eq!(challenge.prompt().as_str().chars().count(), 4);
        assert!(
            challenge
                .answer()
                .matches(&challenge.prompt().as_str().to_lowercase())
        );
    }
}

#[test]
fn a_character_that_no_font_has_is_refused_at_the_start() {
    let unicode = UnicodeOptions {
        alphabet: "жд字".to_owned(),
        length: 4,
    };
    let (field, error) = refused(&KindOptions {
        unicode,
        ..KindOptions::default()
    });
    assert_eq!(field, "unicode.alphabet");
    assert!(
        error.to_string().contains("字") && error.to_string().contains("U+5B57"),
        "{error}"
    );
}

#[test]
fn fonts_need_not_cover_kinds_that_are_never_asked() {
    let fonts = Fonts::new(vec![Font::parse(font_test_data::NOTO_SANS_JP_CFF).unwrap()]).unwrap();
    assert!(Generators::new(&KindOptions::default(), &fonts).is_err());
    let none = Generators::for_kinds(&[Kind::Custom], &KindOptions::default(), &fonts).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for kind in Kind::ALL {
        assert_eq!(
            none.generate(kind, &mut rng).err(),
            Some(ChallengeError::NotGenerated(kind))
        );
    }
}

#[test]
fn options_out_of_bounds_are_refused_by_name() {
    let base = KindOptions::default;
    let chars = |length: usize, alphabet: &str| KindOptions {
        chars: CharsOptions {
            length,
            alphabet: alphabet.to_owned(),
            case_sensitive: false,
        },
        ..base()
    };
    let math = |math| KindOptions { math, ..base() };
    let words = |list: &[&str], min_length, max_length| KindOptions {
        words: WordsOptions {
            list: Some(list.iter().map(|&word| word.to_owned()).collect()),
            min_length,
            max_length,
        },
        ..base()
    };
    for (name, options) in [
        ("chars.length", chars(0, "ABC")),
        ("chars.length", chars(33, "ABC")),
        ("chars.alphabet", chars(6, "")),
        ("chars.alphabet", chars(6, "A")),
        ("chars.alphabet", chars(6, "ABA")),
        ("chars.alphabet", chars(6, "AB ")),
        ("chars.alphabet", chars(6, "AB\n")),
        ("chars.alphabet", chars(6, &"AB".repeat(1 << 20))),
        (
            "math.max",
            math(MathOptions {
                max: 0,
                ..MathOptions::default()
            }),
        ),
        (
            "math.max",
            math(MathOptions {
                max: 1000,
                ..MathOptions::default()
            }),
        ),
        (
            "math.operators",
            math(MathOptions {
                operators: Vec::new(),
                ..MathOptions::default()
            }),
        ),
        (
            "math.plus",
            math(MathOptions {
                plus: '1',
                ..MathOptions::default()
            }),
        ),
        (
            "math.times",
            math(MathOptions {
                times: ' ',
                ..MathOptions::default()
            }),
        ),
        (
            "math.equals",
            math(MathOptions {
                equals: Some('\n'),
                ..MathOptions::default()
            }),
        ),
        ("words.min_length", words(&["ab", "cd"], 0, 8)),
        ("words.max_length", words(&["ab", "cd"], 4, 3)),
        ("words.max_length", words(&["ab", "cd"], 4, 99)),
        ("words.list", words(&[], 2, 8)),
        ("words.list", words(&["same", "same"], 2, 8)),
        ("words.list", words(&["ab", "c\u{7}d"], 2, 8)),
        ("words.list", words(&["ab", "字字"], 2, 8)),
    ] {
        assert_eq!(refused(&options).0, name);
    }
}
