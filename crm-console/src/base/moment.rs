//! Times as people read them, in a zone.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::language::Language;

/// How `<input type="datetime-local">` writes a time.
const INPUT: &str = "%Y-%m-%dT%H:%M";

/// A time as a page shows it: in words, exactly, and for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// In words, as short as it may be.
    pub words: String,
    /// Exactly, for those who point at it.
    pub exact: String,
    /// For machines.
    pub machine: String,
}

/// The time of a page: its zone, its language, and now.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The zone of the company.
    pub zone: Tz,
    /// The language of the page.
    pub language: Language,
    /// The time at which the page is made.
    pub now: DateTime<Utc>,
}

impl Calendar {
    /// A time relative to now: `5 min`, `yesterday`, `12 Nov`.
    #[must_use]
    pub fn relative(&self, at: DateTime<Utc>) -> Shown {
        Shown { words: self.words(at), exact: self.exact(at), machine: at.to_rfc3339() }
    }

    /// The time of day.
    #[must_use]
    pub fn clock(&self, at: DateTime<Utc>) -> Shown {
        let words = at.with_timezone(&self.zone).format("%H:%M").to_string();
        Shown { words, exact: self.exact(at), machine: at.to_rfc3339() }
    }

    /// The day and the time of day.
    #[must_use]
    pub fn full(&self, at: DateTime<Utc>) -> Shown {
        let words = format!("{}, {}", self.day(self.date(at)), at.with_timezone(&self.zone).format("%H:%M"));
        Shown { words, exact: self.exact(at), machine: at.to_rfc3339() }
    }

    /// A time by the name of its day, and the time of day.
    #[must_use]
    pub fn near(&self, at: DateTime<Utc>) -> Shown {
        let words = format!("{}, {}", self.heading(self.date(at)), at.with_timezone(&self.zone).format("%H:%M"));
        Shown { words, exact: self.exact(at), machine: at.to_rfc3339() }
    }

    /// A day by its name.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Shown {
        Shown { words: self.heading(day), exact: self.day(day), machine: day.to_string() }
    }

    fn exact(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        format!("{}, {} {}", self.day(local.date_naive()), local.format("%H:%M:%S"), local.format("%Z"))
    }

    /// The day in the zone.
    #[must_use]
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// Today in the zone.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.date(self.now)
    }

    /// A day, with its year where it is another one.
    #[must_use]
    pub fn day(&self, day: NaiveDate) -> String {
        let month = self.month(day.month());
        let name = match self.language {
            Language::English => format!("{} {month}", day.day()),
            Language::German => format!("{}. {month}", day.day()),
        };
        if day.year() == self.today().year() { name } else { format!("{name} {}", day.year()) }
    }

    /// A day as the heading of what happened on it.
    #[must_use]
    pub fn heading(&self, day: NaiveDate) -> String {
        match (self.today() - day).num_days() {
            0 => self.language.text("moment-today"),
            1 => self.language.text("moment-yesterday"),
            -1 => self.language.text("moment-tomorrow"),
            _ => self.day(day),
        }
    }

    /// The month of a day, with its year.
    #[must_use]
    pub fn month_of(&self, day: NaiveDate) -> String {
        format!("{} {}", self.month(day.month()), day.year())
    }

    fn month(&self, month: u32) -> String {
        let months = self.language.text("moment-months");
        let place = usize::try_from(month.saturating_sub(1)).unwrap_or_default();
        months.split(' ').nth(place).unwrap_or_default().to_owned()
    }

    fn words(&self, at: DateTime<Utc>) -> String {
        let (past, distance) = (at <= self.now, (self.now - at).abs());
        let (name, count) = if distance < TimeDelta::minutes(1) {
            return self.language.text("moment-now");
        } else if distance < TimeDelta::hours(1) {
            ("minutes", distance.num_minutes())
        } else if distance < TimeDelta::hours(12) {
            ("hours", distance.num_hours())
        } else {
            let days = (self.today() - self.date(at)).num_days();
            match days {
                -1..=1 => return self.heading(self.date(at)),
                -6..=6 => ("days", days.abs()),
                _ => return self.day(self.date(at)),
            }
        };
        let direction = if past { "ago" } else { "ahead" };
        self.language.counted(&format!("moment-{name}-{direction}"), count)
    }

    /// What a form sends, as a time. A time that a clock change skips is the next one there is.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<DateTime<Utc>> {
        let local = NaiveDateTime::parse_from_str(text, INPUT);
        let local = local.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S")).ok()?;
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
            LocalResult::None => {
                Some(self.zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest()?.to_utc())
            }
        }
    }

    /// A time as a form shows it.
    #[must_use]
    pub fn write(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format(INPUT).to_string()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};
    use chrono_tz::Europe::Berlin;

    use super::{Calendar, Language};

    #[test]
    fn times_are_told_in_words() {
        let now = Utc.with_ymd_and_hms(2026, 11, 29, 12, 0, 0).unwrap();
        let english = Calendar { zone: Berlin, language: Language::English, now };
        let german = Calendar { language: Language::German, ..english };
        let told = |calendar: &Calendar, ago| calendar.relative(now - ago).words;
        assert_eq!(told(&english, TimeDelta::seconds(5)), "just now");
        assert_eq!(told(&english, TimeDelta::minutes(1)), "1 minute ago");
        assert_eq!(told(&english, TimeDelta::hours(-3)), "in 3 hours");
        assert_eq!(told(&german, TimeDelta::minutes(5)), "vor 5 Minuten");
        assert_eq!(told(&english, TimeDelta::days(1)), "Yesterday");
        assert_eq!(told(&english, TimeDelta::days(30)), "30 Oct");
        assert_eq!(told(&german, TimeDelta::days(400)), "25. Okt. 2025");
        assert_eq!(english.relative(now).exact, "29 Nov, 13:00:00 CET");
        assert_eq!(english.near(now + TimeDelta::days(1)).words, "Tomorrow, 13:00");
        let tomorrow = german.on(now.date_naive().succ_opt().unwrap());
        assert_eq!((&*tomorrow.words, &*tomorrow.exact, &*tomorrow.machine), ("Morgen", "30. Nov.", "2026-11-30"));
    }

    #[test]
    fn forms_speak_the_zone() {
        let now = Utc.with_ymd_and_hms(2026, 11, 29, 12, 0, 0).unwrap();
        let calendar = Calendar { zone: Berlin, language: Language::English, now };
        assert_eq!(calendar.write(now), "2026-11-29T13:00");
        assert_eq!(calendar.read("2026-11-29T13:00"), Some(now));
        // 02:30 on the day on which clocks go forward does not exist.
        let skipped = Utc.with_ymd_and_hms(2026, 3, 29, 1, 30, 0).unwrap();
        assert_eq!(calendar.read("2026-03-29T02:30"), Some(skipped));
        assert_eq!(calendar.read("tomorrow"), None);
    }
}
