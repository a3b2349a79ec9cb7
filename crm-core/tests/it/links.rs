//! Links between customers, the names that follow them, and the hierarchy of organizations.

mod hierarchy;
mod rollup;

use crm_core::actor::Role;
use crm_core::customers::{
    Customer, CustomerKind, CustomerLink, CustomerLinkPatch, CustomerLinkQuery, CustomerQuery, LinkEnd, MatchBy,
    NewCustomer, NewCustomerLink,
};
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::import::{counts, faults, upsert, warnings};
use crate::support::{TestCrm, assert_matches, merge_patch, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        both_ends_see_a_link_and_name_the_other,
        a_label_joins_the_customers_it_says,
        no_two_active_links_say_the_same,
        a_primary_link_gives_a_person_the_name,
        an_ended_link_leaves_the_name,
        a_renamed_organization_renames_its_people,
        another_name_needs_another_link,
        a_kind_stays_while_links_need_it,
        in_the_trash_a_link_is_out_of_sight,
        a_purged_customer_takes_its_links_along,
        who_may_change_one_of_them_links_them,
        another_company_sees_nothing,
        a_customer_has_so_many_links,
        people_of_an_organization_are_a_list,
        an_import_leaves_linked_names_and_kinds,
    ]);
    // Jobs of others would be counted.
    testkit::tests!(suite, own: [many_people_follow_by_a_job]);
    hierarchy::register(suite);
    rollup::register(suite);
}

impl TestCrm {
    pub async fn person(&self, name: &str) -> Customer {
        let new = NewCustomer { name: Some(name.to_owned()), ..NewCustomer::default() };
        self.create(new).await.expect("a person")
    }

    pub async fn organization(&self, name: &str) -> Customer {
        self.create(NewCustomer::organization(name)).await.expect("an organization")
    }

    pub async fn link(&self, customer: CustomerId, new: NewCustomerLink) -> crm_core::Result<CustomerLink> {
        self.admin().links(customer).create(new).await
    }

    pub async fn employ(&self, person: &Customer, organization: &Customer) -> CustomerLink {
        let new = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(organization.id, "employee") };
        self.link(person.id, new).await.expect("a link")
    }

    pub async fn change(&self, link: &CustomerLink, patch: CustomerLinkPatch) -> crm_core::Result<CustomerLink> {
        self.admin().links(link.from_id).update(link.id, patch, None).await
    }

    pub async fn links_of(&self, customer: &Customer) -> Vec<CustomerLink> {
        let (query, request) = (CustomerLinkQuery::default(), PageRequest::default());
        self.admin().links(customer.id).list(&query, &request).await.expect("a list").data
    }

    pub async fn rename(&self, customer: &Customer, name: &str) {
        let patch = merge_patch(json!({ "name": name }));
        self.admin().customers().update(customer.id, patch, None).await.expect("another name");
    }
}

pub fn inactive(is_inactive: bool) -> CustomerLinkPatch {
    CustomerLinkPatch { is_inactive: Patch::Set(is_inactive), ..CustomerLinkPatch::default() }
}

pub fn primary(is_primary: bool) -> CustomerLinkPatch {
    CustomerLinkPatch { is_primary: Patch::Set(is_primary), ..CustomerLinkPatch::default() }
}

fn name(customer: &Customer) -> Option<&str> {
    customer.organization_name.as_deref()
}

