//! Several e-mail addresses, telephone numbers and postal addresses of a customer.

use crm_core::customers::{
    AddressKind, BulkAction, BulkAnswer, BulkRequest, BulkUndo, BulkUndone, ContactLabel, Customer, CustomerAddress,
    CustomerEmail, CustomerPhone, CustomerSearch, ImportOptions, MatchBy, NewCustomer, RefusalReason,
};
use crm_core::ids::BulkActionId;
use crm_core::page::PageRequest;
use crm_core::{Conflict, Error};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::import::{counts, faults, upsert};
use crate::support::{TestCrm, assert_matches, merge_patch, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        flat_fields_are_lists_of_one,
        of_a_list_one_entry_is_the_primary_one,
        flat_fields_change_the_primary_entry,
        a_body_that_was_read_can_be_sent_back,
        all_faults_are_told_with_their_places,
        a_patch_that_changes_nothing_writes_nothing,
        an_address_belongs_to_one_customer_whatever_its_place,
        of_two_writers_one_gets_the_address,
        addresses_become_free_in_the_trash_and_are_claimed_on_restore,
        the_policy_counts_every_address,
        history_tells_what_flat_fields_do_not,
        a_search_finds_every_entry,
        an_import_matches_every_address_and_number,
        rows_of_older_releases_are_made_anew,
        any_sequence_of_patches_keeps_the_invariants,
    ]);
}

const POINTS: &str = "crm_customer_contact_points";
const ADDRESSES: &str = "crm_customer_addresses";

impl TestCrm {
    async fn patched(&self, customer: &Customer, patch: Value) -> crm_core::Result<Customer> {
        self.admin().customers().update(customer.id, merge_patch(patch), None).await
    }
}

fn new(fields: Value) -> NewCustomer {
    let mut fields = fields;
    fields["name"] = json!("Lee & Co");
    fields["kind"] = json!("organization");
    serde_json::from_value(fields).expect("a customer")
}

/// Addresses with a star at the primary one.
fn emails(customer: &Customer) -> Vec<String> {
    let star = |email: &CustomerEmail| if email.is_primary == Some(true) { "*" } else { "" };
    customer.emails.iter().map(|email| format!("{}{}", email.address, star(email))).collect()
}

fn assert_taken<T: std::fmt::Debug>(result: crm_core::Result<T>) {
    assert_matches!(result, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
}

async fn flat_fields_are_lists_of_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let plain = crm.named("Plain").await?;
    assert_eq!((plain.emails.len(), plain.phones.len(), plain.addresses.len()), (0, 0, 0));
    let flat = json!({ "email": " ANN@lee.example", "phone": "+49 30 901820", "city": "Bonn", "country": "Germany" });
    let written = crm.create(new(flat)).await?;
    let primary = Some(true);
    let email = CustomerEmail { is_primary: primary, ..CustomerEmail::new("ann@lee.example") };
    let e164 = Some("+4930901820".to_owned());
    let phone = CustomerPhone { e164, is_primary: primary, ..CustomerPhone::new("+49 30 901820") };
    let (city, country, country_code) = (Some("Bonn".into()), Some("Germany".into()), Some("DE".into()));
    let address = CustomerAddress { city, country, country_code, is_primary: primary, ..CustomerAddress::default() };
    assert_eq!((&written.emails, &written.phones, &written.addresses), (&vec![email], &vec![phone], &vec![address]));
    assert_eq!(crm.get(&written).await?, written);
    assert_eq!([crm.count(POINTS).await?, crm.count(ADDRESSES).await?], [2, 0]);
    crm.admin().customers().purge(written.id, None).await?;
    assert_eq!(crm.count(POINTS).await?, 0);
    Ok(())
}

