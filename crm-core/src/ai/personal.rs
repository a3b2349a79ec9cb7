//! The personal data of an interaction: of its customer or lead, its owner and its participants.

pub(super) use super::placeholders::Placeholders;
use super::placeholders::{Known, Personal};
use super::prompt::Texts;
use crate::base::error::Result;
use crate::customers::{Customer, CustomerAddress, Party};
use crate::interactions::Interaction;
use crate::scope::CompanyScope;

/// The texts of an interaction, with placeholders for personal data.
pub(super) async fn replace(
    scope: &CompanyScope<'_>,
    interaction: &Interaction,
    placeholders: &mut Placeholders,
) -> Result<Texts> {
    let mut known = Known::default();
    add(&mut known, &Party::Any(interaction.customer_id).read(scope).await?);
    known.name(interaction.owner.as_ref().and_then(|owner| owner.display_name.as_deref()));
    for address in interaction.participants.iter().filter_map(|participant| participant.address.as_deref()) {
        known.term(Personal::Email, address);
    }
    let Texts { subject, content } = Texts::of(interaction);
    let [subject, content] = placeholders.replace(&known, [&subject, &content]);
    Ok(Texts { subject, content })
}

fn add(known: &mut Known, customer: &Customer) {
    let Customer { name, first_name, middle_name, last_name, organization_name, website, .. } = customer;
    for name in [Some(name), first_name.as_ref(), middle_name.as_ref(), last_name.as_ref(), organization_name.as_ref()]
    {
        known.name(name.map(String::as_str));
    }
    let Customer { address, address_line2, city, state, zip_code, external_refs, tax_id, .. } = customer;
    known.term(Personal::Id, tax_id.as_deref().unwrap_or_default());
    let Customer { email, phone, phone_e164, .. } = customer;
    for part in [address, address_line2, city, state, zip_code, website].into_iter().flatten() {
        known.term(Personal::Address, part);
    }
    known.term(Personal::Email, email.as_deref().unwrap_or_default());
    for number in [phone, phone_e164].into_iter().flatten() {
        known.phone(number);
    }
    for further in &customer.emails {
        known.term(Personal::Email, &further.address);
    }
    for further in &customer.phones {
        known.phone(&further.number);
        further.e164.iter().for_each(|number| known.phone(number));
    }
    for CustomerAddress { address, address_line2, city, state, zip_code, .. } in &customer.addresses {
        for part in [address, address_line2, city, state, zip_code].into_iter().flatten() {
            known.term(Personal::Address, part);
        }
    }
    for reference in external_refs {
        known.term(Personal::Id, &reference.id);
    }
}
