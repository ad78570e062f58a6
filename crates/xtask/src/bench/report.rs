//! A table of figures, for the terminal and for `docs/benchmarks.md`.

use std::{fmt::Write, fs, path::Path, thread};

use xshell::{Shell, cmd};

use crate::error::Error;

/// The page that keeps the last tables anyone asked to keep.
const PAGE: &str = "docs/benchmarks.md";

/// What one benchmark found, as Markdown.
pub(crate) struct Report {
    /// Names the place on the page: the text between `<!-- NAME -->` and `<!-- /NAME -->`
    pub(crate) name: &'static str,
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// What must be said of the figures besides the machine; nothing if empty
    pub(crate) note: String,
}

impl Report {
    /// Prints the report and, if `keep`, puts it into the page of benchmarks.
    ///
    /// # Errors
    ///
    /// The page cannot be read or written, or it has no place for this report.
    pub(crate) fn publish(&self, shell: &Shell, keep: bool) -> Result<(), Error> {
        let text = format!("{}\n{} {}", self.table(), machine(shell)?, self.note);
        let text = format!("{}\n", text.trim_end());
        println!("\n{text}");
        if keep {
            self.keep(&shell.current_dir().join(PAGE), &text)?;
            println!("written to {PAGE}");
        }
        Ok(())
    }

    fn table(&self) -> String {
        let mut text = format!("| {} |\n|", self.header.join(" | "));
        for cell in self.rows.first().into_iter().flatten() {
            text.push_str(if cell.parse::<f64>().is_ok() {
                "--:|"
            } else {
                "---|"
            });
        }
        text.push('\n');
        for row in &self.rows {
            // Why: writing to a String cannot fail.
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    fn keep(&self, page: &Path, text: &str) -> Result<(), Error> {
        let old = fs::read_to_string(page).map_err(Error::file(page))?;
        let new = replace(&old, self.name, text).ok_or(Error::NoPlace {
            page: PAGE,
            name: self.name,
        })?;
        fs::write(page, new).map_err(Error::file(page))
    }
}

/// `page` with the text between the markers of `name` replaced, if it has them.
fn replace(page: &str, name: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(&format!("<!-- {name} -->\n"))?;
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->"))?;
    Some(format!(
        "{before}<!-- {name} -->\n\n{text}\n<!-- /{name} -->{after}"
    ))
}

fn machine(shell: &Shell) -> Result<String, Error> {
    let cpu = Path::new("/proc/cpuinfo");
    let info = fs::read_to_string(cpu).map_err(Error::file(cpu))?;
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unnamed processor", |(_, model)| model.trim());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let rustc = cmd!(shell, "rustc --version").quiet().read()?;
    Ok(format!("On {cores} cores of {model}, {rustc}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_between_the_markers_changes() {
        let page = "a\n<!-- x -->\nold\n<!-- /x -->\nb <!-- y -->\nold\n<!-- /y -->\n";
        assert_eq!(
            replace(page, "x", "new\n").unwrap(),
            "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb <!-- y -->\nold\n<!-- /y -->\n"
        );
        assert_eq!(replace(page, "z", "new"), None);
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let report = Report {
            name: "x",
            header: vec!["what", "how many"],
            rows: vec![vec!["sheep".into(), "3".into()]],
            note: String::new(),
        };
        assert_eq!(
            report.table(),
            "| what | how many |\n|---|--:|\n| sheep | 3 |\n"
        );
    }
}
