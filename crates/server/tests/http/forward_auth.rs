//! What a reverse proxy is told that asks about each request, and what visitors without a pass see.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::json;

use crate::harness::{Home, Reply, Server, program, read, run};

const TRUSTED: &str = "client_address.trusted_proxies = [\"127.0.0.1\"]\n";
const SHOP: &str = "[[sites]]\nkey = \"shop\"\nsecret = \"the-secret-key-of-the-shop\"\n";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

fn start(home: &Home, forward_auth: &str) -> Server {
    home.start_configured(&format!("{TRUSTED}{SHOP}[forward_auth]\n{forward_auth}"))
}

/// What a proxy asks about, as Traefik and Caddy do: the headers of the visitor, and their own.
#[derive(Clone, Copy)]
struct Visit<'a> {
    method: &'a str,
    uri: &'a str,
    host: &'a str,
    proto: &'a str,
    from: &'a str,
    agent: &'a str,
    accept: &'a str,
    cookie: &'a str,
}

const VISIT: Visit<'_> = Visit {
    method: "GET",
    uri: "/",
    host: "shop.example",
    proto: "https",
    from: "198.51.100.7",
    agent: BROWSER,
    accept: "text/html,application/xhtml+xml,*/*;q=0.8",
    cookie: "",
};

impl Visit<'_> {
    fn request(self, server: &Server, method: &str, path: &str) -> RequestBuilder {
        let request = server
            .request(method, path)
            .header("user-agent", self.agent)
            .header("accept", self.accept)
            .header("x-forwarded-for", self.from)
            .header("x-forwarded-proto", self.proto)
            .header("x-forwarded-host", self.host);
        if self.cookie.is_empty() {
            return request;
        }
        request.header("cookie", self.cookie)
    }

    fn asked(self, server: &Server, path: &str) -> RequestBuilder {
        self.request(server, "GET", path)
            .header("x-forwarded-method", self.method)
            .header("x-forwarded-uri", self.uri)
    }

    async fn check(self, server: &Server) -> Reply {
        read(self.asked(server, "/forward-auth/check")).await
    }

    async fn page(self, server: &Server) -> Reply {
        read(self.asked(server, "/forward-auth/page")).await
    }

    async fn answer(self, server: &Server, key: &str, answer: &str, to: &str) -> Reply {
        let form = [("key", key), ("answer", answer), ("to", to)];
        read(
            self.request(server, "POST", "/.cattlegrid/answer")
                .form(&form),
        )
        .await
    }

    /// A cookie with a pass, and the response that had it.
    async fn earn(self, home: &Home, server: &Server) -> (String, Reply) {
        let key = key_of(&self.page(server).await);
        let reply = self
            .answer(server, &key, &home.answer_to(&key), self.uri)
            .await;
        let cookie = reply.header("set-cookie").split(';').next().unwrap();
        (cookie.to_owned(), reply)
    }
}

fn html(reply: &Reply) -> &str {
    assert_eq!(
        reply.header("content-type"),
        "text/html; charset=utf-8",
        "{reply:?}"
    );
    std::str::from_utf8(&reply.body).unwrap()
}

/// What the hidden field holds.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name}: {page}"))
        .1;
    rest.split('"').next().unwrap()
}

fn key_of(reply: &Reply) -> String {
    hidden(html(reply), "key").to_owned()
}

/// No redirect is followed, as there is no site behind.
fn without_redirects(server: &mut Server) {
    server.http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
}

#[tokio::test]
async fn the_page_is_careful() {
    let home = Home::new();
    let server = start(&home, "");
    let visit = Visit {
        uri: "/cart?item=1&n=\"2\"",
        ..VISIT
    };
    let page = visit.page(&server).await;
    assert_eq!(page.status, 401);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("vary", "cookie, accept, accept-language"),
        ("x-robots-tag", "noindex, nofollow"),
        ("www-authenticate", "Cattlegrid"),
    ] {
        assert_eq!(page.header(name), value);
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; img-src 'self'; style-src 'self';"),
        "{policy}"
    );
    let text = html(&page);
    assert!(
        !text.contains("<script") && !text.contains("style=\""),
        "{text}"
    );
    assert!(text.contains("shop.example"), "{text}");
    assert_eq!(hidden(text, "to"), "/cart?item=1&#38;n=&#34;2&#34;");
    let picture = format!("/.cattlegrid/picture/{}", key_of(&page));
    for path in [picture.clone(), format!("{picture}?scale=2")] {
        let picture = server.get(&path).await;
        assert_eq!(
            (picture.status, picture.header("content-type")),
            (200, "image/png")
        );
    }
    assert_eq!(server.get("/.cattlegrid/base.css").await.status, 200);
}

