//! Guards cells that a spreadsheet would execute with an apostrophe, which import removes.

use std::borrow::Cow;

/// The first characters of formulas (OWASP, CSV injection), including their full-width forms.
const STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a cell is a formula, or guarded already: those get one more apostrophe, so that removing one is reversible.
fn needs_guard(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(STARTS)
}

/// A cell that no spreadsheet executes.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    if needs_guard(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A cell that holds texts only, as those of a workbook: marked where [`unguarded`] would change it.
pub(super) fn marked(cell: &str) -> Cow<'_, str> {
    if unguarded(cell) == cell { Cow::Borrowed(cell) } else { Cow::Owned(format!("'{cell}")) }
}

/// Reverses [`guarded`] and [`marked`].
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if needs_guard(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::{guarded, marked, unguarded};

    #[test]
    fn formulas_are_guarded_and_come_back() {
        for cell in ["=1+1", "+49 30", "-5361", "@x", "\t=", "\r", "'=x", "''-", "＝x"] {
            assert_eq!(guarded(cell), format!("'{cell}"));
            assert_eq!(unguarded(&guarded(cell)), cell);
        }
        for cell in ["", "a", "'", "'a", "O'Neil", "''", "1-2"] {
            assert_eq!(guarded(cell), cell);
            assert_eq!(unguarded(cell), cell);
        }
        assert_eq!(unguarded("=1"), "=1");
        for cell in ["=1+1", "+49 30", "'=x", "''-", "a", "'a", "''"] {
            assert_eq!(unguarded(&marked(cell)), cell);
        }
        assert_eq!((&*marked("+49 30"), &*marked("'=x")), ("+49 30", "''=x"));
    }
}
