//! The documentation: it builds without a warning, and its links lead somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use xshell::{Shell, cmd};

use crate::error::Error;

/// Builds the API documentation and checks the links of every Markdown page.
///
/// # Errors
///
/// rustdoc's, or [`Error::BrokenLinks`] with all of them.
pub(crate) fn check(shell: &Shell) -> Result<(), Error> {
    cmd!(shell, "cargo doc --workspace --no-deps --all-features")
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    links(&shell.current_dir())
}

fn links(root: &Path) -> Result<(), Error> {
    let mut broken = Vec::new();
    let pages = pages(root)?;
    for page in &pages {
        for link in Page::read(page)?.links {
            if !leads_somewhere(page, &link)? {
                let page = page.strip_prefix(root).unwrap_or(page);
                broken.push(format!("  {}: {link}", page.display()));
            }
        }
    }
    println!("links of {} Markdown pages checked", pages.len());
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Error::BrokenLinks(broken))
    }
}

/// Whether `link`, found on `page`, names a file and a heading that exist. Other hosts are taken at their word.
///
/// # Errors
///
/// The page that it leads to cannot be read.
pub(crate) fn leads_somewhere(page: &Path, link: &str) -> Result<bool, Error> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(true);
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match page.parent() {
        Some(folder) if !file.is_empty() => folder.join(file),
        _ => page.to_owned(),
    };
    if heading.is_empty() {
        return Ok(target.exists());
    }
    Ok(target.is_file()
        && Page::read(&target)?
            .headings
            .iter()
            .any(|known| known == heading))
}

/// What matters of a Markdown page here.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    headings: Vec<String>,
}

impl Page {
    fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(Error::file(path))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        for event in Parser::new(text) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.headings.extend(heading.take().map(|text| slug(&text)));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Every Markdown page of the repository, outside build folders and hidden ones.
fn pages(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                found.extend(pages(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_its_links_and_headings() {
        let page = Page::parse(
            "# One `two`, three\n[a](b.md#c) and ![d](e.png)\n\n```\n[not](a-link)\n```\n",
        );
        assert_eq!(page.links, ["b.md#c", "e.png"]);
        assert_eq!(page.headings, ["one-two-three"]);
    }

    #[test]
    fn a_link_needs_its_file_and_its_heading() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.md");
        fs::write(&page, "# Here").unwrap();
        for (link, leads) in [
            ("page.md", true),
            ("#here", true),
            ("page.md#here", true),
            ("https://example.org/gone", true),
            ("page.md#there", false),
            ("gone.md", false),
            ("gone.md#here", false),
        ] {
            assert_eq!(leads_somewhere(&page, link).unwrap(), leads, "{link}");
        }
    }
}