async fn of_a_list_one_entry_is_the_primary_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (given, expected, email) in [
        (
            json!({ "emails": [{ "address": "A@x.example" }, { "address": "b@x.example" }] }),
            "a@x.example* b@x.example",
            "a",
        ),
        (
            json!({ "emails": [{ "address": "c@x.example" }, { "address": "d@x.example", "isPrimary": true }] }),
            "c@x.example d@x.example*",
            "d",
        ),
        (
            json!({ "emails": [{ "address": "e@x.example", "isPrimary": false }, { "address": "f@x.example" }] }),
            "e@x.example f@x.example*",
            "f",
        ),
        (json!({ "email": "g@x.example", "emails": [{ "address": "h@x.example" }] }), "g@x.example* h@x.example", "g"),
        (
            json!({ "email": "J@x.example", "emails": [{ "address": "i@x.example" }, { "address": "j@x.example" }] }),
            "i@x.example j@x.example*",
            "j",
        ),
        (json!({ "email": "k@x.example", "emails": [] }), "k@x.example*", "k"),
        (json!({ "email": "l@x.example", "emails": null }), "l@x.example*", "l"),
    ] {
        let written = crm.create(new(given.clone())).await?;
        assert_eq!(emails(&written).join(" "), expected, "{given}");
        assert_eq!(written.email, Some(format!("{email}@x.example")), "{given}");
        assert_eq!(crm.get(&written).await?, written);
    }
    let none = crm.create(new(json!({ "emails": [{ "address": "z@x.example", "isPrimary": false }] }))).await?;
    assert_eq!((none.email.as_deref(), emails(&none)), (None, vec!["z@x.example".to_owned()]));
    // Numbers and postal addresses alike.
    let others = json!({
        "phone": "030 901821",
        "phones": [{ "number": "+49 30 901820", "label": "fax" }],
        "addresses": [{ "city": "Bonn" }, { "kind": "billing", "address": "1 Quay", "country": "fr", "isPrimary": true }],
    });
    let written = crm.create(new(others)).await?;
    assert_eq!(
        written.phones.iter().map(|phone| phone.number.as_str()).collect::<Vec<_>>(),
        ["030 901821", "+49 30 901820"]
    );
    assert_eq!((written.phone.as_deref(), written.phone_e164.as_deref()), (Some("030 901821"), None));
    assert_eq!((written.address.as_deref(), written.city.as_deref()), (Some("1 Quay"), None));
    assert_eq!((written.country_code.as_deref(), written.addresses[1].kind), (Some("FR"), AddressKind::Billing));
    assert_eq!(crm.get(&written).await?, written);
    Ok(())
}

async fn flat_fields_change_the_primary_entry(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let list = json!([
        { "address": "a@x.example", "label": "work", "isInvalid": true, "isOptedOut": true },
        { "address": "b@x.example", "label": "home" },
    ]);
    let ann = crm.create(new(json!({ "emails": list }))).await?;
    // One that is there becomes the primary one, in any spelling.
    let ann = crm.patched(&ann, json!({ "email": "B@x.example" })).await?;
    assert_eq!(
        (emails(&ann).join(" "), ann.email.as_deref()),
        ("a@x.example b@x.example*".into(), Some("b@x.example"))
    );
    let ann = crm.patched(&ann, json!({ "email": "a@x.example" })).await?;
    // Another one replaces it, and keeps its label; that mails came back was about the old one.
    let ann = crm.patched(&ann, json!({ "email": "c@x.example", "lastName": null })).await?;
    assert_eq!(emails(&ann), ["c@x.example*", "b@x.example"]);
    let first = &ann.emails[0];
    assert_eq!((first.label, first.is_invalid, first.is_opted_out), (Some(ContactLabel::Work), false, true));
    // Without it, none takes its place until one is named.
    let ann = crm.patched(&ann, json!({ "email": null })).await?;
    assert_eq!((ann.email.as_deref(), emails(&ann)), (None, vec!["b@x.example".to_owned()]));
    let ann = crm.patched(&ann, json!({ "city": "Bonn" })).await?;
    assert_eq!(emails(&ann), ["b@x.example"]);
    let ann = crm.patched(&ann, json!({ "email": "d@x.example" })).await?;
    assert_eq!(emails(&ann), ["d@x.example*", "b@x.example"]);
    assert_eq!(crm.get(&ann).await?, ann);
    let ann = crm.patched(&ann, json!({ "emails": [{ "address": "e@x.example" }] })).await?;
    assert_eq!(emails(&ann), ["e@x.example*"]);
    let ann = crm.patched(&ann, json!({ "emails": null })).await?;
    assert_eq!((emails(&ann), ann.email.as_deref()), (vec![], None));

    let places = json!([{ "city": "Bonn" }, { "kind": "shipping", "city": "Kiel", "zipCode": "24103" }]);
    let ann = crm.patched(&ann, json!({ "addresses": places })).await?;
    let ann = crm.patched(&ann, json!({ "city": "Kiel", "zipCode": "24103" })).await?;
    let primary: Vec<Option<bool>> = ann.addresses.iter().map(|address| address.is_primary).collect();
    assert_eq!(primary, [Some(false), Some(true)]);
    let ann = crm.patched(&ann, json!({ "address": "2 Quay" })).await?;
    assert_eq!((ann.addresses[1].address.as_deref(), ann.addresses[1].kind), (Some("2 Quay"), AddressKind::Shipping));
    let ann = crm.patched(&ann, json!({ "address": null, "city": null, "zipCode": null })).await?;
    assert_eq!((ann.addresses.len(), ann.city.as_deref()), (1, None));

    let ann = crm.patched(&ann, json!({ "phones": [{ "number": "+49 30 901820", "label": "work" }] })).await?;
    // The same number, typed differently.
    let ann = crm.patched(&ann, json!({ "phone": "+49 (30) 901820" })).await?;
    assert_eq!((ann.phones.len(), ann.phones[0].number.as_str()), (1, "+49 (30) 901820"));
    assert_eq!((ann.phones[0].label, ann.phone.as_deref()), (Some(ContactLabel::Work), Some("+49 (30) 901820")));
    assert_eq!(crm.get(&ann).await?, ann);
    assert_eq!([crm.count(POINTS).await?, crm.count(ADDRESSES).await?], [1, 1]);
    Ok(())
}

