//! The other commands.

use std::fs;

use crate::harness::{Ended, Home, program, run};

#[test]
fn render_draws_one_text() {
    let home = Home::new();
    let draw = |name: &str, arguments: &[&str]| {
        let path = home.path().join(name);
        let ended = run(program()
            .args(["render", "--text", "Hello", "--out"])
            .arg(&path)
            .args(arguments));
        assert_eq!(ended.status, Some(0), "{}", ended.err);
        let png = fs::read(&path).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n"));
        png
    };
    let first = draw("a.png", &["--seed", "1"]);
    assert_eq!(draw("b.png", &["--seed", "1"]), first);
    assert_ne!(draw("c.png", &["--seed", "2"]), first);
    assert_ne!(draw("d.png", &["--seed", "1", "--style", "classic"]), first);
    assert_ne!(draw("e.png", &["--seed", "1", "--scale", "2"]), first);
    let ended = run(program().args(["render", "--text", "a\u{10ffff}b", "--out", "x.png"]));
    assert_eq!(ended.status, Some(65), "{}", ended.err);
}

#[test]
fn render_draws_many_with_their_labels() {
    let home = Home::new();
    let out = home.path().join("pictures");
    let ended = run(program()
        .args(["render", "--count", "20", "--kind", "math", "--out"])
        .arg(&out));
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    let mut labels = csv::Reader::from_path(out.join("labels.csv")).unwrap();
    assert_eq!(
        labels.headers().unwrap(),
        vec!["file", "kind", "prompt", "answer"]
    );
    let rows: Vec<_> = labels.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 20);
    for row in rows {
        assert!(fs::read(out.join(&row[0])).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(&row[1], "math");
        assert!(row[3].parse::<i64>().is_ok(), "{row:?}");
    }
}

#[test]
fn keygen_prints_a_configuration_that_works() {
    let home = Home::new();
    let keys = run(program().arg("keygen"));
    assert_eq!(keys.status, Some(0));
    assert_ne!(keys.out, run(program().arg("keygen")).out);
    let path = home.file("cattlegrid.toml", &keys.out);
    let ended = run(program()
        .arg("check")
        .arg("--config")
        .arg(path)
        .arg("--data")
        .arg(home.data()));
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("given in the configuration"),
        "{}",
        ended.out
    );
    let json = run(program().args(["keygen", "--json"])).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    for name in ["secret", "site_key", "secret_key"] {
        assert!(json[name].is_string(), "{json}");
    }
}

#[tokio::test]
async fn open_needs_the_secret_that_sealed() {
    let home = Home::new();
    let server = home.start();
    let key = server.issue().await;
    let other = Home::new();
    other.start().stop();
    let open =
        |key: &str, home: &Home| run(program().args(["open", key, "--data"]).arg(home.data()));
    assert_eq!(open(&key, &home).status, Some(0));
    let ended = open(&key, &other);
    assert_eq!((ended.status, ended.out.as_str()), (Some(65), ""));
    assert!(ended.err.contains("secret"), "{}", ended.err);
    assert_eq!(open("nonsense", &home).status, Some(65));
    let nowhere = Home::new();
    let ended = open(&key, &nowhere);
    assert_eq!(ended.status, Some(66), "{}", ended.err);
    assert!(!nowhere.data().exists());
}

#[test]
fn completions_and_help_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = run(program().args(["completions", shell]));
        assert_eq!(ended.status, Some(0));
        assert!(ended.out.contains("cattlegrid"));
    }
    let help = run(program().arg("--help"));
    assert!(help.out.contains("Exit status"), "{}", help.out);
    assert_eq!(run(program().args(["serve", "--nonsense"])).status, Some(2));
}

fn probe(address: &str, arguments: &[&str]) -> Ended {
    let address = address.trim_start_matches("http://");
    run(program()
        .args(["probe", "--listen", address])
        .args(arguments))
}

#[tokio::test]
async fn probe_says_whether_the_server_is_well() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command.args(["--store", "memory:?limit=1"]);
    });
    for arguments in [&[][..], &["--ready"]] {
        let ended = probe(&server.address, arguments);
        assert_eq!(ended.status, Some(0), "{}", ended.err);
    }
    let everywhere = server.address.replace("127.0.0.1", "0.0.0.0");
    assert_eq!(probe(&everywhere, &["--ready"]).out, "ready\n");

    let full = async || server.get("/readyz").await.status == 503;
    while !full().await {
        let key = server.issue().await;
        server.answer(&key, "a-wrong-answer").await;
    }
    assert_eq!(probe(&server.address, &[]).status, Some(0), "it lives");
    let ended = probe(&server.address, &["--ready"]);
    assert_eq!(ended.status, Some(1));
    assert!(
        ended.err.contains("the store cannot decide"),
        "{}",
        ended.err
    );

    let address = server.address.clone();
    server.stop();
    let ended = probe(&address, &[]);
    assert_eq!(ended.status, Some(1));
    let said = format!("{}: Connection refused", &address["http://".len()..]);
    assert!(ended.err.contains(&said), "{}", ended.err);
}

#[tokio::test]
async fn probe_speaks_as_a_proxy_does_where_connections_begin_so() {
    let home = Home::new();
    let config = home.file(
        "cattlegrid.toml",
        "client_address = { trusted_proxies = [\"loopback\"], proxy_protocol = true }\n",
    );
    let server = home.start_with(|command| {
        command.arg("--config").arg(&config);
    });
    let config = config.to_str().unwrap();
    let ended = probe(&server.address, &["--ready", "--config", config]);
    assert_eq!(
        (ended.status, &*ended.out),
        (Some(0), "ready\n"),
        "{}",
        ended.err
    );
    assert_eq!(probe(&server.address, &[]).status, Some(1));
}
