//! Whose request it is, whatever the headers say.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use cattlegrid_guard::Networks;
use cattlegrid_guard::client_ip::{ClientIp, ClientIpLayer, ForwardingHeader, PeerAddr, Proxies};
use http::{HeaderMap, HeaderValue, Request, Response};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const PROXY: &str = "10.0.0.1";
const CLIENT: &str = "198.51.100.7";

fn proxies(header: ForwardingHeader) -> Proxies {
    Proxies::new(Networks::parse(["10.0.0.0/8", "fd00::/8"]).unwrap(), header)
}

fn headers(header: ForwardingHeader, lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header.name(), HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

fn client(header: ForwardingHeader, peer: &str, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    let headers = headers(header, &lines);
    proxies(header)
        .client(peer.parse().unwrap(), &headers)
        .to_string()
}

#[test]
fn x_forwarded_for_is_read_from_the_right() {
    let of = |lines: &[&str]| client(ForwardingHeader::XForwardedFor, PROXY, lines);
    for (lines, want) in [
        (vec![], PROXY),
        (vec![""], PROXY),
        (vec![" , ,"], PROXY),
        (vec![CLIENT], CLIENT),
        (vec!["203.0.113.9, 198.51.100.7"], CLIENT),
        (vec!["203.0.113.9", CLIENT], CLIENT),
        (vec!["203.0.113.9,198.51.100.7,,10.9.9.9"], CLIENT),
        (vec!["198.51.100.7", "10.9.9.9,10.8.8.8"], CLIENT),
        (vec!["198.51.100.7:4711"], CLIENT),
        (vec!["::ffff:198.51.100.7"], CLIENT),
        (vec!["[::ffff:198.51.100.7]:80"], CLIENT),
        (vec!["2001:db8::1"], "2001:db8::1"),
        (vec!["[2001:DB8::1]"], "2001:db8::1"),
        (vec!["[2001:db8:0::1]:443"], "2001:db8::1"),
        (vec!["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        (vec!["10.3.3.3, fd00::2"], "10.3.3.3"),
        (vec!["198.51.100.7, unknown"], PROXY),
        (vec!["198.51.100.7, unknown, 10.2.2.2"], "10.2.2.2"),
        (vec!["198.51.100.7, \"203.0.113.9\""], PROXY),
        (vec!["198.51.100.7, 198.51.100.07"], PROXY),
        (vec!["198.51.100.7, 1.2.3"], PROXY),
        (vec!["198.51.100.7, fe80::1%eth0"], PROXY),
        (vec!["198.51.100.7, 203.0.113.9:x"], PROXY),
        (vec!["198.51.100.7 203.0.113.9"], PROXY),
        (vec!["for=198.51.100.7"], PROXY),
    ] {
        assert_eq!(of(&lines), want, "{lines:?}");
    }
}

#[test]
fn forwarded_is_read_from_the_right() {
    let of = |lines: &[&str]| client(ForwardingHeader::Forwarded, PROXY, lines);
    for (lines, want) in [
        (vec![], PROXY),
        (
            vec!["for=203.0.113.9, for=198.51.100.7;proto=https"],
            CLIENT,
        ),
        (
            vec!["for=203.0.113.9", "proto=https; for=\"198.51.100.7:80\""],
            CLIENT,
        ),
        (vec!["for=198.51.100.7, for=10.2.2.2, FOR=10.3.3.3"], CLIENT),
        (vec!["for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
        (vec!["for=\"[::ffff:198.51.100.7]\""], CLIENT),
        (vec!["for=198.51.100.7, for=unknown"], PROXY),
        (
            vec!["for=198.51.100.7, for=_secret, for=10.2.2.2"],
            "10.2.2.2",
        ),
        (vec!["for=198.51.100.7, proto=https"], PROXY),
        (vec!["for=198.51.100.7, for=1.2.3.4;for=1.2.3.4"], PROXY),
        (vec!["for=\"198.51.100.7, for=203.0.113.9"], "203.0.113.9"),
        (vec!["for=\"", "for=198.51.100.7"], CLIENT),
        (vec!["198.51.100.7"], PROXY),
    ] {
        assert_eq!(of(&lines), want, "{lines:?}");
    }
}

#[test]
fn a_stranger_s_headers_say_nothing() {
    for header in ForwardingHeader::ALL {
        assert_eq!(
            client(header, CLIENT, &["10.0.0.1", "for=10.0.0.1"]),
            CLIENT
        );
        assert_eq!(
            client(header, "::ffff:198.51.100.7", &["203.0.113.9"]),
            CLIENT
        );
    }
    let other = headers(ForwardingHeader::Forwarded, &[b"for=198.51.100.7"]);
    let found = proxies(ForwardingHeader::XForwardedFor).client(PROXY.parse().unwrap(), &other);
    assert_eq!(
        found.to_string(),
        PROXY,
        "the header that is not configured is not looked at"
    );
    let none = Proxies::none().client(PROXY.parse().unwrap(), &other);
    assert_eq!(none.to_string(), PROXY);
}

#[test]
fn ten_thousand_entries_are_as_good_as_a_few() {
    let forged = "203.0.113.9, ".repeat(10_000);
    let of = |line: &str| client(ForwardingHeader::XForwardedFor, PROXY, &[line]);
    assert_eq!(of(&format!("{forged}{CLIENT}")), CLIENT);
    let chain: Vec<_> = (1..=10_000)
        .rev()
        .map(|n| format!("10.1.{}.{}", n / 256, n % 256))
        .collect();
    assert_eq!(
        of(&chain.join(",")),
        "10.1.0.32",
        "no more than 32 proxies are followed"
    );
    let commas = ",".repeat(10_000);
    assert_eq!(of(&format!("{CLIENT}{commas}")), CLIENT);
}

#[tokio::test]
async fn the_layer_finds_the_peer_where_it_is_told_to() {
    #[derive(Clone)]
    struct ConnectInfo(SocketAddr);
    let answer = service_fn(async |request: Request<()>| {
        let client = request.extensions().get::<ClientIp>().copied();
        Ok::<_, Infallible>(Response::new(client.map(|ClientIp(ip)| ip.to_string())))
    });
    let own = ClientIpLayer::new(Proxies::none());
    let other = own
        .clone()
        .with_peer(|extensions| extensions.get::<ConnectInfo>().map(|info| info.0));
    let peer: SocketAddr = "[::ffff:198.51.100.7]:4711".parse().unwrap();

    let mut request = Request::new(());
    request.extensions_mut().insert(PeerAddr(peer));
    let found = own.layer(answer).oneshot(request.clone()).await.unwrap();
    assert_eq!(found.body().as_deref(), Some(CLIENT));
    let found = other.layer(answer).oneshot(request).await.unwrap();
    assert_eq!(found.body().as_deref(), None);

    let mut request = Request::new(());
    request.extensions_mut().insert(ConnectInfo(peer));
    let found = other.layer(answer).oneshot(request).await.unwrap();
    assert_eq!(found.body().as_deref(), Some(CLIENT));
}

#[test]
fn addresses_are_not_shown() {
    let shown = format!(
        "{:?} {:?}",
        ClientIp([192, 0, 2, 1].into()),
        PeerAddr(([192, 0, 2, 1], 1).into())
    );
    assert!(!shown.contains("192"), "{shown}");
}

/// An entry as a trusted proxy writes it.
fn entry(header: ForwardingHeader, address: IpAddr, port: Option<u16>) -> String {
    let node = match (address, port) {
        (_, Some(port)) => SocketAddr::new(address, port).to_string(),
        (IpAddr::V6(v6), None) if header == ForwardingHeader::Forwarded => format!("[{v6}]"),
        (address, None) => address.to_string(),
    };
    match header {
        ForwardingHeader::XForwardedFor => node,
        ForwardingHeader::Forwarded => format!("proto=https;for=\"{node}\";by=\"_a, b;\\\"\""),
    }
}

fn a_header() -> impl Strategy<Value = ForwardingHeader> {
    prop::sample::select(&ForwardingHeader::ALL)
}

fn an_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from)
    ]
}

fn what_a_stranger_sends() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ -~]{0,60}".prop_map(String::into_bytes),
        r#"([\\", ;=.:\[\]]|for=|10\.0\.0\.1|unknown|::1){0,20}"#.prop_map(String::into_bytes),
        prop::collection::vec(0x20_u8..0x7f, 0..60),
    ]
}