async fn both_ends_see_a_link_and_name_the_other(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee & Co").await);
    let new = NewCustomerLink {
        title: Some(" Buyer ".to_owned()),
        started_on: "2024-02-29".parse().ok(),
        ..NewCustomerLink::to(ann.id, "Decision Maker")
    };
    // Asked from the organization, though the person is always the end that a link goes from.
    let link = crm.link(lee.id, new).await?;
    assert_eq!((link.from_id, link.to_id, &*link.label), (ann.id, lee.id, "decision_maker"));
    assert_eq!((link.title.as_deref(), link.is_primary, link.is_inactive), (Some("Buyer"), false, false));
    assert_eq!((link.customer.id, &*link.customer.display_name), (ann.id, "Ann"));
    let seen = crm.admin().links(ann.id).get(link.id).await?;
    assert_eq!((seen.customer.id, seen.customer.kind), (lee.id, CustomerKind::Organization));
    assert_eq!(crm.links_of(&lee).await, std::slice::from_ref(&link));
    assert_eq!(crm.links_of(&ann).await, [seen]);
    let bob = crm.person("Bob").await;
    assert_matches!(crm.admin().links(bob.id).get(link.id).await, Err(Error::NotFound { .. }));
    for (query, count) in [
        (CustomerLinkQuery { label: vec!["DECISION-MAKER".to_owned()], ..CustomerLinkQuery::default() }, 1),
        (CustomerLinkQuery { label: vec!["owner".to_owned()], ..CustomerLinkQuery::default() }, 0),
        (CustomerLinkQuery { kind: Some(CustomerKind::Organization), ..CustomerLinkQuery::default() }, 1),
        (CustomerLinkQuery { kind: Some(CustomerKind::Person), ..CustomerLinkQuery::default() }, 0),
        (CustomerLinkQuery { end: Some(LinkEnd::From), ..CustomerLinkQuery::default() }, 1),
        (CustomerLinkQuery { end: Some(LinkEnd::To), ..CustomerLinkQuery::default() }, 0),
        (CustomerLinkQuery { is_inactive: Some(true), ..CustomerLinkQuery::default() }, 0),
    ] {
        let page = crm.admin().links(ann.id).list(&query, &PageRequest::default()).await?;
        assert_eq!(page.data.len(), count, "{query:?}");
    }
    crm.admin().links(lee.id).delete(link.id, Some(1)).await?;
    assert!(crm.links_of(&ann).await.is_empty());
    Ok(())
}

async fn a_label_joins_the_customers_it_says(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (crm.person("Ann").await, crm.person("Bob").await);
    let (lee, kim) = (crm.organization("Lee").await, crm.organization("Kim").await);
    for (from, to, label) in [(&ann, &bob, "employee"), (&lee, &kim, "family"), (&ann, &lee, "parent")] {
        let refused = crm.link(from.id, NewCustomerLink::to(to.id, label)).await;
        assert_eq!(violation(refused, "/label"), "label_not_allowed", "{label}");
    }
    for (from, to, label) in [
        (&ann, &bob, "family"),
        (&ann, &bob, "referred_by"),
        (&lee, &ann, "referred_by"),
        (&lee, &kim, "partner"),
        (&ann, &lee, "Aufsichtsrat"),
        (&lee, &kim, "reseller"),
    ] {
        let link = crm.link(from.id, NewCustomerLink::to(to.id, label)).await?;
        assert_eq!(link.label, label);
    }
    assert_eq!(violation(crm.link(ann.id, NewCustomerLink::to(ann.id, "family")).await, "/toId"), "self_link");
    let both = NewCustomerLink { from_id: Some(ann.id), ..NewCustomerLink::to(ann.id, "family") };
    assert_eq!(violation(crm.link(ann.id, both).await, "/fromId"), "self_link");
    let others = NewCustomerLink { from_id: Some(lee.id), ..NewCustomerLink::to(kim.id, "partner") };
    assert_eq!(violation(crm.link(ann.id, others).await, "/fromId"), "other_customers");
    assert_eq!(violation(crm.link(ann.id, NewCustomerLink::default()).await, "/toId"), "required");
    let late = NewCustomerLink {
        started_on: "2026-02-01".parse().ok(),
        ended_on: "2026-01-31".parse().ok(),
        ..NewCustomerLink::to(lee.id, "employee")
    };
    assert_eq!(violation(crm.link(ann.id, late).await, "/endedOn"), "before_start");
    let primary = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(bob.id, "partner") };
    assert_eq!(violation(crm.link(ann.id, primary).await, "/isPrimary"), "primary_not_allowed");
    Ok(())
}

async fn no_two_active_links_say_the_same(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob, lee) = (crm.person("Ann").await, crm.person("Bob").await, crm.organization("Lee").await);
    let first = crm.link(ann.id, NewCustomerLink::to(lee.id, "Board member")).await?;
    let again = crm.link(lee.id, NewCustomerLink::to(ann.id, "BOARD MEMBER")).await;
    assert_matches!(again, Err(Error::Conflict(Conflict::LinkExists)));
    crm.link(ann.id, NewCustomerLink::to(lee.id, "owner")).await?;
    crm.link(ann.id, NewCustomerLink::to(bob.id, "family")).await?;
    let mirrored = crm.link(bob.id, NewCustomerLink::to(ann.id, "family")).await;
    assert_matches!(mirrored, Err(Error::Conflict(Conflict::LinkExists)));
    crm.change(&first, inactive(true)).await?;
    let second = crm.link(ann.id, NewCustomerLink::to(lee.id, "Board member")).await?;
    assert_matches!(crm.change(&first, inactive(false)).await, Err(Error::Conflict(Conflict::LinkExists)));
    crm.admin().links(ann.id).delete(second.id, None).await?;
    assert!(!crm.change(&first, inactive(false)).await?.is_inactive);
    Ok(())
}

