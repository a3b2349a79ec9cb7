//! The table of leads: one column per field, the same in every export.

use std::borrow::Cow;
use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};

use super::super::held::{Held, Own};
use super::super::model::{LeadRating, LeadUtm};
use crate::base::error::Result;
use crate::customers::{cells_of_lead, position_of};

/// The columns: the envelope, the importable fields, and the derived fields.
pub(super) const COLUMNS: [&str; 56] = [
    "id",
    "version",
    "kind",
    "name",
    "salutation",
    "firstName",
    "lastName",
    "email",
    "phone",
    "phoneE164",
    "organizationName",
    "jobTitle",
    "language",
    "timeZone",
    "industry",
    "employeeBand",
    "annualRevenue",
    "website",
    "address",
    "addressLine2",
    "city",
    "state",
    "zipCode",
    "country",
    "countryCode",
    "emails",
    "phones",
    "addresses",
    "description",
    "status",
    "statusReason",
    "source",
    "sourceDetail",
    "utmSource",
    "utmMedium",
    "utmCampaign",
    "utmTerm",
    "utmContent",
    "referredBy",
    "rating",
    "priority",
    "ownerId",
    "ownerName",
    "estimatedValue",
    "expectedCloseDate",
    "lostReason",
    "lostNotes",
    "doNotCall",
    "doNotEmail",
    "externalRefs",
    "tags",
    "customFields",
    "metadata",
    "isArchived",
    "createdAt",
    "updatedAt",
];

/// Where the cells of the other columns are among those of customers.
static SHARED: LazyLock<Vec<Option<usize>>> =
    LazyLock::new(|| COLUMNS.iter().map(|column| position_of(column)).collect());

/// The cells of a lead, one for each column.
pub(super) fn cells(lead: &Held) -> Result<Vec<Cow<'_, str>>> {
    let mut shared = cells_of_lead(&lead.customer)?;
    let cell = |(column, position): (&&str, &Option<usize>)| {
        let own = own_cell(&lead.own, column);
        own.or_else(|| position.map(|position| std::mem::take(&mut shared[position]))).unwrap_or_default()
    };
    Ok(COLUMNS.iter().zip(SHARED.iter()).map(cell).collect())
}

/// The cell of what only a lead has.
fn own_cell<'l>(own: &'l Own, column: &str) -> Option<Cow<'l, str>> {
    let LeadUtm { source, medium, campaign, term, content } = &own.utm;
    Some(match column {
        "version" => own.version.to_string().into(),
        "status" => own.status.as_str().into(),
        "statusReason" => text(&own.status_reason),
        "sourceDetail" => text(&own.source_detail),
        "utmSource" => text(source),
        "utmMedium" => text(medium),
        "utmCampaign" => text(campaign),
        "utmTerm" => text(term),
        "utmContent" => text(content),
        "referredBy" => text(&own.referred_by),
        "rating" => own.rating.map_or("", LeadRating::as_str).into(),
        "priority" => shown(own.priority),
        "estimatedValue" => shown(own.estimated_value),
        "expectedCloseDate" => shown(own.expected_close_date),
        "lostReason" => text(&own.lost_reason),
        "lostNotes" => text(&own.lost_notes),
        "doNotCall" => own.do_not_call.to_string().into(),
        "doNotEmail" => own.do_not_email.to_string().into(),
        "createdAt" => time(own.created_at).into(),
        "updatedAt" => time(own.updated_at).into(),
        _ => return None,
    })
}

fn text(field: &Option<String>) -> Cow<'_, str> {
    field.as_deref().unwrap_or_default().into()
}

fn shown(value: Option<impl ToString>) -> Cow<'static, str> {
    value.map(|value| value.to_string()).unwrap_or_default().into()
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;
    use crate::leads::NewLead;

    #[test]
    fn everything_that_can_be_written_is_exported() {
        let fields = NewLead::FIELDS.iter().copied();
        let missing: Vec<&str> = fields.filter(|field| *field != "utm" && !COLUMNS.contains(field)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
