//! The personal data of a person: tagged, handed out, erased.

mod erasing;
mod guarded;
mod handed_out;
mod registry;

use std::io::Cursor;

use crm_core::actor::Role;
use crm_core::capture_forms::{DuplicateLeads, NewCaptureForm, NewSubmission};
use crm_core::customers::{Customer, MergeCustomers, NewCustomer};
use crm_core::deals::{DealContact, NewDeal};
use crm_core::leads::{ConvertLead, NewLead};
use crm_core::privacy::EraseSubject;
use crm_core::{IdempotencyKey, Once, Result};
use serde_json::json;
use testkit::{Backend, Suite};

use crate::support::{TestCrm, merge_patch};

pub fn register(suite: &mut Suite) {
    registry::register(suite);
    erasing::register(suite);
    guarded::register(suite);
    handed_out::register(suite);
}

/// Stands in everything that is known of the person, and nowhere else.
const MARKER: &str = "zyxmark";
const EMAIL: &str = "zyxmark@example.com";
/// As it is typed, and the part that every form of it has.
const PHONE: (&str, &str) = ("+1 212 555 0173", "2125550173");

fn because() -> EraseSubject {
    EraseSubject::because("Request 2026-114")
}

/// A lead who has sent a form, and has become a customer with everything there is; another one was merged into it.
async fn known_person(crm: &TestCrm) -> anyhow::Result<Customer> {
    let form = NewCaptureForm {
        on_duplicate: Some(DuplicateLeads::Update),
        requires_challenge: Some(false),
        ..NewCaptureForm::with_fields("Contact", [("email", "E-mail"), ("description", "Message")])
    };
    let form = crm.admin().capture_forms().create(form).await?;
    let lead: NewLead = serde_json::from_value(json!({
        "firstName": "Zyxmark", "lastName": "Zyxmark", "email": EMAIL, "phone": PHONE.0,
        "statusReason": "zyxmark", "sourceDetail": "zyxmark", "referredBy": "zyxmark",
        "utm": { "source": "news", "term": "zyxmark", "content": "zyxmark" },
    }))?;
    let lead = crm.admin().leads().create(lead).await?;
    crm.admin().lead_notes(lead.id).create(serde_json::from_value(json!({ "body": "The lead zyxmark" }))?).await?;
    let fields = [("email", EMAIL), ("description", "Message of zyxmark")];
    let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
    let sent = NewSubmission {
        fields,
        landing_page: Some("https://example.com/zyxmark".to_owned()),
        referrer: Some("https://example.org/zyxmark".to_owned()),
        ..NewSubmission::default()
    };
    let mut open = crm.crm.capture_form(&crm.db, &form.key, "the-request").await?.expect("an open form");
    open.submit(sent).await?;
    let customer = crm.admin().leads().convert(lead.id, ConvertLead::default(), None).await?.customer;
    let customer = fill(crm, &customer).await?;
    merge_another(crm, &customer).await?;
    // A file that was not imported yet.
    let file = format!("Name,Email\nZyxmark,{EMAIL}\n");
    crm.admin().imports().add("people.csv", Cursor::new(file.into_bytes())).await?;
    Ok(crm.get(&customer).await?)
}