async fn a_primary_link_gives_a_person_the_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.create(NewCustomer { organization_name: Some("Old".into()), ..NewCustomer::person("Ann", "Lee") });
    let (ann, lee, kim) = (ann.await?, crm.organization("Lee & Co").await, crm.organization("Kim & Co").await);
    let first = crm.employ(&ann, &lee).await;
    let read = crm.get(&ann).await?;
    assert_eq!((read.organization_id, name(&read), read.version), (Some(lee.id), Some("Lee & Co"), 2));
    let second = crm.employ(&ann, &kim).await;
    let read = crm.get(&ann).await?;
    assert_eq!((read.organization_id, name(&read)), (Some(kim.id), Some("Kim & Co")));
    let first = crm.admin().links(ann.id).get(first.id).await?;
    assert!(!first.is_primary && second.is_primary, "a person has one primary organization");
    crm.change(&first, primary(true)).await?;
    assert_eq!(crm.get(&ann).await?.organization_id, Some(lee.id));
    let history = crm.admin().customers().history(ann.id, &PageRequest::default()).await?;
    let last: Vec<&str> = history.data[0].changes.iter().map(|change| &*change.field).collect();
    assert_eq!(last, ["organizationId", "organizationName"]);
    let found = crm.names(&CustomerQuery { organization: Some(lee.id), ..CustomerQuery::default() }).await?;
    assert_eq!(found, ["Ann Lee"]);
    Ok(())
}

async fn an_ended_link_leaves_the_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee & Co").await);
    let link = crm.employ(&ann, &lee).await;
    let ended = CustomerLinkPatch {
        ended_on: "2020-01-31".parse().map(Patch::Set).unwrap_or_default(),
        ..CustomerLinkPatch::default()
    };
    let ended = crm.change(&link, ended).await?;
    assert_eq!((ended.is_inactive, ended.is_primary), (true, false));
    let read = crm.get(&ann).await?;
    assert_eq!((read.organization_id, name(&read)), (None, Some("Lee & Co")));
    assert_eq!(violation(crm.change(&ended, inactive(false)).await, "/isInactive"), "ended");
    assert_eq!(violation(crm.change(&ended, primary(true)).await, "/isPrimary"), "inactive");
    let again = CustomerLinkPatch { ended_on: Patch::Clear, ..inactive(false) };
    assert!(!crm.change(&ended, again).await?.is_inactive);
    let other = merge_patch(json!({ "organizationName": "Free text" }));
    assert_eq!(name(&crm.admin().customers().update(ann.id, other, None).await?), Some("Free text"));
    Ok(())
}

async fn a_renamed_organization_renames_its_people(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob, lee) = (crm.person("Ann").await, crm.person("Bob").await, crm.organization("Lee").await);
    for person in [&ann, &bob] {
        crm.employ(person, &lee).await;
    }
    crm.admin().customers().delete(bob.id, None).await?;
    crm.rename(&lee, "Lee & Co").await;
    let read = crm.get(&ann).await?;
    assert_eq!((name(&read), read.version), (Some("Lee & Co"), 3));
    let back = crm.admin().customers().restore(bob.id).await?;
    assert_eq!(name(&back), Some("Lee & Co"), "who comes back has the name of now");
    assert_eq!(crm.admin().jobs().list(&Default::default(), &PageRequest::default()).await?.data.len(), 0);
    Ok(())
}

async fn many_people_follow_by_a_job(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lee = crm.organization("Lee").await;
    for number in 0..130 {
        let person = crm.person(&format!("Person {number}")).await;
        crm.employ(&person, &lee).await;
    }
    crm.rename(&lee, "Lee & Co").await;
    let named = |name: &str| {
        let filter = json!({ "all": [
            { "field": "organizationId", "op": "eq", "value": lee.id },
            { "field": "organizationName", "op": "eq", "value": name },
        ] });
        CustomerQuery { filter: filter.to_string().parse().ok(), ..CustomerQuery::default() }
    };
    let count = async |name: &str| {
        let request = PageRequest::default().limit(1).count(crm_core::page::Count::Exact);
        crm.admin().customers().list(&named(name), &request).await.map(|page| page.total)
    };
    assert_eq!(count("Lee & Co").await?, Some(100), "so many in the transaction of the change");
    let done = crm.crm.run_due_jobs(&crm.db, &crm_core::jobs::JobOptions::default()).await?;
    assert_eq!((done, count("Lee & Co").await?, count("Lee").await?), (1, Some(130), Some(0)));
    Ok(())
}