async fn a_body_that_was_read_can_be_sent_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lists = json!({
        "emails": [{ "address": "a@x.example", "label": "work" }, { "address": "b@x.example" }],
        "phones": [{ "number": "+49 30 901820", "isPrimary": false }],
    });
    let ann = crm.create(new(lists)).await?;
    let replace = async |new: NewCustomer| crm.admin().customers().replace(ann.id, new, None).await;
    let as_read = || NewCustomer {
        emails: Some(ann.emails.clone()),
        phones: Some(ann.phones.clone()),
        addresses: Some(ann.addresses.clone()),
        ..NewCustomer::from(&ann)
    };
    assert_eq!(replace(as_read()).await?, ann);
    assert_eq!(replace(NewCustomer::from(&ann)).await?, ann);
    // A client that knows only the flat field sends the list back as it was: nothing is lost, however often.
    let new_email = || NewCustomer { email: Some("c@x.example".into()), ..as_read() };
    let changed = replace(new_email()).await?;
    assert_eq!(replace(new_email()).await?, changed);
    assert_eq!(
        (emails(&changed).join(" "), changed.email.as_deref()),
        ("c@x.example* a@x.example b@x.example".into(), Some("c@x.example"))
    );
    // What contradicts itself is refused: the flat field as it was, and another entry that says it is the primary one.
    let mut flagged = NewCustomer::from(&changed);
    for (index, email) in flagged.emails.iter_mut().flatten().enumerate() {
        email.is_primary = Some(index == 2);
    }
    let contradiction = vec![("/emails/2/isPrimary".to_owned(), "unexpected".to_owned())];
    assert_eq!(violations(replace(flagged.clone()).await), contradiction);
    let flagged = replace(NewCustomer { email: None, ..flagged }).await?;
    assert_eq!(flagged.email.as_deref(), Some("b@x.example"));
    // One that knows no lists keeps them.
    let without = NewCustomer { emails: None, phones: None, ..NewCustomer::from(&flagged) };
    assert_eq!(replace(without).await?, flagged);
    Ok(())
}

