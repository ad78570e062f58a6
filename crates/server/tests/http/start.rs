//! How the server starts, and how it says that it cannot.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::harness::{Ended, Home, program, run};

fn serve(data: &Path, arguments: &[&str]) -> Ended {
    run(program()
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(arguments))
}

#[track_caller]
fn assert_fails(ended: &Ended, status: i32, words: &[&str]) {
    assert_eq!(ended.status, Some(status), "{}", ended.err);
    assert_eq!(ended.out, "");
    for word in words {
        assert!(ended.err.contains(word), "{word} not in: {}", ended.err);
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[tokio::test]
async fn the_secret_is_the_owners_alone_and_stays() {
    let home = Home::new();
    let server = home.start();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let secret = home.data().join("secret");
    assert_eq!(mode(&secret), 0o600);
    assert_eq!(mode(&home.data()), 0o700);
    let text = fs::read_to_string(&secret).unwrap();
    let keys = (server.site_key.clone(), server.secret_key.clone());
    server.stop();
    let server = home.start();
    assert_eq!((server.site_key.clone(), server.secret_key.clone()), keys);
    assert_eq!(fs::read_to_string(&secret).unwrap(), text);
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    let secret = home.data().join("secret");
    fs::write(&secret, "s".repeat(43)).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
        let ended = serve(&home.data(), &[]);
        assert_fails(&ended, 77, &["chmod 600", secret.to_str().unwrap()]);
        let elsewhere = home.path().join("elsewhere");
        let ended = serve(&elsewhere, &["--secret-file", secret.to_str().unwrap()]);
        assert_fails(&ended, 77, &["chmod 600"]);
    }
}

#[test]
fn a_malformed_secret_is_refused_and_not_repeated() {
    let home = Home::new();
    for (text, word) in [
        ("too-short", "43"),
        ("", "1 to 8"),
        ("ü".repeat(60).as_str(), "43"),
    ] {
        let ended = run(program()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.data())
            .env("CATTLEGRID_SECRET", text));
        assert_fails(&ended, 78, &["secret", word]);
        assert!(
            text.is_empty() || !ended.err.contains(text),
            "{}",
            ended.err
        );
    }
    let missing = home.path().join("missing");
    let ended = serve(&home.data(), &["--secret-file", missing.to_str().unwrap()]);
    assert_fails(&ended, 66, &["missing"]);
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let home = Home::new();
    let file = home.file("file", "");
    let ended = serve(&file.join("data"), &[]);
    assert_fails(
        &ended,
        73,
        &["cannot write", file.to_str().unwrap(), "--data"],
    );

    let ended = serve(Path::new("/proc/cattlegrid"), &[]);
    assert_fails(&ended, 73, &["cannot write", "/proc/cattlegrid"]);

    fs::create_dir_all(home.data().join("spent.sqlite3")).unwrap();
    let ended = serve(&home.data(), &[]);
    assert_fails(&ended, 73, &["store", "spent.sqlite3"]);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = Home::new();
    let ended = run(program()
        .args(["serve", "--listen", &address, "--data"])
        .arg(home.data()));
    assert_fails(&ended, 69, &["cannot listen", &address, "--listen"]);
    assert!(
        !home.data().exists(),
        "nothing is made by a server that cannot run"
    );
}

#[tokio::test]
async fn nothing_is_written_where_secret_and_store_come_from_elsewhere() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command
            .env("CATTLEGRID_SECRET", "s".repeat(43))
            .env("CATTLEGRID_STORE", "memory:");
    });
    assert_eq!(server.get("/readyz").await.status, 200);
    assert!(!home.data().exists());
}

#[tokio::test]
async fn a_demo_site_is_there_unless_sites_are_configured() {
    let site = "[[sites]]\nkey = \"shop\"\nsecret = \"the-secret-key-of-the-shop\"\n";
    let home = Home::new();
    let server = home.start_configured(site);
    assert_eq!(
        (server.site_key.as_str(), server.secret_key.as_str()),
        ("", "")
    );
    server.stop();
    let server = home.start_configured(&format!("demo = true\n{site}"));
    assert_ne!(server.site_key, "");
    server.issue().await;
    server.issue_for("shop").await;
}
