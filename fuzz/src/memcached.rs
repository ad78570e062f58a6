//! Whatever a Memcached server answers, only its own word for it decides a claim, and nothing lets a step through.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cattlegrid::store::{AnyStore, Claim, Quota, Rate, RateKey, SpentId, Store, SystemClock};
use tokio::runtime::Builder;

/// Asks a server that answers everything with `input`, and then closes the connection.
pub fn check(input: &[u8]) {
    let begins = |with: &[u8]| input.starts_with(with);
    let id = SpentId::from_bytes([7; 16]);
    let claim = ask(input, async |store| {
        store.claim(id, Duration::from_secs(60)).await
    });
    match claim {
        Ok(Claim::First) => assert!(begins(b"STORED\r\n")),
        Ok(Claim::Spent) => assert!(begins(b"NOT_STORED\r\n")),
        Err(_) => {}
    }
    let is_spent = ask(input, async |store| store.is_spent(id).await);
    match is_spent {
        Ok(true) => assert!(begins(b"VALUE ")),
        Ok(false) => assert!(begins(b"END\r\n")),
        Err(_) => {}
    }
    let key = RateKey::from_bytes([7; 16]);
    let quota = Quota::new(1, Duration::from_secs(60)).unwrap();
    let step = ask(input, async |store| store.step(key, quota).await);
    match step {
        Ok(Rate::Over { .. }) => assert!(begins(b"VALUE ")),
        Ok(Rate::Within { .. }) => panic!("a step that nobody has stored"),
        Err(_) => {}
    }
}

fn ask<T>(reply: &[u8], question: impl AsyncFnOnce(&AnyStore) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (stream, _) = listener.accept().unwrap();
            // Why dropped: what asks once more is to be refused, and not to wait.
            drop(listener);
            serve(stream, reply);
        });
        let url = format!("memcached://{address}?timeout_ms=60000");
        let store = AnyStore::open(&url.parse().unwrap(), Arc::new(SystemClock::new())).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(question(&store));
        drop(store);
        answer
    })
}

fn serve(mut stream: TcpStream, reply: &[u8]) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        let (answer, is_last) = match line.as_str() {
            "version\r\n" => (b"VERSION 1.6.18\r\n".as_slice(), false),
            "stats settings\r\n" | "stats\r\n" => {
                (b"STAT evictions 0\r\nEND\r\n".as_slice(), false)
            }
            _ => (reply, true),
        };
        if stream.write_all(answer).is_err() || is_last {
            return;
        }
        line.clear();
    }
}