#[tokio::test]
async fn a_right_answer_earns_a_pass_and_leads_back() {
    let home = Home::new();
    let mut server = start(&home, "");
    without_redirects(&mut server);
    VISIT
        .check(&server)
        .await
        .assert_problem(401, "pass-required");
    let first = key_of(&VISIT.page(&server).await);
    let wrong = VISIT.answer(&server, &first, "wrong", "/cart").await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (422, ""));
    assert!(html(&wrong).contains("aria-invalid=\"true\" aria-describedby=\"heard\""));
    assert!(html(&wrong).contains("That was not it."));
    let right = home.answer_to(&first);
    let late = VISIT.answer(&server, &first, &right, "/cart").await;
    assert_eq!(late.status, 422, "a key is heard once");

    let second = key_of(&late);
    let right = home.answer_to(&second);
    let to = "/cart?item=1&n=2";
    let reply = VISIT.answer(&server, &second, &right, to).await;
    assert_eq!((reply.status, reply.header("location")), (303, to));
    let (cookie, attributes) = reply.header("set-cookie").split_once("; ").unwrap();
    assert!(cookie.starts_with("__Host-cattlegrid-pass="));
    assert_eq!(
        attributes,
        "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"
    );

    let steps = async || {
        let metrics = server.metrics().await;
        let is_step = |line: &&str| line.starts_with("cattlegrid_store_duration_seconds_count");
        let lines = metrics.lines().filter(is_step).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    let before = steps().await;
    let with = Visit { cookie, ..VISIT };
    for _ in 0..20 {
        assert_eq!(with.check(&server).await.status, 204);
        let page = with.page(&server).await;
        assert_eq!((page.status, page.body.len()), (204, 0));
    }
    assert!(!before.is_empty());
    assert_eq!(steps().await, before, "a pass takes no step of the store");
    server
        .assert_counted(&[
            "cattlegrid_forward_auth_total{outcome=\"passed\"} 40",
            "cattlegrid_forward_auth_total{outcome=\"challenged\"} 2",
        ])
        .await;
}

fn start_scored(home: &Home, behaviour: &str) -> Server {
    let site = format!("{SHOP}kinds = [\"chars\", \"math\"]\nbehaviour = {behaviour}\n");
    let mut server = home.start_configured(&format!("{TRUSTED}{site}[forward_auth]\n"));
    without_redirects(&mut server);
    server
}

#[tokio::test]
async fn a_low_score_asks_for_a_second_picture_and_never_for_a_third() {
    let home = Home::new();
    let server = start_scored(&home, "{ second_below = 0.95, second_kind = \"math\" }");
    let first = key_of(&VISIT.page(&server).await);
    let second = VISIT
        .answer(&server, &first, &home.answer_to(&first), "/cart")
        .await;
    assert_eq!((second.status, second.header("set-cookie")), (422, ""));
    let text = html(&second);
    assert!(text.contains("That is right. One more, please."), "{text}");
    assert!(text.contains("Type the result"), "{text}");
    assert!(text.contains("aria-describedby=\"heard\""), "{text}");
    assert!(!text.contains("aria-invalid"), "{text}");
    assert_eq!(hidden(text, "to"), "/cart");

    let again = VISIT.answer(&server, &key_of(&second), "no", "/cart").await;
    assert!(html(&again).contains("Type the result"), "still the second");
    let key = key_of(&again);
    let passed = VISIT
        .answer(&server, &key, &home.answer_to(&key), "/cart")
        .await;
    assert_eq!((passed.status, passed.header("location")), (303, "/cart"));
    assert!(passed.header("set-cookie").starts_with("__Host-"));
}

#[tokio::test]
async fn wrong_answers_on_the_page_take_from_the_score_of_their_address() {
    let home = Home::new();
    let server = start_scored(&home, "{ refuse_below = 0.65 }");
    let mut page = VISIT.page(&server).await;
    for _ in 0..7 {
        let key = key_of(&page);
        page = VISIT.answer(&server, &key, "wrong", "/").await;
        assert_eq!(page.status, 422);
    }
    let key = key_of(&page);
    let right = home.answer_to(&key);
    let refused = VISIT.answer(&server, &key, &right, "/").await;
    assert_eq!((refused.status, refused.header("set-cookie")), (403, ""));
    let text = html(&refused);
    assert!(text.contains("came the way programs answer"), "{text}");

    let program = Visit {
        accept: "*/*",
        ..VISIT
    };
    let key = key_of(&VISIT.page(&server).await);
    let refused = program
        .answer(&server, &key, &home.answer_to(&key), "/")
        .await;
    refused.assert_problem(403, "low-score");
    let other = Visit {
        from: "203.0.113.7",
        ..VISIT
    };
    let (cookie, _) = other.earn(&home, &server).await;
    assert!(cookie.starts_with("__Host-"), "{cookie}");
}