async fn another_name_needs_another_link(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee & Co").await);
    crm.employ(&ann, &lee).await;
    let named = async |name: &str| {
        let patch = merge_patch(json!({ "organizationName": name, "jobTitle": "Buyer" }));
        crm.admin().customers().update(ann.id, patch, None).await
    };
    assert_eq!(violation(named("Kim & Co").await, "/organizationName"), "organization_linked");
    assert_eq!(crm.get(&ann).await?.job_title, None, "nothing is written by halves");
    assert_eq!(name(&named("LEE & CO").await?), Some("Lee & Co"));
    crm.admin().customers().delete(lee.id, None).await?;
    let read = named("Kim & Co").await?;
    assert_eq!((read.organization_id, name(&read)), (None, Some("Kim & Co")));
    crm.admin().customers().restore(lee.id).await?;
    assert!(!crm.links_of(&ann).await[0].is_primary, "a link that was given up stays given up");
    Ok(())
}

async fn a_kind_stays_while_links_need_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee").await);
    let become_ = async |customer: &Customer, kind: &str| {
        crm.admin().customers().update(customer.id, merge_patch(json!({ "kind": kind })), None).await
    };
    let link = crm.employ(&ann, &lee).await;
    assert_eq!(violation(become_(&ann, "organization").await, "/kind"), "links_not_allowed");
    assert_eq!(violation(become_(&lee, "person").await, "/kind"), "links_not_allowed");
    crm.admin().links(ann.id).delete(link.id, None).await?;
    crm.link(ann.id, NewCustomerLink::to(lee.id, "partner")).await?;
    assert_eq!(become_(&ann, "organization").await?.kind, CustomerKind::Organization);
    Ok(())
}

async fn in_the_trash_a_link_is_out_of_sight(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee").await);
    let link = crm.employ(&ann, &lee).await;
    crm.admin().customers().delete(lee.id, None).await?;
    assert!(crm.links_of(&ann).await.is_empty());
    assert_matches!(crm.admin().links(ann.id).get(link.id).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.change(&link, primary(false)).await, Err(Error::NotFound { .. }));
    let to_trash = crm.link(ann.id, NewCustomerLink::to(lee.id, "owner")).await;
    assert_eq!(violation(to_trash, "/toId"), "customer_unknown");
    let request = PageRequest::default();
    let of_trashed = crm.admin().links(lee.id).list(&CustomerLinkQuery::default(), &request).await;
    assert_matches!(of_trashed, Err(Error::NotFound { .. }));
    crm.admin().customers().restore(lee.id).await?;
    let back = crm.links_of(&ann).await;
    assert!(back.len() == 1 && back[0].is_primary);
    Ok(())
}

async fn a_purged_customer_takes_its_links_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee, kim) = (crm.person("Ann").await, crm.organization("Lee").await, crm.organization("Kim").await);
    crm.employ(&ann, &lee).await;
    crm.link(kim.id, NewCustomerLink::to(lee.id, "parent")).await?;
    crm.admin().customers().purge(lee.id, None).await?;
    let (ann, kim) = (crm.get(&ann).await?, crm.get(&kim).await?);
    assert_eq!((ann.organization_id, name(&ann), kim.parent_id), (None, Some("Lee"), None));
    assert!(crm.links_of(&ann).await.is_empty() && crm.links_of(&kim).await.is_empty());
    assert_eq!(crm.count("crm_customer_links").await?, 0);
    assert!(!crm.dump("crm_changes").await?.contains("employee"), "their history goes with them");
    Ok(())
}

