//! Whatever a provider replies, and whatever a form brings as a payload that is judged here, nobody passes of whom it does
//! not say so.

use std::sync::LazyLock;

use cattlegrid_provider::provider::{Judge, NAMES, by_name};
use cattlegrid_provider::reply::{Denial, Reply};
use cattlegrid_provider::store::Timestamp;
use cattlegrid_provider::{ResponseToken, SecretKey};
use data_encoding::BASE64;

static JUDGES: LazyLock<Vec<Judge>> = LazyLock::new(|| {
    NAMES
        .iter()
        .map(|name| {
            let site_key = Some("a-site-key".parse().unwrap());
            let endpoint = "https://example.org/siteverify".parse().unwrap();
            by_name(name, Some(endpoint), site_key.clone())
                .or_else(|_| by_name(name, None, site_key))
                .unwrap()
                .judge()
        })
        .collect()
});

static SECRET_KEY: LazyLock<SecretKey> =
    LazyLock::new(|| "nobody-signs-with-this".parse().unwrap());

/// What siteverify says of somebody who passed.
pub fn genuine() -> Vec<u8> {
    br#"{"success": true, "hostname": "example.org", "score": 0.9, "action": "sign-up"}"#.into()
}

/// Has every provider read `input`.
pub fn check(input: &[u8]) {
    for judge in &*JUDGES {
        match judge {
            Judge::Remote(remote) => {
                let Ok(reply) = Reply::parse(input) else {
                    continue;
                };
                match remote.read(&reply) {
                    Ok(_) => assert!(says_so(input)),
                    Err(Denial::Refused(refused)) => {
                        assert!((1..=8).contains(&refused.codes().len()));
                    }
                    Err(Denial::Broken(_)) => {}
                }
            }
            Judge::Local(local) => {
                let Ok(token) = BASE64.encode(input).parse::<ResponseToken>() else {
                    continue;
                };
                let judged = local.judge(&SECRET_KEY, &token, Timestamp::from_millis(0));
                assert!(judged.is_err(), "nobody has signed this");
            }
        }
    }
}

/// Whether there is anything that is true.
fn says_so(input: &[u8]) -> bool {
    input.windows(4).any(|word| word == b"true")
}