#[tokio::test]
async fn the_log_holds_nothing_of_a_visitor() {
    let home = Home::new();
    let path = home.file(
        "cattlegrid.toml",
        &format!("{TRUSTED}{SHOP}[forward_auth]\n"),
    );
    let mut server = home.start_with(|command| {
        let flags = ["--log-level", "trace"];
        command.arg("--config").arg(path).args(flags);
    });
    without_redirects(&mut server);
    let visit = Visit {
        uri: "/cart?item=1",
        ..VISIT
    };
    let key = key_of(&visit.page(&server).await);
    visit
        .answer(&server, &key, "a-wrong-answer-of-its-own", "/cart")
        .await;
    let (cookie, _) = visit.earn(&home, &server).await;
    let with = Visit {
        cookie: &cookie,
        ..visit
    };
    assert_eq!(with.check(&server).await.status, 204);
    server.stop();
    let log = home.log();
    let (_, pass) = cookie.split_once('=').unwrap();
    for hidden in [
        VISIT.from,
        BROWSER,
        pass,
        &pass[..40],
        "a-wrong-answer-of-its-own",
        "/cart",
    ] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
    assert!(log.contains("route=\"/.cattlegrid/answer\""), "{log}");
}

#[tokio::test]
async fn a_pass_is_good_for_whom_it_was_made() {
    let home = Home::new();
    let mut server = start(&home, "");
    without_redirects(&mut server);
    let (cookie, _) = VISIT.earn(&home, &server).await;
    let (name, pass) = cookie.split_once('=').unwrap();
    let with = Visit {
        cookie: &cookie,
        ..VISIT
    };
    let among = format!("a=b; {name}=forged;{cookie} ; c=d");
    for good in [
        with,
        Visit {
            uri: "/elsewhere",
            method: "POST",
            ..with
        },
        Visit {
            from: "198.51.100.200",
            ..with
        },
        Visit {
            host: "Shop.Example:8443",
            ..with
        },
        Visit {
            cookie: &among,
            ..with
        },
    ] {
        assert_eq!(good.check(&server).await.status, 204);
    }
    let unprefixed = format!("cattlegrid-pass={pass}");
    let cut = &cookie[..cookie.len() - 1];
    let altered = format!("{name}=B{}", &pass[1..]);
    let many = format!("{}{cookie}", format!("{name}=x; ").repeat(4));
    for bad in [
        Visit {
            from: "198.51.101.7",
            ..with
        },
        Visit {
            from: "2001:db8::1",
            ..with
        },
        Visit {
            host: "blog.example",
            ..with
        },
        Visit {
            agent: "curl/8.0",
            ..with
        },
        Visit {
            proto: "http",
            ..with
        },
        Visit {
            cookie: &unprefixed,
            ..with
        },
        Visit {
            cookie: cut,
            ..with
        },
        Visit {
            cookie: &altered,
            ..with
        },
        Visit {
            cookie: &many,
            ..with
        },
        Visit {
            cookie: pass,
            ..with
        },
    ] {
        bad.check(&server)
            .await
            .assert_problem(401, "pass-required");
    }
    let open = Visit {
        proto: "http",
        ..VISIT
    };
    let (cookie, reply) = open.earn(&home, &server).await;
    assert!(cookie.starts_with("cattlegrid-pass="));
    assert!(!reply.header("set-cookie").contains("Secure"));
    assert_eq!(
        Visit {
            cookie: &cookie,
            ..open
        }
        .check(&server)
        .await
        .status,
        204
    );
}

