//! How a task recurs: what the form can say of it, as a rule of RFC 5545 and in words.

use chrono::NaiveDate;
use crm_core::patch::Patch;
use crm_core::tasks::Task;

use super::agenda::weekdays;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::Frame;

/// The days of a week in rules, from Monday.
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
/// How often a task recurs, as rules and the form call it.
const UNITS: [(&str, &str); 4] =
    [("DAILY", "daily"), ("WEEKLY", "weekly"), ("MONTHLY", "monthly"), ("YEARLY", "yearly")];
/// A rule that the form cannot say. It stays as it is.
const OWN: &str = "own";
/// How rules write a day.
const DAY: &str = "%Y%m%d";

/// When a series ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    /// On this day at the latest.
    Until(NaiveDate),
    /// After so many tasks, this one among them.
    Times(u32),
}

/// A rule that the form can say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// How often, as the form calls it.
    unit: &'static str,
    every: u32,
    /// The days of a weekly rule, in their order.
    days: Vec<&'static str>,
    /// Whether a monthly rule names the last day of each month.
    is_last_day: bool,
    end: End,
}

impl Rule {
    /// Reads a stored rule; nothing if it says more than the form can.
    fn parse(text: &str) -> Option<Self> {
        let mut rule = Self { unit: "", every: 1, days: Vec::new(), is_last_day: false, end: End::Never };
        for part in text.split(';') {
            match part.split_once('=')? {
                ("FREQ", name) => rule.unit = UNITS.iter().find(|(freq, _)| *freq == name)?.1,
                ("INTERVAL", number) => rule.every = number.parse().ok()?,
                ("BYDAY", days) => rule.days = read_days(days)?,
                ("BYMONTHDAY", "-1") => rule.is_last_day = true,
                ("COUNT", number) => rule.end = End::Times(number.parse().ok()?),
                ("UNTIL", day) => rule.end = End::Until(NaiveDate::parse_from_str(day, DAY).ok()?),
                _ => return None,
            }
        }
        let is_sayable = !rule.unit.is_empty()
            && (rule.days.is_empty() || rule.unit == "weekly")
            && (!rule.is_last_day || rule.unit == "monthly");
        is_sayable.then_some(rule)
    }

    /// The rule as it is stored.
    fn write(&self) -> String {
        let freq = UNITS.iter().find(|(_, unit)| *unit == self.unit).map_or("DAILY", |(freq, _)| *freq);
        let mut parts = vec![format!("FREQ={freq}")];
        if self.every != 1 {
            parts.push(format!("INTERVAL={}", self.every));
        }
        if !self.days.is_empty() {
            parts.push(format!("BYDAY={}", self.days.join(",")));
        }
        if self.is_last_day {
            parts.push("BYMONTHDAY=-1".to_owned());
        }
        match self.end {
            End::Never => {}
            End::Until(day) => parts.push(format!("UNTIL={}", day.format(DAY))),
            End::Times(number) => parts.push(format!("COUNT={number}")),
        }
        parts.join(";")
    }

    /// The rule of a form; nothing if the task does not recur.
    fn of_form(frame: &Frame, form: &Fields) -> Result<Option<Self>, Faults> {
        let fault = |rule: &str| Faults::named("recurrence", rule, frame.language());
        let asked = form.get("repeat");
        let Some(unit) = UNITS.iter().map(|(_, unit)| *unit).find(|unit| asked == Some(*unit)) else { return Ok(None) };
        let every: Result<u32, _> = form.get("every").map_or(Ok(1), str::parse);
        let every = every.map_err(|_| fault("repeat-number"))?;
        let end = match form.text("ends") {
            "until" => End::Until(form.text("until").parse().map_err(|_| fault("repeat-end"))?),
            "times" => End::Times(form.text("times").parse().map_err(|_| fault("repeat-end"))?),
            _ => End::Never,
        };
        let is_on = |day: &&'static str| unit == "weekly" && form.all("on").any(|on| on == *day);
        let is_last_day = unit == "monthly" && form.text("monthly") == "last";
        Ok(Some(Self { unit, every, days: DAYS.into_iter().filter(is_on).collect(), is_last_day, end }))
    }

