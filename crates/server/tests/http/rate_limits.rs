//! How often somebody may come.

use std::fs;
use std::time::Duration;

use cattlegrid_services::Redis;
use serde_json::{Value, json};
use sfv::{BareItem, ListEntry, Parser};

use crate::harness::{Home, Reply, Server, read};

const FORM: &str = "application/x-www-form-urlencoded";

/// Addresses come from a header that the tests write.
const PROXIED: &str = "client_address.trusted_proxies = [\"loopback\"]\n";

/// A site for each protocol, and another one for some.
const SITES: &str = r#"
    [[sites]]
    key = "shop"
    secret = "the-secret-key-of-the-shop"
    [[sites]]
    key = "blog"
    secret = "the-secret-key-of-the-blog"
    [[sites]]
    key = "hcaptcha"
    secret = "the-secret-key-for-hcaptcha"
    dialect = "hcaptcha"
    [[sites]]
    key = "altcha"
    secret = "the-secret-key-for-altcha"
    dialect = "altcha"
    altcha = { cost = 1, zeros = 1 }
    [[sites]]
    key = "cap"
    secret = "the-secret-key-for-cap"
    dialect = "cap"
    cap = { count = 1, zeros = 1 }
"#;

/// Every route that is limited, with what it counts as; `{shop}` stands for a challenge key of the shop.
const ROUTES: [(&str, &str, &str, &str); 22] = [
    (
        "issue",
        "POST",
        "/api/v1/challenges",
        r#"{"sitekey":"shop"}"#,
    ),
    ("issue", "POST", "/api/captcha/?sitekey=shop", ""),
    ("issue", "POST", "/api/captcha?sitekey=shop", ""),
    ("issue", "GET", "/captcha/refresh/?sitekey=shop", ""),
    ("issue", "POST", "/captcha/refresh/?sitekey=shop", ""),
    ("issue", "GET", "/captcha/refresh?sitekey=shop", ""),
    ("issue", "GET", "/altcha/challenge?sitekey=altcha", ""),
    ("issue", "POST", "/cap/cap/challenge", ""),
    ("image", "GET", "/api/v1/challenges/{shop}/image", ""),
    ("image", "GET", "/captcha/image/{shop}/", ""),
    ("image", "GET", "/captcha/image/{shop}", ""),
    (
        "answer",
        "POST",
        "/api/v1/challenges/{shop}/answer",
        r#"{"answer":"x"}"#,
    ),
    (
        "verify",
        "POST",
        "/siteverify",
        "secret={secret}&response={token}",
    ),
    (
        "verify",
        "GET",
        "/siteverify?secret=the-secret-key-for-hcaptcha&response={token}",
        "",
    ),
    (
        "verify",
        "POST",
        "/recaptcha/api/siteverify",
        "secret={secret}&response={token}",
    ),
    (
        "verify",
        "GET",
        "/recaptcha/api/siteverify?secret={secret}&response={token}",
        "",
    ),
    (
        "verify",
        "POST",
        "/turnstile/v0/siteverify",
        "secret={secret}&response={token}",
    ),
    (
        "verify",
        "POST",
        "/turnstile/v0/siteverify",
        "secret={secret}&response={token}&idempotency_key=f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ),
    (
        "verify",
        "POST",
        "/cap/shop/siteverify",
        "secret={secret}&response={token}",
    ),
    (
        "verify",
        "POST",
        "/api/captcha/verify?sitekey=shop",
        "captcha_key={shop}&captcha_value=x",
    ),
    (
        "verify",
        "POST",
        "/captcha/verify?sitekey=shop",
        "captcha_0={shop}&captcha_1=x",
    ),
    ("answer", "POST", "/altcha/verify", r#"{"payload":"x"}"#),
];

impl Server {
    /// A request that comes through the proxy from this address.
    fn from(&self, address: &str, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path)
            .header("x-forwarded-for", address)
            .header("x-requested-with", "XMLHttpRequest")
    }

    /// What a new challenge of the site is answered with, asked for from this address.
    async fn issue_from(&self, address: &str, site: &str) -> Reply {
        let asked = json!({ "sitekey": site });
        read(
            self.from(address, "POST", "/api/v1/challenges")
                .json(&asked),
        )
        .await
    }

    /// What the route answers to its request.
    async fn ask(
        &self,
        address: &str,
        route: (&str, &str, &str, &str),
        key: &str,
        token: &str,
    ) -> Reply {
        let fill = |text: &str| {
            text.replace("{shop}", key)
                .replace("{secret}", "the-secret-key-of-the-shop")
                .replace("{token}", token)
        };
        let (_, method, path, body) = route;
        let kind = if body.starts_with('{') && !body.starts_with("{s") {
            "application/json"
        } else {
            FORM
        };
        let request = self.from(address, method, &fill(path));
        read(request.header("content-type", kind).body(fill(body))).await
    }

    /// Has the configuration read again, and waits until it is in force.
    async fn reload_with(&self, home: &Home, toml: &str) {
        let count = async || {
            let name = "cattlegrid_config_reloads_total{outcome=\"success\"} ";
            let metrics = self.metrics().await;
            let line = metrics.lines().find_map(|line| line.strip_prefix(name));
            line.map_or(0, |count| count.parse::<u64>().unwrap())
        };
        let before = count().await;
        fs::write(home.path().join("cattlegrid.toml"), toml).unwrap();
        self.signal("HUP");
        while count().await == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Reply {
    /// What a field of structured items says: each name with its parameters.
    #[track_caller]
    fn limits(&self, field: &str) -> Value {
        let lines: Vec<_> = self
            .headers
            .get_all(field)
            .iter()
            .map(|line| line.to_str().unwrap())
            .collect();
        let list: sfv::List = Parser::new(&lines.join(", ")).parse().unwrap();
        let said = list.iter().map(|entry| {
            let ListEntry::Item(item) = entry else {
                panic!("an inner list")
            };
            let BareItem::String(name) = &item.bare_item else {
                panic!("no string")
            };
            let parameters = item.params.iter().map(|(name, value)| {
                let BareItem::Integer(value) = value else {
                    panic!("no integer")
                };
                (name.as_str().to_owned(), json!(i64::from(*value)))
            });
            (
                name.as_str().to_owned(),
                Value::Object(parameters.collect()),
            )
        });
        Value::Object(said.collect())
    }

    /// Asserts that there were too many, and returns which limit says so.
    #[track_caller]
    fn assert_limited(&self, limit: &str) {
        self.assert_problem(429, "rate-limited");
        let seconds: i64 = self.header("retry-after").parse().unwrap();
        assert!(seconds >= 1, "{self:?}");
        assert_eq!(
            self.limits("ratelimit")[limit],
            json!({ "r": 0, "t": seconds }),
            "{self:?}"
        );
        assert!(
            self.limits("ratelimit-policy")[limit].is_object(),
            "{self:?}"
        );
    }
}

fn one_each(by: &str) -> String {
    ["issue", "image", "answer", "verify"]
        .map(|operation| format!("rate_limits.{operation}.{by} = \"1/1h\"\n"))
        .concat()
}

/// A key and a token of the shop that are good on any server with the secret of that home.
async fn genuine(home: &Home) -> (String, String) {
    let server = home.start_configured(SITES);
    let key = server.issue_for("shop").await;
    let token = server.earn_for(home, "shop").await;
    server.stop();
    (key, token)
}

#[tokio::test]
async fn every_route_is_limited_by_address() {
    let home = Home::new();
    let (key, token) = genuine(&home).await;
    let server = home.start_configured(&(PROXIED.to_owned() + &one_each("address") + SITES));
    for (number, route) in ROUTES.into_iter().enumerate() {
        let address = format!("198.51.100.{number}");
        let first = server.ask(&address, route, &key, &token).await;
        assert_ne!(first.status, 429, "{route:?}: {first:?}");
        let limit = format!("{}-address", route.0);
        assert_eq!(
            first.limits("ratelimit")[&limit]["r"],
            0,
            "{route:?}: {first:?}"
        );
        let second = server.ask(&address, route, &key, &token).await;
        second.assert_limited(&limit);
    }
    for path in ["/altcha/siteverify", "/cap/cap/redeem"] {
        let asked = || {
            read(
                server
                    .from("198.51.100.200", "POST", path)
                    .header("content-type", FORM)
                    .body("x=y"),
            )
        };
        assert_ne!(asked().await.status, 429, "{path}");
        assert_eq!(asked().await.status, 429, "{path}");
    }
    let counted: Vec<_> = [("issue", 8), ("image", 3), ("answer", 3), ("verify", 10)]
        .map(|(operation, count)| {
            format!(
                "cattlegrid_rate_limited_total{{operation=\"{operation}\",by=\"address\"}} {count}"
            )
        })
        .into();
    server
        .assert_counted(&counted.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let told = server.metrics().await + &home.log();
    assert!(
        !told.contains("198.51.100"),
        "addresses are for nobody to read"
    );
}

#[tokio::test]
async fn every_route_is_limited_by_site_and_over_all() {
    for by in ["site", "total"] {
        let home = Home::new();
        let (key, token) = genuine(&home).await;
        for route in ROUTES
            .into_iter()
            .filter(|route| route.2 != "/altcha/verify")
        {
            let one = format!("rate_limits.{}.{by} = \"1/1h\"\n", route.0);
            let config = format!("store = \"memory:\"\n{PROXIED}{one}{SITES}");
            let server = home.start_configured(&config);
            let first = server.ask("198.51.100.1", route, &key, &token).await;
            assert_ne!(first.status, 429, "{by}: {route:?}: {first:?}");
            let limit = format!("{}-{by}", route.0);
            assert_eq!(
                first.limits("ratelimit")[&limit]["r"],
                0,
                "{by}: {route:?}: {first:?}"
            );
            let second = server.ask("198.51.100.2", route, &key, &token).await;
            second.assert_limited(&limit);
        }
    }
}

#[tokio::test]
async fn work_is_limited_by_site() {
    let home = Home::new();
    let config = one_each("site") + SITES;
    let server = home.start_configured(&config);
    let set = server.post("/cap/cap/challenge", &json!({})).await.json();
    let redemption = json!({ "token": set["token"], "solutions": [{ "nonce": 0 }] });
    let first = server.post("/cap/cap/redeem", &redemption).await;
    assert_ne!(first.status, 429, "{first:?}");
    let second = server.post("/cap/cap/redeem", &redemption).await;
    second.assert_limited("answer-site");
}

#[tokio::test]
async fn sites_do_not_share_and_may_have_their_own() {
    let home = Home::new();
    let own = SITES.replacen(
        "secret = \"the-secret-key-of-the-blog\"",
        "secret = \"the-secret-key-of-the-blog\"\nrate_limits.issue = \"3/1h\"",
        1,
    );
    let server = home.start_configured(&format!("rate_limits.issue.site = \"1/1h\"\n{own}"));
    let issued = async |site: &str| {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(
                server
                    .post("/api/v1/challenges", &json!({ "sitekey": site }))
                    .await
                    .status,
            );
        }
        statuses
    };
    assert_eq!(issued("shop").await, [201, 429, 429, 429]);
    assert_eq!(issued("blog").await, [201, 201, 201, 429]);
    assert_eq!(issued("hcaptcha").await, [201, 429, 429, 429]);
    let off = own.replace(
        "rate_limits.issue = \"3/1h\"",
        "rate_limits.issue = \"off\"",
    );
    server
        .reload_with(&home, &format!("rate_limits.issue.site = \"1/1h\"\n{off}"))
        .await;
    assert_eq!(issued("blog").await, [201, 201, 201, 201]);
}

#[tokio::test]
async fn what_one_limit_refuses_costs_the_others_nothing() {
    let home = Home::new();
    let limits = "rate_limits.issue = { address = \"1/1h\", site = \"2/1h\", total = \"3/1h\" }\n";
    let server = home.start_configured(&format!("{PROXIED}{limits}{SITES}"));
    assert_eq!(server.issue_from("198.51.100.1", "shop").await.status, 201);
    for _ in 0..5 {
        server
            .issue_from("198.51.100.1", "shop")
            .await
            .assert_limited("issue-address");
    }
    let all = server.issue_from("198.51.100.2", "shop").await;
    assert_eq!(all.status, 201);
    let policy = all.limits("ratelimit-policy");
    for (name, most) in [("issue-address", 1), ("issue-site", 2), ("issue-total", 3)] {
        assert_eq!(policy[name], json!({ "q": most, "w": 3600 }), "{all:?}");
    }
    for n in 3..8 {
        let refused = server.issue_from(&format!("198.51.100.{n}"), "shop").await;
        refused.assert_limited("issue-site");
        assert_eq!(
            refused.limits("ratelimit")["issue-address"]["r"],
            0,
            "{refused:?}"
        );
    }
    assert_eq!(server.issue_from("198.51.100.8", "blog").await.status, 201);
    server
        .issue_from("198.51.100.9", "blog")
        .await
        .assert_limited("issue-total");
}

#[tokio::test]
async fn a_refusal_spends_nothing_and_a_larger_quota_holds_at_once() {
    let home = Home::new();
    let config = |count: u32| {
        format!(
            "{PROXIED}rate_limits.answer.address = \"{count}/{count}h\"\nrate_limits.verify.site = \"{count}/{count}h\"\n{SITES}"
        )
    };
    let server = home.start_configured(&config(1));
    let keys = [
        server.issue_for("shop").await,
        server.issue_for("shop").await,
    ];
    let first = server
        .answer(&keys[0], &home.answer_to(&keys[0]))
        .await
        .json();
    let refused = server.answer(&keys[1], &home.answer_to(&keys[1])).await;
    refused.assert_limited("answer-address");
    let secret = "the-secret-key-of-the-shop";
    let token = first["token"].as_str().unwrap();
    let stranger = server.verify("the-secret-key-of-nobody", token).await;
    assert_eq!(stranger.refused(), "invalid-input-secret");
    assert_eq!(server.verify(secret, token).await.json()["success"], true);
    server
        .verify(secret, token)
        .await
        .assert_limited("verify-site");

    server.reload_with(&home, &config(10)).await;
    let second = server
        .answer(&keys[1], &home.answer_to(&keys[1]))
        .await
        .json();
    assert_eq!(second["success"], true, "{second}");
    let token = second["token"].as_str().unwrap();
    assert_eq!(server.verify(secret, token).await.json()["success"], true);

    server.reload_with(&home, &config(1)).await;
    server
        .answer(&keys[0], "x")
        .await
        .assert_limited("answer-address");
}

#[tokio::test]
async fn a_wrong_answer_brings_a_fresh_challenge_whatever_the_limits() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "rate_limits.issue = {{ site = \"1/1h\", total = \"1/1h\" }}\n{SITES}"
    ));
    let mut key = server.issue_for("shop").await;
    for _ in 0..3 {
        let judged = server.answer(&key, "wrong").await.json();
        key = judged["challenge"]["key"].as_str().unwrap().to_owned();
    }
}

