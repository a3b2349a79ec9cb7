//! What a report is asked for: its period, its owner, its pipeline.

use chrono::{Datelike, Days, NaiveDate};
use crm_core::ids::PipelineId;
use crm_core::stats::DateOrTime;
use crm_core::users::OwnerFilter;

use crate::base::fields::Fields;
use crate::base::moment::Calendar;
use crate::customers::Choice;
use crate::deals::Pipelines;
use crate::web::{Frame, People, Visit};

/// The periods that end today: what addresses call them, and how many days they have before it.
const PERIODS: &[(&str, u64)] = &[("week", 6), ("month", 29), ("quarter", 89), ("year", 364)];
/// The period with a first and a last day of its own.
const CUSTOM: &str = "custom";
const USUAL: &str = "month";

/// What a report is asked for. What cannot be read is not asked for.
pub(super) struct Asked {
    period: &'static str,
    pub from: Option<DateOrTime>,
    pub to: Option<DateOrTime>,
    pub owner: Option<OwnerFilter>,
    pub pipeline: Option<PipelineId>,
}

/// The form that asks.
pub(super) struct Filters {
    pub periods: Vec<Choice>,
    /// The first and the last day of a period of one's own.
    pub from: String,
    pub to: String,
    /// Empty where a report is of all.
    pub owners: Vec<Choice>,
    pub pipelines: Vec<Choice>,
    pub cohorts: Vec<Choice>,
}

impl Asked {
    pub(super) fn of(visit: &Visit) -> Self {
        let fields = &visit.query;
        let today = Calendar { zone: visit.zone, ..visit.frame.calendar }.today();
        let (period, from, to) = period(fields, today);
        Self {
            period,
            from: from.map(DateOrTime::Day),
            to: to.map(DateOrTime::Day),
            owner: owner(fields),
            pipeline: fields.get("pipeline").and_then(|id| id.parse().ok()),
        }
    }

    pub(super) fn filters(&self, frame: &Frame) -> Filters {
        let choice = |name: &'static str| Choice {
            value: name.to_owned(),
            label: frame.named("period", name),
            is_chosen: name == self.period,
        };
        let day = |bound: Option<DateOrTime>| bound.filter(|_| self.period == CUSTOM).map(|day| day.to_string());
        Filters {
            periods: PERIODS.iter().map(|(name, _)| *name).chain([CUSTOM]).map(choice).collect(),
            from: day(self.from).unwrap_or_default(),
            to: day(self.to).unwrap_or_default(),
            owners: Vec::new(),
            pipelines: Vec::new(),
            cohorts: Vec::new(),
        }
    }
}

/// The period with its days; the order of two days that were typed does not matter.
fn period(fields: &Fields, today: NaiveDate) -> (&'static str, Option<NaiveDate>, Option<NaiveDate>) {
    let asked = fields.text("period");
    if asked == CUSTOM {
        let day = |name: &str| fields.get(name).and_then(|day| day.parse::<NaiveDate>().ok()).filter(is_plausible);
        return match (day("from"), day("to")) {
            (Some(from), Some(to)) if from > to => (CUSTOM, Some(to), Some(from)),
            // A period that has not begun ends with its first day.
            (Some(from), None) => (CUSTOM, Some(from), Some(from.max(today))),
            (from, to) => (CUSTOM, from, to),
        };
    }
    let known = PERIODS.iter().find(|(name, _)| *name == asked);
    let (name, days) = known.copied().unwrap_or((USUAL, 29));
    (name, Some(today - Days::new(days)), None)
}

/// Days of years that periods can have.
fn is_plausible(day: &NaiveDate) -> bool {
    (1900..=9998).contains(&day.year())
}

/// The owner that is asked for.
pub(crate) fn owner(fields: &Fields) -> Option<OwnerFilter> {
    fields.get("owner").and_then(|owner| owner.parse().ok())
}

/// Everybody, me, nobody, and the users.
pub(crate) fn owners(visit: &Visit, people: &People, fields: &Fields) -> Vec<Choice> {
    let frame = &visit.frame;
    let me = visit.actor().user_id().map(|_| "me");
    let fixed = me.into_iter().chain(["none"]).map(|name| (name.to_owned(), frame.named("owner", name)));
    let all = fixed.chain(people.active().map(|(id, name)| (id, name.to_owned())));
    let choice = |(value, label): (String, String)| {
        let is_chosen = value == fields.text("owner");
        Choice { value, label, is_chosen }
    };
    all.map(choice).collect()
}

/// The pipelines that are in use, and the chosen one; none where there is no choice.
pub(crate) fn pipelines(pipelines: &Pipelines, chosen: Option<PipelineId>) -> Vec<Choice> {
    let offered = pipelines.0.iter().filter(|pipeline| !pipeline.is_archived || Some(pipeline.id) == chosen);
    let choice = offered.map(|pipeline| Choice {
        value: pipeline.id.to_string(),
        label: pipeline.name.clone(),
        is_chosen: Some(pipeline.id) == chosen,
    });
    let choices: Vec<Choice> = choice.collect();
    if choices.len() > 1 { choices } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{Fields, NaiveDate, period};

    #[test]
    fn a_period_begins_before_it_ends() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-29");
        let read = |query: &str| period(&Fields::parse(query.as_bytes()), today);
        assert_eq!(read(""), ("month", Some(day("2026-10-31")), None));
        assert_eq!(read("period=week"), ("week", Some(day("2026-11-23")), None));
        assert_eq!(read("period=<script>&from=2026-01-01"), ("month", Some(day("2026-10-31")), None));
        let year = (Some(day("2025-01-01")), Some(day("2025-12-31")));
        assert_eq!(read("period=custom&from=2025-01-01&to=2025-12-31"), ("custom", year.0, year.1));
        assert_eq!(read("period=custom&from=2025-12-31&to=2025-01-01"), ("custom", year.0, year.1));
        let later = Some(day("2027-01-01"));
        assert_eq!(read("period=custom&from=2027-01-01"), ("custom", later, later));
        assert_eq!(read("period=custom&from=0001-01-01&to=x"), ("custom", None, None));
    }
}
