//! Whose request it is: from the socket, through proxies, and behind real ones.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use cattlegrid_services::{HaProxy, Nginx};
use serde_json::json;

use crate::harness::{Home, Server, program, read, run};

/// One challenge an hour for each address.
const ONE: &str = "rate_limits.issue.address = \"1/1h\"\n[[sites]]\nkey = \"shop\"\nsecret = \"the-secret-key-of-the-shop\"\n";

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Whom each status is for: the first time of an address 201, the second 429.
async fn status(server: &Server, header: &str, value: &str) -> u16 {
    let request = server
        .request("POST", "/api/v1/challenges")
        .header(header, value);
    read(request.json(&json!({ "sitekey": "shop" })))
        .await
        .status
}

/// The status of a request to `url` from this address of the loopback network.
async fn status_from(here: [u8; 4], url: &str, forged: &str) -> u16 {
    let http = reqwest::Client::builder()
        .no_proxy()
        .local_address(IpAddr::from(here))
        .build()
        .unwrap();
    let request = http
        .post(format!("{url}/api/v1/challenges"))
        .header("x-forwarded-for", forged)
        .header("forwarded", format!("for={forged}"));
    read(request.json(&json!({ "sitekey": "shop" })))
        .await
        .status
}

#[tokio::test]
async fn only_what_trusted_proxies_wrote_counts() {
    let home = Home::new();
    let trusted = "client_address.trusted_proxies = [\"loopback\", \"10.0.0.0/8\"]\n";
    let server = home.start_configured(&format!("{trusted}{ONE}"));
    for (value, want) in [
        ("198.51.100.1", 201),
        ("198.51.100.1", 429),
        ("203.0.113.9, 198.51.100.1", 429),
        ("198.51.100.1, 10.1.2.3", 429),
        ("::ffff:198.51.100.1", 429),
        ("198.51.100.1:4711", 429),
        ("198.51.100.1, 198.51.100.2", 201),
        ("2001:db8:1:2::1", 201),
        ("[2001:db8:1:2:ffff::2]:80", 429),
        ("2001:db8:1:3::1", 201),
        ("198.51.100.9, unknown", 201),
        ("198.51.100.8, nonsense", 429),
    ] {
        assert_eq!(
            status(&server, "x-forwarded-for", value).await,
            want,
            "{value}"
        );
    }
    assert_eq!(
        status(&server, "forwarded", "for=198.51.100.77").await,
        429,
        "the proxy itself"
    );

    let home = Home::new();
    let server = home.start_configured(&format!(
        "{trusted}client_address.header = \"forwarded\"\n{ONE}"
    ));
    for (value, want) in [
        ("for=198.51.100.1", 201),
        ("for=203.0.113.9, for=\"198.51.100.1:80\";proto=https", 429),
        ("for=\"[2001:db8::1]\"", 201),
        ("for=\", for=\"[2001:db8::2]:_x\"", 429),
    ] {
        assert_eq!(status(&server, "forwarded", value).await, want, "{value}");
    }
    assert_eq!(
        status(&server, "x-forwarded-for", "198.51.100.77").await,
        201,
        "the proxy itself"
    );
    assert_eq!(
        status(&server, "x-forwarded-for", "198.51.100.78").await,
        429,
        "the proxy itself"
    );
}

#[tokio::test]
async fn the_socket_counts_where_no_proxy_is_trusted() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "client_address.trusted_proxies = [\"127.0.0.9\"]\n{ONE}"
    ));
    assert_eq!(
        status_from([127, 0, 0, 2], &server.address, "198.51.100.1").await,
        201
    );
    assert_eq!(
        status_from([127, 0, 0, 2], &server.address, "198.51.100.2").await,
        429
    );
    assert_eq!(
        status_from([127, 0, 0, 3], &server.address, "198.51.100.2").await,
        201
    );
}

#[tokio::test]
async fn a_proxy_that_nobody_named_locks_nobody_out() {
    let home = Home::new();
    let server = home.start_configured(ONE);
    let log = home.log();
    assert!(log.contains("no limit by address applies"), "{log}");
    assert!(!log.contains("requests come through a proxy"), "{log}");
    for n in 0..5 {
        let address = format!("198.51.100.{n}");
        assert_eq!(status(&server, "x-forwarded-for", &address).await, 201);
    }
    let log = home.log();
    assert_eq!(
        log.matches("requests come through a proxy").count(),
        1,
        "{log}"
    );
    assert!(!log.contains("198.51.100"), "{log}");
}

#[tokio::test]
async fn prefixes_and_exceptions_are_as_configured() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "client_address.trusted_proxies = [\"loopback\"]\n\
         rate_limits.ipv4_prefix = 24\nrate_limits.ipv6_prefix = 48\nrate_limits.exempt = [\"192.0.2.0/24\"]\n{ONE}"
    ));
    for (value, want) in [
        ("198.51.100.1", 201),
        ("198.51.100.2", 429),
        ("198.51.101.1", 201),
        ("2001:db8:1:1::1", 201),
        ("2001:db8:1:2::1", 429),
        ("192.0.2.1", 201),
        ("192.0.2.1", 201),
    ] {
        assert_eq!(
            status(&server, "x-forwarded-for", value).await,
            want,
            "{value}"
        );
    }
}

/// What the server says to these bytes until it closes.
fn exchange(server: &Server, parts: &[&[u8]]) -> String {
    let address: SocketAddr = server
        .address
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    for part in parts {
        // Why an error will do: a server that refuses may be gone before all is sent.
        if stream.write_all(part).is_err() {
            break;
        }
    }
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn proxied(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[0x20 | command, family], &length, rest].concat()
}

