//! Working hours as people type them, in the way of OpenStreetMap and schema.org: `Mo-Fr 09:00-12:00, 13:00-17:30; Sa
//! 10:00-14:00`.

use chrono::NaiveDate;
use crm_core::patch::Patch;
use crm_core::working_time::{Weekday, WorkingHours, WorkingPeriod};
use crm_core::{Error, Violations};

use crate::base::fields::Fields;

pub(super) const HOURS: &str = "workingHours";
pub(super) const HOLIDAYS: &str = "holidays";

/// The abbreviations of the days, in English, which is how they are written, and in German.
const DAYS: [[&str; 2]; 7] =
    [["Mo", "Mo"], ["Tu", "Di"], ["We", "Mi"], ["Th", "Do"], ["Fr", "Fr"], ["Sa", "Sa"], ["Su", "So"]];

/// The hours and the holidays of a form. Without hours the company works around the clock.
pub(super) fn typed(form: &Fields) -> Result<Patch<WorkingHours>, Error> {
    if !form.has(HOURS) {
        return Ok(Patch::Absent);
    }
    let Some(hours) = form.get(HOURS) else { return Ok(Patch::Clear) };
    let fault = |name: &str, code: &str, detail: &str| Error::from(Violations::one(format!("/{name}"), code, detail));
    let periods = periods(hours)
        .ok_or_else(|| fault(HOURS, "working_hours_invalid", "expected hours such as Mo-Fr 09:00-17:00"))?;
    let days = form.text(HOLIDAYS).split([',', ';', ' ']).filter(|day| !day.is_empty());
    let holidays: Result<Vec<NaiveDate>, _> = days.map(str::parse).collect();
    let holidays =
        holidays.map_err(|_| fault(HOLIDAYS, "holidays_invalid", "expected days such as 2026-12-25, with commas"))?;
    Ok(Patch::Set(WorkingHours { periods, holidays }))
}

fn periods(text: &str) -> Option<Vec<WorkingPeriod>> {
    let mut periods = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (days, times) = part.split_once(' ')?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        if first > last {
            return None;
        }
        for day in Weekday::ALL.get(first..=last)? {
            for time in times.split(',') {
                let (from, to) = time.split_once('-')?;
                let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
                periods.push(WorkingPeriod { day: *day, from, to });
            }
        }
    }
    Some(periods)
}

fn day(name: &str) -> Option<usize> {
    DAYS.iter().position(|names| names.iter().any(|known| known.eq_ignore_ascii_case(name.trim())))
}

/// The periods as they are typed. Days in a row with the same times stand together.
pub(super) fn written(hours: &WorkingHours) -> String {
    let mut parts: Vec<(usize, usize, String)> = Vec::new();
    for (place, day) in Weekday::ALL.iter().enumerate() {
        let of_day = hours.periods.iter().filter(|period| period.day == *day);
        let times: Vec<String> = of_day.map(|period| format!("{}-{}", period.from, period.to)).collect();
        let times = times.join(", ");
        match parts.last_mut() {
            Some((_, last, same)) if *last + 1 == place && *same == times => *last = place,
            _ => parts.push((place, place, times)),
        }
    }
    let part = |(first, last, times): &(usize, usize, String)| match first == last {
        true => format!("{} {times}", DAYS[*first][0]),
        false => format!("{}-{} {times}", DAYS[*first][0], DAYS[*last][0]),
    };
    let parts: Vec<String> = parts.iter().filter(|(_, _, times)| !times.is_empty()).map(part).collect();
    parts.join("; ")
}

/// The holidays as they are typed.
pub(super) fn days(hours: &WorkingHours) -> String {
    let days: Vec<String> = hours.holidays.iter().map(NaiveDate::to_string).collect();
    days.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{WorkingHours, periods, written};

    fn read(text: &str) -> Option<WorkingHours> {
        periods(text).map(|periods| WorkingHours { periods, holidays: Vec::new() })
    }

    #[test]
    fn hours_are_written_as_they_are_read() {
        for text in
            ["Mo-Fr 09:00-12:00, 13:00-17:30; Sa 10:00-14:00", "Mo 09:00-17:00; We-Th 00:00-24:00", "Su 08:00-09:00"]
        {
            assert_eq!(read(text).map(|hours| written(&hours)).as_deref(), Some(text));
        }
        let german = read("mo-mi 09:00-17:00;So 10:00-12:00").map(|hours| written(&hours));
        assert_eq!(german.as_deref(), Some("Mo-We 09:00-17:00; Su 10:00-12:00"));
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for text in ["Mo-Fr", "Mo-Fr 9-17", "Tu-Mo 09:00-17:00", "Xx 09:00-17:00", "Mo 09:00", "Mo 09:00-25:00"] {
            assert!(periods(text).is_none(), "{text}");
        }
    }
}
