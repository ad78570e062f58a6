//! A site that knows nothing of Cattlegrid, behind a real nginx, a real `HAProxy` and a real Caddy, as the files under
//! `deploy/forward-auth` have them.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use cattlegrid_services::{Caddy, HaProxy, Nginx, Service};
use http_body_util::BodyExt;
use tokio::net::TcpListener;

use crate::harness::{Home, Reply, Server, read};

const CONFIG: &str = r#"
client_address.trusted_proxies = ["127.0.0.1"]
[[sites]]
key = "shop"
secret = "the-secret-key-of-the-shop"
kinds = ["chars", "math"]
# Why so high: an answer on the page never comes with signals, and so everybody is asked twice.
behaviour = { second_below = 0.95, second_kind = "math" }
[forward_auth]
pass.ipv4_prefix = 32
[[forward_auth.rules]]
then = "deny"
paths = ["/internal/*"]
[[forward_auth.rules]]
then = "allow"
paths = ["/robots.txt"]
"#;

/// Passes are bound to as little as may be.
const TWO_SITES: &str = r#"
client_address.trusted_proxies = ["127.0.0.1"]
[[sites]]
key = "shop"
secret = "the-secret-key-of-the-shop"
hostnames = ["shop.example"]
[[sites]]
key = "blog"
secret = "the-secret-key-of-the-blog"
hostnames = ["blog.example"]
[[forward_auth]]
site = "shop"
pass.bound_to = []
[[forward_auth]]
site = "blog"
pass.bound_to = []
[[forward_auth.rules]]
then = "allow"
paths = ["/feed.xml"]
"#;

/// A plain site, which says what it was asked for, and remembers it.
struct Site {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&asked);
        let site = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let length = body.collect().await.unwrap().to_bytes().len();
            let line = format!("{} {} {length}", parts.method, parts.uri);
            seen.lock().unwrap().push(line.clone());
            line
        });
        tokio::spawn(async move { axum::serve(listener, site).await });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/forward-auth")
        .join(name)
}

/// The file with other addresses than it has.
fn deployed(name: &str, addresses: &[(&str, String)]) -> String {
    let text = fs::read_to_string(file(name)).unwrap();
    addresses.iter().fold(text, |text, (own, other)| {
        assert!(text.contains(own), "{own} is not in {name}");
        text.replace(own, other)
    })
}

fn cattlegrid_and(server: &Server, site: &Site) -> [(&'static str, String); 2] {
    let address = server.address.trim_start_matches("http://").to_owned();
    [
        ("127.0.0.1:8080", address),
        ("127.0.0.1:3000", site.address.to_string()),
    ]
}

fn nginx_file(server: &Server, site: &Site, at: SocketAddr) -> String {
    let own = [
        ("listen 80", format!("listen {at}")),
        (
            "/etc/nginx/snippets/cattlegrid.conf",
            file("nginx-cattlegrid.conf").display().to_string(),
        ),
    ];
    deployed(
        "nginx.conf",
        &[&cattlegrid_and(server, site)[..], &own].concat(),
    )
}

fn nginx(server: &Server, site: &Site) -> Service {
    Nginx::start(|at| nginx_file(server, site, at)).unwrap()
}

/// The same, with another site at `blog.example`.
fn nginx_of_two(server: &Server, site: &Site, blog: &Site) -> Service {
    let proxy = Nginx::start(|at| {
        let file = nginx_file(server, site, at);
        let (_, own) = file.split_once("\nserver {").unwrap();
        let other = own
            .replace("example.org", "blog.example")
            .replace("http://site", "http://blog");
        let address = blog.address;
        format!("{file}\nupstream blog {{ server {address}; }}\nserver {{{other}")
    });
    proxy.unwrap()
}

fn haproxy(server: &Server, site: &Site) -> Service {
    let proxy = HaProxy::configured(|at| {
        let own = [
            ("bind :80", format!("bind {at}")),
            (
                "/etc/haproxy/cattlegrid.lua",
                file("cattlegrid.lua").display().to_string(),
            ),
        ];
        deployed(
            "haproxy.cfg",
            &[&cattlegrid_and(server, site)[..], &own].concat(),
        )
    });
    proxy.unwrap()
}

fn caddy(server: &Server, site: &Site) -> Service {
    let proxy = Caddy::start(|at| {
        let own = [("example.org {", format!("http://{at} {{"))];
        deployed(
            "Caddyfile",
            &[&cattlegrid_and(server, site)[..], &own].concat(),
        )
    });
    proxy.unwrap()
}

/// A visitor's browser, at an address of its own.
struct Visitor<'a> {
    proxy: &'a str,
    http: reqwest::Client,
    /// Which of its sites; none for whatever it has first.
    host: Option<&'a str>,
    cookie: String,
}

