//! The fields that tell more of a customer: what they take, and what a replacement does to them.

use crm_core::customers::{EmployeeBand, LifecycleStage, NewCustomer};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, merge_patch, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        details_are_stored_in_one_form,
        what_is_no_detail_is_refused_with_all_others,
        a_name_has_all_its_parts,
        a_replacement_keeps_what_it_leaves_out,
    ]);
}

async fn details_are_stored_in_one_form(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let change = merge_patch(json!({
        "language": " EN_us ", "timeZone": "europe/berlin", "employeeBand": "11-50", "lifecycleStage": "MQL",
        "annualRevenue": { "amount": 5, "currency": "eur" }, "description": " two \r\nlines \n",
        "sourceCreatedAt": "2019-05-01T10:30:00.1234567+02:00",
    }));
    let written = crm.admin().customers().update(customer.id, change, None).await?;
    assert_eq!(written.language.as_deref(), Some("en-US"));
    assert_eq!(written.time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(written.employee_band, Some(EmployeeBand::UpTo50));
    assert_eq!(written.lifecycle_stage, Some(LifecycleStage::MarketingQualified));
    assert_eq!(written.annual_revenue.map(|revenue| revenue.to_string()).as_deref(), Some("0.05 EUR"));
    assert_eq!(written.description.as_deref(), Some(" two \nlines"));
    assert_eq!(json!(written.source_created_at), json!("2019-05-01T08:30:00.123456Z"));
    assert_eq!(crm.get(&written).await?, written);
    Ok(())
}

async fn what_is_no_detail_is_refused_with_all_others(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let change = merge_patch(json!({
        "language": "german please", "timeZone": "Mars/Olympus", "birthDate": "1799-12-31",
        "annualRevenue": { "amount": -1, "currency": "EUR" }, "sourceCreatedAt": "+012026-01-01T00:00:00Z",
    }));
    let mut found = violations(crm.admin().customers().update(customer.id, change, None).await);
    found.sort();
    let expected = [
        ("/annualRevenue/amount", "out_of_range"),
        ("/birthDate", "out_of_range"),
        ("/language", "language_invalid"),
        ("/sourceCreatedAt", "out_of_range"),
        ("/timeZone", "time_zone_unknown"),
    ];
    assert_eq!(found, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    assert_eq!(crm.get(&customer).await?, customer);
    Ok(())
}

async fn a_name_has_all_its_parts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let parts = NewCustomer {
        salutation: Some("Dr.".into()),
        middle_name: Some("Marie".into()),
        name_suffix: Some("Jr.".into()),
        ..NewCustomer::person("Ann", "Lee")
    };
    let ann = crm.create(parts).await?;
    assert_eq!(ann.name, "Ann Marie Lee Jr.");
    let shorter = crm.admin().customers().update(ann.id, merge_patch(json!({ "middleName": null })), None).await?;
    assert_eq!(shorter.name, "Ann Lee Jr.");
    Ok(())
}

async fn a_replacement_keeps_what_it_leaves_out(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let before = crm.create(super::writing::ann(&crm)).await?;
    // What an older program sends: it knows none of the later fields.
    let members = json!(NewCustomer::from(&before));
    let known: serde_json::Map<_, _> = members
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !NewCustomer::LATER_FIELDS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let older: NewCustomer = serde_json::from_value(json!(known))?;
    let older = NewCustomer { job_title: Some("Head of purchasing".into()), ..older };
    let mut scope = crm.admin();
    let after =
        scope.customers().replace_except(before.id, older.clone(), NewCustomer::LATER_FIELDS, None, None).await?;
    let after = after.customer;
    let mut expected = before;
    (expected.version, expected.updated_at) = (after.version, after.updated_at);
    expected.job_title = Some("Head of purchasing".into());
    assert_eq!(after, expected);

    let cleared = scope.customers().replace(after.id, older, None).await?;
    let members = json!(cleared);
    // Lists that are not given stay.
    let lists = ["emails", "phones", "addresses"];
    let mut others = NewCustomer::LATER_FIELDS.iter().filter(|field| !lists.contains(field));
    assert!(others.all(|field| members[field].is_null()), "{members}");
    Ok(())
}
