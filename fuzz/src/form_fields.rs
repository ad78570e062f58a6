//! Whatever body is sent as a form, its fields are those that others read from it, or it is refused.

use axum::body::Bytes;
use cattlegrid_guard::Problem;
use cattlegrid_guard::fields::Fields;
use serde_json::Value;

const CONTENT_TYPES: [&str; 4] = [
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=\"--x y\"",
];

const MOST: usize = 50;

/// Reads all of `input` but its first byte, which says as what: the digit zero as the first.
pub fn check(input: &[u8]) {
    let Some((&choice, body)) = input.split_first() else {
        return;
    };
    let choice = usize::from(choice.wrapping_sub(b'0')) % CONTENT_TYPES.len();
    let read = Fields::parse(CONTENT_TYPES[choice], &Bytes::copy_from_slice(body), MOST);
    if let Err(refusal) = &read {
        assert_eq!(refusal.status(), 400);
        if refusal.code() == "too-many-fields" {
            return;
        }
    }
    match choice {
        0 => as_url_encoded(read.ok().as_ref(), body),
        1 => as_json(read.ok().as_ref(), body),
        _ => {}
    }
}

/// What is read is what a lenient parser reads.
fn as_url_encoded(read: Option<&Fields>, body: &[u8]) {
    let Some(fields) = read else { return };
    let others: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap();
    assert!(others.len() <= MOST);
    for (name, _) in &others {
        let named = others.iter().filter(|(own, _)| own == name);
        let values: Vec<_> = named.map(|(_, value)| value.as_str()).collect();
        assert_eq!(fields.all(name).collect::<Vec<_>>(), values);
    }
}

/// What others read is not refused, and strings are fields.
fn as_json(read: Option<&Fields>, body: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let fields = read.unwrap();
    for (name, value) in value.as_object().into_iter().flatten() {
        // Why the last: of members of one name others read that one.
        if let Some(text) = value.as_str() {
            assert_eq!(fields.all(name).last(), Some(text));
        }
    }
}
