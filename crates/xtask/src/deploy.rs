//! The files under `deploy/`, held against the programs that they are written for.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cattlegrid_services::find;
use serde_json::{Value, json};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::{docs, error::Error, python::venv::Venv};

/// The most that `systemd-analyze security` may find, times ten: 0 is nothing, 100 everything.
const EXPOSURE: &str = "20";
const UNIT: &str = "deploy/systemd/cattlegrid.service";
const DASHBOARD: &str = "deploy/grafana/dashboard.json";
const ALERTS: &str = "deploy/prometheus/alerts.yaml";
/// Where the unit and the image have the program.
const INSTALLED: &str = "/usr/local/bin/cattlegrid";

/// Checks every file.
///
/// # Errors
///
/// What the tool that objects has printed, or [`Error::Deploy`].
pub(crate) fn check(shell: &Shell) -> Result<(), Error> {
    let scratch = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
    containers(shell)?;
    balancer(shell)?;
    unit(shell, &scratch)?;
    cmd!(shell, "promtool check rules {ALERTS}").run()?;
    cmd!(
        shell,
        "promtool test rules deploy/prometheus/alerts.test.yaml"
    )
    .run()?;
    dashboard(shell, &scratch)?;
    runbooks(shell)
}

/// The image, the compose file and what is for Kubernetes.
fn containers(shell: &Shell) -> Result<(), Error> {
    let venv = Venv::usual(shell, "deploy")?;
    venv.install_listed(shell, "tests/deploy/lint.txt")?;
    let hadolint = venv.program("hadolint");
    cmd!(shell, "{hadolint} deploy/Dockerfile").run()?;
    let schema = venv.program("check-jsonschema");
    cmd!(
        shell,
        "{schema} --builtin-schema vendor.compose-spec deploy/compose.yaml"
    )
    .run()?;
    let kubernetes = venv.program("kubernetes-validate");
    let files = files(&shell.current_dir().join("deploy/kubernetes"), "yaml")?;
    cmd!(shell, "{kubernetes} --strict {files...}").run()?;
    Ok(())
}

fn balancer(shell: &Shell) -> Result<(), Error> {
    let haproxy = find("haproxy").ok_or(Error::Deploy("haproxy is gone".to_owned()))?;
    cmd!(shell, "{haproxy} -c -q -f deploy/haproxy.cfg").run()?;
    Ok(())
}

/// The unit, with this very program in place of the installed server, as what it starts has to be there.
fn unit(shell: &Shell, scratch: &TempDir) -> Result<(), Error> {
    let program = std::env::current_exe().map_err(Error::file(INSTALLED))?;
    let text = read(shell, UNIT)?.replace(INSTALLED, &program.display().to_string());
    let unit = scratch.path().join("cattlegrid.service");
    fs::write(&unit, text).map_err(Error::file(&unit))?;
    cmd!(shell, "systemd-analyze verify --man=no {unit}").run()?;
    cmd!(
        shell,
        "systemd-analyze security --no-pager --offline=true --threshold={EXPOSURE} {unit}"
    )
    .ignore_stdout()
    .run()?;
    Ok(())
}

/// Every panel has an id of its own and the data source that the reader chose, and Prometheus reads what it asks.
fn dashboard(shell: &Shell, scratch: &TempDir) -> Result<(), Error> {
    let wrong = |what: String| Error::Deploy(format!("{DASHBOARD}: {what}"));
    let dashboard: Value = serde_json::from_str(&read(shell, DASHBOARD)?)?;
    let panels = dashboard["panels"]
        .as_array()
        .ok_or(Error::NoField("panels"))?;
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for panel in panels {
        let title = panel["title"].as_str().ok_or(Error::NoField("title"))?;
        if !ids.insert(panel["id"].as_u64().ok_or(Error::NoField("id"))?) {
            return Err(wrong(format!("two panels have the id of `{title}`")));
        }
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        if targets.is_empty() && panel["type"] != "row" {
            return Err(wrong(format!("`{title}` shows nothing")));
        }
        for target in targets {
            if target["datasource"]["uid"] != "${datasource}" {
                return Err(wrong(format!("`{title}` has a data source of its own")));
            }
            let asked = target["expr"].as_str().ok_or(Error::NoField("expr"))?;
            let asked = asked.replace("$__rate_interval", "1m");
            rules.push(json!({"record": format!("panel:{}", rules.len()), "expr": asked}));
        }
    }
    // Why JSON: it is YAML as well.
    let rules = json!({"groups": [{"name": "dashboard", "rules": rules}]});
    let file = scratch.path().join("dashboard.yaml");
    fs::write(&file, rules.to_string()).map_err(Error::file(&file))?;
    cmd!(shell, "promtool check rules {file}").run()?;
    Ok(())
}

/// Every alert leads to a section of the documentation that says what to do.
fn runbooks(shell: &Shell) -> Result<(), Error> {
    let alerts = read(shell, ALERTS)?;
    let values = |key: &str| -> Vec<String> {
        let lines = alerts.lines().map(str::trim);
        lines
            .filter_map(|line| Some(line.strip_prefix(key)?.trim().to_owned()))
            .collect()
    };
    let (names, runbooks) = (values("- alert:"), values("runbook:"));
    if names.is_empty() || names.len() != runbooks.len() {
        return Err(Error::Deploy(format!(
            "{ALERTS}: {} alerts and {} runbooks",
            names.len(),
            runbooks.len()
        )));
    }
    let page = shell.current_dir().join("README.md");
    for runbook in runbooks {
        if !docs::leads_somewhere(&page, &runbook)? {
            return Err(Error::BrokenLinks(vec![format!("  {ALERTS}: {runbook}")]));
        }
    }
    Ok(())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::file(folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(shell: &Shell, file: &str) -> Result<String, Error> {
    let path = shell.current_dir().join(file);
    fs::read_to_string(&path).map_err(Error::file(path))
}
