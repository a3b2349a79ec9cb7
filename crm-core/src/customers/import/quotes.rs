//! Decides whether a quoted cell of several lines is a text, or rows joined by a missing quotation mark.

/// The classification of the lines of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// A text of several lines, such as an address.
    Text,
    /// A text whose second line could be a row.
    OneRow,
    /// Rows of the table.
    Rows,
}

/// Classifies a quoted cell. `lines` starts with the cell and ends with its row, `cell` is the index of the cell.
///
/// Most lines of rows have as many cells as the header, and no blank after a delimiter, unlike texts.
pub(super) fn likeness(lines: &str, cell: usize, delimiter: u8, columns: usize) -> Likeness {
    let delimiter = char::from(delimiter);
    let mut rest: Vec<&str> = lines.split(['\r', '\n']).skip(1).filter(|line| !line.trim().is_empty()).collect();
    // The last line contains the remaining cells of the row.
    if cell == 0 {
        rest.pop();
    }
    let is_row = |line: &&&str| {
        let cells = line.split(delimiter);
        cells.clone().count() == columns && cells.skip(1).all(|cell| !cell.starts_with(' '))
    };
    let rows = rest.iter().filter(is_row).count();
    if rows * 2 <= rest.len() {
        return Likeness::Text;
    }
    match rows * columns.saturating_sub(1) {
        0 => Likeness::Text,
        1 => Likeness::OneRow,
        _ => Likeness::Rows,
    }
}

#[cfg(test)]
mod tests {
    use super::{Likeness, likeness};

    #[test]
    fn addresses_and_notes_are_texts() {
        for (lines, cell, columns) in [
            ("\"1 Quay\n2nd floor\"", 1, 2),
            ("\"12 Main St\nSpringfield, IL\nUSA\"", 1, 2),
            ("\"12 Main St\nSpringfield, IL\"", 1, 2),
            ("\"Called, no answer\nCalled again, left a message\nAngry, but polite\"", 2, 3),
            ("\"1 Quay\nOslo\",Norway", 1, 3),
            ("\"first\nsecond\",Ann,Oslo", 0, 3),
            ("\"first\n\nsecond\",Ann", 0, 2),
            ("\"a\nb\nc\"", 0, 1),
        ] {
            assert_eq!(likeness(lines, cell, b',', columns), Likeness::Text, "{lines}");
        }
    }

    #[test]
    fn rows_are_rows() {
        for (lines, cell, columns) in [
            ("\"open\nBo,ok\nCy,fine\"", 1, 2),
            ("\"open\nBo,b@example.com,Oslo\"", 1, 3),
            ("\"Ida,ok\nBo,ok\nCy,ok\nDi\",ok", 0, 2),
            ("\"open\r\nBo,ok\r\n\r\nCy,\"\"\r\nDi,x\"", 1, 2),
        ] {
            assert_eq!(likeness(lines, cell, b',', columns), Likeness::Rows, "{lines}");
        }
        assert_eq!(likeness("\"open\nBo,ok\"", 1, b',', 2), Likeness::OneRow);
        assert_eq!(likeness("\"open\nBo;ok\nCy;ok\"", 1, b';', 2), Likeness::Rows);
    }
}
