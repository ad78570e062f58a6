//! SIGHUP: the configuration is read again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Home, Server, answer_to};

const SHOP: &str = "[[sites]]\nkey = \"shop\"\nsecret = \"the-secret-key-of-the-shop\"\n";
const BLOG: &str = "[[sites]]\nkey = \"blog\"\nsecret = \"the-secret-key-of-the-blog\"\n";
const RELOADS: usize = 20;

impl Server {
    /// How often the configuration was read again with this outcome.
    async fn reloads(&self, outcome: &str) -> u64 {
        let name = format!("cattlegrid_config_reloads_total{{outcome=\"{outcome}\"}} ");
        let metrics = self.metrics().await;
        let count = metrics.lines().find_map(|line| line.strip_prefix(&name));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// Has the configuration read again, and waits for this outcome.
    pub(crate) async fn reload(&self, outcome: &str) {
        let before = self.reloads(outcome).await;
        self.signal("HUP");
        while self.reloads(outcome).await == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn has_site(&self, site: &str) -> bool {
        let asked = json!({ "sitekey": site });
        self.post("/api/v1/challenges", &asked).await.status == 201
    }
}

/// Takes the place of the file in one step, as an editor or a configuration manager would.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(new, path).unwrap();
}

#[tokio::test]
async fn sites_and_limits_follow_the_file() {
    let home = Home::new();
    let server = home.start_configured(SHOP);
    let file = home.path().join("cattlegrid.toml");
    let key = server.issue_for("shop").await;
    assert!(!server.has_site("blog").await);

    replace(&file, &format!("limits.body = 1024\n{SHOP}{BLOG}"));
    server.reload("success").await;
    assert!(server.has_site("shop").await && server.has_site("blog").await);
    let long = "x".repeat(2048);
    server
        .answer(&key, &long)
        .await
        .assert_problem(413, "body-too-large");

    let elsewhere = SHOP.to_owned() + "hostnames = [\"shop.example\"]\nkinds = [\"math\"]\n";
    replace(&file, &elsewhere);
    server.reload("success").await;
    assert!(server.has_site("shop").await && !server.has_site("blog").await);
    let asked = json!({ "sitekey": "shop" });
    let issued = server.post("/api/v1/challenges", &asked).await;
    assert_eq!(issued.json()["kind"], "math");
    let answered = server.answer(&key, &home.answer_to(&key)).await;
    assert_eq!(
        answered.json()["success"],
        true,
        "what was issued before is good after"
    );
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing_and_says_why() {
    let home = Home::new();
    let server = home.start_configured(SHOP);
    let file = home.path().join("cattlegrid.toml");
    let secret = home.data().join("secret");
    for (text, word) in [
        (format!("{BLOG}colour = 1\n"), "colour"),
        (format!("{BLOG}fonts = [\"none.ttf\"]\n"), "none.ttf"),
        (format!("{SHOP}{SHOP}"), "sites"),
        ("secret = \"short-and-hidden\"\n".to_owned() + BLOG, "43"),
        ("not toml".to_owned(), "line 1"),
    ] {
        replace(&file, &text);
        server.reload("refused").await;
        assert!(home.log().contains(word), "{word} not in {}", home.log());
        assert!(server.has_site("shop").await && !server.has_site("blog").await);
    }
    fs::remove_file(&file).unwrap();
    server.reload("refused").await;
    replace(&file, &format!("{SHOP}{BLOG}"));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    server.reload("refused").await;
    assert!(!server.has_site("blog").await);
    fs::remove_file(&secret).unwrap();
    server.reload("refused").await;
    assert!(!secret.exists(), "a secret that is lost is not made anew");
    assert!(server.has_site("shop").await && !server.has_site("blog").await);
    assert!(!home.log().contains("short-and-hidden"));
}

#[tokio::test]
async fn what_a_start_alone_can_change_is_named_and_kept() {
    let home = Home::new();
    let server = home.start_configured(SHOP);
    let file = home.path().join("cattlegrid.toml");
    let fixed = "store = \"memory:\"\nlog.level = \"trace\"\n\
                 limits = { connections = 7, drawing_threads = 3, drawing_queue = 9 }\n";
    replace(&file, &format!("{fixed}{SHOP}{BLOG}"));
    server.reload("success").await;
    assert!(server.has_site("blog").await);
    for key in [
        "store",
        "log",
        "limits.connections",
        "limits.drawing_threads",
        "limits.drawing_queue",
    ] {
        assert!(
            home.log().contains(&format!("key=\"{key}\"")),
            "{key} not in {}",
            home.log()
        );
    }
    assert!(!home.log().contains("key=\"listen\""), "{}", home.log());
}

#[tokio::test]
async fn the_secret_is_rotated_without_a_restart() {
    let (old, new) = ("o".repeat(43), "n".repeat(43));
    let home = Home::new();
    let secrets = home.path().join("secrets");
    replace(&secrets, &old);
    let config = home.file("cattlegrid.toml", SHOP);
    let start = || {
        home.start_with(|command| {
            command.arg("--config").arg(&config);
            command.arg("--secret-file").arg(&secrets);
        })
    };
    // Two nodes, of which one is a step behind the other all the time.
    let (first, second) = (start(), start());
    let last = first.issue_for("shop").await;
    for (step, sealed_by, before) in [
        (
            format!("{old}\n{new}\n"),
            &old,
            first.issue_for("shop").await,
        ),
        (format!("{new} {old}"), &new, second.issue_for("shop").await),
    ] {
        replace(&secrets, &step);
        for (ahead, behind) in [(&first, &second), (&second, &first)] {
            ahead.reload("success").await;
            let key = ahead.issue_for("shop").await;
            let answered = behind.answer(&key, &answer_to(sealed_by, &key)).await;
            assert_eq!(answered.json()["success"], true, "{answered:?}");
            let token = answered.json()["token"].as_str().unwrap().to_owned();
            let verified = ahead.verify("the-secret-key-of-the-shop", &token).await;
            assert_eq!(verified.json()["success"], true, "{verified:?}");
        }
        let answered = second.answer(&before, &answer_to(&old, &before)).await;
        assert_eq!(answered.json()["success"], true, "{answered:?}");
        let spent = second.answer(&before, &answer_to(&old, &before)).await;
        assert_eq!(spent.refused(), "spent-key");
    }
    replace(&secrets, &new);
    first.reload("success").await;
    first
        .answer(&last, "anything")
        .await
        .assert_problem(404, "unknown-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_the_configuration_is_replaced() {
    let home = Home::new();
    let server = Arc::new(home.start_configured(SHOP));
    let file = home.path().join("cattlegrid.toml");
    let secret = fs::read_to_string(home.data().join("secret")).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut visitors = JoinSet::new();
    for _ in 0..8 {
        let (server, secret, done) = (Arc::clone(&server), secret.clone(), Arc::clone(&done));
        visitors.spawn(async move {
            let mut passed = 0;
            while !done.load(Ordering::SeqCst) {
                let key = server.issue_for("shop").await;
                let solved = server.answer(&key, &answer_to(&secret, &key)).await.json();
                let token = solved["token"].as_str().unwrap();
                let verified = server.verify("the-secret-key-of-the-shop", token).await;
                assert_eq!(verified.json()["success"], true, "{verified:?}");
                passed += 1;
            }
            passed
        });
    }
    for number in 0..RELOADS {
        let others = if number % 2 == 0 { BLOG } else { "" };
        replace(&file, &format!("{SHOP}{others}"));
        server.reload("success").await;
        assert_eq!(server.has_site("blog").await, number % 2 == 0);
    }
    done.store(true, Ordering::SeqCst);
    assert!(visitors.join_all().await.iter().all(|passed| *passed > 0));
    assert_eq!(server.reloads("refused").await, 0);
}

#[tokio::test]
async fn the_supervisor_is_told_of_start_reload_and_stop() {
    let home = Home::new();
    let socket = home.path().join("notify");
    let supervisor = UnixDatagram::bind(&socket).unwrap();
    let told = || {
        let mut message = [0; 512];
        let length = supervisor.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).into_owned()
    };
    let server = home.start_with(|command| {
        command.env("NOTIFY_SOCKET", &socket);
    });
    assert_eq!(told(), "READY=1\n");
    server.signal("HUP");
    let reloading = told();
    let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
    assert!(time.unwrap().trim_end().parse::<u64>().is_ok());
    assert_eq!(told(), "READY=1\n");
    server.signal("TERM");
    assert_eq!(told(), "STOPPING=1\n");
    assert!(server.wait().success());
}
