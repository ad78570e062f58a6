//! The real servers: they come, go, and come back where they were.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use cattlegrid_services::{
    Background, Certificates, Cut, HaProxy, MariaDb, Memcached, Port, Postgres, Redis,
    RedisCluster, RedisSentinel, Service, command, find,
};

fn is_open(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Whether a request to a server is answered within a second.
fn answers(address: SocketAddr, request: &[u8]) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    stream.write_all(request).is_ok() && stream.read(&mut [0; 16]).is_ok_and(|read| read > 0)
}

/// Takes a server through all that can happen to it; `asked` is the first thing a client says.
fn put_through(mut service: Service, asked: &[u8]) {
    let address = service.address();
    assert!(service.url().contains(&address.to_string()));
    assert!(answers(address, asked));

    service.pause().unwrap();
    assert!(is_open(address));
    assert!(!answers(address, asked));
    service.resume().unwrap();
    assert!(answers(address, asked));

    service.kill().unwrap();
    assert!(!is_open(address));
    service.pause().unwrap_err();
    service.restart().unwrap();
    assert!(answers(address, asked));

    service.stop().unwrap();
    assert!(!is_open(address));
    service.restart().unwrap();
    assert!(answers(address, asked));

    service.pause().unwrap();
    drop(service);
    assert!(!is_open(address));
}

#[test]
fn redis_comes_and_goes() {
    put_through(Redis::start().unwrap(), b"PING\r\n");
}

#[test]
fn memcached_comes_and_goes() {
    put_through(Memcached::start().unwrap(), b"version\r\n");
}

#[test]
fn postgres_comes_and_goes() {
    // The request for encryption, in version 3 of the protocol.
    put_through(Postgres::start().unwrap(), &[0, 0, 0, 8, 4, 210, 22, 47]);
}

#[test]
fn mariadb_comes_and_goes() {
    // Its server speaks first.
    put_through(MariaDb::start().unwrap(), b"");
}

#[test]
fn a_cluster_replaces_a_master_that_is_killed() {
    let mut cluster = RedisCluster::start().unwrap();
    let killed = cluster.master_of(0).unwrap();
    let address = killed.address();
    killed.kill().unwrap();
    wait_until(|| {
        cluster
            .master_of(0)
            .is_ok_and(|master| master.address() != address)
    });
    cluster.wait_until_ok().unwrap();
    assert_eq!(
        redis_says(
            cluster.master_of(12_739).unwrap(),
            &["SET", "123456789", "1"]
        ),
        "OK"
    );
    for node in cluster.nodes() {
        if node.id().is_none() {
            node.restart().unwrap();
        }
    }
    cluster.wait_until_replicated().unwrap();
}

#[test]
fn sentinels_replace_a_master_that_is_killed() {
    let mut all = RedisSentinel::start().unwrap();
    let master = all.master().unwrap();
    let killed = master.address();
    master.kill().unwrap();
    all.wait_until_replaced(killed).unwrap();
    assert_eq!(redis_says(all.master().unwrap(), &["SET", "a", "1"]), "OK");
}

#[test]
fn a_wire_is_cut_and_healed() {
    let redis = Redis::start().unwrap();
    let wire = Cut::new(redis.address()).unwrap();
    let mut stream = TcpStream::connect(wire.address()).unwrap();
    let mut says = |asked: &[u8]| {
        let mut said = [0; 7];
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        stream.write_all(asked)?;
        stream.read_exact(&mut said).map(|()| said)
    };
    assert_eq!(says(b"PING\r\n").unwrap(), *b"+PONG\r\n");
    wire.cut();
    says(b"PING\r\n").unwrap_err();
    wire.heal();
    assert_eq!(says(b"").unwrap(), *b"+PONG\r\n");
    wire.delay(Duration::from_millis(10));
    assert_eq!(says(b"PING\r\n").unwrap(), *b"+PONG\r\n");
    wire.refuse();
    says(b"PING\r\n").unwrap_err();
    assert!(!answers(wire.address(), b"PING\r\n"));
    wire.heal();
    assert!(answers(wire.address(), b"PING\r\n"));
}