async fn fill(crm: &TestCrm, customer: &Customer) -> anyhow::Result<Customer> {
    let patch = merge_patch(json!({
        "salutation": "Zyxmark", "middleName": "Zyxmark", "nameSuffix": "Zyxmark", "jobTitle": "Zyxmark",
        "organizationName": "Zyxmark", "department": "Zyxmark", "birthDate": "1987-10-06", "language": "en-US",
        "taxId": "ZYXMARK", "website": "https://zyxmark.example.com", "address": "1 Zyxmark Street",
        "addressLine2": "Zyxmark", "city": "Zyxmark", "state": "Zyxmark", "zipCode": "zyxmark", "country": "Zyxmark",
        "relationship": "zyxmark", "description": "Zyxmark is known",
        "emails": [{ "address": EMAIL, "isPrimary": true }, { "address": "zyxmark@example.org" }],
        "externalRefs": [{ "system": "erp", "id": "zyxmark-1" }],
        "customFields": { "nick": "zyxmark" }, "metadata": { "also": ["zyxmark"] },
    }));
    let customer = crm.admin().customers().update(customer.id, patch, None).await?;
    let private = json!({ "title": "Zyxmark", "body": "Privately, zyxmark", "visibility": "private" });
    crm.scope(Role::SalesRep).notes(customer.id).create(serde_json::from_value(private)?).await?;
    let call = json!({
        "type": "call", "subject": "Zyxmark", "content": "zyxmark said", "outcome": "zyxmark", "location": "Zyxmark",
        "metadata": { "with": "zyxmark" }, "participants": [{ "kind": "email", "address": EMAIL }],
    });
    let call = crm.admin().interactions(customer.id).create(serde_json::from_value(call)?).await?;
    let task = json!({
        "title": "Call zyxmark", "description": "zyxmark", "customerId": customer.id, "interactionId": call.id,
        "checklist": [{ "text": "Ask zyxmark" }],
    });
    crm.admin().tasks().create(serde_json::from_value(task)?).await?;
    // A task for nobody that refers to what goes.
    let other = json!({ "title": "Tidy up", "interactionId": call.id });
    crm.admin().tasks().create(serde_json::from_value(other)?).await?;
    let organization = crm.named("Lee & Co").await?;
    let link = json!({ "fromId": customer.id, "label": "employee", "title": "Zyxmark", "isPrimary": false });
    crm.admin().links(organization.id).create(serde_json::from_value(link)?).await?;
    crm.admin().customer_tags(customer.id).add(["VIP"]).await?;
    let consent =
        json!({ "purpose": "newsletter", "channel": "email", "state": "granted", "proof": "zyxmark said so" });
    crm.admin().consents(customer.id).create(serde_json::from_value(consent)?).await?;
    Ok(customer)
}

/// Another record of the same person, which a repeatable request has added.
async fn merge_another(crm: &TestCrm, customer: &Customer) -> Result<()> {
    let key = IdempotencyKey::new("createCustomer", "one", "fingerprint")?;
    let other = crm
        .admin()
        .once(&key, async |scope| scope.customers().create(NewCustomer::person("Zyxmarka", "Quill")).await)
        .await;
    let other = other.map(Once::into_inner)?;
    crm.admin().customers().merge(MergeCustomers::new(customer.id, [other.id])).await.map(drop)
}

/// A deal of the person, and one of another customer in which the person has a say.
async fn with_deals(crm: &TestCrm, customer: &Customer) -> anyhow::Result<()> {
    let deal = json!({
        "name": "200 units for zyxmark", "description": "zyxmark wants it", "nextStep": "Call zyxmark",
        "competitor": "Zyxmark & Sons", "amount": { "amount": 1000, "currency": "EUR" },
    });
    crm.admin().deals().create(customer.id, serde_json::from_value(deal)?).await?;
    let bob = crm.named("Bob").await?;
    let contacts = Some(vec![DealContact::of(customer.id, "champion")]);
    crm.admin().deals().create(bob.id, NewDeal { contacts, ..NewDeal::named("10 units") }).await?;
    Ok(())
}

/// The tables of the CRM with their columns.
async fn tables(crm: &TestCrm) -> anyhow::Result<std::collections::BTreeMap<String, Vec<String>>> {
    use sea_orm::{ConnectionTrait, Statement};
    let sql = match crm.backend {
        Backend::Postgres => {
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name LIKE 'crm\\_%' ORDER BY table_name, column_name"
        }
        Backend::Sqlite => {
            "SELECT m.name AS t, columns.name AS c FROM sqlite_master AS m, pragma_table_info(m.name) AS columns \
             WHERE m.type = 'table' AND m.name LIKE 'crm\\_%' ESCAPE '\\' ORDER BY m.name, columns.name"
        }
    };
    let mut tables = std::collections::BTreeMap::<String, Vec<String>>::new();
    for row in crm.db.query_all_raw(Statement::from_string(crm.db.get_database_backend(), sql)).await? {
        tables.entry(row.try_get("", "t")?).or_default().push(row.try_get("", "c")?);
    }
    Ok(tables)
}

/// The tables in which a row of the company has a text in any of its columns, be it a file.
async fn found(crm: &TestCrm, text: &str) -> anyhow::Result<Vec<String>> {
    let capital = text[..1].to_uppercase() + &text[1..];
    let bytes = [text, &capital].map(|text| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
    let mut found = Vec::new();
    for (table, columns) in tables(crm).await? {
        if !columns.iter().any(|column| column == "company_id") {
            continue;
        }
        let rows = crm.dump(&table).await?.to_lowercase();
        if rows.contains(text) || bytes.iter().any(|bytes| rows.contains(bytes)) {
            found.push(table);
        }
    }
    Ok(found)
}
