//! Whatever a client sends in the header that proxies write, the address that the proxy saw is the one that counts.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use cattlegrid_guard::Networks;
use cattlegrid_guard::client_ip::{ForwardingHeader, Proxies};

const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const SEEN: &str = "198.51.100.7";

/// Lines of the header.
pub fn check(input: &[u8]) {
    for header in ForwardingHeader::ALL {
        let proxies = Proxies::new(Networks::parse(["10.0.0.0/8"]).unwrap(), header);
        let seen: IpAddr = SEEN.parse().unwrap();
        let lines: Vec<&[u8]> = input.split(|&byte| byte == b'\n').collect();

        let found = proxies.client(PROXY, &headers(header, &lines));
        assert_eq!(found, found.to_canonical());
        assert_eq!(proxies.client(seen, &headers(header, &lines)), seen);

        let written: &[u8] = match header {
            ForwardingHeader::XForwardedFor => b"198.51.100.7",
            ForwardingHeader::Forwarded => b"proto=https;for=\"198.51.100.7:80\";by=\"a, \\\"b\"",
        };
        let own_line = [lines.as_slice(), &[written]].concat();
        assert_eq!(proxies.client(PROXY, &headers(header, &own_line)), seen);
        let (before, last) = lines.split_at(lines.len() - 1);
        let last = [last.concat().as_slice(), b", ", written].concat();
        // Why: a line that HTTP does not let through takes the proxy's part with it.
        if HeaderValue::from_bytes(&last).is_ok() {
            let same_line = [before, &[&last]].concat();
            assert_eq!(proxies.client(PROXY, &headers(header, &same_line)), seen);
        }
    }
}

/// The lines that HTTP lets through.
fn headers(header: ForwardingHeader, lines: &[&[u8]]) -> HeaderMap {
    let values = lines
        .iter()
        .filter_map(|line| HeaderValue::from_bytes(line).ok());
    values.map(|value| (header.name(), value)).collect()
}
