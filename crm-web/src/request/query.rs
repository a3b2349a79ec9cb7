//! Query parameters.

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use chrono::{DateTime, Utc};
use crm_core::clock;
use crm_core::filter::MAX_VALUES;
use crm_core::page::PageRequest;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::page::PageParameters;
use crate::problem::{ApiError, Code};

/// A type that is parsed from a query string.
pub trait FromQuery: Sized {
    /// Parses the query string.
    ///
    /// # Errors
    /// A 400 that names the invalid parameter.
    fn from_query(query: &str) -> Result<Self, ApiError>;
}

/// Types parsed by serde must deny unknown fields.
impl<T: DeserializeOwned> FromQuery for T {
    fn from_query(query: &str) -> Result<Self, ApiError> {
        parse(query)
    }
}

/// Parameters that several operations share; they are taken out of a query by name.
pub trait Flatten: DeserializeOwned {
    /// The names of the parameters.
    const NAMES: &'static [&'static str];
    /// Those that may be repeated; each is read as a list separated by commas.
    const REPEATABLE: &'static [&'static str] = &[];
}

impl Flatten for PageParameters {
    const NAMES: &'static [&'static str] = &["page", "limit", "cursor", "count"];
}

/// The parameters of an operation together with shared ones.
#[derive(Clone, Debug)]
pub struct Flattened<S, T> {
    /// The shared parameters.
    pub shared: S,
    /// The other parameters.
    pub own: T,
}

impl<S: Flatten, T: FromQuery> FromQuery for Flattened<S, T> {
    fn from_query(query: &str) -> Result<Self, ApiError> {
        let (shared, own) = split(query, S::NAMES);
        Ok(Self { shared: parse(&joined(&shared, S::REPEATABLE))?, own: T::from_query(&own)? })
    }
}

/// The query parameters of an operation. Unknown names and invalid values are a 400 that names them.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: FromQuery> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(T::from_query(request.query_string()).map(Self))
    }
}

/// The query parameters of a list: the page, and those of the list.
#[derive(Clone, Debug)]
pub struct ListParams<T> {
    /// The page.
    pub page: PageRequest,
    /// The other parameters.
    pub query: T,
}

impl<T: FromQuery> FromRequest for ListParams<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(listing(request.query_string()))
    }
}

/// For lists without other parameters.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

fn listing<T: FromQuery>(query: &str) -> Result<ListParams<T>, ApiError> {
    let Flattened { shared, own } = Flattened::<PageParameters, T>::from_query(query)?;
    Ok(ListParams { page: shared.request()?, query: own })
}

/// The pairs of a query with these names, and the others.
fn split(query: &str, names: &[&str]) -> (String, String) {
    let (taken, others): (Vec<_>, Vec<_>) =
        form_urlencoded::parse(query.as_bytes()).partition(|(name, _)| names.contains(&&**name));
    let encode = |pairs: Vec<_>| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    (encode(taken), encode(others))
}

/// Joins the values of each of these names by commas.
fn joined(query: &str, names: &[&str]) -> String {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match pairs.iter_mut().find(|(known, _)| *known == name && names.contains(&&**known)) {
            Some((_, values)) => *values = format!("{values},{value}").into(),
            None => pairs.push((name, value)),
        }
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Parses the text of a parameter.
///
/// # Errors
/// That of the type.
pub fn parsed<T: FromStr<Err: Into<ApiError>>>(text: Option<String>) -> Result<Option<T>, ApiError> {
    text.map(|text| text.parse().map_err(Into::into)).transpose()
}

/// Parses `a,b,c`, with at most the maximum of values. For `serde(deserialize_with)`.
///
/// # Errors
/// With more values, or that of a value.
pub fn separated<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    let items = || text.split(',').filter(|item| !item.is_empty());
    if items().nth(MAX_VALUES).is_some() {
        return Err(D::Error::custom(format_args!("at most {MAX_VALUES} values")));
    }
    items().map(|item| item.parse().map_err(D::Error::custom)).collect()
}

/// Parses a time in the form in which times are stored. For `serde(deserialize_with)`.
///
/// # Errors
/// For another text, or a time outside of the years 1 to 9999.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let time = Option::<DateTime<Utc>>::deserialize(deserializer)?;
    let stored = |time| clock::stored(time).ok_or_else(|| D::Error::custom("expected a time of the years 1 to 9999"));
    time.map(stored).transpose()
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let (at, words) = (error.path().to_string(), error.inner().to_string());
        let named = |prefix: &str| words.strip_prefix(prefix)?.split('`').next().map(str::to_owned);
        if let Some(name) = named("unknown field `") {
            return ApiError::of_parameter(Code::UnknownParameter, &name, format!("there is no parameter {name} here"));
        }
        if let Some(name) = named("missing field `") {
            return ApiError::of_parameter(Code::MissingParameter, &name, format!("the parameter {name} is missing"));
        }
        if let Some(name) = named("duplicate field `") {
            return ApiError::of_parameter(Code::ParameterInvalid, &name, format!("{name} is given more than once"));
        }
        ApiError::of_parameter(Code::ParameterInvalid, &at, format!("{at}: {}", expected(&words)))
    })
}

/// The expected value, where the messages of the standard library only name the error.
fn expected(words: &str) -> &str {
    const HINTS: &[(&str, &str)] = &[
        ("provided string was not `true` or `false`", "expected true or false"),
        ("invalid digit", "expected a whole number"),
        ("cannot parse integer", "expected a whole number"),
        ("number too", "expected a smaller number"),
        ("UUID parsing failed", "expected a UUID"),
        ("premature end of input", TIME),
        ("input contains invalid characters", TIME),
        ("input is out of range", TIME),
        ("input is not enough", TIME),
        ("trailing input", TIME),
    ];
    HINTS.iter().find(|(start, _)| words.starts_with(start)).map_or(words, |(_, hint)| hint)
}

/// The `+` of an offset means a blank in a query string.
const TIME: &str = "expected a time such as 2026-01-05T09:00:00Z (the + of an offset is written %2B)";

#[cfg(test)]
mod tests {
    use super::{NoParameters, listing};

    fn fault(query: &str) -> (String, Option<String>) {
        let problem = listing::<NoParameters>(query).unwrap_err().problem();
        (problem.code, problem.errors.first().and_then(|fault| fault.parameter.clone()))
    }

    #[test]
    fn the_parameter_at_fault_is_named() {
        assert!(listing::<NoParameters>("").is_ok());
        assert!(listing::<NoParameters>("page=2&limit=50&count=exact").is_ok());
        let at = |code: &str, name: &str| (code.to_owned(), Some(name.to_owned()));
        assert_eq!(fault("pgae=2"), at("unknown_parameter", "pgae"));
        assert_eq!(fault("page=two"), at("parameter_invalid", "page"));
        assert_eq!(fault("page=1&page=2"), at("parameter_invalid", "page"));
        assert_eq!(fault("page=1&cursor=abc"), at("parameter_invalid", "cursor"));
        assert_eq!(fault("limit=101"), at("limit_invalid", "limit"));
        assert_eq!(fault("count=all"), at("parameter_invalid", "count"));
        assert_eq!(fault("page=501"), at("page_too_deep", "page"));
    }
}
