//! The code that the documentation tells people to copy, run as they would run it.
//!
//! A fenced block takes part if a word after its language says how: ```` ```sh verify ````, `python verify` and
//! `js verify` are programs that read `SECRET_KEY` and `TOKEN` from the environment, call siteverify and print what
//! comes back; with `answer` instead they read `KEY` and `ANSWER`, and call what judges those; `toml check` is a
//! configuration that `cattlegrid check` must accept.

use std::{fs, path::Path};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use xshell::{Cmd, Shell, cmd};

use crate::{error::Error, live::Live};

/// The address that the documentation uses, which is the server's default.
const DOCUMENTED_ADDRESS: &str = "http://127.0.0.1:8080";
/// The pages with such code.
const PAGES: [&str; 12] = [
    "README.md",
    "deploy/kubernetes/README.md",
    "docs/altcha.md",
    "docs/api.md",
    "docs/behaviour.md",
    "docs/cap.md",
    "docs/configuration.md",
    "docs/forward-auth.md",
    "docs/gateway.md",
    "docs/migrating-django-rest-captcha.md",
    "docs/migrating-django-simple-captcha.md",
    "docs/siteverify.md",
];
/// What is said to a token or an answer that was given before, by each of the addresses that judge one.
const SPENT: [&str; 4] = [
    "already-seen-response",
    "timeout-or-duplicate",
    "spent-key",
    "invalid or expired captcha key",
];

/// Runs every snippet against the server `binary`.
///
/// # Errors
///
/// A page cannot be read, or a snippet does not do what it says.
pub(crate) fn check(shell: &Shell, binary: &Path) -> Result<(), Error> {
    let live = Live::start(binary, &[])?;
    for page in PAGES {
        let path = shell.current_dir().join(page);
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        for snippet in snippets(&text) {
            println!("{page}: {} {}", snippet.language, snippet.purpose);
            snippet.check(shell, binary, &live)?;
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Snippet {
    language: String,
    purpose: String,
    code: String,
}

impl Snippet {
    fn check(&self, shell: &Shell, binary: &Path, live: &Live) -> Result<(), Error> {
        match self.purpose.as_str() {
            "verify" => self.verify(shell, live),
            "answer" => self.answer(shell, live),
            _ => self.configure(shell, binary),
        }
    }

    /// A fresh token passes once and not twice.
    fn verify(&self, shell: &Shell, live: &Live) -> Result<(), Error> {
        let token = live.token(shell)?;
        let environment = [("SECRET_KEY", &*live.secret_key), ("TOKEN", &token)];
        self.pass_once(shell, live, &environment)
    }

    /// The answer to a fresh challenge passes once and not twice.
    fn answer(&self, shell: &Shell, live: &Live) -> Result<(), Error> {
        let (key, answer) = live.solved(shell)?;
        let environment = [("KEY", &*key), ("ANSWER", &*answer)];
        self.pass_once(shell, live, &environment)
    }

    fn pass_once(
        &self,
        shell: &Shell,
        live: &Live,
        environment: &[(&str, &str)],
    ) -> Result<(), Error> {
        let code = self.code.replace(DOCUMENTED_ADDRESS, &live.address);
        let printed = || -> Result<String, Error> {
            let program = self.program(shell, &code)?;
            Ok(program
                .envs(environment.iter().copied())
                .quiet()
                .read()?
                .to_lowercase())
        };
        let (first, second) = (printed()?, printed()?);
        if first.contains("true")
            && !second.contains("true")
            && SPENT.iter().any(|refusal| second.contains(refusal))
        {
            Ok(())
        } else {
            Err(self.wrong(format!("it printed\n{first}\nand then\n{second}")))
        }
    }

    fn program<'a>(&self, shell: &'a Shell, code: &str) -> Result<Cmd<'a>, Error> {
        match self.language.as_str() {
            "sh" => Ok(cmd!(shell, "bash -euo pipefail -c {code}")),
            "python" => Ok(cmd!(shell, "python3 -c {code}")),
            "js" => Ok(cmd!(shell, "node --input-type=module --eval {code}")),
            other => Err(self.wrong(format!("no one knows how to run {other}"))),
        }
    }

    /// `cattlegrid check` accepts the configuration.
    fn configure(&self, shell: &Shell, binary: &Path) -> Result<(), Error> {
        let folder = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
        let folder = folder.path();
        let file = folder.join("cattlegrid.toml");
        fs::write(&file, &self.code).map_err(Error::file(&file))?;
        cmd!(shell, "{binary} check --config {file} --data {folder}")
            .quiet()
            .ignore_stdout()
            .run()?;
        Ok(())
    }

    fn wrong(&self, why: String) -> Error {
        Error::Snippet {
            code: self.code.clone(),
            why,
        }
    }
}

fn snippets(page: &str) -> Vec<Snippet> {
    let mut found = Vec::new();
    let mut open: Option<Snippet> = None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => open = snippet(&info),
            Event::Text(text) => {
                if let Some(snippet) = &mut open {
                    snippet.code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

/// The beginning of a snippet, if the words after the fence ask for one.
fn snippet(info: &str) -> Option<Snippet> {
    let (language, purpose) = info.split_once(' ')?;
    matches!(purpose, "verify" | "answer" | "check").then(|| Snippet {
        language: language.to_owned(),
        purpose: purpose.to_owned(),
        code: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_blocks_are_snippets() {
        let page = "```sh\nls\n```\n\n```js verify\na\nb\n```\n\n```toml check\n```\n";
        let marked = |language: &str, purpose: &str, code: &str| Snippet {
            language: language.into(),
            purpose: purpose.into(),
            code: code.into(),
        };
        assert_eq!(
            snippets(page),
            [
                marked("js", "verify", "a\nb\n"),
                marked("toml", "check", "")
            ]
        );
    }
}
