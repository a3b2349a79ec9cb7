//! A change of a lead.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::draft::{Draft, NewOwn, shared_fields};
use super::held::Held;
use super::model::{LeadRating, LeadUtm};
use crate::base::ids::UserId;
use crate::base::money::Money;
use crate::base::patch::{Patch, patch};
use crate::customers::{
    CustomerAddress, CustomerEmail, CustomerKind, CustomerPatch, CustomerPhone, EmployeeBand, ExternalRef, of_lead,
};
use crate::lead_statuses::LeadStatusRef;

patch! {
    /// A change of a lead (RFC 7396): absent fields stay unchanged, `null` clears a field. `customFields` and `metadata` are
    /// merged member by member; the other objects and lists are replaced as a whole.
    LeadPatch {
        /// Person or organization.
        kind: CustomerKind,
        /// The name; `null` builds a person's name from its parts.
        name: String [max_length = 250],
        /// How a person is addressed, for example `Ms.` or `Dr.`.
        salutation: String [max_length = 40],
        /// A person's first name.
        first_name: String [max_length = 120],
        /// A person's last name.
        last_name: String [max_length = 120],
        /// The primary e-mail address; stored in lower case with a readable domain. Also accepted as `emailId`.
        #[serde(alias = "emailId")]
        email: String [max_length = 254],
        /// The primary telephone number, in any notation.
        phone: String [max_length = 40],
        /// The organization that a person works for. Also accepted as `company`.
        #[serde(alias = "company")]
        organization_name: String [max_length = 250],
        /// A person's job title.
        job_title: String [max_length = 120],
        /// The language to write in, as a BCP 47 tag such as `de` or `en-GB`.
        language: String [max_length = 35],
        /// The time zone (IANA), for example `Europe/Berlin`.
        time_zone: String [max_length = 64],
        /// The industry.
        industry: String [max_length = 120],
        /// How many people an organization employs.
        employee_band: EmployeeBand,
        /// The revenue of a year; replaced as a whole.
        annual_revenue: Money,
        /// The website: an address with `http` or `https`, or `host[:port][/path]`.
        website: String [max_length = 2048],
        /// Street and number.
        address: String [max_length = 250],
        /// Floor, building or care of.
        address_line2: String [max_length = 250],
        /// The city.
        city: String [max_length = 120],
        /// The state, province or region.
        state: String [max_length = 120],
        /// The postal code.
        zip_code: String [max_length = 20],
        /// The country, by name or ISO 3166-1 code.
        country: String [max_length = 120],
        /// All e-mail addresses; replaces all. Without it, `email` changes the primary one, or makes one of the others
        /// primary.
        emails: Vec<CustomerEmail> [max_items = 20],
        /// All telephone numbers; replaces all. Without it, `phone` does as `email` does.
        phones: Vec<CustomerPhone> [max_items = 20],
        /// All postal addresses; replaces all. Without it, the flat fields do as `email` does.
        addresses: Vec<CustomerAddress> [max_items = 20],
        /// What is worth knowing at first sight; several lines.
        description: String [max_length = 2000],
        /// The status, by its code, its name or its id; `null` changes nothing.
        status: LeadStatusRef as String,
        /// Why it has this status.
        status_reason: String [max_length = 500],
        /// The source.
        source: String [max_length = 64],
        /// More on where it came from.
        source_detail: String [max_length = 250],
        /// The marks of the campaign that brought it; replaced as a whole.
        utm: LeadUtm,
        /// Who recommended your company.
        referred_by: String [max_length = 250],
        /// How promising it is.
        rating: LeadRating,
        /// How urgent it is, from 0 to 3.
        priority: i64 [minimum = 0, maximum = 3],
        /// The user who works on it; `null` for nobody. Also accepted as `assignedAgent`.
        #[serde(alias = "assignedAgent")]
        owner_id: UserId,
        /// What a deal with it may be worth; replaced as a whole.
        estimated_value: Money,
        /// The day on which a deal may be won.
        expected_close_date: NaiveDate,
        /// Why it was lost.
        lost_reason: String [max_length = 64],
        /// What is to be said of the loss.
        lost_notes: String [max_length = 2000],
        /// Whether it must not be called.
        do_not_call: bool,
        /// Whether no e-mail must be sent to it.
        do_not_email: bool,
        /// The ids of the lead in other systems; replaces all.
        external_refs: Vec<ExternalRef> [max_items = 20],
        /// Custom fields of your company, merged member by member; `null` removes a member.
        custom_fields: Map<String, Value> as Object,
        /// Metadata of programs, merged member by member.
        metadata: Map<String, Value> as Object,
        /// Whether the lead is hidden from lists.
        is_archived: bool,
    }
}

impl LeadPatch {
    /// The lead after the change.
    pub(super) fn apply(self, lead: &Held) -> Draft {
        let mut own = NewOwn::from(&lead.own);
        if let Patch::Set(status) = self.status {
            own.status = Some(status);
        }
        self.status_reason.apply(&mut own.status_reason);
        self.source_detail.apply(&mut own.source_detail);
        self.utm.apply_or_default(&mut own.utm);
        self.referred_by.apply(&mut own.referred_by);
        self.rating.apply(&mut own.rating);
        self.priority.apply(&mut own.priority);
        self.estimated_value.apply(&mut own.estimated_value);
        self.expected_close_date.apply(&mut own.expected_close_date);
        self.lost_reason.apply(&mut own.lost_reason);
        self.lost_notes.apply(&mut own.lost_notes);
        self.do_not_call.apply_or_default(&mut own.do_not_call);
        self.do_not_email.apply_or_default(&mut own.do_not_email);
        let person = shared_fields!(self => CustomerPatch, CustomerPatch::default());
        Draft { person: of_lead::changed(&lead.customer, person), own }
    }
}