#[tokio::test]
async fn pages_on_other_origins_can_read_a_refusal() {
    let home = Home::new();
    let server = home.start_configured(&(one_each("site") + SITES));
    let ask = || {
        let asked = json!({ "sitekey": "shop" });
        read(
            server
                .request("POST", "/api/v1/challenges")
                .header("origin", "https://shop.example")
                .json(&asked),
        )
    };
    ask().await;
    let refused = ask().await;
    refused.assert_limited("issue-site");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    let exposed = refused
        .header("access-control-expose-headers")
        .to_lowercase();
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(
            exposed.split(',').any(|exposed| exposed.trim() == name),
            "{exposed}"
        );
    }
    let preflight = read(
        server
            .request("OPTIONS", "/api/v1/challenges")
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "POST"),
    );
    assert_eq!(preflight.await.status, 200, "a preflight is not counted");
}

#[tokio::test]
async fn a_school_behind_one_address_is_not_locked_out() {
    let home = Home::new();
    let server = home.start_configured(&format!("{PROXIED}{SITES}"));
    for _ in 0..30 * 4 {
        assert_eq!(server.issue_from("192.0.2.1", "shop").await.status, 201);
    }
    assert_eq!(server.issue_from("192.0.2.1", "shop").await.status, 429);
    assert_eq!(server.issue_from("192.0.2.2", "shop").await.status, 201);
}

