//! The columns of the list of leads.

use crm_core::leads::{Lead, LeadSort};
use serde_json::Value;

use super::card;
use super::state::LEADS;
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::customers::dialled;
use crate::lists::{Cell, Column, label};
use crate::web::Frame;

/// What the cells of a page have in common.
pub(super) struct Cells<'p> {
    pub frame: &'p Frame,
    pub columns: &'p [String],
}

/// The headings.
pub(super) fn headings(frame: &Frame, fields: &Fields, sort: LeadSort, columns: &[String]) -> Vec<Column> {
    let heading = |name: &String| {
        let own: Option<LeadSort> = name.parse().ok();
        let active = own.filter(|own| own.key == sort.key).map(|_| sort.descending);
        let label = label(frame, &LEADS, name);
        Column::new(frame, &LEADS, fields, (name, label), own.is_some(), active)
    };
    columns.iter().map(heading).collect()
}

impl Cells<'_> {
    /// The values of a lead, but for its name.
    pub(super) fn of(&self, lead: &Lead) -> Vec<(String, Cell)> {
        self.columns.iter().skip(1).map(|name| (name.clone(), self.cell(lead, name))).collect()
    }

    fn cell(&self, lead: &Lead, name: &str) -> Cell {
        let calendar = &self.frame.calendar;
        let time = match name {
            "createdAt" => Some(lead.created_at),
            "updatedAt" => Some(lead.updated_at),
            "statusChangedAt" => Some(lead.status_changed_at),
            "assignedAt" => lead.assigned_at,
            "lastContactAt" => lead.last_contact_at,
            "nextFollowUpAt" => lead.next_follow_up_at,
            _ => None,
        };
        if let Some(time) = time {
            let is_late = name == "nextFollowUpAt" && time < calendar.now;
            return Cell::Time { shown: calendar.relative(time), is_late };
        }
        match name {
            "status" => Cell::State { value: lead.status_type.as_str(), label: lead.status_name.clone() },
            "tags" => Cell::Tags(lead.tags.clone()),
            "email" => link(lead.email.as_deref(), |email| Some(format!("mailto:{email}"))),
            "phone" => {
                let number = lead.phone_e164.as_deref().or(lead.phone.as_deref());
                link(lead.phone.as_deref(), |_| dialled(number?))
            }
            _ => Cell::Text(self.text(lead, name)),
        }
    }

    fn text(&self, lead: &Lead, name: &str) -> String {
        let frame = self.frame;
        let named = |group: &str, word: Option<&str>| word.map(|word| frame.named(group, word)).unwrap_or_default();
        match name {
            "statusType" => frame.named("lead-type", lead.status_type.as_str()),
            "kind" => frame.named("kind", lead.kind.as_str()),
            "rating" => card::rating(frame, lead).map(|rating| rating.label).unwrap_or_default(),
            "priority" => {
                lead.priority.map(|priority| frame.t(&format!("lead-priority-{priority}"))).unwrap_or_default()
            }
            "source" => named("source", lead.source.as_deref()),
            "lostReason" => named("lost-reason", lead.lost_reason.as_deref()),
            "employeeBand" => named("employee-band", lead.employee_band.map(|band| band.as_str())),
            "ownerId" => card::owner(lead).unwrap_or_default(),
            "estimatedValue" => card::value(frame, lead).unwrap_or_default(),
            "annualRevenue" => {
                lead.annual_revenue.map(|money| amounts::shown(frame.language(), money)).unwrap_or_default()
            }
            "expectedCloseDate" => lead.expected_close_date.map(|day| frame.calendar.day(day)).unwrap_or_default(),
            "isArchived" => frame.t(if lead.is_archived { "yes" } else { "no" }),
            _ => {
                let values = serde_json::to_value(lead).unwrap_or_default();
                values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        }
    }
}

fn link(text: Option<&str>, address: impl Fn(&str) -> Option<String>) -> Cell {
    let text = text.unwrap_or_default();
    match address(text).filter(|_| !text.is_empty()) {
        Some(url) => Cell::Link { url, text: text.to_owned() },
        None => Cell::Text(text.to_owned()),
    }
}
