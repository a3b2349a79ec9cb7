//! Entity tags: `"<version>-<digest of the body>"`.
//!
//! The version is what a write compares. The digest makes the tag strong, because derived values can change without a
//! write to the record.

use actix_web::HttpMessage;
use actix_web::http::header::{EntityTag, Header, IfNoneMatch};
use sha2::{Digest, Sha256};

/// The tag of a body.
#[must_use]
pub fn of(version: i64, body: &str) -> EntityTag {
    EntityTag::new_strong(format!("{version}-{}", digest(body.as_bytes())))
}

/// The digest of a body.
#[must_use]
pub fn digest(body: &[u8]) -> String {
    hex::encode(&Sha256::digest(body)[..8])
}

/// The version in a tag, which may also be the whole tag. A weak tag has no version (RFC 9110, section 8.8.3.2).
#[must_use]
pub fn version(tag: &EntityTag) -> Option<i64> {
    let version = tag.tag().split('-').next().filter(|_| !tag.weak)?;
    version.parse().ok().filter(|number: &i64| *number > 0 && number.to_string() == version)
}

/// Whether the client has the answer with this tag.
pub fn is_known(request: &impl HttpMessage, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::EntityTag;
    use actix_web::test::TestRequest;

    use super::{is_known, of, version};

    #[test]
    fn a_tag_holds_version_and_digest() {
        let tag = of(7, "{}");
        assert_eq!(tag.to_string(), "\"7-44136fa355b3678a\"");
        assert_ne!(tag, of(7, "{ }"));
        let of = |tag: &str| version(&tag.parse::<EntityTag>().unwrap());
        assert_eq!((of("\"7-44136fa355b3678a\""), of("\"7\""), of("\"7-\"")), (Some(7), Some(7), Some(7)));
        for other in ["W/\"7\"", "W/\"7-44136fa355b3678a\"", "\"\"", "\"0\"", "\"-7\"", "\"+7\"", "\"07-00\"", "\"7a\""]
        {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn the_answer_that_a_client_has_is_known() {
        let knows = |header: &str| {
            let request = TestRequest::default().insert_header(("If-None-Match", header)).to_http_request();
            is_known(&request, &EntityTag::new_strong("a".to_owned()))
        };
        assert!(knows("\"a\"") && knows("\"b\", W/\"a\"") && knows("*"));
        assert!(!knows("\"b\"") && !knows("a") && !knows(""));
        assert!(!is_known(&TestRequest::default().to_http_request(), &EntityTag::new_strong("a".to_owned())));
    }
}