impl<'a> Visitor<'a> {
    fn new(proxy: &'a str, last: u8) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .local_address(IpAddr::from([127, 0, 0, last]))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("Mozilla/5.0 (X11; Linux x86_64)")
            .build();
        Self {
            proxy,
            http: http.unwrap(),
            host: None,
            cookie: String::new(),
        }
    }

    fn at(mut self, host: &'a str) -> Self {
        self.host = Some(host);
        self
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.proxy);
        let request = self.http.request(method.parse().unwrap(), url);
        let request = request.header("accept", "text/html,*/*;q=0.8");
        let request = match self.host {
            Some(host) => request.header("host", host),
            None => request,
        };
        if self.cookie.is_empty() {
            return request;
        }
        request.header("cookie", &self.cookie)
    }

    async fn get(&self, path: &str) -> Reply {
        read(self.request("GET", path)).await
    }

    /// Answers what the page asks, and keeps the cookie.
    async fn answer(&mut self, home: &Home, page: &Reply) -> Reply {
        let text = String::from_utf8(page.body.clone()).unwrap();
        let field = |name: &str| {
            let start = format!("name=\"{name}\" value=\"");
            let rest = text.split_once(&start).unwrap().1;
            rest.split('"').next().unwrap().replace("&#38;", "&")
        };
        let (key, to) = (field("key"), field("to"));
        let picture = self.get(&format!("/.cattlegrid/picture/{key}")).await;
        assert_eq!(picture.header("content-type"), "image/png", "{picture:?}");
        let form = [
            ("key", &key),
            ("answer", &home.answer_to(&key)),
            ("to", &to),
        ];
        let reply = read(self.request("POST", "/.cattlegrid/answer").form(&form)).await;
        let cookie = reply.header("set-cookie").split(';').next().unwrap();
        cookie.clone_into(&mut self.cookie);
        reply
    }
}

