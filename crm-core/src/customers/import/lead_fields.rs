//! The fields that only leads have, and the headers of their columns.

use super::headers::{Field, plain};
use crate::leads::NewLead;

/// A field that only a lead has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeadField {
    Status,
    StatusReason,
    SourceDetail,
    Utm,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmTerm,
    UtmContent,
    ReferredBy,
    Rating,
    Priority,
    EstimatedValue,
    ExpectedCloseDate,
    LostReason,
    LostNotes,
    DoNotCall,
    DoNotEmail,
}

/// All of them, with spellings in the form of [`plain`].
const FIELDS: &[(LeadField, &str, &str)] = &[
    (LeadField::Status, "status", "status leadstatus"),
    (LeadField::StatusReason, "statusReason", "statusreason leadstatusreason"),
    (LeadField::SourceDetail, "sourceDetail", "sourcedetail sourcedetails leadsourcedetail"),
    (LeadField::Utm, "utm", "utm"),
    (LeadField::UtmSource, "utmSource", "utmsource"),
    (LeadField::UtmMedium, "utmMedium", "utmmedium"),
    (LeadField::UtmCampaign, "utmCampaign", "utmcampaign"),
    (LeadField::UtmTerm, "utmTerm", "utmterm"),
    (LeadField::UtmContent, "utmContent", "utmcontent"),
    (LeadField::ReferredBy, "referredBy", "referredby"),
    (LeadField::Rating, "rating", "rating leadrating"),
    (LeadField::Priority, "priority", "priority leadpriority"),
    (LeadField::EstimatedValue, "estimatedValue", "estimatedvalue"),
    (LeadField::ExpectedCloseDate, "expectedCloseDate", "expectedclosedate"),
    (LeadField::LostReason, "lostReason", "lostreason lossreason"),
    (LeadField::LostNotes, "lostNotes", "lostnotes"),
    (LeadField::DoNotCall, "doNotCall", "donotcall"),
    (LeadField::DoNotEmail, "doNotEmail", "donotemail"),
];

/// Columns of an export of leads that are ignored beside those of customers.
pub(super) const READ_ONLY: &[&str] = &[
    "statusName",
    "statusType",
    "statusChangedAt",
    "assignedAt",
    "assignedByRule",
    "respondBy",
    "firstRespondedAt",
    "responseState",
    "score",
    "conversion",
];

impl LeadField {
    /// The field with this name.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, own, _)| *own == name).map(|(field, ..)| *field)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| *name)
    }

    /// The field of a header.
    pub fn spelt(header: &str) -> Option<Self> {
        let plain = plain(header);
        let is_spelt = |spellings: &str| spellings.split(' ').any(|spelling| spelling == plain);
        FIELDS.iter().find(|(.., spellings)| is_spelt(spellings)).map(|(field, ..)| *field)
    }

    /// The field at the pointer of a fault: `/utm/source` is that of `utmSource`.
    pub fn at(pointer: &str) -> Option<Self> {
        let mut names = pointer.split('/').skip(1);
        match (names.next()?, names.next()) {
            ("utm", Some(part)) => FIELDS
                .iter()
                .find(|(_, name, _)| name.strip_prefix("utm").is_some_and(|own| own.eq_ignore_ascii_case(part)))
                .map(|(field, ..)| *field),
            (name, _) => Self::named(name),
        }
    }
}

/// Whether leads have this field of customers, and mean the same by it.
pub(super) fn is_shared(field: Field) -> bool {
    let is_written = field != Field::Status && NewLead::FIELDS.contains(&field.name());
    is_written || matches!(field, Field::Id | Field::Tags | Field::Notes)
}

#[cfg(test)]
mod tests {
    use super::super::headers::Field;
    use super::{FIELDS, LeadField, is_shared};
    use crate::leads::NewLead;

    #[test]
    fn every_writable_field_has_a_column() {
        for name in NewLead::FIELDS {
            let shared = Field::named(name).is_some_and(is_shared);
            assert!(shared != LeadField::named(name).is_some(), "{name}");
        }
        for (field, name, spellings) in FIELDS {
            assert_eq!(LeadField::named(name), Some(*field));
            assert!(spellings.split(' ').all(|spelling| LeadField::spelt(spelling) == Some(*field)), "{name}");
        }
    }

    #[test]
    fn headers_and_faults_are_understood() {
        assert_eq!(LeadField::spelt("Lead Status"), Some(LeadField::Status));
        assert_eq!(LeadField::spelt("utm_campaign"), Some(LeadField::UtmCampaign));
        assert_eq!(LeadField::spelt("Company"), None);
        assert_eq!(LeadField::at("/utm/source"), Some(LeadField::UtmSource));
        assert_eq!(LeadField::at("/lostReason"), Some(LeadField::LostReason));
        assert!(!is_shared(Field::LifecycleStage) && !is_shared(Field::MiddleName) && is_shared(Field::City));
    }
}
