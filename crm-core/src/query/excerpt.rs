//! Excerpts of long texts for lists. The database truncates them, so that the rest is not transferred.

/// The maximum length of a text in a list, in characters: the largest page has less than 1 MiB of text.
pub const MAX_EXCERPT_LENGTH: u32 = 2_000;

/// The excerpt of a column.
pub(crate) fn of(column: &str) -> String {
    format!("substr({column}, 1, {MAX_EXCERPT_LENGTH})")
}

/// Whether the text is longer than its excerpt.
pub(crate) fn is_cut(column: &str) -> String {
    format!("COALESCE(length({column}) > {MAX_EXCERPT_LENGTH}, FALSE)")
}
