//! Whatever answer or work is posted in another's protocol, nobody passes who should not, and the server does not fail.

use data_encoding::BASE64;
use serde_json::json;

use super::server::{app, fresh_key, post};

const PATHS: [&str; 6] = [
    "/api/captcha/verify",
    "/captcha/verify",
    "/altcha/verify",
    "/altcha/siteverify",
    "/cap/cap/redeem",
    "/cap/cap/siteverify",
];

/// A wrong answer to a challenge, which is judged.
pub fn genuine() -> Vec<u8> {
    b"0{\"captcha_key\": \"{key}\", \"captcha_value\": \"k7mwpt\"}".into()
}

/// Posts all of `input` but its first byte, which says where to and how: the digit zero as JSON to the first.
///
/// In it `{key}` stands for the key of a new challenge, and `{work}` for that of new work.
pub fn check(input: &[u8]) {
    let Some((&choice, body)) = input.split_first() else {
        return;
    };
    let choice = usize::from(choice.wrapping_sub(b'0'));
    let path = PATHS[choice % PATHS.len()];
    let body = filled(body);
    let (status, reply) = match choice / PATHS.len() % 3 {
        0 => post(path, "application/json", body),
        1 => post(path, "application/x-www-form-urlencoded", body),
        // Why: ALTCHA's payloads are JSON in base64, which chance would not find.
        _ => {
            let wrapped = json!({ "payload": BASE64.encode(&body), "code": "k7mwpt" });
            post(path, "application/json", wrapped.to_string().into())
        }
    };
    assert!(!status.is_server_error(), "{status}");
    assert!(reply.is_object(), "{reply}");
    assert_ne!(reply["success"], true, "no right answer was posted");
    assert_ne!(reply["verified"], true, "no work was posted");
    assert!(reply.get("token").is_none(), "nothing was earned");
}

fn filled(body: &[u8]) -> Vec<u8> {
    let Ok(text) = str::from_utf8(body) else {
        return body.to_vec();
    };
    let mut text = text.to_owned();
    if text.contains("{key}") {
        text = text.replacen("{key}", &fresh_key(), 1);
    }
    if text.contains("{work}") {
        let site = app().gate().sites().get("cap").unwrap();
        let work = app().gate().set_work(site, None).unwrap();
        text = text.replacen("{work}", work.key.as_str(), 1);
    }
    text.into_bytes()
}
