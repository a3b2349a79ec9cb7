//! The records that cases of consents and of the do-not-contact list need.

use crm_core::consents::{ContactChannel, NewConsent};
use crm_core::ids::{LeadId, UserId};
use crm_core::suppressions::NewSuppression;
use futures_util::future::LocalBoxFuture;

use super::customer;
use super::leads::lead;
use crate::support::{Api, Call};

/// A consent that this user has recorded, of a customer without an owner.
pub fn consent(api: &Api, by: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (customer(api, None), api.scope(by));
    Box::pin(async move {
        let customer = made.await;
        let new = NewConsent::granted("newsletter", ContactChannel::Email);
        let consent = scope.consents(customer.parse().expect("an id")).create(new).await.expect("a consent");
        format!("{customer}/{}", consent.id)
    })
}

/// The same of a lead.
pub fn lead_consent(api: &Api, by: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (lead(api, None), api.scope(by));
    Box::pin(async move {
        let lead = made.await;
        let id: LeadId = lead.parse().expect("an id");
        let new = NewConsent::granted("newsletter", ContactChannel::Email);
        let consent = scope.lead_consents(id).create(new).await.expect("a consent");
        format!("{lead}/{}", consent.id)
    })
}

/// An entry of the do-not-contact list. It is the company's, whatever user has added it.
pub fn suppression(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let address = format!("{}@example.com", uuid::Uuid::new_v4().simple());
    Box::pin(
        async move { scope.suppressions().create(NewSuppression::of(address)).await.expect("an entry").id.to_string() },
    )
}

/// What a customer is to be contacted for.
pub fn with_purpose(call: Call) -> Call {
    call.query([("purpose", "newsletter"), ("channel", "email")])
}