async fn all_faults_are_told_with_their_places(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let country = serde_json::from_value(json!({ "defaultCountry": "DE" }))?;
    crm.admin().settings().update(country, None).await?;
    let faulty = json!({
        "emails": [
            { "address": "a@x.example", "isPrimary": true }, { "address": "no address" }, { "address": "" },
            { "address": "A@X.example", "isPrimary": true }, { "address": "i@xn--mller-kva.example" },
            { "address": "I@müller.example" },
        ],
        "phones": [{ "number": "030 901820" }, { "number": "+49 30 90 18 20" }, { "number": "x".repeat(41) }],
        "addresses": [{ "kind": "home" }, { "city": "Bonn" }, { "city": "Bonn" }, { "city": "Bonn", "kind": "billing" },
            { "zipCode": "1".repeat(21), "state": "a\u{7}b" }],
        "website": "-",
    });
    let mut found = violations(crm.create(new(faulty)).await);
    found.sort();
    let expected = [
        ("/addresses/0", "required"),
        ("/addresses/2", "duplicate"),
        ("/addresses/4/state", "control_character"),
        ("/addresses/4/zipCode", "too_long"),
        ("/emails/1/address", "email_invalid"),
        ("/emails/2/address", "required"),
        ("/emails/3/address", "duplicate"),
        ("/emails/3/isPrimary", "duplicate"),
        ("/emails/5/address", "duplicate"),
        ("/phones/1/number", "duplicate"),
        ("/phones/2/number", "too_long"),
        ("/website", "website_invalid"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let many = |count: usize| -> Vec<Value> {
        (0..count).map(|number| json!({ "address": format!("{number}@x.example") })).collect()
    };
    let too_long = vec![("/emails".to_owned(), "too_long".to_owned())];
    assert_eq!(violations(crm.create(new(json!({ "emails": many(21) }))).await), too_long);
    assert_eq!(violations(crm.create(new(json!({ "email": "z@x.example", "emails": many(20) }))).await), too_long);
    crm.create(new(json!({ "email": "0@x.example", "emails": many(20) }))).await?;
    assert_eq!([crm.count("crm_customers").await?, crm.count(POINTS).await?], [1, 20]);
    Ok(())
}

async fn a_patch_that_changes_nothing_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lists = json!({
        "emails": [{ "address": "a@x.example" }, { "address": "b@x.example" }],
        "phones": [{ "number": "+49 30 901820" }, { "number": "030 7" }],
        "addresses": [{ "city": "Bonn", "country": "Germany" }, { "kind": "home", "city": "Kiel" }],
    });
    let ann = crm.create(new(lists.clone())).await?;
    let records = crm.records().await?;
    let as_read = serde_json::to_value(&ann)?;
    for nothing in [
        lists,
        json!({ "email": "A@x.example" }),
        json!({ "emails": as_read["emails"], "phones": as_read["phones"], "addresses": as_read["addresses"] }),
        json!({ "phone": "+49 30 901820", "phones": as_read["phones"] }),
        json!({ "city": "Bonn" }),
    ] {
        assert_eq!(crm.patched(&ann, nothing.clone()).await?, ann, "{nothing}");
    }
    assert_eq!(crm.records().await?, records);
    Ok(())
}

async fn an_address_belongs_to_one_customer_whatever_its_place(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann =
        crm.create(new(json!({ "email": "a@x.example", "emails": [{ "address": "info@müller.example" }] }))).await?;
    for taken in [
        json!({ "email": "Info@xn--mller-kva.example" }),
        json!({ "emails": [{ "address": "new@x.example" }, { "address": "a@x.example" }] }),
    ] {
        assert_taken(crm.create(new(taken)).await);
    }
    let bob = crm.create(new(json!({ "email": "b@x.example" }))).await?;
    for taken in [
        json!({ "email": "info@müller.example" }),
        json!({ "emails": [{ "address": "b@x.example" }, { "address": "info@müller.example" }] }),
    ] {
        assert_taken(crm.patched(&bob, taken).await);
    }
    assert_eq!(crm.get(&bob).await?, bob);
    assert_eq!(crm.count(POINTS).await?, 3);
    crm.other_company().create(new(json!({ "email": "info@müller.example" }))).await?;
    // What one gives away, the other takes; within a customer, addresses change places.
    crm.patched(&ann, json!({ "emails": [{ "address": "a@x.example" }] })).await?;
    let bob = crm
        .patched(&bob, json!({ "emails": [{ "address": "info@müller.example" }, { "address": "b@x.example" }] }))
        .await?;
    let bob = crm
        .patched(&bob, json!({ "emails": [{ "address": "b@x.example" }, { "address": "info@müller.example" }] }))
        .await?;
    assert_eq!(emails(&crm.get(&bob).await?), ["b@x.example*", "info@müller.example"]);
    Ok(())
}

async fn of_two_writers_one_gets_the_address(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (crm.named("Ann").await?, crm.named("Bob").await?);
    for round in 0..8 {
        let (shared, own) = (format!("{round}@x.example"), format!("own{round}@x.example"));
        let (mut one, mut other) = (crm.admin(), crm.admin());
        let primary = merge_patch(json!({ "email": shared }));
        let further = merge_patch(json!({ "emails": [{ "address": own }, { "address": shared }] }));
        let (mut ann_writes, mut bob_writes) = (one.customers(), other.customers());
        let (one, other) =
            tokio::join!(ann_writes.update(ann.id, primary, None), bob_writes.update(bob.id, further, None));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        for refused in [one, other].into_iter().filter(Result::is_err) {
            assert_taken(refused);
        }
        for customer in [&ann, &bob] {
            crm.patched(customer, json!({ "emails": null })).await?;
        }
    }
    assert_eq!(crm.count(POINTS).await?, 0);
    Ok(())
}

async fn addresses_become_free_in_the_trash_and_are_claimed_on_restore(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let list = json!({ "emails": [{ "address": "a@x.example" }, { "address": "b@x.example" }] });
    let ann = crm.create(new(list)).await?;
    crm.admin().customers().delete(ann.id, None).await?;
    let bob = crm.create(new(json!({ "email": "b@x.example" }))).await?;
    assert_taken(crm.admin().customers().restore(ann.id).await);
    crm.patched(&bob, json!({ "email": null })).await?;
    let restored = crm.admin().customers().restore(ann.id).await?;
    assert_eq!(restored.emails, ann.emails);
    assert_taken(crm.patched(&bob, json!({ "email": "b@x.example" })).await);

    // Many at once, too.
    let first = bulk_delete(&crm, &ann).await?;
    let bob = crm.patched(&bob, json!({ "email": "c@x.example", "emails": [{ "address": "b@x.example" }] })).await?;
    let refused = undo(&crm, first).await?.refused;
    assert_eq!(refused.iter().map(|refusal| refusal.reason).collect::<Vec<_>>(), [RefusalReason::CustomerEmailTaken]);
    let second = bulk_delete(&crm, &bob).await?;
    crm.admin().customers().restore(ann.id).await?;
    crm.admin().customers().purge(ann.id, None).await?;
    assert_eq!(undo(&crm, second).await?.restored, 1);
    assert_taken(crm.create(new(json!({ "email": "b@x.example" }))).await);
    Ok(())
}

async fn bulk_delete(crm: &TestCrm, customer: &Customer) -> anyhow::Result<BulkActionId> {
    let ids = Some(vec![customer.id]);
    let request = BulkRequest { action: BulkAction::Delete {}, ids, query: None, dry_run: false };
    match crm.admin().customers().bulk(request).await? {
        BulkAnswer::Done(done) => Ok(done.id.expect("an action")),
        BulkAnswer::Started(job) => anyhow::bail!("{job:?}"),
    }
}

async fn undo(crm: &TestCrm, action: BulkActionId) -> anyhow::Result<BulkUndone> {
    match crm.admin().customers().undo_bulk(action).await? {
        BulkUndo::Done(done) => Ok(done),
        BulkUndo::Started(job) => anyhow::bail!("{job:?}"),
    }
}

async fn the_policy_counts_every_address(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let policy = async |policy: &str| -> crm_core::Result<()> {
        let patch = serde_json::from_value(json!({ "duplicatePolicy": policy })).expect("a patch of settings");
        crm.admin().settings().update(patch, None).await.map(drop)
    };
    let both = json!({ "emails": [{ "address": "a@x.example" }, { "address": "b@x.example" }] });
    crm.create(new(both)).await?;
    policy("allow").await?;
    let bob = crm.create(new(json!({ "email": "b@x.example" }))).await?;
    let gone = crm.create(new(json!({ "email": "b@x.example" }))).await?;
    crm.admin().customers().delete(gone.id, None).await?;
    assert_matches!(policy("reject").await, Err(Error::Conflict(Conflict::DuplicateEmailsExist)));
    crm.patched(&bob, json!({ "email": "c@x.example" })).await?;
    policy("reject").await?;
    assert_taken(crm.patched(&bob, json!({ "emails": [{ "address": "b@x.example" }] })).await);
    assert_taken(crm.admin().customers().restore(gone.id).await);
    Ok(())
}

async fn history_tells_what_flat_fields_do_not(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.create(new(json!({ "email": "a@x.example", "phone": "+49 30 901820", "city": "Bonn" }))).await?;
    crm.patched(&ann, json!({ "email": "b@x.example" })).await?;
    let list = json!([{ "address": "b@x.example" }, { "address": "c@x.example", "label": "home" }]);
    crm.patched(&ann, json!({ "emails": list, "phones": [{ "number": "+49 30 901820", "isInvalid": true }] })).await?;
    let history = crm.admin().customers().history(ann.id, &PageRequest::default()).await?.data;
    let fields = |entry: usize| history[entry].changes.iter().map(|one| one.field.as_str()).collect::<Vec<_>>();
    assert_eq!(fields(2), ["city", "email", "isArchived", "kind", "name", "phone", "status"]);
    assert_eq!(fields(1), ["email"]);
    assert_eq!(fields(0), ["emails", "phones"]);
    assert_eq!(history[0].changes[0].to[1]["address"], "c@x.example");
    assert_eq!(history[0].changes[1].to[0].get("e164"), None, "derived");
    Ok(())
}

async fn a_search_finds_every_entry(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lists = json!({
        "emails": [{ "address": "ann@lee.example" }, { "address": "harbourmaster@quay.example" }],
        "phones": [{ "number": "+49 30 901820" }, { "number": "(0171) 555 0199" }],
        "addresses": [{ "city": "Bonn" }, { "kind": "shipping", "address": "7 Lighthouse Road", "city": "Kiel" }],
    });
    let ann = crm.create(new(lists)).await?;
    crm.named("Other").await?;
    for (text, field) in [
        ("harbourm", "emails"),
        ("quay.example", "emails"),
        ("0171 5550199", "phones"),
        ("lighthouse kiel", "addresses"),
        ("ann@lee", "email"),
        ("bonn", "city"),
    ] {
        let search = CustomerSearch { text: text.into(), ..CustomerSearch::default() };
        let found = crm.admin().customers().search(&search, &PageRequest::default()).await?.data;
        assert_eq!(found.iter().map(|found| found.customer.id).collect::<Vec<_>>(), [ann.id], "{text}");
        assert!(found[0].matches.iter().all(|found| found.field == field), "{text}: {:?}", found[0].matches);
        assert!(!found[0].matches.is_empty(), "{text}");
    }
    crm.patched(&ann, json!({ "emails": [{ "address": "ann@lee.example" }] })).await?;
    let search = CustomerSearch { text: "harbourmaster".into(), ..CustomerSearch::default() };
    assert!(crm.admin().customers().search(&search, &PageRequest::default()).await?.data.is_empty());
    Ok(())
}

async fn an_import_matches_every_address_and_number(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lists = json!({
        "emails": [{ "address": "a@x.example" }, { "address": "b@x.example" }],
        "phones": [{ "number": "+49 30 901820" }, { "number": "+49 171 5550199" }],
    });
    let ann = crm.create(new(lists)).await?;
    let report = crm.import("Name,Email,City\nLee & Co,B@x.example,Bonn\n", &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [0, 1, 0, 0], "{report:?}");
    let found = crm.get(&ann).await?;
    assert_eq!(
        (found.city.as_deref(), emails(&found)),
        (Some("Bonn"), vec!["a@x.example".into(), "b@x.example*".into()])
    );
    let report = crm.import("Name,Phone,City\nLee & Co,+49 171 5550199,Kiel\n", &upsert(MatchBy::Phone)).await?;
    assert_eq!(counts(&report), [0, 1, 0, 0], "{report:?}");
    // A new customer may not have an address that another one has at any place.
    let report = crm.import("Name,Email\nNew,a@x.example\n", &crate::import::create()).await?;
    assert_eq!(faults(&report), [(2, Some("Email"), "customer_email_taken")]);
    // Of a file in which two rows share an address, the first is taken.
    let own = "id,version,name,email,emails\n,,One,c@x.example,\"[{\"\"address\"\":\"\"c@x.example\"\"},{\"\"address\"\":\"\"d@x.example\"\"}]\"\n,,Two,d@x.example,\n";
    for dry_run in [true, false] {
        let options = ImportOptions { dry_run, ..crate::import::create() };
        let report = crm.import(own, &options).await?;
        assert_eq!(
            (counts(&report), faults(&report)),
            ([1, 0, 0, 1], vec![(3, Some("email"), "customer_email_taken")])
        );
    }
    Ok(())
}

/// The rows of a customer's e-mail addresses and numbers: kind, value, normalized, key.
async fn rows(
    crm: &TestCrm,
    customer: &Customer,
) -> anyhow::Result<Vec<(String, String, Option<String>, Option<String>)>> {
    let select = Query::select()
        .columns(["kind", "value", "normalized", "email_key"])
        .from(POINTS)
        .and_where(Expr::col("company_id").eq(crm.company.0))
        .and_where(Expr::col("customer_id").eq(customer.id.0))
        .order_by("kind", Order::Asc)
        .order_by("position", Order::Asc)
        .to_owned();
    let rows = crm.db.query_all(&select).await?;
    let row = |row: &sea_orm::QueryResult| {
        Ok((
            row.try_get("", "kind")?,
            row.try_get("", "value")?,
            row.try_get("", "normalized")?,
            row.try_get("", "email_key")?,
        ))
    };
    rows.iter().map(row).collect()
}

async fn rows_of_older_releases_are_made_anew(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.create(new(json!({ "email": "a@x.example", "phone": "+49 30 901820" }))).await?;
    let list = json!({ "emails": [{ "address": "b@x.example" }, { "address": "c@x.example" }] });
    let bob = crm.create(new(list)).await?;
    let expected = [rows(&crm, &ann).await?, rows(&crm, &bob).await?];
    // It adds customers without rows, and changes flat fields alone.
    let is_of = |column: &'static str, customer: &Customer| {
        Expr::col("company_id").eq(crm.company.0).and(Expr::col(column).eq(customer.id.0))
    };
    let delete = Query::delete().from_table(POINTS).and_where(is_of("customer_id", &ann)).to_owned();
    crm.db.execute(&delete).await?;
    let update = Query::update()
        .table("crm_customers")
        .value("email", "d@x.example")
        .value("email_key", "d@x.example")
        .and_where(is_of("id", &bob))
        .to_owned();
    crm.db.execute(&update).await?;
    assert_eq!(emails(&crm.get(&bob).await?), ["d@x.example*", "c@x.example"], "what is flat decides");
    crm.crm.reindex(&crm.db).await?;
    assert_eq!(rows(&crm, &ann).await?, expected[0]);
    let mut changed = expected[1].clone();
    (changed[0].1, changed[0].2, changed[0].3) =
        ("d@x.example".into(), Some("d@x.example".into()), Some("d@x.example".into()));
    assert_eq!(rows(&crm, &bob).await?, changed);
    // What another customer has by now stays, and is told.
    crm.db.execute(&delete).await?;
    crm.patched(&bob, json!({ "emails": [{ "address": "d@x.example" }, { "address": "a@x.example" }] })).await?;
    let done = crm.crm.reindex(&crm.db).await?;
    assert!(done.conflicts.contains(&(crm_core::Kind::Customer, ann.id.0)), "{done:?}");
    Ok(())
}

