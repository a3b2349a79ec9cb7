//! An invoice and a customer of the CRM: both or neither.

use crm_core::actor::ActorKind;
use crm_core::customers::{CustomerPatch, CustomerQuery, CustomerStatus, NewCustomer};
use crm_core::{Conflict, Crm, Error};
use host_erp::tables::{Job, employee, invoice};
use host_erp::{Erp, crm};
use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait};
use testkit::{Suite, TestDatabase};

use crate::{HERE, THERE, bookkeeper, customers, invoice as new, open};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        an_invoice_makes_a_customer,
        a_second_invoice_finds_the_customer_and_makes_it_active_again,
        an_invoice_that_the_erp_refuses_leaves_no_customer,
        an_invoice_that_the_crm_refuses_is_not_booked,
        who_may_not_write_customers_books_no_invoice,
        the_crm_goes_by_the_rights_of_the_erp,
        equal_numbers_of_two_companies_are_two_things,
        one_connection_is_enough,
    ]);
}

async fn in_crm(erp: &Erp, employee: &employee::Model) -> anyhow::Result<Vec<crm_core::customers::Customer>> {
    let list = erp.crm(employee).customers().list(&CustomerQuery::default(), &Default::default()).await?;
    Ok(list.data)
}

/// What there is: the ERP's customers and invoices, the CRM's customers and events.
async fn counts(erp: &Erp, db: &DatabaseConnection, employee: &employee::Model) -> anyhow::Result<[usize; 4]> {
    let events = Crm::default().pending_events(db, "counting", 1_000).await?.events.len();
    let invoices = usize::try_from(invoice::Entity::find().count(db).await?)?;
    Ok([customers(db).await?.len(), invoices, in_crm(erp, employee).await?.len(), events])
}

async fn an_invoice_makes_a_customer(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    let booked = erp.book(&mary, new(1, "Lee & Co")).await?;
    let customer = erp.crm(&mary).customers().by_external("erp", &booked.customer_id.to_string()).await?;
    assert_eq!((customer.name.as_str(), customer.status), ("Lee & Co", CustomerStatus::Active));
    assert_eq!((customer.created_by.kind, customer.created_by.id), (ActorKind::User, crm::actor(&mary).user_id()));
    assert_eq!(
        erp.crm(&mary).users().get(customer.created_by.id.expect("a user")).await?.display_name,
        Some(mary.name.clone())
    );
    assert_eq!(counts(&erp, &db, &mary).await?, [1, 1, 1, 1]);
    Ok(())
}

async fn a_second_invoice_finds_the_customer_and_makes_it_active_again(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    erp.book(&mary, new(1, "Lee & Co")).await?;
    erp.book(&mary, new(2, "Lee & Co")).await?;
    assert_eq!(counts(&erp, &db, &mary).await?, [1, 2, 1, 1], "what changes nothing is no event");
    let customer = in_crm(&erp, &mary).await?.remove(0);
    let inactive = CustomerPatch { status: Some(CustomerStatus::Inactive).into(), ..CustomerPatch::default() };
    erp.crm(&mary).customers().update(customer.id, inactive, None).await?;
    erp.book(&mary, new(3, "Lee & Co")).await?;
    assert_eq!(in_crm(&erp, &mary).await?[0].status, CustomerStatus::Active);
    assert_eq!(counts(&erp, &db, &mary).await?, [1, 3, 1, 3]);
    Ok(())
}

async fn an_invoice_that_the_erp_refuses_leaves_no_customer(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    erp.book(&mary, new(1, "Lee & Co")).await?;
    let before = counts(&erp, &db, &mary).await?;
    erp.book(&mary, new(1, "Another Customer")).await.expect_err("the number is taken");
    assert_eq!(counts(&erp, &db, &mary).await?, before);
    // Nothing of it is in the way later.
    erp.book(&mary, new(2, "Another Customer")).await?;
    assert_eq!(counts(&erp, &db, &mary).await?, before.map(|count| count + 1));
    Ok(())
}

async fn an_invoice_that_the_crm_refuses_is_not_booked(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    // The CRM already has a customer with this address.
    let met = NewCustomer { email: Some("lee.&.co@example.com".into()), ..NewCustomer::organization("Met at a fair") };
    erp.crm(&mary).customers().create(met).await?;
    let before = counts(&erp, &db, &mary).await?;
    let error = erp.book(&mary, new(1, "Lee & Co")).await.expect_err("the address is taken");
    assert!(matches!(error.downcast_ref(), Some(Error::Conflict(Conflict::CustomerEmailTaken))), "{error:?}");
    assert_eq!(counts(&erp, &db, &mary).await?, before);
    Ok(())
}

async fn who_may_not_write_customers_books_no_invoice(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let tom = erp.hire(HERE, "Tom Trainee", Job::Clerk).await?;
    let error = erp.book(&tom, new(1, "Lee & Co")).await.expect_err("not allowed");
    assert!(matches!(error.downcast_ref(), Some(Error::Forbidden { .. })), "{error:?}");
    assert_eq!(counts(&erp, &db, &tom).await?, [0, 0, 0, 0]);
    Ok(())
}

async fn the_crm_goes_by_the_rights_of_the_erp(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    let boss = erp.hire(HERE, "Bea Boss", Job::Boss).await?;
    erp.book(&mary, new(1, "Lee & Co")).await?;
    let customer = in_crm(&erp, &mary).await?.remove(0);
    let refused = erp.crm(&mary).customers().delete(customer.id, None).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    erp.crm(&boss).customers().delete(customer.id, None).await?;
    assert_eq!(in_crm(&erp, &mary).await?, []);
    Ok(())
}

async fn equal_numbers_of_two_companies_are_two_things(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, db) = open(&database).await?;
    let (here, there) = (bookkeeper(&erp, HERE).await?, bookkeeper(&erp, THERE).await?);
    erp.book(&here, new(1, "Lee & Co")).await?;
    erp.book(&there, new(1, "Lee & Co")).await?;
    assert_eq!(customers(&db).await?.len(), 2);
    let (mine, theirs) = (in_crm(&erp, &here).await?, in_crm(&erp, &there).await?);
    assert_eq!((mine.len(), theirs.len()), (1, 1));
    assert_ne!(mine[0].id, theirs[0].id);
    let foreign = erp.crm(&there).customers().get(mine[0].id).await;
    assert!(matches!(foreign, Err(Error::NotFound { .. })), "{foreign:?}");
    Ok(())
}

/// What sea-orm gives for SQLite unasked: while the transaction holds it there is no other.
async fn one_connection_is_enough(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp::open(database.connect(1).await?).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    for number in 1..=3 {
        erp.book(&mary, new(number, &format!("Customer {number}"))).await?;
        erp.book(&mary, new(number, "Another Customer")).await.expect_err("the number is taken");
    }
    assert_eq!(in_crm(&erp, &mary).await?.len(), 3);
    erp.follow_crm().await?;
    Ok(())
}
