//! The CSV table: one column per field, the same in every export.

use std::borrow::Cow;

use csv::{Terminator, Writer, WriterBuilder};
use serde::Serialize;

use super::super::contact_points;
use super::super::formula;
use super::super::model::{Customer, EmployeeBand, LifecycleStage};
use super::{Exported, time};
use crate::base::error::{Error, Result};

/// Marks the text as UTF-8 for spreadsheets.
const MARK: &str = "\u{feff}";

/// The columns: the envelope, the importable fields, and the derived fields.
pub(super) const COLUMNS: [&str; 48] = [
    "id",
    "version",
    "kind",
    "name",
    "salutation",
    "firstName",
    "middleName",
    "lastName",
    "nameSuffix",
    "email",
    "phone",
    "phoneE164",
    "organizationName",
    "jobTitle",
    "department",
    "birthDate",
    "language",
    "timeZone",
    "industry",
    "employeeBand",
    "annualRevenue",
    "taxId",
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
    "status",
    "lifecycleStage",
    "relationship",
    "ownerId",
    "ownerName",
    "source",
    "sourceCreatedAt",
    "description",
    "externalRefs",
    "tags",
    "customFields",
    "metadata",
    "isArchived",
    "createdAt",
    "updatedAt",
];

/// The column after them, if notes are wanted: a list as JSON.
pub(super) const NOTES: &str = "notes";

/// The columns of a table.
pub(super) fn columns(with_notes: bool) -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().chain(with_notes.then_some(NOTES))
}

pub(super) fn header(with_notes: bool) -> Result<Vec<u8>> {
    header_row(columns(with_notes))
}

pub(super) fn rows(customers: &[Exported]) -> Result<Vec<u8>> {
    guarded_rows(customers, |exported| Ok(cells(&exported.customer)?.into_iter().chain(notes(exported)?)))
}

/// The start of a table: what marks it as UTF-8, and the names of the columns.
pub(crate) fn header_row(columns: impl Iterator<Item = &'static str>) -> Result<Vec<u8>> {
    let mut file = writer(MARK.as_bytes().to_vec());
    file.write_record(columns).map_err(Error::internal)?;
    finish(file)
}

/// The rows of records, with cells that no spreadsheet executes.
pub(crate) fn guarded_rows<'r, R, C: IntoIterator<Item = Cow<'r, str>>>(
    records: &'r [R],
    cells: impl Fn(&'r R) -> Result<C>,
) -> Result<Vec<u8>> {
    let mut file = writer(Vec::with_capacity(records.len() * 300));
    for record in records {
        let cells = cells(record)?.into_iter();
        file.write_record(cells.map(|cell| formula::guarded(&cell).into_owned())).map_err(Error::internal)?;
    }
    finish(file)
}

/// The cell with the notes, if there is such a column.
pub(super) fn notes(exported: &Exported) -> Result<Option<Cow<'static, str>>> {
    exported.notes.as_ref().map(|notes| json(notes, notes.is_empty())).transpose()
}

fn writer(start: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(start)
}

fn finish(file: Writer<Vec<u8>>) -> Result<Vec<u8>> {
    file.into_inner().map_err(|error| Error::internal(error.into_error()))
}

/// The cells of a customer, one for each column.
pub(super) fn cells(customer: &Customer) -> Result<[Cow<'_, str>; COLUMNS.len()]> {
    let Customer {
        id,
        version,
        kind,
        name,
        salutation,
        first_name,
        middle_name,
        last_name,
        name_suffix,
        email,
        phone,
        phone_e164,
        organization_name,
        organization_id: _,
        parent_id: _,
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
        country_code,
        emails: _,
        phones: _,
        addresses: _,
        status,
        lifecycle_stage,
        relationship,
        owner_id,
        owner,
        source,
        source_created_at,
        description,
        external_refs,
        tags,
        // Import would take columns that cannot be written for fields of the company's own.
        last_contact_at: _,
        next_follow_up_at: _,
        custom_fields,
        metadata,
        is_archived,
        created_at,
        updated_at,
        created_by: _,
        updated_by: _,
        deleted_at: _,
        delete_batch_id: _,
        is_lead: _,
        email_key: _,
    } = customer;
    let owner_name = owner.as_ref().and_then(|owner| owner.display_name.as_deref());
    Ok([
        id.to_string().into(),
        version.to_string().into(),
        kind.as_str().into(),
        name.as_str().into(),
        text(salutation),
        text(first_name),
        text(middle_name),
        text(last_name),
        text(name_suffix),
        text(email),
        text(phone),
        text(phone_e164),
        text(organization_name),
        text(job_title),
        text(department),
        birth_date.map(|date| date.to_string()).unwrap_or_default().into(),
        text(language),
        text(time_zone),
        text(industry),
        employee_band.map_or("", EmployeeBand::as_str).into(),
        annual_revenue.map(|revenue| revenue.to_string()).unwrap_or_default().into(),
        text(tax_id),
        text(website),
        text(address),
        text(address_line2),
        text(city),
        text(state),
        text(zip_code),
        text(country),
        text(country_code),
        list(contact_points::further_emails(customer))?,
        list(contact_points::further_phones(customer))?,
        list(contact_points::further_addresses(customer))?,
        status.as_str().into(),
        lifecycle_stage.map_or("", LifecycleStage::as_str).into(),
        text(relationship),
        owner_id.map(|id| id.to_string()).unwrap_or_default().into(),
        owner_name.unwrap_or_default().into(),
        text(source),
        source_created_at.map(time).unwrap_or_default().into(),
        text(description),
        json(external_refs, external_refs.is_empty())?,
        tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join("; ").into(),
        json(custom_fields, custom_fields.is_empty())?,
        json(metadata, metadata.is_empty())?,
        is_archived.to_string().into(),
        time(*created_at).into(),
        time(*updated_at).into(),
    ])
}

fn text(field: &Option<String>) -> Cow<'_, str> {
    field.as_deref().unwrap_or_default().into()
}

/// A list that tells more than other cells.
fn list(entries: Option<&[impl Serialize]>) -> Result<Cow<'static, str>> {
    json(&entries, entries.is_none())
}

fn json(value: &impl Serialize, is_empty: bool) -> Result<Cow<'static, str>> {
    if is_empty {
        return Ok(Cow::Borrowed(""));
    }
    Ok(serde_json::to_string(value).map_err(Error::internal)?.into())
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;
    use crate::customers::NewCustomer;

    #[test]
    fn everything_that_can_be_written_is_exported() {
        assert!(NewCustomer::FIELDS.iter().all(|field| COLUMNS.contains(field)));
    }
}
