//! The ERP hears of what happens in the CRM.

use crm_core::customers::{CustomerPatch, NewCustomer};
use host_erp::crm;
use testkit::{Suite, TestDatabase};

use crate::{HERE, THERE, bookkeeper, customers, invoice, open};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_name_that_is_changed_in_the_crm_is_changed_in_the_erp,
        what_was_heard_is_not_heard_again,
        customers_that_are_the_crms_alone_are_no_concern,
        a_customer_that_has_gone_meanwhile_is_passed_over,
    ]);
}

fn called(name: &str) -> CustomerPatch {
    CustomerPatch { name: Some(name.to_owned()).into(), ..CustomerPatch::default() }
}

async fn a_name_that_is_changed_in_the_crm_is_changed_in_the_erp(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    for (company, name) in [(HERE, "Lee GmbH"), (THERE, "Lee AG")] {
        let mary = bookkeeper(&erp, company).await?;
        let booked = erp.book(&mary, invoice(1, "Lee & Co")).await?;
        let theirs = erp.crm(&mary).customers().by_external(crm::SYSTEM, &booked.customer_id.to_string()).await?;
        erp.crm(&mary).customers().update(theirs.id, called("Lee Ltd"), None).await?;
        erp.crm(&mary).customers().update(theirs.id, called(name), None).await?;
    }
    let mut heard = erp.follow_crm().await?;
    heard.sort();
    assert_eq!(heard, ["Lee AG", "Lee GmbH"], "once each, as it is now");
    let mut names: Vec<_> = customers(&db).await?.into_iter().map(|ours| (ours.company_id, ours.name)).collect();
    names.sort();
    assert_eq!(names, [(HERE, "Lee GmbH".to_owned()), (THERE, "Lee AG".to_owned())]);
    Ok(())
}

async fn what_was_heard_is_not_heard_again(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    let booked = erp.book(&mary, invoice(1, "Lee & Co")).await?;
    let theirs = erp.crm(&mary).customers().by_external(crm::SYSTEM, &booked.customer_id.to_string()).await?;
    erp.crm(&mary).customers().update(theirs.id, called("Lee GmbH"), None).await?;
    assert_eq!(erp.follow_crm().await?, ["Lee GmbH"]);
    // The ERP goes another way; no old event overrules it, not in a process that starts later either.
    use sea_orm::{ActiveModelTrait, Set};
    let ours = customers(&db).await?.remove(0);
    let renamed = host_erp::tables::customer::ActiveModel { name: Set("Lee SE".to_owned()), ..ours.into() };
    renamed.update(&db).await?;
    let later = host_erp::Erp::open(db.clone()).await?;
    assert_eq!(later.follow_crm().await?, Vec::<String>::new());
    assert_eq!(customers(&db).await?[0].name, "Lee SE");
    Ok(())
}

async fn customers_that_are_the_crms_alone_are_no_concern(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    let met = erp.crm(&mary).customers().create(NewCustomer::organization("Met at a fair")).await?;
    erp.crm(&mary).customers().update(met.id, called("Met twice"), None).await?;
    assert_eq!(erp.follow_crm().await?, Vec::<String>::new());
    assert_eq!(customers(&db).await?, []);
    Ok(())
}

async fn a_customer_that_has_gone_meanwhile_is_passed_over(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let boss = erp.hire(HERE, "Bea Boss", host_erp::tables::Job::Boss).await?;
    let booked = erp.book(&boss, invoice(1, "Lee & Co")).await?;
    let theirs = erp.crm(&boss).customers().by_external(crm::SYSTEM, &booked.customer_id.to_string()).await?;
    erp.crm(&boss).customers().update(theirs.id, called("Lee GmbH"), None).await?;
    erp.crm(&boss).customers().purge(theirs.id, None).await?;
    assert_eq!(erp.follow_crm().await?, Vec::<String>::new());
    assert_eq!(customers(&db).await?[0].name, "Lee & Co");
    Ok(())
}
