//! The cells of fields that only leads have.

use super::super::columns::Column;
use super::super::fields;
use super::super::lead_fields::LeadField;
use super::super::rows::ParsedRow;
use super::{Cells, Fault};
use crate::leads::{LeadRating, LeadStatusRef, LeadUtm, NewLead};

impl Cells<'_> {
    /// A value that the field does not take is kept among the custom fields, as those of customers are.
    pub(super) fn lead_field(&mut self, field: LeadField, column: &Column, cell: &str) -> Result<(), Fault> {
        match field {
            LeadField::Utm => {
                own(&mut self.input).utm = Some(fields::json(cell)?);
            }
            LeadField::Rating => {
                let rating = cell.parse::<LeadRating>().map_err(fields::unknown_name);
                return self.or_kept(column, cell, rating, |input, rating| own(input).rating = Some(rating));
            }
            LeadField::Priority => {
                let priority = fields::number(cell);
                return self.or_kept(column, cell, priority, |input, priority| own(input).priority = Some(priority));
            }
            LeadField::EstimatedValue => {
                let value = fields::money(cell);
                return self.or_kept(column, cell, value, |input, value| own(input).estimated_value = Some(value));
            }
            LeadField::ExpectedCloseDate => {
                let day = fields::birth_date(cell, self.reader.options.date_order);
                return self.or_kept(column, cell, day, |input, day| own(input).expected_close_date = Some(day));
            }
            LeadField::DoNotCall => {
                let flag = fields::flag(cell);
                return self.or_kept(column, cell, flag, |input, flag| own(input).do_not_call = Some(flag));
            }
            LeadField::DoNotEmail => {
                let flag = fields::flag(cell);
                return self.or_kept(column, cell, flag, |input, flag| own(input).do_not_email = Some(flag));
            }
            _ => text(own(&mut self.input), field, cell),
        }
        Ok(())
    }
}

fn own(input: &mut ParsedRow) -> &mut NewLead {
    &mut input.lead.get_or_insert_default().own
}

fn text(lead: &mut NewLead, field: LeadField, cell: &str) {
    let text = Some(cell.trim().to_owned());
    match field {
        LeadField::Status => lead.status = text.map(LeadStatusRef::Text),
        LeadField::StatusReason => lead.status_reason = text,
        LeadField::SourceDetail => lead.source_detail = text,
        LeadField::ReferredBy => lead.referred_by = text,
        LeadField::LostReason => lead.lost_reason = text,
        LeadField::LostNotes => lead.lost_notes = text,
        _ => {
            if let Some(part) = utm_part(lead.utm.get_or_insert_default(), field) {
                *part = text;
            }
        }
    }
}

fn utm_part(utm: &mut LeadUtm, field: LeadField) -> Option<&mut Option<String>> {
    Some(match field {
        LeadField::UtmSource => &mut utm.source,
        LeadField::UtmMedium => &mut utm.medium,
        LeadField::UtmCampaign => &mut utm.campaign,
        LeadField::UtmTerm => &mut utm.term,
        LeadField::UtmContent => &mut utm.content,
        _ => return None,
    })
}
