//! The beginnings of long texts, as lists show them. The database cuts them, so that it does not send the rest.

/// How long a text in a list is at most, in characters: a page of the largest size has less than 1 MiB of text.
pub const MAX_EXCERPT_LENGTH: u32 = 2_000;

/// The beginning of a column's text.
pub(crate) fn of(column: &str) -> String {
    format!("substr({column}, 1, {MAX_EXCERPT_LENGTH})")
}

/// Whether the text goes on after its beginning.
pub(crate) fn is_cut(column: &str) -> String {
    format!("COALESCE(length({column}) > {MAX_EXCERPT_LENGTH}, FALSE)")
}
