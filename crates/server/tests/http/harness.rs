//! Starts the program, talks to it, and knows its secrets.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use cattlegrid::store::{AnyStore, StoreUrl, SystemClock};
use cattlegrid::{ChallengeKey, Gate, OsEntropy, Secrets, Sites};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The program, in an environment without settings of its own.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cattlegrid"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CATTLEGRID_") {
            command.env_remove(name);
        }
    }
    command
}

/// What a program that ends left behind.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ended {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory for a server, kept over its restarts.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap()
    }

    /// Writes a file into the home, and says where it is.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A server on this home.
    pub(crate) fn start(&self) -> Server {
        self.start_with(|_| {})
    }

    /// A server with this configuration file.
    pub(crate) fn start_configured(&self, toml: &str) -> Server {
        let path = self.file("cattlegrid.toml", toml);
        self.start_with(|command| {
            command.arg("--config").arg(path);
        })
    }

    pub(crate) fn start_with(&self, configure: impl FnOnce(&mut Command)) -> Server {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path().join("log"))
            .unwrap();
        let mut command = program();
        command
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        configure(&mut command);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(!line.is_empty(), "the server did not start: {}", self.log());
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Server {
            child,
            address: text("address"),
            site_key: text("site_key"),
            secret_key: text("secret_key"),
            // Why: a proxy that the environment names does not know this server.
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// What the key holds, for whoever has the secret of this home.
    pub(crate) fn answer_to(&self, key: &str) -> String {
        let secret = fs::read_to_string(self.data().join("secret")).unwrap();
        answer_to(&secret, key)
    }
}

/// What the key holds, for whoever has the secret.
pub(crate) fn answer_to(secret: &str, key: &str) -> String {
    let secrets = Secrets::parse(secret).unwrap();
    let clock = Arc::new(SystemClock::new());
    let store = AnyStore::open(&StoreUrl::memory(), clock.clone()).unwrap();
    let gate = Gate::new(
        &secrets,
        Sites::default(),
        store,
        clock,
        Arc::new(OsEntropy),
    );
    let key: ChallengeKey = key.parse().unwrap();
    let inside = gate.inspect(&key).unwrap();
    inside.challenge.answer().as_str().to_owned()
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is a problem of that status and code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let details = self.json();
        assert_eq!(self.status, status, "{details}");
        assert_eq!(details["status"], status, "{details}");
        assert_eq!(details["code"], code, "{details}");
        assert!(details["title"].is_string(), "{details}");
        assert!(details["detail"].is_string(), "{details}");
    }

    /// The one error code of a body with `success: false`.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        let body = self.json();
        assert_eq!(self.status, 200, "{body}");
        assert_eq!(body["success"], false, "{body}");
        body["error-codes"][0].as_str().unwrap().to_owned()
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) site_key: String,
    pub(crate) secret_key: String,
    pub(crate) http: reqwest::Client,
}

impl Server {
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        self.http.request(method, format!("{}{path}", self.address))
    }

    pub(crate) async fn metrics(&self) -> String {
        String::from_utf8(self.get("/metrics").await.body).unwrap()
    }

    /// Each of these is a line of the metrics.
    pub(crate) async fn assert_counted(&self, counted: &[&str]) {
        let metrics = self.metrics().await;
        for line in counted {
            assert!(
                metrics.lines().any(|l| l == *line),
                "{line} not in {metrics}"
            );
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        read(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        read(self.request("POST", path).json(body)).await
    }

    pub(crate) async fn post_raw(
        &self,
        path: &str,
        kind: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        read(
            self.request("POST", path)
                .header("content-type", kind)
                .body(body),
        )
        .await
    }

    /// The key of a new challenge of this site.
    pub(crate) async fn issue_for(&self, site_key: &str) -> String {
        let reply = self
            .post("/api/v1/challenges", &json!({ "sitekey": site_key }))
            .await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["key"].as_str().unwrap().to_owned()
    }

    /// The key of a new challenge of the demo site.
    pub(crate) async fn issue(&self) -> String {
        self.issue_for(&self.site_key).await
    }

    pub(crate) async fn answer(&self, key: &str, answer: &str) -> Reply {
        let path = format!("/api/v1/challenges/{key}/answer");
        self.post(&path, &json!({ "answer": answer })).await
    }

    /// A response token of the demo site.
    pub(crate) async fn earn(&self, home: &Home) -> String {
        self.earn_for(home, &self.site_key).await
    }

    /// A response token of this site.
    pub(crate) async fn earn_for(&self, home: &Home, site_key: &str) -> String {
        let key = self.issue_for(site_key).await;
        let reply = self.answer(&key, &home.answer_to(&key)).await;
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn verify(&self, secret: &str, token: &str) -> Reply {
        self.post(
            "/siteverify",
            &json!({ "secret": secret, "response": token }),
        )
        .await
    }

    pub(crate) fn signal(&self, name: &str) {
        let done = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {}", self.child.id()))
            .status()
            .unwrap();
        assert!(done.success());
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Asks the server to stop, and waits until it has.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        assert!(self.wait().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Why: it may have ended already, as it should in some tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}