    /// The rule in words.
    fn sentence(&self, frame: &Frame) -> String {
        let language = frame.language();
        let every = language.counted(&format!("repeat-{}-every", self.unit), self.every);
        let on = (!self.days.is_empty()).then(|| {
            let names = DAYS.into_iter().zip(weekdays(frame)).filter(|(day, _)| self.days.contains(day));
            frame.w("repeat-on", &names.map(|(_, name)| name).collect::<Vec<_>>().join(", "))
        });
        let last = self.is_last_day.then(|| frame.t("repeat-last-day"));
        let end = match self.end {
            End::Never => None,
            End::Until(day) => Some(frame.w("repeat-until", &frame.calendar.day(day))),
            End::Times(number) => Some(language.counted("repeat-times", number)),
        };
        [Some(every), on, last, end].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The days of a weekly rule, in the order of the week.
fn read_days(text: &str) -> Option<Vec<&'static str>> {
    let named: Vec<&str> = text.split(',').collect();
    let are_days = named.iter().all(|name| DAYS.contains(name));
    are_days.then(|| DAYS.into_iter().filter(|day| named.contains(day)).collect())
}

/// A stored rule in words.
pub(super) fn words(frame: &Frame, rule: &str) -> String {
    Rule::parse(rule).map_or_else(|| frame.w("repeat-own-rule", rule), |rule| rule.sentence(frame))
}

/// The fields of a stored rule as they are typed.
pub(super) fn typed(fields: Fields, rule: Option<&str>) -> Fields {
    let Some(text) = rule else { return fields.with("repeat", "") };
    let Some(rule) = Rule::parse(text) else { return fields.with("repeat", OWN).with("rule", text) };
    let fields = fields.with("repeat", rule.unit).with("every", &rule.every.to_string());
    let fields = rule.days.iter().fold(fields, |fields, day| fields.and("on", day));
    let fields = if rule.is_last_day { fields.with("monthly", "last") } else { fields };
    match rule.end {
        End::Never => fields,
        End::Until(day) => fields.with("ends", "until").with("until", &day.to_string()),
        End::Times(number) => fields.with("ends", "times").with("times", &number.to_string()),
    }
}

/// The change that a form makes. A form without these fields changes nothing, and so does one that says the same.
///
/// # Errors
/// What cannot be read.
pub(super) fn patch(frame: &Frame, before: Option<&Task>, form: &Fields) -> Result<Patch<String>, Faults> {
    if !form.has("repeat") || form.get("repeat") == Some(OWN) {
        return Ok(Patch::Absent);
    }
    let held = before.and_then(|before| before.recurrence.as_deref());
    let wanted = Rule::of_form(frame, form)?;
    Ok(match (held, wanted) {
        (None, None) => Patch::Absent,
        (Some(_), None) => Patch::Clear,
        (Some(held), Some(wanted)) if Rule::parse(held).as_ref() == Some(&wanted) => Patch::Absent,
        (_, Some(wanted)) => Patch::Set(wanted.write()),
    })
}

/// The part of the form.
pub(super) struct Repeat {
    pub units: Vec<Choice>,
    pub every: String,
    pub days: Vec<Choice>,
    pub monthly: Vec<Choice>,
    pub ends: Vec<Choice>,
    pub until: String,
    pub times: String,
    /// What is chosen, in words.
    pub sentence: Option<String>,
    pub fault: Option<String>,
}

impl Repeat {
    pub(super) fn of(frame: &Frame, values: &Fields, faults: &Faults) -> Self {
        let chosen = values.text("repeat");
        let choice = |name: &str, group: &str, chosen: &str| Choice {
            value: name.to_owned(),
            label: frame.t(&format!("{group}-{}", if name.is_empty() { "none" } else { name })),
            is_chosen: name == chosen,
        };
        let own = (chosen == OWN).then_some(OWN);
        let units = std::iter::once("").chain(UNITS.map(|(_, unit)| unit)).chain(own);
        let day = |(value, label): (&str, String)| Choice {
            is_chosen: values.all("on").any(|on| on == value),
            value: value.to_owned(),
            label,
        };
        let rule = Rule::of_form(frame, values).ok().flatten();
        let stored = || values.get("rule").filter(|_| chosen == OWN).map(|rule| words(frame, rule));
        Self {
            units: units.map(|unit| choice(unit, "repeat", chosen)).collect(),
            every: values.get("every").unwrap_or("1").to_owned(),
            days: DAYS.into_iter().zip(weekdays(frame)).map(day).collect(),
            monthly: ["", "last"].map(|name| choice(name, "repeat-monthly", values.text("monthly"))).into(),
            ends: ["", "until", "times"].map(|name| choice(name, "repeat-ends", values.text("ends"))).into(),
            until: values.text("until").to_owned(),
            times: values.text("times").to_owned(),
            sentence: rule.map(|rule| rule.sentence(frame)).or_else(stored),
            fault: faults.at("recurrence"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Rule, typed};

    #[test]
    fn a_rule_is_written_as_it_is_read() {
        for text in [
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3;COUNT=5",
            "FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20270105",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "FREQ=YEARLY;INTERVAL=2",
        ] {
            assert_eq!(Rule::parse(text).unwrap().write(), text);
        }
        assert_eq!(Rule::parse("FREQ=WEEKLY;BYDAY=FR,MO").unwrap().write(), "FREQ=WEEKLY;BYDAY=MO,FR");
    }

    #[test]
    fn other_rules_stay_as_they_are() {
        for text in [
            "",
            "FREQ=HOURLY",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYMONTHDAY=15",
            "FREQ=DAILY;BYDAY=MO",
            "FREQ=WEEKLY;BYMONTHDAY=-1",
            "FREQ=DAILY;UNTIL=20270105T120000Z",
            "INTERVAL=2",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
        assert_eq!(typed(Fields::default(), Some("FREQ=HOURLY")).get("rule"), Some("FREQ=HOURLY"));
    }
}
