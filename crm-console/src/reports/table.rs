//! Tables of numbers. Each column has a meaning, which stands in its head and below the table.

use crm_core::money::Money;
use crm_core::stats::DealWorth;
use crm_core::users::UserRef;

use crate::base::amounts;
use crate::base::bars::percent;
use crate::deals::duration;
use crate::web::Frame;

/// What stands where there is no number.
const NOTHING: &str = "–";

/// A table of numbers.
pub(crate) struct Table {
    /// The name in the page.
    pub id: String,
    pub title: String,
    /// What the rows are.
    pub of: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// All rows together.
    pub sum: Option<Row>,
}

/// A column.
pub(crate) struct Column {
    pub label: String,
    pub meaning: String,
}

/// What is counted together.
pub(crate) struct Row {
    pub label: String,
    /// The list of what is counted.
    pub url: Option<String>,
    /// True for a part of a row above.
    pub is_below: bool,
    pub cells: Vec<Cell>,
}

/// A number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// The number; amounts of money have a line for each currency.
    pub lines: Vec<String>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
    /// The length of its bar.
    pub percent: Option<u64>,
}

impl Table {
    /// A table with these columns, by the names of their messages.
    pub(crate) fn of(frame: &Frame, id: impl Into<String>, title: String, of: &str, columns: &[&str]) -> Self {
        let column = |name: &&str| Column { label: frame.named("figure", name), meaning: frame.named("meaning", name) };
        let columns = columns.iter().map(column).collect();
        Self { id: id.into(), title, of: frame.named("figure", of), columns, rows: Vec::new(), sum: None }
    }

    /// The cells of a row with their columns.
    pub(crate) fn cells<'t>(&'t self, row: &'t Row) -> Vec<(&'t Column, &'t Cell)> {
        self.columns.iter().zip(&row.cells).collect()
    }
}

/// The columns of some tables, each once.
pub(crate) fn meanings(tables: &[Table]) -> Vec<&Column> {
    let mut meanings: Vec<&Column> = Vec::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        if meanings.iter().all(|known| known.label != column.label) {
            meanings.push(column);
        }
    }
    meanings
}

impl Row {
    pub(crate) fn of(label: impl Into<String>, cells: Vec<Cell>) -> Self {
        Self { label: label.into(), url: None, is_below: false, cells }
    }

    /// The same with the list of what is counted.
    pub(crate) fn listed(self, url: String) -> Self {
        Self { url: Some(url), ..self }
    }

    /// The same as a part of the row above.
    pub(crate) fn below(self) -> Self {
        Self { is_below: true, ..self }
    }
}

impl Cell {
    fn line(line: String) -> Self {
        Self { lines: vec![line], ..Self::default() }
    }

    pub(crate) fn number(frame: &Frame, number: u64) -> Self {
        Self::line(frame.language().number(number))
    }

    /// A number with a bar as long as its part of the greatest.
    pub(crate) fn bar(frame: &Frame, number: u64, greatest: u64) -> Self {
        Self { percent: Some(percent(number, greatest)), ..Self::number(frame, number) }
    }

    /// A share, in percent.
    pub(crate) fn share(share: Option<f64>) -> Self {
        Self::line(share.map_or_else(|| NOTHING.to_owned(), rate))
    }

    /// A number with one decimal place.
    pub(crate) fn decimal(frame: &Frame, number: Option<f64>) -> Self {
        let shown = number.map(|number| amounts::rounded(frame.language(), number));
        Self::line(shown.unwrap_or_else(|| NOTHING.to_owned()))
    }

    /// Amounts, and what they are together if that says more.
    pub(crate) fn amounts(frame: &Frame, all: &[Money], together: Option<Money>) -> Self {
        if all.is_empty() {
            return Self::line(NOTHING.to_owned());
        }
        let shown = |amount: Money| amounts::shown(frame.language(), amount);
        let together = together.filter(|together| all.iter().any(|amount| amount.currency != together.currency));
        Self {
            lines: all.iter().copied().map(shown).collect(),
            notes: together.map(|together| frame.w("deals-together", &shown(together))).into_iter().collect(),
            percent: None,
        }
    }

    /// What deals are worth, and how many there are.
    pub(crate) fn worth(frame: &Frame, worth: &DealWorth) -> Self {
        let mut cell = Self::money(frame, (worth.amounts.as_slice(), worth.base_amount), worth.without_rate);
        if worth.count > 0 {
            cell.notes.push(counted(frame, "deals-count", worth.count));
        }
        cell
    }

    /// Amounts with their sum in the base currency, and how many deals are not in that.
    pub(crate) fn money(frame: &Frame, (all, base): (&[Money], Money), without_rate: u64) -> Self {
        let mut cell = Self::amounts(frame, all, (without_rate == 0).then_some(base));
        if without_rate > 0 {
            cell.notes.push(counted(frame, "reports-without-rate", without_rate));
        }
        cell
    }
}

/// A share in percent.
pub(crate) fn rate(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A time in its greatest unit.
pub(crate) fn time(frame: &Frame, seconds: Option<i64>) -> String {
    seconds.map_or_else(|| NOTHING.to_owned(), |seconds| duration(frame, seconds))
}

/// A text that depends on a number.
pub(crate) fn counted(frame: &Frame, name: &str, count: u64) -> String {
    frame.language().counted(name, count)
}

/// The name of a user; that of records without one.
pub(crate) fn user(frame: &Frame, user: Option<&UserRef>) -> String {
    match user {
        None => frame.t("owner-none"),
        Some(user) => user.display_name.clone().unwrap_or_else(|| frame.t("person-unknown")),
    }
}
