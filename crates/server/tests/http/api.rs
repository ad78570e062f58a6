//! The native API, as a page uses it.

use serde_json::json;

use crate::harness::{Home, program, read, run};

const SITES: &str = r#"
    [[sites]]
    key = "shop"
    secret = "the-secret-key-of-the-shop"
    hostnames = ["shop.example", "*.shop.example"]
    kinds = ["math", "chars"]

    [[sites]]
    key = "blog"
    secret = "the-secret-key-of-the-blog"
    hostnames = ["blog.example"]
"#;

#[tokio::test]
async fn a_person_gets_through_the_gate() {
    let home = Home::new();
    let server = home.start();

    let reply = server
        .post(
            "/api/v1/challenges",
            &json!({ "sitekey": server.site_key, "action": "sign-up", "locale": "en" }),
        )
        .await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("cache-control"), "no-store");
    let challenge = reply.json();
    assert_eq!(challenge["kind"], "chars");
    assert!(challenge["audio_url"].is_null());
    let key = challenge["key"].as_str().unwrap();
    assert!(key.len() <= 200);

    let path = challenge["image_url"].as_str().unwrap();
    let picture = server.get(path).await;
    assert_eq!(picture.status, 200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert!(picture.body.starts_with(b"\x89PNG\r\n"));
    let caching = picture.header("cache-control");
    assert!(caching.starts_with("private, max-age="), "{caching}");
    assert!(caching.ends_with(", immutable"), "{caching}");
    assert_eq!(server.get(path).await.body, picture.body);
    let large = server.get(&format!("{path}?scale=2")).await;
    let width = |png: &[u8]| u32::from_be_bytes(png[16..20].try_into().unwrap());
    assert_eq!(width(&large.body), 2 * width(&picture.body));

    let opened = run(program().args(["open", key, "--data"]).arg(home.data()));
    assert_eq!(opened.status, Some(0), "{}", opened.err);
    let opened: serde_json::Value = serde_json::from_str(&opened.out).unwrap();
    assert_eq!(opened["kind"], "chars");
    assert_eq!(opened["expires_at"], challenge["expires_at"]);
    assert_eq!(opened["site"], server.site_key.as_str());
    assert_eq!(opened["action"], "sign-up");
    assert!(opened["prompt"].is_string());

    let page = format!("{}/form", server.address);
    let answered = read(
        server
            .request("POST", &format!("/api/v1/challenges/{key}/answer"))
            .header("origin", &server.address)
            .header("referer", page)
            .json(&json!({ "answer": opened["answer"] })),
    )
    .await
    .json();
    assert_eq!(answered["success"], true, "{answered}");
    assert!(answered["expires_at"].is_string());

    let token = answered["token"].as_str().unwrap();
    let verified = server.verify(&server.secret_key, token).await.json();
    assert_eq!(verified["success"], true, "{verified}");
    assert_eq!(verified["hostname"], "127.0.0.1");
    assert_eq!(verified["action"], "sign-up");
    assert!(verified["challenge_ts"].as_str().unwrap().ends_with('Z'));
    assert_eq!(verified["error-codes"], json!([]));

    server
        .assert_counted(&[
            "cattlegrid_issued_total{kind=\"chars\"} 1",
            "cattlegrid_shown_total 3",
            "cattlegrid_answered_total{outcome=\"success\"} 1",
            "cattlegrid_verified_total{outcome=\"success\"} 1",
            "cattlegrid_store_errors_total{reason=\"unavailable\"} 0",
            "cattlegrid_http_requests_total{route=\"/siteverify\",status=\"200\"} 1",
            "cattlegrid_http_request_duration_seconds_count{route=\"/siteverify\"} 1",
        ])
        .await;
}

