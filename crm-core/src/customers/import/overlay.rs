//! A row over the customer that it changes.

use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::super::validate;
use super::rows;

/// Merges a row into a customer: empty cells keep the value.
pub(super) fn overlaid(part: &NewCustomer, before: &Customer) -> NewCustomer {
    let mut part = part.clone();
    rows::name_organization(&mut part, Some(before.kind));
    let base = NewCustomer::from(before);
    let NewCustomer {
        kind,
        name,
        salutation,
        first_name,
        middle_name,
        last_name,
        name_suffix,
        email,
        phone,
        organization_name,
        job_title,
        department,
        birth_date,
        language,
        time_zone,
        industry,
        employee_band,
        annual_revenue,
        tax_id,
        website,
        address,
        address_line2,
        city,
        state,
        zip_code,
        country,
        emails,
        phones,
        addresses,
        status,
        lifecycle_stage,
        relationship,
        owner_id,
        source,
        source_created_at,
        description,
        external_refs,
        custom_fields,
        metadata,
        is_archived,
    } = part;
    // A name that was built from its parts changes with them.
    let follows = name.is_none() && validate::name_of_parts(&base) == base.name;
    let mut draft = NewCustomer {
        kind: kind.or(base.kind),
        name: name.or(base.name),
        salutation: salutation.or(base.salutation),
        first_name: first_name.or(base.first_name),
        middle_name: middle_name.or(base.middle_name),
        last_name: last_name.or(base.last_name),
        name_suffix: name_suffix.or(base.name_suffix),
        email: email.or(base.email),
        phone: phone.or(base.phone),
        organization_name: organization_name.or(base.organization_name),
        job_title: job_title.or(base.job_title),
        department: department.or(base.department),
        birth_date: birth_date.or(base.birth_date),
        language: language.or(base.language),
        time_zone: time_zone.or(base.time_zone),
        industry: industry.or(base.industry),
        employee_band: employee_band.or(base.employee_band),
        annual_revenue: annual_revenue.or(base.annual_revenue),
        tax_id: tax_id.or(base.tax_id),
        website: website.or(base.website),
        address: address.or(base.address),
        address_line2: address_line2.or(base.address_line2),
        city: city.or(base.city),
        state: state.or(base.state),
        zip_code: zip_code.or(base.zip_code),
        country: country.or(base.country),
        // Without a list, the flat fields change the primary entries.
        emails,
        phones,
        addresses,
        status: status.or(base.status),
        lifecycle_stage: lifecycle_stage.or(base.lifecycle_stage),
        relationship: relationship.or(base.relationship),
        owner_id: owner_id.or(base.owner_id),
        source: source.or(base.source),
        source_created_at: source_created_at.or(base.source_created_at),
        description: description.or(base.description),
        external_refs: external_refs.or(base.external_refs),
        custom_fields: custom_fields.or(base.custom_fields),
        metadata: metadata.or(base.metadata),
        is_archived: is_archived.or(base.is_archived),
    };
    if follows {
        draft.name = validate::name_of_parts(&draft);
    }
    draft
}