/// What a server of HTTP/1.0 says to a request.
fn get(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn a_balancer_goes_round_those_that_run() {
    let bodies = ["first", "second"];
    let mut servers = Vec::new();
    for body in bodies {
        let port = Port::free().unwrap();
        let listener = TcpListener::bind(port.address()).unwrap();
        let (stop, stopped) = mpsc::channel::<()>();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.try_recv().is_ok() {
                    return;
                }
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1000]);
                let _ = write!(stream, "HTTP/1.0 200 OK\r\n\r\n{body}");
            }
        });
        servers.push((port, stop));
    }
    let addresses: Vec<SocketAddr> = servers.iter().map(|(port, _)| port.address()).collect();
    let balancer = HaProxy::start(&addresses, "/").unwrap();
    for body in bodies {
        wait_until(|| get(balancer.address()).ends_with(body));
    }
    servers[0].1.send(()).unwrap();
    // Why: now the thread sees that it is to stop.
    let _ = TcpStream::connect(addresses[0]);
    wait_until(|| !is_open(addresses[0]));
    for _ in 0..4 {
        assert!(get(balancer.address()).ends_with("second"));
    }
}

#[test]
fn the_servers_speak_tls() {
    let certificates = Certificates::new().unwrap();
    let says = |connect: &str, protocol: &[&str]| {
        let authority = certificates.authority();
        let said = Command::new("openssl")
            .args([
                "s_client",
                "-connect",
                connect,
                "-verify_return_error",
                "-brief",
            ])
            .args(protocol)
            .arg("-CAfile")
            .arg(authority)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&said.stderr).into_owned()
    };
    for (server, protocol) in [
        (Redis::with_tls(&certificates).unwrap(), &[][..]),
        (
            Postgres::with_tls(&certificates).unwrap(),
            &["-starttls", "postgres"],
        ),
        (
            MariaDb::with_tls(&certificates).unwrap(),
            &["-starttls", "mysql"],
        ),
    ] {
        let said = says(&server.address().to_string(), protocol);
        assert!(
            said.contains("Verification: OK"),
            "{}: {said}",
            server.url()
        );
    }
}

fn redis_says(redis: &Service, command: &[&str]) -> String {
    let said = Command::new(find("redis-cli").unwrap())
        .args(["-p", &redis.address().port().to_string()])
        .args(command)
        .output()
        .unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[test]
fn redis_forgets_unless_it_is_told_to_keep() {
    for (arguments, kept) in [(&[][..], ""), (&["--appendonly", "yes"], "1")] {
        let mut redis = Redis::with(arguments).unwrap();
        assert_eq!(redis_says(&redis, &["SET", "a", "1"]), "OK");
        redis.stop().unwrap();
        redis.restart().unwrap();
        assert_eq!(redis_says(&redis, &["GET", "a"]), kept);
    }
}

#[test]
fn what_is_started_on_a_thread_outlives_the_thread() {
    let redis = thread::spawn(|| Redis::start().unwrap()).join().unwrap();
    assert_eq!(redis_says(&redis, &["PING"]), "PONG");
}

#[test]
fn a_program_that_does_not_start_says_why() {
    let error = Redis::with(&["--no-such-setting", "1"]).err().unwrap();
    assert!(error.to_string().contains("no-such-setting"), "{error}");
}

#[test]
fn a_process_ends_with_its_owner_even_if_that_is_killed() {
    let sleeper = command("sleep");
    let mut line = format!("{:?}", sleeper.get_program());
    for argument in sleeper.get_args() {
        line = format!("{line} {argument:?}");
    }
    let mut owner = Command::new("sh");
    owner.args(["-c", &format!("{line} 1000 & echo $!; wait")]);
    let (owner, child) = Background::start(owner).unwrap();
    let status = || fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    wait_until(|| status().contains("(sleep)"));
    owner.kill().unwrap();
    wait_until(|| status().is_empty() || status().contains(" Z "));
}

fn wait_until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(10));
    }
}
