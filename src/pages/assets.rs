//! What pages need besides themselves: the style sheet, the script, the icon. They are part of the program.
//!
//! An address holds a fingerprint of the content, so a browser may keep what it has for good and a new version is asked
//! for by a new address.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::http::{Request, Response};

const STYLE: &str = concat!(
    include_str!("style/base.css"),
    include_str!("style/tables.css"),
    include_str!("style/charts.css"),
    include_str!("style/forms.css"),
);
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// Where they are.
pub(super) const PATHS: [&str; 3] = ["/ui/style.css", "/ui/script.js", "/ui/icon.svg"];

/// Kept for a year by whoever asked with the fingerprint.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// One file.
#[derive(Debug)]
struct File {
    path: &'static str,
    content_type: &'static str,
    content: &'static str,
    tag: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Assets {
    files: [File; 3],
}

impl Assets {
    /// Works out the fingerprints.
    pub(super) fn new() -> Assets {
        let file = |path, content_type, content: &'static str| {
            let mut hasher = DefaultHasher::new();
            content.hash(&mut hasher);
            File {
                path,
                content_type,
                content,
                tag: format!("{:016x}", hasher.finish()),
            }
        };
        Assets {
            files: [
                file(PATHS[0], "text/css; charset=utf-8", STYLE),
                file(PATHS[1], "text/javascript; charset=utf-8", SCRIPT),
                file(PATHS[2], "image/svg+xml", ICON),
            ],
        }
    }

    /// The addresses of style sheet, script and icon.
    pub(super) fn addresses(&self) -> [String; 3] {
        self.files
            .each_ref()
            .map(|file| format!("{}?v={}", file.path, file.tag))
    }

    /// The file at a path, if there is one.
    pub(super) fn answer(&self, request: &Request) -> Option<Response> {
        let file = self.files.iter().find(|file| file.path == request.path)?;
        let tag = format!("\"{}\"", file.tag);
        let asked_by_tag = request.query.as_deref() == Some(&format!("v={}", file.tag));
        let lifetime = if asked_by_tag { FOR_GOOD } else { "no-cache" };
        let known = request.headers.get("if-none-match");
        let response = if known.is_some_and(|known| known.contains(&tag)) {
            let mut response = Response::bytes(304, file.content_type, Vec::new());
            response.headers.clear();
            response
        } else {
            Response::bytes(200, file.content_type, file.content.as_bytes().to_vec())
                .with_header("x-content-type-options", "nosniff")
        };
        Some(
            response
                .with_header("etag", tag)
                .with_header("cache-control", lifetime),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    #[test]
    fn files_are_kept_for_good_by_their_fingerprint() {
        let assets = Assets::new();
        let header = |response: &Response, name| {
            let mut lines = response.headers.iter();
            lines.find(|(key, _)| *key == name).unwrap().1.clone()
        };
        for address in assets.addresses() {
            let response = assets.answer(&Request::new(Method::Get, &address)).unwrap();
            assert_eq!(response.status, 200);
            assert_eq!(header(&response, "cache-control"), FOR_GOOD);
            let again = Request::new(Method::Get, address.split('?').next().unwrap())
                .with_header("if-none-match", &header(&response, "etag"));
            let response = assets.answer(&again).unwrap();
            assert_eq!(response.status, 304);
            assert_eq!(header(&response, "cache-control"), "no-cache");
        }
        assert!(
            assets
                .answer(&Request::new(Method::Get, "/ui/none.css"))
                .is_none()
        );
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for text in [STYLE, SCRIPT, ICON] {
            for foreign in ["@import", "url(", "https:", "eval(", "innerHTML"] {
                assert!(!text.contains(foreign), "{foreign}");
            }
        }
    }
}
