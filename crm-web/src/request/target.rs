//! Validates the target of a request.

use actix_web::http::Uri;

use crate::problem::{ApiError, Code};

/// Refuses a path or query that is not percent-encoded according to RFC 3986, and text in a query that no field could
/// have, for all operations.
///
/// # Errors
/// [`Code::Malformed`] or [`Code::ParameterInvalid`].
pub fn expect_well_formed(uri: &Uri) -> Result<(), ApiError> {
    if uri
        .path_and_query()
        .is_some_and(|target| target.as_str().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'%'))
    {
        return Ok(());
    }
    if decoded(uri.path()).is_none() {
        return Err(ApiError::new(Code::Malformed, "the path is not percent-encoded UTF-8"));
    }
    uri.query().unwrap_or_default().split('&').try_for_each(parameter)
}

fn parameter(pair: &str) -> Result<(), ApiError> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let invalid = |name: &str, detail: &str| {
        Err(ApiError::of_parameter(Code::ParameterInvalid, name, format!("{name}: {detail}")))
    };
    let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
        return invalid(name, "the query is not percent-encoded UTF-8");
    };
    // A filter may have several lines.
    if value.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r')) {
        return invalid(&name, "text must not have control characters");
    }
    Ok(())
}

/// The text, if it is encoded correctly.
fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            decoded.push(u8::from_str_radix(text.get(at + 1..at + 3).filter(|digits| is_hex(digits))?, 16).ok()?);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::expect_well_formed;

    fn fault(target: &str) -> Option<(String, Option<String>)> {
        let problem = expect_well_formed(&target.parse().unwrap()).err()?.problem();
        Some((problem.code, problem.errors.first().and_then(|fault| fault.parameter.clone())))
    }

    #[test]
    fn what_is_not_well_encoded_is_named() {
        for target in ["/api/customers", "/a%20b/%C3%A4?q=100%25&filter=%7B%0A%09%7D&x", "/a?q=a+b&q=%E2%80%8B", "/a?"]
        {
            assert_eq!(fault(target), None, "{target}");
        }
        for target in ["/tags/%zz", "/tags/%", "/tags/%e", "/tags/%+1", "/tags/%ff"] {
            assert_eq!(fault(target), Some(("malformed".to_owned(), None)), "{target}");
        }
        for target in ["/a?q=%zz", "/a?limit=1&q=100%", "/a?q=%00", "/a?q=%C2%85", "/a?q=%ff", "/a?q=a%1Fb"] {
            assert_eq!(fault(target), Some(("parameter_invalid".to_owned(), Some("q".to_owned()))), "{target}");
        }
    }
}
