//! Dates in files.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

use super::options::DateOrder;
use crate::base::text::fold;

/// Two-digit years from here on belong to the previous century.
const PIVOT: i32 = 70;
/// The year that Apple's programs write for a birthday without one.
const NO_YEAR: i32 = 1604;
/// The beginnings of the names of months in English, German, French, Spanish, Italian and Dutch, folded.
const MONTHS: [&str; 12] = [
    "jan janv ene gen",
    "feb fev fevr",
    "mar mrz mars maa maerz",
    "apr avr abr",
    "may mai mag mei",
    "jun juin giu",
    "jul juil lug",
    "aug aou aout ago",
    "sep set",
    "oct okt ott",
    "nov",
    "dec dez dic",
];

/// The date of the cell as `YYYY-MM-DD`, with its time of day unchanged. A date that begins with the year or names its
/// month is recognized in any order. `None` if there is no date.
pub(super) fn iso(cell: &str, order: DateOrder) -> Option<String> {
    let (date, rest) = split(cell.trim(), Some(order))?;
    Some(format!("{:04}-{:02}-{:02}{rest}", date.year(), date.month(), date.day()))
}

/// A day. Without an order only what can be read in one way is one.
pub(super) fn day(cell: &str, order: Option<DateOrder>) -> Option<NaiveDate> {
    let cell = cell.trim();
    let compact = || NaiveDate::parse_from_str(cell, "%Y%m%d").ok().filter(|_| cell.len() == 8);
    let date = split(cell, order).map(|(date, _)| date).or_else(compact);
    date.filter(|date| date.year() != NO_YEAR)
}

/// A time; in UTC if it has no zone.
pub(super) fn moment(cell: &str, order: Option<DateOrder>) -> Option<DateTime<Utc>> {
    let cell = cell.trim();
    let zoned = DateTime::parse_from_rfc3339(cell).or_else(|_| DateTime::parse_from_str(cell, "%Y-%m-%d %H:%M:%S%#z"));
    if let Ok(time) = zoned {
        return Some(time.to_utc());
    }
    let (date, rest) = split(cell, order)?;
    let rest = rest.trim_start_matches(['T', ',', ' ']).trim_end_matches('Z');
    let formats = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];
    let time = match rest {
        "" => NaiveTime::MIN,
        rest => formats.iter().find_map(|format| NaiveTime::parse_from_str(rest, format).ok())?,
    };
    Some(date.and_time(time).and_utc())
}

/// The date at the beginning of a cell, and what follows it.
fn split(cell: &str, order: Option<DateOrder>) -> Option<(NaiveDate, &str)> {
    numeric(cell, order).or_else(|| named(cell))
}

fn numeric(cell: &str, order: Option<DateOrder>) -> Option<(NaiveDate, &str)> {
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
    let (year, month, day) = match order.or_else(|| clear_order([first, second], separator)) {
        _ if first.len() == 4 => (first, second, third),
        Some(DateOrder::Ymd) => (first, second, third),
        Some(DateOrder::Dmy) => (third, second, first),
        Some(DateOrder::Mdy) => (third, first, second),
        None => return None,
    };
    Some((NaiveDate::from_ymd_opt(self::year(year)?, number(month)?, number(day)?)?, rest))
}

/// The order that the numbers leave open to no doubt.
fn clear_order([first, second]: [&str; 2], separator: char) -> Option<DateOrder> {
    match (number(first)?, number(second)?) {
        (13.., _) => Some(DateOrder::Dmy),
        (_, 13..) => Some(DateOrder::Mdy),
        _ => (separator == '.').then_some(DateOrder::Dmy),
    }
}

/// `04 May 2025`, `9-Jun-21`, `Oct 6, 1987`.
fn named(cell: &str) -> Option<(NaiveDate, &str)> {
    let mut parts: Vec<(&str, usize)> = Vec::with_capacity(3);
    let mut start = 0;
    for (index, letter) in cell.char_indices().chain([(cell.len(), ' ')]) {
        if letter.is_alphanumeric() {
            continue;
        }
        if !matches!(letter, ' ' | '-' | '.' | ',' | '/') {
            return None;
        }
        if index > start {
            parts.push((&cell[start..index], index));
        }
        start = index + letter.len_utf8();
        if parts.len() == 3 {
            break;
        }
    }
    let [(first, _), (second, _), (year, end)] = parts[..] else { return None };
    let (month, day) = month(second).map(|month| (month, first)).or_else(|| Some((month(first)?, second)))?;
    let day = day.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    Some((NaiveDate::from_ymd_opt(self::year(year)?, month, number(day)?)?, &cell[end..]))
}

fn month(word: &str) -> Option<u32> {
    let word = fold(word);
    let is_month = |names: &&str| names.split(' ').any(|name| word.starts_with(name));
    let index = MONTHS.iter().position(|names| word.len() >= 3 && is_month(names))?;
    u32::try_from(index + 1).ok()
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
    use chrono::NaiveDate;

    use super::{DateOrder, day, iso, moment};

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
            ("04 May 2025", DateOrder::Mdy, "2025-05-04"),
            ("9-Jun-21", DateOrder::Ymd, "2021-06-09"),
            ("Mai 4, 2025", DateOrder::Dmy, "2025-05-04"),
            ("4. März 2025 09:00", DateOrder::Dmy, "2025-03-04 09:00"),
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

    #[test]
    fn what_is_clear_needs_no_order() {
        for cell in ["1987-10-06", "06.10.1987", "19871006", "6 October 1987", "Oct 6, 1987", "1987-10-06T00:00:00Z"] {
            assert_eq!(day(cell, None), NaiveDate::from_ymd_opt(1987, 10, 6), "{cell}");
        }
        assert_eq!(day("26/10/1987", None), NaiveDate::from_ymd_opt(1987, 10, 26));
        assert_eq!(day("10/26/1987", None), NaiveDate::from_ymd_opt(1987, 10, 26));
        assert_eq!(day("06/10/1987", Some(DateOrder::Dmy)), NaiveDate::from_ymd_opt(1987, 10, 6));
        for cell in ["06/10/1987", "--10-06", "10/06", "06.10.", "0/0/00", "1604-10-06", "soon"] {
            assert_eq!(day(cell, None), None, "{cell}");
        }
    }

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let at = |cell| moment(cell, Some(DateOrder::Dmy)).map(|time| time.to_rfc3339());
        for cell in [
            "2026-01-05T09:00:00.000Z",
            "2026-01-05 09:00:00",
            "2026-01-05 10:00:00+01:00",
            "05.01.2026 09:00",
            "5/1/2026, 9:00 AM",
            "5 Jan 2026 09:00",
        ] {
            assert_eq!(at(cell).as_deref(), Some("2026-01-05T09:00:00+00:00"), "{cell}");
        }
        assert_eq!(at("05.01.2026").as_deref(), Some("2026-01-05T00:00:00+00:00"));
        assert_eq!((at("05.01.2026 at noon"), at("soon")), (None, None));
        assert_eq!(moment("05/01/2026", None), None);
    }
}