#[tokio::test]
async fn a_pass_is_bound_to_what_is_configured() {
    let home = Home::new();
    let narrow = "pass = { bound_to = [\"address\"], ipv4_prefix = 32, ipv6_prefix = 128 }\n";
    let mut server = start(&home, narrow);
    without_redirects(&mut server);
    let (cookie, _) = VISIT.earn(&home, &server).await;
    let with = Visit {
        cookie: &cookie,
        ..VISIT
    };
    assert_eq!(
        Visit {
            agent: "curl/8.0",
            ..with
        }
        .check(&server)
        .await
        .status,
        204
    );
    assert_eq!(
        Visit {
            from: "198.51.100.8",
            ..with
        }
        .check(&server)
        .await
        .status,
        401
    );
    server.stop();

    let mut server = start(
        &home,
        "cookie = \"let-me-in\"\npass = { bound_to = [], lifetime = \"1h\" }\n",
    );
    without_redirects(&mut server);
    assert_eq!(
        with.check(&server).await.status,
        401,
        "bound to something else"
    );
    let (cookie, reply) = VISIT.earn(&home, &server).await;
    assert!(cookie.starts_with("__Host-let-me-in="), "{cookie}");
    assert!(reply.header("set-cookie").contains("Max-Age=3600"));
    let with = Visit {
        cookie: &cookie,
        ..VISIT
    };
    assert_eq!(
        Visit {
            from: "192.0.2.1",
            agent: "",
            ..with
        }
        .check(&server)
        .await
        .status,
        204
    );
    assert_eq!(
        Visit {
            host: "blog.example",
            ..with
        }
        .check(&server)
        .await
        .status,
        401
    );
    server.stop();

    let other = SHOP.replace("shop", "blog");
    let loose =
        "[forward_auth]\nsite = \"blog\"\ncookie = \"let-me-in\"\npass = { bound_to = [] }\n";
    let server = home.start_configured(&format!("{TRUSTED}{SHOP}{other}{loose}"));
    assert_eq!(with.check(&server).await.status, 401, "another site's pass");
}

#[tokio::test]
async fn the_host_says_which_site_a_request_is_for() {
    let home = Home::new();
    let site =
        |name: &str, hosts: &str| format!("{}hostnames = [{hosts}]\n", SHOP.replace("shop", name));
    let mut server = home.start_configured(&format!(
        "{TRUSTED}{}{}{}\
         [[forward_auth]]\nsite = \"shop\"\npass = {{ bound_to = [] }}\n\
         [[forward_auth]]\nsite = \"blog\"\ncookie = \"of-the-blog\"\nrules = [{{ then = \"deny\", paths = [\"/admin\"] }}]\n",
        site("shop", "\"shop.example\", \"both.example\""),
        site("blog", "\"*.blog.example\", \"both.example\""),
        site("news", "\"news.example\""),
    ));
    without_redirects(&mut server);
    let visit = |host, uri| Visit { uri, host, ..VISIT };
    for (host, uri, status) in [
        ("shop.example", "/admin", 401),
        ("shop.example", "/robots.txt", 204),
        ("a.blog.example", "/admin", 403),
        ("a.blog.example", "/robots.txt", 401),
        // The first that has it.
        ("both.example", "/admin", 401),
        ("blog.example", "/", 403),
        ("news.example", "/", 403),
    ] {
        let said = visit(host, uri).check(&server).await.status;
        assert_eq!(said, status, "{host}{uri}");
    }
    let page = visit("news.example", "/").page(&server).await;
    assert_eq!(page.status, 403);
    assert!(html(&page).contains("not open to you"));
    let (shop, blog) = (visit("shop.example", "/"), visit("a.blog.example", "/"));
    let (cookie, _) = blog.earn(&home, &server).await;
    assert!(cookie.starts_with("__Host-of-the-blog="), "{cookie}");
    let key = key_of(&shop.page(&server).await);
    let right = home.answer_to(&key);
    for elsewhere in [blog, visit("news.example", "/")] {
        let reply = elsewhere.answer(&server, &key, &right, "/").await;
        assert_ne!(reply.status, 303);
        assert_eq!(reply.header("set-cookie"), "");
    }
    assert_eq!(shop.answer(&server, &key, &right, "/").await.status, 303);
}

#[tokio::test]
async fn a_pass_ends_with_its_time_and_with_its_secret() {
    let home = Home::new();
    let mut server = start(&home, "pass.lifetime = \"1s\"\n");
    without_redirects(&mut server);
    let (cookie, _) = VISIT.earn(&home, &server).await;
    while (Visit {
        cookie: &cookie,
        ..VISIT
    })
    .check(&server)
    .await
    .status
        == 204
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop();

    let (old, new) = ("o".repeat(43), "n".repeat(43));
    let under = |secrets: String| {
        let toml = format!("{TRUSTED}{SHOP}[forward_auth]\n");
        let path = home.file("cattlegrid.toml", &toml);
        home.start_with(|command| {
            command
                .arg("--config")
                .arg(path)
                .env("CATTLEGRID_SECRET", secrets);
        })
    };
    let mut server = under(old.clone());
    without_redirects(&mut server);
    let key = key_of(&VISIT.page(&server).await);
    let right = crate::harness::answer_to(&old, &key);
    let reply = VISIT.answer(&server, &key, &right, "/").await;
    let cookie = reply
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    server.stop();
    let with = Visit {
        cookie: &cookie,
        ..VISIT
    };
    for (secrets, status) in [(format!("{new},{old}"), 204), (new, 401)] {
        let server = under(secrets);
        assert_eq!(with.check(&server).await.status, status);
    }
}