/// A patch of contact points.
fn a_patch() -> impl Strategy<Value = Value> {
    let address = || {
        proptest::sample::select(vec![
            "a@x.example",
            "B@x.example",
            "b@x.example",
            "c@müller.example",
            "c@xn--mller-kva.example",
        ])
    };
    let number = || {
        proptest::sample::select(vec![
            "+49 30 901820",
            "030 901820",
            "+49 (30) 90 18 20",
            "12",
            "1-2",
            "+1 212 555 2368",
        ])
    };
    let city = || proptest::sample::select(vec!["Bonn", "Kiel"]);
    let flag = || proptest::sample::select(vec![json!(null), json!(null), json!(false), json!(true)]);
    let kind = || proptest::sample::select(vec!["billing", "home", "other"]);
    let flat = |value: proptest::strategy::BoxedStrategy<Value>| prop_oneof![value, Just(json!(null))];
    let emails = proptest::collection::vec((address(), flag()), 0..4).prop_map(|list| {
        list.into_iter().map(|(address, is)| json!({ "address": address, "isPrimary": is })).collect::<Value>()
    });
    let phones = proptest::collection::vec((number(), flag()), 0..4).prop_map(|list| {
        list.into_iter().map(|(number, is)| json!({ "number": number, "isPrimary": is })).collect::<Value>()
    });
    let addresses = proptest::collection::vec((city(), kind(), flag()), 0..4).prop_map(|list| {
        list.into_iter()
            .map(|(city, kind, is)| json!({ "city": city, "kind": kind, "isPrimary": is }))
            .collect::<Value>()
    });
    let field = |name: &'static str, value: proptest::strategy::BoxedStrategy<Value>| {
        flat(value).prop_map(move |value| (name, value)).boxed()
    };
    let one = prop_oneof![
        field("email", address().prop_map(Value::from).boxed()),
        field("phone", number().prop_map(Value::from).boxed()),
        field("city", city().prop_map(Value::from).boxed()),
        field("country", Just(json!("Germany")).boxed()),
        field("emails", emails.boxed()),
        field("phones", phones.boxed()),
        field("addresses", addresses.boxed()),
    ];
    proptest::collection::vec(one, 1..4)
        .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>())
}

