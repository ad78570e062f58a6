//! The fuzz targets, over their corpus and a few thousand changed copies of it.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// Changed copies of each input. Each target also gets as many of the seed, whose inputs are the genuine ones.
const CHANGES: usize = 200;

/// What parsers stumble over.
const SPLINTERS: [&[u8]; 12] = [
    b"",
    b"\0",
    b"\xff",
    b"\xc0\x80",
    b"\"",
    b"\\u",
    b"{",
    b"[[[[[[[[",
    b"%",
    b"&",
    b"1e999",
    b"-",
];

fn check_all(target: &str, genuine: &[u8], check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut inputs: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(!inputs.is_empty(), "the corpus is missing");
    inputs.push(genuine.to_vec());

    let mut rng = ChaCha20Rng::seed_from_u64(0);
    for input in &inputs {
        check(input);
        for _ in 0..CHANGES {
            let mut changed = input.clone();
            for _ in 0..=below(&mut rng, 3) {
                let other = &inputs[below(&mut rng, inputs.len())];
                change(&mut changed, other, &mut rng);
            }
            check(&changed);
        }
    }
}

fn change(input: &mut Vec<u8>, other: &[u8], rng: &mut impl Rng) {
    let from = below(rng, input.len() + 1);
    let to = from + below(rng, input.len() - from + 1);
    let new = match below(rng, 6) {
        0 => Vec::new(),
        1 => input[from..to].repeat(2),
        2 => SPLINTERS[below(rng, SPLINTERS.len())].to_vec(),
        3 => other[below(rng, other.len() + 1)..].to_vec(),
        // Why so often: a single changed byte is what a seal must notice.
        _ => {
            let one = from..(from + 1).min(input.len());
            let byte = rng.next_u32() as u8;
            input.splice(one.clone(), one.map(|_| byte)).for_each(drop);
            return;
        }
    };
    input.splice(from..to, new).for_each(drop);
}

fn below(rng: &mut impl Rng, bound: usize) -> usize {
    rng.next_u32() as usize % bound
}

#[test]
fn keys() {
    check_all(
        "open_key",
        &targets::open_key::genuine(),
        targets::open_key::check,
    );
}

#[test]
fn tokens() {
    check_all(
        "open_token",
        &targets::open_token::genuine(),
        targets::open_token::check,
    );
}

#[test]
fn answers() {
    check_all("answer", b"k7mwpt\nk7mwpt\nk7mwpt", targets::answer::check);
}

#[test]
fn request_bodies() {
    check_all(
        "request_body",
        &targets::request_body::genuine(),
        targets::request_body::check,
    );
}

#[test]
fn dialects_bodies() {
    check_all(
        "dialect_body",
        &targets::dialect_body::genuine(),
        targets::dialect_body::check,
    );
}

#[test]
fn fields_of_forms() {
    check_all(
        "form_fields",
        b"0name=Ada&name=%41+da",
        targets::form_fields::check,
    );
}

#[test]
fn forwarding_headers() {
    check_all("forwarded", b"for=198.51.100.7", targets::forwarded::check);
}

#[test]
fn answers_of_memcached() {
    check_all("memcached", b"STORED\r\n", targets::memcached::check);
}

#[test]
fn replies_of_providers() {
    check_all(
        "provider_reply",
        &targets::provider_reply::genuine(),
        targets::provider_reply::check,
    );
}