/// From 198.51.100.`n`.
fn from_v4(n: u8) -> Vec<u8> {
    proxied(1, 0x11, &[198, 51, 100, n, 127, 0, 0, 1, 0x12, 0x67, 0, 80])
}

const REQUEST: &[u8] = b"POST /api/v1/challenges HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"sitekey\":\"shop\"}";

#[tokio::test]
async fn the_proxy_protocol_says_who_connects() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "client_address = {{ trusted_proxies = [\"127.0.0.1\"], proxy_protocol = true }}\nlimits.header_timeout = \"1s\"\n{ONE}"
    ));
    let status = |header: &[u8]| {
        let reply = exchange(&server, &[header, REQUEST]);
        reply.split(' ').nth(1).map(str::to_owned)
    };
    let some = |status: &str| Some(status.to_owned());
    assert_eq!(status(&from_v4(1)), some("201"));
    assert_eq!(status(&from_v4(1)), some("429"));
    assert_eq!(status(&from_v4(2)), some("201"));
    let mut v6 = vec![0; 36];
    v6[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
    assert_eq!(status(&proxied(1, 0x21, &v6)), some("201"));
    v6[15] = 9;
    v6.extend([0x04, 0, 1, 0]);
    assert_eq!(
        status(&proxied(1, 0x21, &v6)),
        some("429"),
        "the same /64, and a type and length that nobody knows"
    );
    assert_eq!(
        status(&proxied(0, 0, &[])),
        some("201"),
        "LOCAL: the proxy itself"
    );
    assert_eq!(
        status(&proxied(0, 0x11, &[0; 12])),
        some("429"),
        "LOCAL: the proxy itself"
    );

    for refused in [
        b"".to_vec(),
        b"PROXY TCP4 198.51.100.7 127.0.0.1 4711 80\r\n".to_vec(),
        proxied(1, 0x00, &[]),
        proxied(1, 0x12, &[0; 12]),
        proxied(1, 0x31, &[0; 216]),
        proxied(1, 0x11, &[0; 4]),
        proxied(2, 0x11, &[0; 12]),
        proxied(1, 0x11, &vec![0; 60_000]),
    ] {
        assert_eq!(status(&refused), None, "{refused:?}");
    }
    let whole = from_v4(3);
    assert_eq!(
        exchange(&server, &[&whole[..20]]),
        "",
        "one that never comes whole"
    );
    let slowly: Vec<_> = whole.chunks(1).chain([REQUEST]).collect();
    assert!(exchange(&server, &slowly).starts_with("HTTP/1.1 201"));
}

#[tokio::test]
async fn only_trusted_proxies_speak_the_proxy_protocol() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "client_address = {{ trusted_proxies = [\"10.0.0.0/8\"], proxy_protocol = true }}\n{ONE}"
    ));
    assert_eq!(exchange(&server, &[&from_v4(1), REQUEST]), "");
    assert_eq!(exchange(&server, &[REQUEST]), "");
}

fn at(server: &Server) -> SocketAddr {
    server
        .address
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap()
}

/// Each client has its own quota, whatever it forges.
async fn assert_clients_are_known(url: &str) {
    assert_eq!(status_from([127, 0, 0, 2], url, "198.51.100.1").await, 201);
    assert_eq!(status_from([127, 0, 0, 2], url, "198.51.100.2").await, 429);
    assert_eq!(status_from([127, 0, 0, 3], url, "127.0.0.2").await, 201);
    assert_eq!(status_from([127, 0, 0, 3], url, "127.0.0.1").await, 429);
}

#[tokio::test]
async fn behind_haproxy() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "client_address.trusted_proxies = [\"127.0.0.1\"]\n{ONE}"
    ));
    let proxy = HaProxy::start(&[at(&server)], "/readyz").unwrap();
    assert_clients_are_known(proxy.url()).await;
}

#[tokio::test]
async fn behind_haproxy_that_speaks_the_proxy_protocol() {
    let home = Home::new();
    let server = home.start_configured(&format!(
        "client_address = {{ trusted_proxies = [\"127.0.0.1\"], proxy_protocol = true }}\n{ONE}"
    ));
    let proxy = HaProxy::with(&[at(&server)], "/readyz", "send-proxy-v2 check-send-proxy").unwrap();
    assert_clients_are_known(proxy.url()).await;
}

#[tokio::test]
async fn behind_nginx() {
    for (header, says) in [
        (
            "x-forwarded-for",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        ),
        (
            "forwarded",
            "proxy_set_header Forwarded \"$http_forwarded, for=$remote_addr;proto=$scheme\";",
        ),
    ] {
        let home = Home::new();
        let server = home.start_configured(&format!(
            "client_address = {{ trusted_proxies = [\"127.0.0.1\"], header = \"{header}\" }}\n{ONE}"
        ));
        let nginx = Nginx::start(|address| {
            let server = at(&server);
            format!(
                "server {{ listen {address}; location / {{ proxy_pass http://{server}; {says} }} }}"
            )
        });
        assert_clients_are_known(nginx.unwrap().url()).await;
    }
}

#[test]
fn check_says_whom_it_trusts_and_what_it_limits() {
    let home = Home::new();
    let path = home.file(
        "cattlegrid.toml",
        &format!("store = \"memory:\"\nclient_address.trusted_proxies = [\"10.0.0.0/8\"]\n{ONE}"),
    );
    let ended = run(program()
        .args(["check", "--config"])
        .arg(path)
        .arg("--data")
        .arg(home.data()));
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    for line in [
        "client address   x-forwarded-for, written by 10.0.0.0/8",
        "limits on issue  1/1h by address, off by site, off by total",
        "limits on image  240/1m by address, off by site, off by total",
        "limits on verify off by address, off by site, off by total",
    ] {
        assert!(ended.out.contains(line), "{line} not in {}", ended.out);
    }
}
