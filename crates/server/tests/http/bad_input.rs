//! What callers send that nobody should.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Home, Server, read};

/// Sends bytes as they are, and reads until the server closes the connection.
async fn raw(server: &Server, bytes: &[u8]) -> String {
    let host = server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}

#[tokio::test]
async fn keys_that_the_server_did_not_seal_are_unknown() {
    let home = Home::new();
    let server = home.start();
    let stranger_home = Home::new();
    let stranger = stranger_home.start();
    let key = server.issue().await;
    let mut altered = key.clone().into_bytes();
    altered[100] = if altered[100] == b'A' { b'B' } else { b'A' };
    let keys = [
        key[..key.len() - 1].to_owned(),
        key[..20].to_owned(),
        String::from_utf8(altered).unwrap(),
        format!("{key}A"),
        "A".repeat(200),
        "A".repeat(8_000),
        stranger.issue().await,
        "%00".to_owned(),
        "%ff%fe".to_owned(),
        "%2e%2e%2f".to_owned(),
        "é".repeat(100),
    ];
    for key in keys {
        let image = server.get(&format!("/api/v1/challenges/{key}/image")).await;
        image.assert_problem(404, "unknown-key");
        server
            .answer(&key, "x")
            .await
            .assert_problem(404, "unknown-key");
    }
    let right = server.answer(&key, &home.answer_to(&key)).await.json();
    assert_eq!(right["success"], true);
}

#[tokio::test]
async fn answers_of_any_content_are_judged_or_refused() {
    let home = Home::new();
    let server = home.start();
    for answer in [
        "",
        " ",
        "\0\u{1}\u{7f}\u{9b}",
        "\u{202e}\u{200b}",
        "ﷺ".repeat(300).as_str(),
        "x".repeat(60_000).as_str(),
    ] {
        let key = server.issue().await;
        assert_eq!(server.answer(&key, answer).await.refused(), "wrong-answer");
    }
    let key = server.issue().await;
    let path = format!("/api/v1/challenges/{key}/answer");
    let json = "application/json";
    let huge = json!({ "answer": "x".repeat(1_000_000) }).to_string();
    server
        .post_raw(&path, json, huge)
        .await
        .assert_problem(413, "body-too-large");
    for body in [
        b"{\"answer\":\"\xff\xfe\"}".as_slice(),
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"{\"answer\":5}",
        b"{\"answer\":null}",
        b"{\"answer\":\"a\",\"answer\":\"b\"}",
        b"answer=x",
    ] {
        server
            .post_raw(&path, json, body)
            .await
            .assert_problem(400, "bad-request");
    }
    for kind in ["application/x-www-form-urlencoded", "text/plain", ""] {
        server
            .post_raw(&path, kind, "answer=x")
            .await
            .assert_problem(415, "unsupported-media-type");
    }
    let image = format!("/api/v1/challenges/{key}/image");
    for scale in ["0", "3", "-1", "x", "1.5", "99999999999999999999"] {
        server
            .get(&format!("{image}?scale={scale}"))
            .await
            .assert_problem(400, "bad-request");
    }
    let right = server.answer(&key, &home.answer_to(&key)).await.json();
    assert_eq!(right["success"], true, "nothing of that spent the key");
}

#[tokio::test]
async fn a_refused_answer_is_not_repeated() {
    let home = Home::new();
    let server = home.start();
    let key = server.issue().await;
    let path = format!("/api/v1/challenges/{key}/answer");
    let reply = server.post(&path, &json!({ "answer": 918_273 })).await;
    reply.assert_problem(400, "bad-request");
    assert!(!String::from_utf8(reply.body).unwrap().contains("918273"));
}

#[tokio::test]
async fn challenges_are_issued_for_known_sites_and_sound_requests_only() {
    let home = Home::new();
    let server = home.start();
    let path = "/api/v1/challenges";
    for site in ["", "nobody", "\0", "é", "x".repeat(60_000).as_str()] {
        server
            .post(path, &json!({ "sitekey": site }))
            .await
            .assert_problem(400, "unknown-site");
    }
    for body in [
        json!({}),
        json!({ "sitekey": 5 }),
        json!({ "sitekey": server.site_key, "action": "two words" }),
        json!({ "sitekey": server.site_key, "action": "x".repeat(33) }),
        json!({ "sitekey": server.site_key, "kind": "CHARS?" }),
        json!({ "sitekey": server.site_key, "kind": 1 }),
    ] {
        server
            .post(path, &body)
            .await
            .assert_problem(400, "bad-request");
    }
    let form = format!("sitekey={}", server.site_key);
    server
        .post_raw(path, "application/x-www-form-urlencoded", form)
        .await
        .assert_problem(415, "unsupported-media-type");
    let nested = format!("{{\"sitekey\":{}", "[".repeat(60_000));
    server
        .post_raw(path, "application/json", nested)
        .await
        .assert_problem(400, "bad-request");
}

#[tokio::test]
async fn headers_of_any_content_are_borne() {
    let home = Home::new();
    let server = home.start();
    let body = json!({ "sitekey": server.site_key });
    for origin in ["", "https://", "https://a b", "data:x", "https://é.test"] {
        let request = server
            .request("POST", "/api/v1/challenges")
            .header("origin", origin.as_bytes())
            .json(&body);
        let reply = read(request).await;
        if origin.is_empty() {
            assert_eq!(reply.status, 201);
        } else {
            reply.assert_problem(400, "bad-request");
        }
    }
    let reply = raw(&server, b"\x16\x03\x01 not http\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 400"), "{reply}");
    let long = format!(
        "GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n",
        "y".repeat(200_000)
    );
    let reply = raw(&server, long.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 431"), "{reply}");
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn whoever_dawdles_is_dropped() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command
            .env("CATTLEGRID_LIMITS__HEADER_TIMEOUT", "1s")
            .env("CATTLEGRID_LIMITS__REQUEST_TIMEOUT", "1s");
    });
    let head = raw(&server, b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!head.contains("200 OK"), "{head}");
    let body = raw(
        &server,
        b"POST /siteverify HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\
          content-type: application/json\r\n\r\n{",
    )
    .await;
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    assert!(body.contains("\"code\":\"timeout\""), "{body}");
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn whoever_asks_and_never_reads_is_dropped() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command
            .env("CATTLEGRID_LIMITS__CONNECTIONS", "1")
            .env("CATTLEGRID_LIMITS__REQUEST_TIMEOUT", "1s");
    });
    let host = server.address.trim_start_matches("http://");
    let mut deaf = TcpStream::connect(host).await.unwrap();
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    // Why: the server stops reading when it cannot write, so this ends when it gives the connection up.
    while deaf.write_all(&request).await.is_ok() {}
    // Why: there is one place, and it is free again.
    assert_eq!(server.get("/healthz").await.status, 200);
}
