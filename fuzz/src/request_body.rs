//! Whatever body is posted, the server answers in its protocol, and does not fail.

use super::server::{app, fresh_key, post};

const PATHS: [&str; 5] = [
    "/siteverify",
    "/api/v1/challenges",
    "/api/v1/challenges/{key}/answer",
    "/recaptcha/api/siteverify",
    "/turnstile/v0/siteverify",
];

const CONTENT_TYPES: [&str; 5] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-8",
    "text/plain",
    "multipart/form-data; boundary=x",
];

/// An input that is answered with a challenge.
pub fn genuine() -> Vec<u8> {
    let site_key = app().demo().unwrap().key().as_str();
    format!("1{{\"sitekey\": \"{site_key}\", \"kind\": \"math\", \"action\": \"sign-up\"}}").into()
}

/// Posts all of `input` but its first byte, which says where to and as what: the digit zero as the first to the first.
pub fn check(input: &[u8]) {
    let Some((&choice, body)) = input.split_first() else {
        return;
    };
    let choice = usize::from(choice.wrapping_sub(b'0'));
    let mut path = PATHS[choice % PATHS.len()].to_owned();
    if path.contains("{key}") {
        path = path.replace("{key}", &fresh_key());
    }
    let content_type = CONTENT_TYPES[choice / PATHS.len() % CONTENT_TYPES.len()];
    let (status, reply) = post(&path, content_type, body.to_vec());
    assert!(!status.is_server_error(), "{status}");
    if status.is_client_error() {
        assert!(reply["code"].is_string(), "a problem has a code");
    }
    if path.ends_with("/siteverify") {
        assert_eq!(status, 200, "whatever is wrong");
        assert_eq!(reply["success"], false, "no genuine token was posted");
    }
}