#[tokio::test]
async fn the_first_rule_that_applies_decides() {
    let home = Home::new();
    let server = start(
        &home,
        r#"
        [[forward_auth.rules]]
        then = "deny"
        paths = ["/internal/*", "/secret"]
        [[forward_auth.rules]]
        then = "allow"
        addresses = ["192.0.2.0/24"]
        [[forward_auth.rules]]
        then = "challenge"
        methods = ["POST"]
        [[forward_auth.rules]]
        then = "allow"
        paths = ["/static/*", "/robots.txt"]
        [[forward_auth.rules]]
        then = "allow"
        hosts = ["*.status.example"]
        [[forward_auth.rules]]
        then = "allow"
        agents = ["googlebot", "bingbot"]
        addresses = ["203.0.113.0/24"]
        "#,
    );
    let at = |uri| Visit { uri, ..VISIT };
    for (visit, status) in [
        (at("/"), 401),
        (at("/static/a.css?v=1"), 204),
        (at("/statics"), 401),
        (at("/robots.txt"), 204),
        (at("/Robots.txt"), 401),
        (at("/%72obots.txt"), 204),
        (at("/secret"), 403),
        (at("/%73ecret?x"), 403),
        (at("/internal"), 403),
        (at("/internal/x"), 403),
        (at("/internals"), 401),
        (
            Visit {
                method: "POST",
                ..at("/static/a.css")
            },
            401,
        ),
        (
            Visit {
                method: "POST",
                ..at("/secret")
            },
            403,
        ),
        (
            Visit {
                from: "192.0.2.9",
                ..at("/")
            },
            204,
        ),
        (
            Visit {
                from: "192.0.2.9",
                ..at("/secret")
            },
            403,
        ),
        (
            Visit {
                from: "::ffff:192.0.2.9",
                ..at("/")
            },
            204,
        ),
        (
            Visit {
                host: "a.status.example",
                ..at("/")
            },
            204,
        ),
        (
            Visit {
                host: "status.example",
                ..at("/")
            },
            401,
        ),
        (
            Visit {
                agent: "Mozilla/5.0 (compatible; GoogleBot/2.1)",
                from: "203.0.113.5",
                ..at("/")
            },
            204,
        ),
        (
            Visit {
                agent: "Mozilla/5.0 (compatible; GoogleBot/2.1)",
                ..at("/")
            },
            401,
        ),
        (
            Visit {
                from: "203.0.113.5",
                ..at("/")
            },
            401,
        ),
        // What a server behind may read as another path is allowed by none of these paths, and may be denied.
        (at("/static/../secret"), 403),
        (at("/static/%2e%2e/account"), 403),
        (at("/static//a"), 403),
        (at("/static/a;b"), 403),
        (at("/static%2Fa"), 403),
    ] {
        assert_eq!(
            visit.check(&server).await.status,
            status,
            "{} {}",
            visit.method,
            visit.uri
        );
    }
    server.stop();

    let server = start(&home, "");
    for (uri, status) in [
        ("/.well-known/security.txt", 204),
        ("/robots.txt", 204),
        ("/favicon.ico", 204),
        ("/healthz", 204),
        ("/.well-known/../account", 401),
        ("/", 401),
    ] {
        assert_eq!(at(uri).check(&server).await.status, status, "{uri}");
    }
    let sent = Visit {
        method: "POST",
        ..at("/healthz")
    };
    assert_eq!(sent.check(&server).await.status, 401);
    server.stop();

    let server = start(&home, "rules = []\n");
    assert_eq!(at("/robots.txt").check(&server).await.status, 401);
}

#[tokio::test]
async fn nobody_but_a_trusted_proxy_says_what_is_asked() {
    let home = Home::new();
    let server = start(&home, "");
    let robots = Visit {
        uri: "/robots.txt",
        ..VISIT
    };
    let asked = || robots.asked(&server, "/forward-auth/check");
    assert_eq!(read(asked()).await.status, 204);

    let http = reqwest::Client::builder()
        .no_proxy()
        .local_address(IpAddr::from([127, 0, 0, 2]))
        .build()
        .unwrap();
    for (method, path) in [
        ("GET", "/forward-auth/check"),
        ("GET", "/forward-auth/page"),
        ("POST", "/.cattlegrid/answer"),
    ] {
        let request = http
            .request(method.parse().unwrap(), format!("{}{path}", server.address))
            .header("x-forwarded-for", "198.51.100.7")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "shop.example")
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-uri", "/robots.txt")
            .form(&[("key", "x"), ("answer", "x")]);
        read(request).await.assert_problem(403, "untrusted-proxy");
    }

    // A header that a visitor has added to those of the proxy.
    for (name, value) in [
        ("x-original-uri", "/"),
        ("x-original-method", "HEAD"),
        ("x-forwarded-uri", "/account"),
        ("x-forwarded-method", "POST"),
        ("x-forwarded-host", "blog.example"),
        ("x-forwarded-proto", "http"),
    ] {
        read(asked().header(name, value))
            .await
            .assert_problem(403, "bad-forwarding");
    }
    let agreed = asked()
        .header("x-original-uri", "/robots.txt")
        .header("x-original-method", "GET");
    assert_eq!(read(agreed).await.status, 204);
}