/// The status of a request for a path that no client of HTTP would leave as it is.
fn status_of(proxy: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(proxy.trim_start_matches("http://")).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// Everything that must hold for visitors, whatever the proxy is.
async fn assert_guarded(home: &Home, site: &Site, proxy: &str) {
    let mut visitor = Visitor::new(proxy, 2);
    let page = visitor.get("/cart?item=1&n=2").await;
    assert_eq!(page.status, 401, "{page:?}");
    assert_eq!(page.header("cache-control"), "no-store");
    let scheme: Vec<_> = page.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(scheme, ["Cattlegrid"]);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(visitor.get("/.cattlegrid/base.css").await.status, 200);

    // What was sent is lost, however much it was, and the page says so.
    for length in [10, 500_000] {
        let sent = visitor.request("POST", "/order").body("x".repeat(length));
        let sent = read(sent).await;
        assert_eq!(sent.status, 401, "{sent:?}");
        assert!(String::from_utf8_lossy(&sent.body).contains("has not arrived"));
    }
    let head = read(visitor.request("HEAD", "/cart")).await;
    assert_eq!((head.status, head.body.len()), (401, 0));
    let script = visitor
        .request("GET", "/api/items")
        .header("x-requested-with", "XMLHttpRequest");
    read(script).await.assert_problem(401, "pass-required");

    // A visitor who says that they asked for something else.
    for (name, value) in [
        ("x-forwarded-uri", "/robots.txt"),
        ("x-original-uri", "/robots.txt"),
        ("x-forwarded-method", "OPTIONS"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-forwarded-host", "other.example"),
    ] {
        let forged = read(visitor.request("GET", "/account").header(name, value)).await;
        // Why either: some proxies take these headers away, with others the server hears two stories.
        assert!([401, 403].contains(&forged.status), "{name}: {forged:?}");
    }
    for path in [
        "/robots.txt/%2e%2e/account",
        "/.cattlegrid/../account",
        "/.cattlegrid/%2e%2e/account",
        "//account",
    ] {
        let status = status_of(proxy, path);
        assert!(
            ["401", "403", "404"].contains(&&*status),
            "{path}: {status}"
        );
    }
    let status = visitor.get("/forward-auth/check").await.status;
    assert!([401, 404].contains(&status), "not for visitors: {status}");
    assert_eq!(visitor.get("/internal/x").await.status, 403);
    assert_eq!(site.asked(), [] as [&str; 0]);
    assert_eq!(visitor.get("/robots.txt").await.body, b"GET /robots.txt 0");

    let second = visitor.answer(home, &page).await;
    assert_eq!((second.status, second.header("set-cookie")), (422, ""));
    let text = String::from_utf8_lossy(&second.body);
    assert!(text.contains("That is right. One more, please."), "{text}");
    assert!(text.contains("Type the result"), "{text}");
    let reply = visitor.answer(home, &second).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/cart?item=1&n=2")
    );
    assert!(visitor.cookie.starts_with("cattlegrid-pass="), "{reply:?}");
    assert_eq!(
        visitor.get("/cart?item=1&n=2").await.body,
        b"GET /cart?item=1&n=2 0"
    );
    let sent = read(visitor.request("POST", "/order").body("x".repeat(500_000))).await;
    assert_eq!(sent.body, b"POST /order 500000");
    assert_eq!(visitor.get("/internal/x").await.status, 403);

    let mut other = Visitor::new(proxy, 3);
    other.cookie.clone_from(&visitor.cookie);
    assert_eq!(
        other.get("/cart").await.status,
        401,
        "the pass is another's"
    );
    assert_eq!(site.asked().len(), 3, "{:?}", site.asked());
}

/// Nobody is let through, with a pass or without, while there is nobody to ask.
async fn assert_closed_without(server: Server, site: &Site, proxy: &str) {
    server.stop();
    let before = site.asked().len();
    for path in ["/", "/robots.txt"] {
        let status = Visitor::new(proxy, 2).get(path).await.status;
        assert!((500..600).contains(&status), "{path}: {status}");
    }
    assert_eq!(site.asked().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_behind_nginx() {
    let home = Home::new();
    let (server, site) = (home.start_configured(CONFIG), Site::start().await);
    let proxy = nginx(&server, &site);
    assert_guarded(&home, &site, proxy.url()).await;
    assert_closed_without(server, &site, proxy.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sites_behind_one_nginx_each_with_passes_of_its_own() {
    let home = Home::new();
    let server = home.start_configured(TWO_SITES);
    let (shop_site, blog_site) = (Site::start().await, Site::start().await);
    let proxy = nginx_of_two(&server, &shop_site, &blog_site);
    let mut shop = Visitor::new(proxy.url(), 2).at("shop.example");
    let mut blog = Visitor::new(proxy.url(), 2).at("blog.example");

    assert_eq!(blog.get("/feed.xml").await.body, b"GET /feed.xml 0");
    assert_eq!(
        shop.get("/feed.xml").await.status,
        401,
        "a rule of the blog's"
    );
    let stranger = Visitor::new(proxy.url(), 2).at("other.example");
    assert_eq!(stranger.get("/feed.xml").await.status, 403);

    let page = shop.get("/cart").await;
    let misplaced = blog.answer(&home, &page).await;
    assert_eq!(misplaced.status, 422, "an answer to the shop's challenge");
    assert_eq!(blog.cookie, "");
    let page = shop.get("/cart").await;
    assert_eq!(shop.answer(&home, &page).await.status, 303);
    let page = blog.get("/").await;
    assert_eq!(blog.answer(&home, &page).await.status, 303);
    assert_eq!(shop.get("/cart").await.body, b"GET /cart 0");
    assert_eq!(blog.get("/new").await.body, b"GET /new 0");
    std::mem::swap(&mut shop.cookie, &mut blog.cookie);
    assert_eq!(shop.get("/cart").await.status, 401, "the blog's pass");
    assert_eq!(blog.get("/new").await.status, 401, "the shop's pass");
    assert_eq!(shop_site.asked(), ["GET /cart 0"]);
    assert_eq!(blog_site.asked(), ["GET /feed.xml 0", "GET /new 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_behind_haproxy() {
    let home = Home::new();
    let (server, site) = (home.start_configured(CONFIG), Site::start().await);
    let proxy = haproxy(&server, &site);
    assert_guarded(&home, &site, proxy.url()).await;
    assert_closed_without(server, &site, proxy.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_behind_caddy() {
    let home = Home::new();
    let (server, site) = (home.start_configured(CONFIG), Site::start().await);
    let proxy = caddy(&server, &site);
    assert_guarded(&home, &site, proxy.url()).await;
    assert_closed_without(server, &site, proxy.url()).await;
}
