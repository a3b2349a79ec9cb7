//! The columns of the list of deals.

use crm_core::deals::{Deal, DealSort};
use crm_core::money::Money;
use serde_json::Value;

use super::card;
use super::stages::Pipelines;
use super::state::DEALS;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::customer_path;
use crate::lists::{Cell, Column, label};
use crate::web::Frame;

/// What the cells of a page have in common.
pub(super) struct Cells<'p> {
    pub frame: &'p Frame,
    pub pipelines: &'p Pipelines,
    pub columns: &'p [String],
}

/// The headings.
pub(super) fn headings(frame: &Frame, fields: &Fields, sort: DealSort, columns: &[String]) -> Vec<Column> {
    let heading = |name: &String| {
        let own: Option<DealSort> = name.parse().ok();
        let active = own.filter(|own| own.key == sort.key).map(|_| sort.descending);
        let label = label(frame, &DEALS, name);
        Column::new(frame, &DEALS, fields, (name, label), own.is_some(), active)
    };
    columns.iter().map(heading).collect()
}

impl Cells<'_> {
    /// The values of a deal, but for its name.
    pub(super) fn of(&self, deal: &Deal) -> Vec<(String, Cell)> {
        self.columns.iter().skip(1).map(|name| (name.clone(), self.cell(deal, name))).collect()
    }

    fn cell(&self, deal: &Deal, name: &str) -> Cell {
        let (frame, calendar) = (self.frame, &self.frame.calendar);
        let time = match name {
            "createdAt" => return Cell::Time { shown: calendar.relative(deal.created_at), is_late: false },
            "updatedAt" => return Cell::Time { shown: calendar.relative(deal.updated_at), is_late: false },
            "stageEnteredAt" => Some(deal.stage_entered_at),
            "closedAt" => deal.closed_at,
            "nextStepAt" => deal.next_step_at,
            _ => None,
        };
        if let Some(time) = time {
            return Cell::Time { shown: calendar.full(time), is_late: false };
        }
        let money = |money: Option<Money>| money.map(|money| card::money(frame, money)).unwrap_or_default();
        let text = match name {
            "customerId" => {
                let url = frame.url(&customer_path(deal.customer_id));
                return Cell::Link { url, text: deal.customer_name.clone() };
            }
            "status" => {
                let value = deal.status.as_str();
                return Cell::State { value, label: frame.named("deal-status", value) };
            }
            "expectedCloseDate" => match card::due(frame, deal) {
                Some(due) => {
                    let shown = Shown { words: due.words, exact: due.machine.clone(), machine: due.machine };
                    return Cell::Time { shown, is_late: due.is_late };
                }
                None => String::new(),
            },
            "pipelineId" => {
                self.pipelines.named(deal.pipeline_id).map(|pipeline| pipeline.name.clone()).unwrap_or_default()
            }
            "stageId" => deal.stage_name.clone(),
            "amount" => money(deal.amount),
            "weightedAmount" => money(deal.weighted_amount),
            "probability" => format!("{} %", deal.effective_probability),
            "type" => deal.deal_type.map(|kind| frame.named("deal-type", kind.as_str())).unwrap_or_default(),
            "lostReason" => {
                deal.lost_reason.as_deref().map(|reason| frame.named("lost-reason", reason)).unwrap_or_default()
            }
            "ownerId" => deal.owner.as_ref().and_then(|owner| owner.display_name.clone()).unwrap_or_default(),
            _ => {
                let values = serde_json::to_value(deal).unwrap_or_default();
                values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        };
        Cell::Text(text)
    }
}