#[tokio::test]
async fn what_a_proxy_leaves_out_is_not_guessed() {
    let home = Home::new();
    let server = start(&home, "");
    let robots = Visit {
        uri: "/robots.txt",
        ..VISIT
    };
    let all = [
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "shop.example"),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-uri", "/robots.txt"),
    ];
    for (missing, _) in all {
        let request = server.request("GET", "/forward-auth/check");
        let rest = all.iter().filter(|(name, _)| *name != missing);
        let request = rest.fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        read(request).await.assert_problem(403, "bad-forwarding");
    }
    for wrong in [
        Visit { uri: "", ..robots },
        Visit { uri: "*", ..robots },
        Visit {
            uri: "http://shop.example/robots.txt",
            ..robots
        },
        Visit {
            method: "",
            ..robots
        },
        Visit {
            method: "GET POST",
            ..robots
        },
        Visit { host: "", ..robots },
        Visit {
            host: "shop.example, blog.example",
            ..robots
        },
        Visit {
            host: "shop.example/robots.txt",
            ..robots
        },
        Visit {
            proto: "ftp",
            ..robots
        },
        Visit {
            proto: "https,http",
            ..robots
        },
    ] {
        wrong
            .check(&server)
            .await
            .assert_problem(403, "bad-forwarding");
    }
    let nginx = server
        .request("GET", "/forward-auth/check")
        .header("x-forwarded-for", "198.51.100.7")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "shop.example")
        .header("x-original-method", "GET")
        .header("x-original-uri", "/robots.txt");
    assert_eq!(read(nginx).await.status, 204);
}

#[tokio::test]
async fn scripts_are_told_and_people_are_asked() {
    let home = Home::new();
    let server = start(
        &home,
        "[[forward_auth.rules]]\nthen = \"deny\"\npaths = [\"/secret\"]\n",
    );
    for accept in ["application/json", "*/*", "image/avif,image/webp,*/*;q=0.8"] {
        let reply = Visit { accept, ..VISIT }.page(&server).await;
        reply.assert_problem(401, "pass-required");
        assert_eq!(reply.header("www-authenticate"), "Cattlegrid");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    for (name, value) in [
        ("x-requested-with", "XMLHttpRequest"),
        ("sec-fetch-mode", "cors"),
    ] {
        let request = VISIT
            .asked(&server, "/forward-auth/page")
            .header(name, value);
        read(request).await.assert_problem(401, "pass-required");
    }
    server
        .assert_counted(&["cattlegrid_forward_auth_total{outcome=\"challenged\"} 5"])
        .await;
    assert!(
        !server.metrics().await.contains("cattlegrid_issued_total{"),
        "no challenge for those"
    );

    let opened = VISIT
        .asked(&server, "/forward-auth/page")
        .header("sec-fetch-mode", "navigate");
    let page = read(opened).await;
    assert!(!html(&page).contains("has not arrived"));
    let sent = Visit {
        method: "POST",
        ..VISIT
    }
    .page(&server)
    .await;
    assert_eq!(sent.status, 401);
    assert!(html(&sent).contains("has not arrived"));

    let german = VISIT
        .asked(&server, "/forward-auth/page")
        .header("accept-language", "de-AT,en;q=0.5");
    let page = read(german).await;
    assert!(html(&page).contains("<html lang=\"de\" dir=\"ltr\">"));

    let secret = Visit {
        uri: "/secret",
        ..VISIT
    };
    let page = secret.page(&server).await;
    assert_eq!(page.status, 403);
    assert!(html(&page).contains("This page is not open to you."));
    assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
    let script = Visit {
        accept: "application/json",
        ..secret
    };
    script.page(&server).await.assert_problem(403, "denied");
}

#[tokio::test]
async fn nobody_is_led_to_another_host() {
    let home = Home::new();
    let mut server = start(&home, "");
    without_redirects(&mut server);
    for to in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "/a\r\nset-cookie: a=b",
        "",
    ] {
        let key = key_of(&VISIT.page(&server).await);
        let reply = VISIT.answer(&server, &key, &home.answer_to(&key), to).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, "/"),
            "{to:?}"
        );
        assert_eq!(
            reply.headers.get_all("set-cookie").iter().count(),
            1,
            "{to:?}"
        );
    }
    for uri in ["//evil.example/", "/\\evil.example", "/.cattlegrid/answer"] {
        let page = Visit { uri, ..VISIT }.page(&server).await;
        assert_eq!(hidden(html(&page), "to"), "/", "{uri}");
    }
    let again = VISIT.request(&server, "GET", "/.cattlegrid/answer");
    let again = read(again).await;
    assert_eq!((again.status, again.header("location")), (303, "/"));
}

