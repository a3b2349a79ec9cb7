//! Dates in files.

use chrono::{Datelike, NaiveDate};

use super::options::DateOrder;

/// Two-digit years from here on belong to the previous century.
const PIVOT: i32 = 70;

/// The date of the cell as `YYYY-MM-DD`, with its time of day unchanged. A date that begins with the year is recognized
/// in any order. `None` if there is no date.
pub(super) fn iso(cell: &str, order: DateOrder) -> Option<String> {
    let cell = cell.trim();
    let end = cell.find([' ', 'T', ',']).unwrap_or(cell.len());
    let (date, rest) = cell.split_at(end);
    let separator = date.chars().find(|character| !character.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let mut parts = date.split(separator);
    let parts = [parts.next()?, parts.next()?, parts.next()?, parts.next().unwrap_or_default()];
    let [first, second, third, ""] = parts else {
        return None;
    };
    let (year, month, day) = match order {
        _ if first.len() == 4 => (first, second, third),
        DateOrder::Ymd => (first, second, third),
        DateOrder::Dmy => (third, second, first),
        DateOrder::Mdy => (third, first, second),
    };
    let date = NaiveDate::from_ymd_opt(self::year(year)?, number(month)?, number(day)?)?;
    Some(format!("{:04}-{:02}-{:02}{rest}", date.year(), date.month(), date.day()))
}

fn year(text: &str) -> Option<i32> {
    let year = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < PIVOT { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

/// A day or a month: one digit or two.
fn number(text: &str) -> Option<u32> {
    (text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{DateOrder, iso};

    #[test]
    fn dates_are_read_in_the_order_given() {
        for (cell, order, date) in [
            ("26-08-2020", DateOrder::Dmy, "2020-08-26"),
            (" 1.2.2026 ", DateOrder::Dmy, "2026-02-01"),
            ("3/1/17", DateOrder::Mdy, "2017-03-01"),
            ("3/1/70", DateOrder::Mdy, "1970-03-01"),
            ("2026-11-20", DateOrder::Dmy, "2026-11-20"),
            ("26/11/20", DateOrder::Ymd, "2026-11-20"),
            ("26.08.2020 14:30", DateOrder::Dmy, "2020-08-26 14:30"),
            ("2020-08-26T14:30:00Z", DateOrder::Mdy, "2020-08-26T14:30:00Z"),
        ] {
            assert_eq!(iso(cell, order).as_deref(), Some(date), "{cell}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for cell in
            ["", "soon", "2020", "26-08", "31-02-2020", "08-26-2020", "1-2-3-4", "-1-2-2020", "1-2-202", "+1-2-2020"]
        {
            assert_eq!(iso(cell, DateOrder::Dmy), None, "{cell}");
        }
    }
}
