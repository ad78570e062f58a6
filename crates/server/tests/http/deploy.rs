//! What the files under `deploy/` run and count, with this server.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cattlegrid_services::{Background, Port, command, find};

use crate::harness::{Home, Server, program, run};

/// Where the unit and the image have the program.
const INSTALLED: &str = "/usr/local/bin/cattlegrid";

fn deployed(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    fs::read_to_string(folder.join(file)).unwrap()
}

/// What the file says after this beginning of a line, each time that it does.
fn values<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix(beginning))
        .collect()
}

fn the_value<'a>(text: &'a str, beginning: &str) -> &'a str {
    let [value] = values(text, beginning)[..] else {
        panic!("not one {beginning}");
    };
    value
}

/// The address of a server that listens on it.
fn listen(server: &Server) -> &str {
    server.address.trim_start_matches("http://")
}

#[tokio::test]
async fn the_unit_starts_reloads_and_stops_as_systemd_would() {
    let home = Home::new();
    let unit = deployed("systemd/cattlegrid.service");
    let site = "listen = \"127.0.0.1:0\"\n[[sites]]\nkey = \"shop\"\nsecret = \"the-secret-key-of-the-shop\"\n";
    home.file("cattlegrid.toml", site);
    let socket = home.path().join("notify");
    let systemd = UnixDatagram::bind(&socket).unwrap();
    systemd
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let told = || {
        let mut message = [0; 512];
        let length = systemd.recv(&mut message).unwrap();
        let message = String::from_utf8_lossy(&message[..length]).into_owned();
        message.lines().next().unwrap().to_owned()
    };

    let start = the_value(&unit, "ExecStart=").strip_prefix(INSTALLED);
    let arguments = start.unwrap().split_whitespace().map(|argument| {
        argument
            .replace("/etc/cattlegrid", home.path().to_str().unwrap())
            .replace("/var/lib/cattlegrid", home.data().to_str().unwrap())
    });
    let mut server = program()
        .args(arguments)
        .env("NOTIFY_SOCKET", &socket)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(told(), "READY=1");
    let reload = Command::new("sh")
        .args(["-c", the_value(&unit, "ExecReload=")])
        .env("MAINPID", server.id().to_string())
        .status();
    assert!(reload.unwrap().success());
    assert_eq!([told(), told()], ["RELOADING=1", "READY=1"]);
    let stop = format!("kill -TERM {}", server.id());
    Command::new("sh").args(["-c", &stop]).status().unwrap();
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(server.wait().unwrap().code(), Some(0));

    let hopeless = the_value(&unit, "RestartPreventExitStatus=");
    home.file("cattlegrid.toml", "colour = 1");
    let ended = run(program()
        .arg("serve")
        .arg("--config")
        .arg(home.path().join("cattlegrid.toml")));
    let status = ended.status.unwrap().to_string();
    assert!(hopeless.split(' ').any(|code| code == status), "{status}");
}

#[tokio::test]
async fn the_image_says_whether_it_is_well() {
    let home = Home::new();
    let dockerfile = deployed("Dockerfile");
    let command = the_value(&dockerfile, "CMD [\"/usr").trim_end_matches(']');
    let command: Vec<String> = serde_json::from_str(&format!("[\"/usr{command}]")).unwrap();
    assert_eq!(command[0], INSTALLED);
    let serve = the_value(&dockerfile, "CMD [\"s");
    assert_eq!(serve, "erve\"]");
    let server = home.start();
    let probe = || {
        run(program()
            .args(&command[1..])
            .env("CATTLEGRID_LISTEN", listen(&server)))
    };
    let ended = probe();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    server.signal("STOP");
    assert_eq!(probe().status, Some(1), "what does not answer is not well");
    server.signal("CONT");
    assert_eq!(probe().status, Some(0));
}