#[tokio::test]
async fn what_is_no_answer_earns_nothing() {
    let home = Home::new();
    let server = start(&home, "");
    let key = key_of(&VISIT.page(&server).await);
    let unknown = VISIT.answer(&server, "no-key", "x", "/").await;
    assert_eq!(unknown.status, 422);
    let fresh = key_of(&unknown);
    assert_ne!(fresh, key);

    for body in ["", "key=x", "answer=x", "key=x&answer=y&answer=z", "\0"] {
        let request = VISIT
            .request(&server, "POST", "/.cattlegrid/answer")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        assert_eq!(read(request).await.status, 400, "{body}");
    }
    let long = "a".repeat(100_000);
    assert_eq!(VISIT.answer(&server, &fresh, &long, "/").await.status, 413);

    let reply = server
        .post("/api/v1/challenges", &json!({ "sitekey": "shop" }))
        .await;
    let key = reply.json()["key"].as_str().unwrap().to_owned();
    let elsewhere = Visit {
        host: "blog.example",
        ..VISIT
    };
    assert_eq!(
        elsewhere.answer(&server, &key, "wrong", "/").await.status,
        422
    );
}

#[tokio::test]
async fn a_host_that_is_not_the_sites_is_denied() {
    let home = Home::new();
    let own = "hostnames = [\"shop.example\"]\n";
    let server = home.start_configured(&format!("{TRUSTED}{SHOP}{own}[forward_auth]\n"));
    assert_eq!(VISIT.check(&server).await.status, 401);
    let other = Visit {
        host: "blog.example",
        uri: "/robots.txt",
        ..VISIT
    };
    other.check(&server).await.assert_problem(403, "denied");
    let key = key_of(&VISIT.page(&server).await);
    let reply = other
        .answer(&server, &key, &home.answer_to(&key), "/")
        .await;
    assert_eq!((reply.status, reply.header("set-cookie")), (403, ""));
}

#[tokio::test]
async fn limits_count_challenges_and_answers_but_no_passes() {
    let home = Home::new();
    let limits = "rate_limits = { issue.address = \"3/1h\", answer.address = \"2/1h\" }\n";
    let mut server = home.start_configured(&format!("{limits}{TRUSTED}{SHOP}[forward_auth]\n"));
    without_redirects(&mut server);
    let (cookie, _) = VISIT.earn(&home, &server).await;
    let with = Visit {
        cookie: &cookie,
        ..VISIT
    };
    for _ in 0..5 {
        assert_eq!(with.page(&server).await.status, 204);
        assert_eq!(VISIT.check(&server).await.status, 401);
    }
    let key = key_of(&VISIT.page(&server).await);
    VISIT.page(&server).await;
    let page = VISIT.page(&server).await;
    assert_eq!(page.status, 429);
    assert!(html(&page).contains("too many attempts"));
    assert_ne!(page.header("retry-after"), "");
    assert_eq!(with.page(&server).await.status, 204);

    assert_eq!(VISIT.answer(&server, &key, "wrong", "/").await.status, 422);
    let page = VISIT.answer(&server, &key, "wrong", "/").await;
    assert_eq!(page.status, 429);
    assert!(html(&page).contains("too many attempts"));
    let other = Visit {
        from: "203.0.113.1",
        ..VISIT
    };
    assert_eq!(other.page(&server).await.status, 401);
}