#[tokio::test]
async fn a_wrong_answer_spends_the_key_and_brings_a_fresh_challenge_of_the_same_kind() {
    let home = Home::new();
    let server = home.start();
    let asked = json!({ "sitekey": server.site_key, "kind": "math", "action": "comment" });
    let key = server.post("/api/v1/challenges", &asked).await.json()["key"].clone();
    let key = key.as_str().unwrap();

    let wrong = server.answer(key, "no").await;
    assert_eq!(wrong.refused(), "wrong-answer");
    let fresh = wrong.json()["challenge"].clone();
    assert_eq!(fresh["kind"], "math");
    assert_ne!(fresh["key"], key);
    assert_eq!(
        server
            .get(fresh["image_url"].as_str().unwrap())
            .await
            .status,
        200
    );

    let right = home.answer_to(key);
    let spent = server.answer(key, &right).await;
    assert_eq!(spent.refused(), "spent-key");

    let fresh = spent.json()["challenge"]["key"].clone();
    let fresh = fresh.as_str().unwrap();
    let reply = server.answer(fresh, &home.answer_to(fresh)).await.json();
    assert_eq!(reply["success"], true);
    let token = reply["token"].as_str().unwrap();
    let verified = server.verify(&server.secret_key, token).await.json();
    assert_eq!(verified["action"], "comment");
    assert_eq!(verified["hostname"], "");
}

#[tokio::test]
async fn an_expired_challenge_brings_a_fresh_one() {
    let home = Home::new();
    let server = home.start_configured(
        r#"
        [[sites]]
        key = "quick"
        secret = "the-secret-key-of-the-quick"
        challenge_ttl = "1s"
        token_ttl = "1s"
        "#,
    );
    let key = server.issue_for("quick").await;
    let spare = server.issue_for("quick").await;
    let solved = server.answer(&spare, &home.answer_to(&spare)).await.json();
    let token = solved["token"].as_str().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;

    let image = server.get(&format!("/api/v1/challenges/{key}/image")).await;
    image.assert_problem(410, "expired-key");
    let late = server.answer(&key, &home.answer_to(&key)).await;
    assert_eq!(late.refused(), "expired-key");
    assert_eq!(late.json()["challenge"]["kind"], "chars");
    let verified = server.verify("the-secret-key-of-the-quick", token).await;
    assert_eq!(verified.refused(), "expired-input-response");
}

#[tokio::test]
async fn only_pages_on_a_sites_hostnames_may_use_it() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let issue = |site: &str, header: &str, page: &str| {
        read(
            server
                .request("POST", "/api/v1/challenges")
                .header(header, page)
                .json(&json!({ "sitekey": site })),
        )
    };
    for (header, page) in [
        ("origin", "https://shop.example"),
        ("origin", "http://www.shop.example:8443"),
        ("referer", "https://shop.example/basket?x=1"),
    ] {
        assert_eq!(issue("shop", header, page).await.status, 201, "{page}");
    }
    for (header, page) in [
        ("origin", "https://blog.example"),
        ("origin", "https://shop.example.evil.test"),
        ("origin", "null"),
        ("referer", "https://evil.test/shop.example"),
    ] {
        issue("shop", header, page)
            .await
            .assert_problem(403, "wrong-site");
    }
    issue("shop", "origin", "???")
        .await
        .assert_problem(400, "bad-request");

    let key = server.issue_for("shop").await;
    let answer = |page: &'static str| {
        read(
            server
                .request("POST", &format!("/api/v1/challenges/{key}/answer"))
                .header("origin", page)
                .json(&json!({ "answer": home.answer_to(&key) })),
        )
    };
    answer("https://blog.example")
        .await
        .assert_problem(403, "wrong-site");
    let solved = answer("https://www.shop.example").await.json();
    let token = solved["token"].as_str().unwrap();
    let verified = server
        .verify("the-secret-key-of-the-shop", token)
        .await
        .json();
    assert_eq!(verified["hostname"], "www.shop.example");
}

#[tokio::test]
async fn browsers_are_told_which_origins_may_read() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let preflight = |origin: &'static str| {
        read(
            server
                .request("OPTIONS", "/api/v1/challenges")
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type"),
        )
    };
    let allowed = preflight("https://www.shop.example").await;
    assert_eq!(allowed.status, 200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://www.shop.example"
    );
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        "content-type,x-requested-with"
    );
    assert!(
        allowed
            .header("access-control-allow-methods")
            .contains("POST")
    );
    assert_ne!(allowed.header("access-control-max-age"), "");
    assert!(allowed.header("vary").contains("origin"));
    let refused = preflight("https://evil.test").await;
    assert_eq!(refused.header("access-control-allow-origin"), "");

    let home = Home::new();
    let server = home.start();
    let reply = read(
        server
            .request("POST", "/api/v1/challenges")
            .header("origin", "https://anywhere.test")
            .json(&json!({ "sitekey": server.site_key })),
    )
    .await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_site_asks_only_the_kinds_it_allows() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let ask = async |body: serde_json::Value| server.post("/api/v1/challenges", &body).await;
    let first = ask(json!({ "sitekey": "shop" })).await.json();
    assert_eq!(first["kind"], "math");
    let chars = ask(json!({ "sitekey": "shop", "kind": "chars" }))
        .await
        .json();
    assert_eq!(chars["kind"], "chars");
    for kind in ["words", "custom"] {
        ask(json!({ "sitekey": "shop", "kind": kind }))
            .await
            .assert_problem(400, "kind-not-allowed");
    }
    let unknown = ask(json!({ "sitekey": "shop", "kind": "riddle" })).await;
    unknown.assert_problem(400, "bad-request");
    assert!(unknown.json()["detail"].as_str().unwrap().contains("kind"));
}

