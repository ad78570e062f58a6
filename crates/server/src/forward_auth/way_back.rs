//! Where a visitor is sent once they have a pass.

/// A path, with its query, on the host that the visitor is on already: never another host.
pub(crate) struct WayBack(String);

impl WayBack {
    /// The most characters that are kept.
    const MAX_CHARS: usize = 2048;

    /// To this target of a request; to `/` if it may be read as something else than a path, or leads to the check itself.
    pub(crate) fn to(target: &str) -> Self {
        let is_path = target.starts_with('/') && !target.starts_with("//");
        // Why no backslash: browsers take it for a slash. Why nothing invisible: they leave tabs and line ends out.
        let is_visible = |b: u8| b.is_ascii_graphic() && b != b'\\';
        let fits = target.len() <= Self::MAX_CHARS && target.bytes().all(is_visible);
        let is_own = target.starts_with(super::OWN_PATHS);
        Self(if is_path && fits && !is_own {
            target.to_owned()
        } else {
            "/".to_owned()
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leads_to_another_host() {
        for target in [
            "/",
            "/a/b?c=d&e=%2F",
            "/a//b",
            "/%0d%0aset-cookie:x",
            "/?to=//evil.example",
            "/@evil.example",
        ] {
            assert_eq!(WayBack::to(target).as_str(), target);
        }
        for target in [
            "",
            "a",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\\b",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\r\nset-cookie: a=b",
            "/\0",
            "/é",
            " //evil.example",
            "/.cattlegrid/answer",
        ] {
            assert_eq!(WayBack::to(target).as_str(), "/", "{target:?}");
        }
        assert_eq!(WayBack::to(&format!("/{}", "a".repeat(4096))).as_str(), "/");
    }
}
