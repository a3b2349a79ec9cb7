//! Which row of a sheet is its header: some programs write text before it.

use super::super::headers::Field;
use super::super::meaning::Meaning;
use super::super::record::Record;

/// The number of rows among which the header is.
pub(in super::super) const LOOKED_AT: usize = 30;

/// A row that may be the header: the numbers of its known and of all its cells.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Candidate {
    pub row: u64,
    pub known: usize,
    pub cells: usize,
}

impl Candidate {
    pub fn new(record: &Record<'_>) -> Self {
        let texts = || (0..record.len()).map(|index| record.cell(index).trim()).filter(|cell| !cell.is_empty());
        let is_known = |cell: &&str| Field::named(cell).is_some() || Meaning::of(cell).is_some();
        Self { row: record.row, known: texts().filter(is_known).count(), cells: texts().count() }
    }

    /// Whether a later row is much more like a header.
    pub const fn is_beaten_by(&self, later: &Self) -> bool {
        later.known >= 2 && later.known > self.known && later.cells > self.cells && later.known * 3 >= later.cells
    }
}