async fn who_may_change_one_of_them_links_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (sales, manager) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    let owned = async |new: NewCustomer, owner| crm.create(NewCustomer { owner_id: Some(owner), ..new }).await;
    let mine = owned(NewCustomer::organization("Mine"), sales).await?;
    let (theirs, own) =
        (owned(NewCustomer::person("A", "B"), manager).await?, owned(NewCustomer::person("C", "D"), sales).await?);
    let mut scope = crm.scope(Role::SalesRep);
    scope.links(mine.id).create(NewCustomerLink::to(theirs.id, "employee")).await?;
    let primary = |id| NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(id, "owner") };
    assert_matches!(scope.links(mine.id).create(primary(theirs.id)).await, Err(Error::Forbidden { .. }));
    scope.links(mine.id).create(primary(own.id)).await?;
    let other = crm.create(NewCustomer { owner_id: Some(manager), ..NewCustomer::organization("Other") }).await?;
    let refused = scope.links(other.id).create(NewCustomerLink::to(theirs.id, "employee")).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    for role in [Role::Support, Role::Viewer] {
        let refused = crm.scope(role).links(mine.id).create(NewCustomerLink::to(own.id, "partner")).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
        let seen = crm.scope(role).links(mine.id).list(&CustomerLinkQuery::default(), &PageRequest::default()).await?;
        assert_eq!(seen.data.len(), 2);
    }
    Ok(())
}

async fn another_company_sees_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    let (ann, lee, kim) = (crm.person("Ann").await, crm.organization("Lee").await, other.organization("Kim").await);
    let link = crm.employ(&ann, &lee).await;
    assert_eq!(violation(crm.link(ann.id, NewCustomerLink::to(kim.id, "owner")).await, "/toId"), "customer_unknown");
    let mut theirs = other.admin();
    assert_matches!(theirs.links(ann.id).get(link.id).await, Err(Error::NotFound { .. }));
    assert_matches!(theirs.links(ann.id).delete(link.id, None).await, Err(Error::NotFound { .. }));
    let none = theirs.links(ann.id).list(&CustomerLinkQuery::default(), &PageRequest::default()).await;
    assert_matches!(none, Err(Error::NotFound { .. }));
    let theirs = other.link(lee.id, NewCustomerLink::to(kim.id, "partner")).await;
    assert_matches!(theirs, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_customer_has_so_many_links(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee").await);
    for number in 0..100 {
        crm.link(ann.id, NewCustomerLink::to(lee.id, format!("Role {number}"))).await?;
    }
    let more = crm.link(ann.id, NewCustomerLink::to(lee.id, "One more")).await;
    assert_matches!(more, Err(Error::Conflict(Conflict::TooManyLinks)));
    Ok(())
}

async fn people_of_an_organization_are_a_list(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lee = crm.organization("Lee").await;
    for name in ["Ann", "Bob", "Eve"] {
        let person = crm.person(name).await;
        crm.employ(&person, &lee).await;
    }
    let advisor = crm.person("Advisor").await;
    crm.link(advisor.id, NewCustomerLink::to(lee.id, "accountant")).await?;
    let query = CustomerQuery { organization: Some(lee.id), sort: "name".parse()?, ..CustomerQuery::default() };
    assert_eq!(crm.names(&query).await?, ["Ann", "Bob", "Eve"]);
    let request = PageRequest::default().limit(2);
    let first = crm.admin().links(lee.id).list(&CustomerLinkQuery::default(), &request).await?;
    let cursor = first.next_cursor.as_deref().map(PageRequest::after).unwrap_or_default().limit(2);
    let second = crm.admin().links(lee.id).list(&CustomerLinkQuery::default(), &cursor).await?;
    let people: Vec<&str> = first.data.iter().chain(&second.data).map(|link| &*link.customer.display_name).collect();
    assert_eq!((people, second.next_cursor), (vec!["Advisor", "Eve", "Bob", "Ann"], None));
    Ok(())
}

async fn an_import_leaves_linked_names_and_kinds(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer { email: Some("ann@example.com".to_owned()), ..NewCustomer::person("Ann", "Smith") };
    let (ann, lee) = (crm.create(new).await?, crm.organization("Lee & Co").await);
    crm.employ(&ann, &lee).await;
    let file = "Name,Email,Company,Job title\nAnn Smith,ann@example.com,Kim & Co,Buyer\n";
    let report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!((counts(&report), warnings(&report)), ([0, 1, 0, 0], vec![(2, Some("Company"), "organization_linked")]));
    let read = crm.get(&ann).await?;
    assert_eq!((name(&read), read.job_title.as_deref()), (Some("Lee & Co"), Some("Buyer")));
    let file = "Name,Email,Kind\nAnn Smith,ann@example.com,organization\n";
    let report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!((counts(&report), faults(&report)), ([0, 0, 0, 1], vec![(2, None, "links_not_allowed")]));
    let file = format!("Id,Name\n{},Lee AG\n", lee.id);
    let report = crm.import(file, &upsert(MatchBy::Id)).await?;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    assert_eq!(name(&crm.get(&ann).await?), Some("Lee AG"), "a name that a file changes is followed");
    Ok(())
}