#[tokio::test]
async fn it_is_off_unless_it_is_configured() {
    let home = Home::new();
    let server = home.start_configured(&format!("{TRUSTED}{SHOP}"));
    for path in [
        "/forward-auth/check",
        "/forward-auth/page",
        "/.cattlegrid/base.css",
    ] {
        let reply = read(VISIT.asked(&server, path)).await;
        reply.assert_problem(404, "not-found");
    }
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let home = Home::new();
    let check = |toml: &str| {
        let path = home.file("cattlegrid.toml", toml);
        run(program()
            .args(["check", "--config"])
            .arg(path)
            .arg("--data")
            .arg(home.data()))
    };
    let altcha = format!("{SHOP}dialect = \"altcha\"\n");
    let second = SHOP.replace("shop", "blog");
    for (toml, words) in [
        (
            format!("{SHOP}[forward_auth]\n"),
            ["forward_auth", "trusted_proxies"],
        ),
        (
            format!("{TRUSTED}client_address.proxy_protocol = true\n{SHOP}[forward_auth]\n"),
            ["forward_auth", "proxy_protocol"],
        ),
        (
            format!("{TRUSTED}{SHOP}[forward_auth]\nsite = \"blog\"\n"),
            ["forward_auth.site", "no site"],
        ),
        (
            format!("{TRUSTED}{SHOP}{second}[forward_auth]\n"),
            ["forward_auth.site", "name the site"],
        ),
        (
            format!(
                "{TRUSTED}{SHOP}{second}[[forward_auth]]\nsite = \"shop\"\n[[forward_auth]]\nsite = \"blog\"\n"
            ),
            ["forward_auth", "hostnames"],
        ),
        (
            format!(
                "{TRUSTED}{SHOP}hostnames = [\"a.example\"]\n[[forward_auth]]\n[[forward_auth]]\nsite = \"shop\"\n"
            ),
            ["forward_auth", "twice"],
        ),
        (
            format!("{TRUSTED}{SHOP}[[forward_auth]]\nrules = [{{ then = \"hide\" }}]\n"),
            ["forward_auth[0].rules[0].then", "challenge"],
        ),
        (
            format!("forward_auth = 1\n{TRUSTED}{SHOP}"),
            ["forward_auth", "a table, or a list of them"],
        ),
        (
            format!("{TRUSTED}{altcha}[forward_auth]\n"),
            ["forward_auth.site", "ALTCHA"],
        ),
        (
            format!(
                "{TRUSTED}{SHOP}provider = {{ name = \"turnstile\", secret_key = \"their-secret-key\" }}\n[forward_auth]\n"
            ),
            ["forward_auth.site", "provider"],
        ),
        (
            format!("{TRUSTED}{SHOP}[forward_auth]\ncookie = \"__Host-a\"\n"),
            ["forward_auth.cookie", "__Host-"],
        ),
        (
            format!("{TRUSTED}{SHOP}[forward_auth]\npass.lifetime = \"60d\"\n"),
            ["forward_auth.pass.lifetime", "2592000"],
        ),
        (
            format!("{TRUSTED}{SHOP}[forward_auth]\nrules = [{{ then = \"hide\" }}]\n"),
            ["forward_auth.rules[0].then", "challenge"],
        ),
        (
            format!(
                "{TRUSTED}{SHOP}[forward_auth]\nrules = [{{ then = \"allow\", paths = [\"*.css\"] }}]\n"
            ),
            ["forward_auth.rules[0].paths", "/static/*"],
        ),
        (
            format!(
                "{TRUSTED}{SHOP}[forward_auth]\nrules = [{{ then = \"allow\", methods = [\"get\"] }}]\n"
            ),
            ["forward_auth.rules[0].methods", "capitals"],
        ),
        (
            format!(
                "{TRUSTED}{SHOP}[forward_auth]\nrules = [{{ then = \"allow\", agents = [\"\"] }}]\n"
            ),
            ["forward_auth.rules[0].agents", "Googlebot"],
        ),
    ] {
        let ended = check(&toml);
        assert_eq!(ended.status, Some(78), "{toml}: {}", ended.err);
        for word in words {
            assert!(ended.err.contains(word), "{word} not in: {}", ended.err);
        }
    }
    let hosted = format!("{SHOP}hostnames = [\"shop.example\"]\n");
    let two = "[[forward_auth]]\nsite = \"shop\"\n[[forward_auth]]\nsite = \"blog\"\n";
    let ended = check(&format!(
        "store = \"memory:\"\n{TRUSTED}{hosted}{second}{two}"
    ));
    for line in ["with challenges of shop", "with challenges of blog"] {
        assert!(ended.out.contains(line), "{line} not in {}", ended.out);
    }
    let ended = check(&format!(
        "store = \"memory:\"\n{TRUSTED}{SHOP}[forward_auth]\n"
    ));
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    for line in [
        "forward auth     with challenges of shop",
        "  passes         live 43200s",
        "  rules          allow",
    ] {
        assert!(ended.out.contains(line), "{line} not in {}", ended.out);
    }
}

#[tokio::test]
async fn a_rule_that_believes_anybody_is_warned_of() {
    let home = Home::new();
    let rule = "[[forward_auth.rules]]\nthen = \"allow\"\nagents = [\"Googlebot\"]\n";
    start(&home, rule).stop();
    let log = home.log();
    assert!(log.contains("anybody can write such a User-Agent"), "{log}");
}