#[tokio::test]
async fn nodes_that_share_a_store_share_its_counts() {
    let homes = [Home::new(), Home::new()];
    let secret = "rate-limits-of-two-nodes-rate-limits-of-two-nodes";
    let redis = Redis::start().unwrap();
    let config = format!(
        "secret = \"{secret}\"\nstore = \"{}\"\n{PROXIED}rate_limits.issue.address = \"4/1h\"\n{SITES}",
        redis.url()
    );
    let nodes = homes.each_ref().map(|home| home.start_configured(&config));
    let mut statuses = Vec::new();
    for turn in 0..6 {
        let issued = nodes[turn % 2].issue_from("192.0.2.1", "shop").await;
        statuses.push(issued.status);
    }
    assert_eq!(statuses, [201, 201, 201, 201, 429, 429]);
}

#[tokio::test]
async fn a_node_without_its_store_counts_by_itself_until_it_is_back() {
    let home = Home::new();
    let mut redis = Redis::start().unwrap();
    let config = format!(
        "store = \"{}?timeout_ms=500\"\n{PROXIED}rate_limits.issue.address = \"3/1h\"\n{SITES}",
        redis.url()
    );
    let server = home.start_configured(&config);
    let statuses = async |address: &str| {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(server.issue_from(address, "shop").await.status);
        }
        statuses
    };
    assert_eq!(statuses("192.0.2.1").await, [201, 201, 201, 429]);
    redis.kill().unwrap();
    assert_eq!(
        statuses("192.0.2.2").await,
        [201, 201, 201, 429],
        "neither nobody nor everybody"
    );
    assert!(
        !server
            .metrics()
            .await
            .contains("cattlegrid_rate_limit_fallbacks_total 0\n")
    );
    assert_eq!(
        home.log()
            .matches("rate limits go by this process's own counters")
            .count(),
        1
    );

    redis.restart().unwrap();
    while !home.log().contains("rate limits go by it") {
        let _ = server.issue_from("192.0.2.9", "shop").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(statuses("192.0.2.3").await, [201, 201, 201, 429]);
}

#[test]
fn what_is_no_quota_is_refused_with_its_place() {
    use crate::harness::{program, run};
    for (line, place) in [
        (
            "rate_limits.issue.address = \"60\"",
            "rate_limits.issue.address",
        ),
        (
            "rate_limits.verify.total = \"0/1m\"",
            "rate_limits.verify.total",
        ),
        ("rate_limits.ipv6_prefix = 129", "rate_limits.ipv6_prefix"),
        ("rate_limits.draw.total = \"1/1m\"", "rate_limits"),
        (
            "rate_limits.exempt = [\"10.0.0.1/8\"]",
            "rate_limits.exempt",
        ),
        (
            "client_address.trusted_proxies = [\"proxy\"]",
            "client_address.trusted_proxies",
        ),
        (
            "client_address.proxy_protocol = true",
            "client_address.proxy_protocol",
        ),
        (
            "client_address.header = \"x-real-ip\"",
            "client_address.header",
        ),
    ] {
        let home = Home::new();
        let path = home.file("cattlegrid.toml", line);
        let ended = run(program().args(["check", "--config"]).arg(path));
        assert_eq!(ended.status, Some(78), "{line}: {}", ended.err);
        assert!(ended.err.contains(place), "{line}: {}", ended.err);
    }
}
