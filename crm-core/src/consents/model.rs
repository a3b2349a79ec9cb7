//! What a consent is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::{ConsentId, CustomerId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

string_enum! {
    /// How a customer is contacted.
    ContactChannel {
        /// By e-mail.
        Email = "email" | "e_mail",
        /// By telephone.
        Phone = "phone" | "call" | "telephone",
        /// By text message.
        Sms = "sms",
        /// By WhatsApp.
        Whatsapp = "whatsapp",
        /// By post.
        Post = "post" | "letter",
    }
}

string_enum! {
    /// What an entry of the ledger says.
    ConsentState {
        /// The customer has agreed, or may be contacted on another lawful basis.
        Granted = "granted",
        /// The customer was asked, and has not confirmed yet.
        Pending = "pending" | "pending_double_opt_in",
        /// The customer has not agreed.
        Denied = "denied",
        /// The customer has agreed before, and does no more.
        Withdrawn = "withdrawn",
    }
}

string_enum! {
    /// What holds for a purpose on a channel.
    ConsentStatus {
        /// The customer may be contacted.
        Granted = "granted",
        /// The customer has not confirmed yet.
        Pending = "pending",
        /// The customer has not agreed.
        Denied = "denied",
        /// The customer does not agree any more.
        Withdrawn = "withdrawn",
        /// The time of the consent is over.
        Expired = "expired",
    }
}

string_enum! {
    /// Why personal data may be used (GDPR, article 6).
    #[derive(Default)]
    LawfulBasis {
        /// The person has agreed.
        #[default]
        Consent = "consent",
        /// A contract with the person needs it.
        Contract = "contract",
        /// The law demands it.
        LegalObligation = "legal_obligation",
        /// It protects a life.
        VitalInterest = "vital_interest" | "protection_of_interest",
        /// A public task needs it.
        PublicInterest = "public_interest",
        /// The company has an interest that outweighs that of the person.
        LegitimateInterest = "legitimate_interest",
    }
}

string_enum! {
    /// Where an entry of the ledger comes from.
    ConsentSource {
        /// A form on a website.
        Website = "website",
        /// A call.
        Phone = "phone",
        /// The person told it to a user.
        InPerson = "in_person" | "given_to_user",
        /// An e-mail.
        Email = "email",
        /// A letter.
        Post = "post",
        /// Another company.
        ThirdParty = "third_party",
        /// A file.
        Import = "import",
        /// Another program.
        Api = "api",
        /// The ERP.
        Erp = "erp",
    }
}

/// An entry of the ledger of consents. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Consent {
    /// The id.
    pub id: ConsentId,
    /// Always 1.
    pub version: i64,
    /// The customer or the lead.
    pub customer_id: CustomerId,
    /// What for: `marketing`, `newsletter`, `service`, or a word of your own.
    #[cfg_attr(feature = "openapi", schema(example = "newsletter"))]
    pub purpose: String,
    /// How.
    pub channel: ContactChannel,
    /// What was said.
    pub state: ConsentState,
    /// What contacting the customer rests on.
    pub lawful_basis: LawfulBasis,
    /// Where the entry comes from.
    pub source: Option<ConsentSource>,
    /// The version of the text that the customer has seen.
    pub text_version: Option<String>,
    /// What proves it: a text, or where it is kept.
    pub proof: Option<String>,
    /// When the customer said it.
    pub obtained_at: DateTime<Utc>,
    /// From when on it holds no more.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it was recorded.
    pub updated_at: DateTime<Utc>,
    /// Who recorded it.
    pub created_by: ActorRef,
    /// Who recorded it.
    pub updated_by: ActorRef,
}

impl Consent {
    /// What it means at this time.
    #[must_use]
    pub fn status(&self, now: DateTime<Utc>) -> ConsentStatus {
        let is_over = self.expires_at.is_some_and(|end| end <= now);
        match self.state {
            ConsentState::Granted | ConsentState::Pending if is_over => ConsentStatus::Expired,
            ConsentState::Granted => ConsentStatus::Granted,
            ConsentState::Pending => ConsentStatus::Pending,
            ConsentState::Denied => ConsentStatus::Denied,
            ConsentState::Withdrawn => ConsentStatus::Withdrawn,
        }
    }
}

/// What holds for a purpose on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CurrentConsent {
    /// What holds now.
    pub status: ConsentStatus,
    /// The entry that says so.
    pub consent: Consent,
}

/// What holds for a customer or a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CurrentConsents {
    /// The time for which it was derived.
    pub at: DateTime<Utc>,
    /// Each purpose on each channel of which the ledger has an entry, by purpose and channel.
    pub consents: Vec<CurrentConsent>,
}