#[tokio::test]
async fn every_response_is_careful() {
    let home = Home::new();
    let server = home.start();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/nowhere",
        "/openapi.json",
    ] {
        let reply = server.get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_ne!(reply.header("content-security-policy"), "", "{path}");
        assert_ne!(reply.header("x-request-id"), "", "{path}");
    }
    let head = read(server.request("HEAD", "/healthz")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    server
        .get("/nowhere")
        .await
        .assert_problem(404, "not-found");
    for (method, path) in [
        ("GET", "/siteverify"),
        ("GET", "/api/v1/challenges"),
        ("DELETE", "/healthz"),
        ("FROBNICATE", "/healthz"),
    ] {
        let reply = read(server.request(method, path)).await;
        reply.assert_problem(405, "method-not-allowed");
        assert_ne!(reply.header("allow"), "", "{method} {path}");
    }
}

#[tokio::test]
async fn the_api_describes_itself_without_anybody_elses_help() {
    let home = Home::new();
    let server = home.start();
    let api = server.get("/openapi.json").await.json();
    for path in [
        "/api/v1/challenges",
        "/api/v1/challenges/{key}/image",
        "/api/v1/challenges/{key}/answer",
        "/siteverify",
        "/recaptcha/api/siteverify",
        "/turnstile/v0/siteverify",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert!(api["paths"][path].is_object(), "{path}");
    }
    let operations = api["paths"].as_object().unwrap().values();
    let mut names: Vec<_> = operations
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b), "unique: {names:?}");
    let problem = &api["components"]["schemas"]["Problem"]["properties"];
    assert!(problem["code"].is_object(), "{problem}");
    let page = server.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let html = String::from_utf8(page.body).unwrap();
    assert!(
        !html.contains("http://") && !html.contains("https://"),
        "{html}"
    );
    assert!(server.get("/docs/swagger-ui-bundle.js").await.status == 200);
}

#[tokio::test]
async fn the_widget_can_be_loaded_from_any_page() {
    let home = Home::new();
    let server = home.start();
    let widget = server.get("/widget.js").await;
    assert_eq!(widget.status, 200);
    assert!(widget.header("content-type").starts_with("text/javascript"));
    assert_eq!(widget.header("access-control-allow-origin"), "*");
    let tag = widget.header("etag").to_owned();
    let again = read(
        server
            .request("GET", "/widget.js")
            .header("if-none-match", tag),
    )
    .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    for path in [
        "/widget/none.js",
        "/widget/../Cargo.toml",
        "/widget/types.d.ts",
    ] {
        server.get(path).await.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn the_scripts_of_other_providers_have_a_stand_in() {
    let home = Home::new();
    let server = home.start();
    for path in [
        "/recaptcha/api.js",
        "/recaptcha/enterprise.js",
        "/1/api.js",
        "/1/secure-api.js",
        "/turnstile/v0/api.js",
    ] {
        let script = server.get(&format!("{path}?onload=loaded&hl=de")).await;
        assert_eq!(script.status, 200, "{path}");
        assert!(script.header("content-type").starts_with("text/javascript"));
        assert_eq!(script.header("access-control-allow-origin"), "*");
        assert_eq!(script.header("cache-control"), "no-cache");
        let tag = script.header("etag").to_owned();
        let again = read(server.request("GET", path).header("if-none-match", tag)).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    for path in ["/recaptcha/none.js", "/1/", "/turnstile/v0/none.js"] {
        server.get(path).await.assert_problem(404, "not-found");
    }
}
