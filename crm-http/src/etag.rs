//! Entity tags: `"<version>-<digest of the body>"`.
//!
//! The version is what a write compares; the digest makes the tag strong, for derived values can change without a
//! write to the record.

use sha2::{Digest, Sha256};

/// The tag of a body, with its quotes.
pub(crate) fn of(version: i64, body: &str) -> String {
    format!("\"{version}-{}\"", hex::encode(&Sha256::digest(body)[..8]))
}

/// The tags of a header, without quotes and `W/`; `None` if it is no list of tags.
pub(crate) fn list(header: &str) -> Option<Vec<&str>> {
    let mut tags = Vec::new();
    let mut rest = header.trim();
    loop {
        let opened = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (tag, after) = opened.split_once('"')?;
        tags.push(tag);
        match after.trim_start() {
            "" => return Some(tags),
            more => rest = more.strip_prefix(',')?.trim_start(),
        }
    }
}

/// The version in a tag of ours.
pub(crate) fn version(tag: &str) -> Option<i64> {
    let (version, _) = tag.split_once('-')?;
    version.parse().ok().filter(|version| *version > 0)
}

/// True if an `If-None-Match` header names `tag`.
pub(crate) fn is_among(tag: &str, header: &str) -> bool {
    header.trim() == "*" || list(header).is_some_and(|tags| tags.contains(&tag.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::{is_among, list, of, version};

    #[test]
    fn a_tag_holds_version_and_digest() {
        let tag = of(7, "{}");
        assert_eq!(tag, "\"7-44136fa355b3678a\"");
        assert_eq!(version(tag.trim_matches('"')), Some(7));
        assert_ne!(tag, of(7, "{ }"));
    }

    #[test]
    fn lists_of_tags_are_read() {
        assert_eq!(list("\"a\" , W/\"b,c\""), Some(vec!["a", "b,c"]));
        assert_eq!(list("a"), None);
        assert_eq!(list("\"a\","), None);
        assert!(is_among("\"a\"", "\"b\", W/\"a\""));
        assert!(is_among("\"a\"", "*"));
        assert!(!is_among("\"a\"", "\"b\""));
    }
}