proptest! {
    /// Whatever the client sends, the address that the first trusted proxy saw is the one that counts.
    #[test]
    fn nobody_chooses_an_address(
        header in a_header(),
        lines in prop::collection::vec(what_a_stranger_sends(), 0..4),
        seen in an_address(),
        port in any::<Option<u16>>(),
        hops in prop::collection::vec(any::<u8>(), 0..5),
        same_line in any::<bool>(),
    ) {
        let proxies = proxies(header);
        prop_assume!(!proxies.trusts(seen));
        let mut lines: Vec<Vec<u8>> = lines;
        let mut written = vec![entry(header, seen, port)];
        written.extend(hops.iter().map(|&hop| entry(header, [10, 0, 1, hop].into(), None)));
        let written = written.join(", ").into_bytes();
        match lines.last_mut() {
            Some(last) if same_line => last.extend([b", ".to_vec(), written].concat()),
            _ => lines.push(written),
        }
        let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
        let found = proxies.client(PROXY.parse().unwrap(), &headers(header, &lines));
        prop_assert_eq!(found, seen.to_canonical());
    }

    /// Any bytes at all: there is an outcome, and it is the peer's own or one that stands there.
    #[test]
    fn nothing_panics(
        header in a_header(),
        lines in prop::collection::vec(prop::collection::vec(any::<u8>().prop_filter("no header", |&byte| byte == b'\t' || (byte >= 32 && byte != 127)), 0..200), 0..4),
        peer in an_address(),
    ) {
        let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
        let found = proxies(header).client(peer, &headers(header, &lines));
        prop_assert_eq!(found, found.to_canonical());
        if !proxies(header).trusts(peer) {
            prop_assert_eq!(found, peer.to_canonical());
        }
    }
}