#[tokio::test]
async fn kubernetes_probes_what_there_is() {
    let home = Home::new();
    let deployment = deployed("kubernetes/deployment.yaml");
    let probes = values(&deployment, "httpGet: {path: ");
    assert_eq!(probes.len(), 3);
    let server = home.start_with(|command| {
        let name = the_value(&deployment, "- name: CATTLEGRID_");
        let value = the_value(&deployment, "value: ");
        command.env(format!("CATTLEGRID_{name}"), value);
    });
    let paths: Vec<&str> = probes
        .iter()
        .map(|probe| probe.split(',').next().unwrap())
        .collect();
    for path in &paths {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    server.signal("TERM");
    while server.get("/readyz").await.status == 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(paths, ["/healthz", "/healthz", "/readyz"]);
    assert_eq!(
        server.get("/healthz").await.status,
        200,
        "a pod that is about to stop is not killed for it"
    );
    server.signal("TERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_balancer_loses_no_request_when_a_node_stops() {
    let home = Home::new();
    let start = || {
        home.start_with(|command| {
            command.env("CATTLEGRID_LIMITS__DRAIN_TIME", "4s");
        })
    };
    let (first, second) = (start(), start());
    let port = Port::free().unwrap();
    let file = home.file(
        "haproxy.cfg",
        &deployed("haproxy.cfg")
            .replace("bind :8080", &format!("bind {}", port.address()))
            .replace("node-a:8080", listen(&first))
            .replace("node-b:8080", listen(&second)),
    );
    let mut balancer = command(find("haproxy").expect("the Debian package haproxy is missing"));
    balancer.arg("-db").arg("-f").arg(file);
    let _balancer = Background::quiet(balancer).unwrap();
    let public = format!("http://{}", port.address());
    let ask = async |path: &str| first.http.get(format!("{public}{path}")).send().await;
    while !ask("/readyz")
        .await
        .is_ok_and(|reply| reply.status() == 200)
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ask("/metrics").await.unwrap().status(), 404);

    first.signal("TERM");
    while first
        .http
        .get(format!("{}/healthz", first.address))
        .send()
        .await
        .is_ok()
    {
        for _ in 0..20 {
            assert_eq!(ask("/openapi.json").await.unwrap().status(), 200);
        }
    }
    for _ in 0..20 {
        assert_eq!(ask("/openapi.json").await.unwrap().status(), 200);
    }
}

#[test]
fn the_nodes_of_the_compose_file_are_configured_as_they_may_be() {
    let home = Home::new();
    let compose = deployed("compose.yaml");
    let secret = home.file("secret", &"s".repeat(43));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o400)).unwrap();
    let variables: Vec<_> = values(&compose, "CATTLEGRID_")
        .into_iter()
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    assert!(variables.len() > 3);
    let ended = run(program()
        .arg("check")
        .envs(variables.iter().map(|(name, value)| {
            let value = value.replace("/run/secrets/cattlegrid", secret.to_str().unwrap());
            (format!("CATTLEGRID_{name}"), value)
        })));
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    assert!(ended.out.contains("redis://valkey:6379"), "{}", ended.out);
}

/// Each metric that the text names, and the labels that it names with it.
fn named(text: &str) -> BTreeSet<(String, Vec<String>)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("cattlegrid_") {
        let rest = &text[at..];
        let name: String = rest.chars().take_while(|c| word(*c)).collect();
        let selector = rest[name.len()..].strip_prefix('{').unwrap_or("");
        let selector = selector.split('}').next().unwrap();
        let labels = selector.split(',').filter_map(|pair| {
            let label: String = pair.trim().chars().take_while(|c| word(*c)).collect();
            (!["", "job", "instance", "le"].contains(&label.as_str())).then_some(label)
        });
        found.insert((name, labels.collect()));
    }
    found
}

#[tokio::test]
async fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
    let home = Home::new();
    let server = home.start();
    let token = server.earn(&home).await;
    server.verify(&server.secret_key, &token).await;
    server.signal("HUP");
    let metrics = loop {
        let metrics = server.metrics().await;
        if metrics.contains("cattlegrid_config_reloads_total{") {
            break metrics;
        }
    };
    for file in [
        "grafana/dashboard.json",
        "prometheus/alerts.yaml",
        "prometheus/alerts.test.yaml",
    ] {
        let text = deployed(file).replace("\\\"", "\"");
        let named = named(&text);
        assert!(!named.is_empty());
        for (name, labels) in named {
            let there = metrics.lines().any(|line| {
                let (found, rest) = line.split_at(line.find(['{', ' ']).unwrap_or(line.len()));
                found == name
                    && labels
                        .iter()
                        .all(|label| rest.contains(&format!("{label}=")))
            });
            assert!(there, "{file} has {name} with {labels:?}, not in {metrics}");
        }
    }
}