fn assert_invariants(customer: &Customer) {
    let one = |flags: Vec<Option<bool>>| {
        assert!(flags.iter().all(Option::is_some), "{customer:?}");
        let mut primary = flags.iter().enumerate().filter(|(_, flag)| **flag == Some(true)).map(|(index, _)| index);
        let first = primary.next();
        assert_eq!(primary.next(), None, "{customer:?}");
        first
    };
    let email = one(customer.emails.iter().map(|email| email.is_primary).collect());
    assert_eq!(customer.email.as_ref(), email.map(|at| &customer.emails[at].address), "{customer:?}");
    let phone = one(customer.phones.iter().map(|phone| phone.is_primary).collect()).map(|at| &customer.phones[at]);
    assert_eq!(customer.phone.as_ref(), phone.map(|phone| &phone.number), "{customer:?}");
    assert_eq!(customer.phone_e164, phone.and_then(|phone| phone.e164.clone()), "{customer:?}");
    let address = one(customer.addresses.iter().map(|address| address.is_primary).collect());
    let address = address.map(|at| &customer.addresses[at]);
    assert_eq!(customer.city, address.and_then(|address| address.city.clone()), "{customer:?}");
    assert_eq!(customer.country_code, address.and_then(|address| address.country_code.clone()), "{customer:?}");
}

async fn any_sequence_of_patches_keeps_the_invariants(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (mut runner, mut written) = (TestRunner::default(), 0);
    for _ in 0..8 {
        let mut customer = crm.named("Lee & Co").await?;
        for _ in 0..15 {
            let tree = a_patch().new_tree(&mut runner).map_err(|reason| anyhow::anyhow!("{reason}"))?;
            let patch = tree.current();
            let after = match crm.patched(&customer, patch.clone()).await {
                Ok(after) => after,
                // A list with one address twice, or another customer's; then nothing is written.
                Err(Error::Invalid(_) | Error::Conflict(_)) => {
                    assert_eq!(crm.get(&customer).await?, customer, "{patch}");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            written += usize::from(after.version > customer.version);
            assert_invariants(&after);
            assert_eq!(crm.get(&after).await?, after, "{patch}");
            // What is asked for is done, and asked for again it changes nothing.
            if let Some(email) = patch.get("email").and_then(Value::as_str) {
                assert_eq!(after.email, Some(crm_core::text::email(email)), "{patch}");
            }
            assert_eq!(crm.patched(&after, patch.clone()).await?, after, "{patch}");
            let emails = after.emails.iter().map(|email| {
                ("email".to_owned(), email.address.clone(), Some(email.address.clone()), Some(email.address.clone()))
            });
            let phones =
                after.phones.iter().map(|phone| ("phone".to_owned(), phone.number.clone(), phone.e164.clone(), None));
            assert_eq!(rows(&crm, &after).await?, emails.chain(phones).collect::<Vec<_>>(), "{patch}");
            customer = after;
        }
        crm.admin().customers().purge(customer.id, None).await?;
    }
    assert!(written > 30, "only {written} patches are valid");
    Ok(())
}
