//! The rules of tags: unique names, unchanged customers, and few writes for any number of customers.

use std::collections::{BTreeMap, BTreeSet};

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{Customer, CustomerPatch, CustomerQuery, CustomerSearch, NewCustomer};
use crm_core::events::Event;
use crm_core::ids::{CustomerId, TagId};
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::tags::{CustomerTag, NewTag, Tag, TagPatch, TagQuery, TagRef, TagSort};
use crm_core::{Conflict, Error};
use sea_orm::ConnectionTrait;
use serde_json::json;
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, malformed, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            a_name_is_one_tags_in_any_case_and_with_any_accents,
            adding_and_removing_can_be_repeated,
            tags_leave_their_customer_as_it_was,
            unknown_names_make_tags_for_those_who_may,
            names_that_are_none_are_told_at_once,
            a_customer_has_a_hundred_tags_at_most,
            a_merge_gives_one_tag_to_those_who_had_either,
            nobody_loses_a_tag_to_a_merge_at_the_same_time,
            a_merge_needs_two_tags_of_the_company,
            a_deleted_tag_is_on_no_customer,
            uses_are_counted_outside_the_trash,
            uses_are_counted_as_far_as_one_sees,
            names_are_read_without_their_use,
            tags_follow_their_customer_to_the_trash_and_back,
            tags_are_found_by_a_part_of_their_name,
            what_a_tag_is_called_shows_and_finds_everywhere_at_once,
            customers_are_filtered_by_the_names_of_their_tags,
            a_role_does_what_it_may,
            another_company_has_tags_of_its_own,
        ];
        own: [the_same_new_name_at_the_same_time_makes_one_tag, history_tells_names_and_events_tell_ids];
        own_postgres: [a_name_that_a_shard_refuses_is_taken]
    );
}

fn named(name: &str) -> TagPatch {
    TagPatch { name: Patch::Set(name.to_owned()), ..TagPatch::default() }
}

fn names(tags: &[CustomerTag]) -> Vec<&str> {
    tags.iter().map(|tag| tag.name.as_str()).collect()
}

impl TestCrm {
    async fn tag(&self, name: &str) -> crm_core::Result<Tag> {
        self.admin().tags().create(NewTag::named(name)).await
    }

    /// Gives a customer these tags.
    async fn put(&self, customer: &Customer, tags: &[&str]) -> crm_core::Result<Vec<CustomerTag>> {
        self.admin().customer_tags(customer.id).add(tags.iter().copied()).await
    }

    /// A customer with this name and these tags.
    async fn tagged(&self, name: &str, tags: &[&str]) -> crm_core::Result<Customer> {
        let customer = self.named(name).await?;
        self.put(&customer, tags).await?;
        Ok(customer)
    }

    /// All tags and their uses, as the admin sees them.
    async fn uses(&self) -> crm_core::Result<BTreeMap<String, u64>> {
        let request = PageRequest::default().limit(100);
        let page = self.admin().tags().list(&TagQuery::default(), &request).await?;
        Ok(page.data.into_iter().map(|tag| (tag.name, tag.usage_count)).collect())
    }

    async fn found_by(&self, text: &str) -> crm_core::Result<Vec<String>> {
        let search = CustomerSearch { text: text.to_owned(), query: CustomerQuery::default() };
        let page = self.admin().customers().search(&search, &PageRequest::default().limit(100)).await?;
        let mut found: Vec<String> = page.data.into_iter().map(|found| found.customer.name).collect();
        found.sort();
        Ok(found)
    }

    async fn events(&self, consumer: &str) -> crm_core::Result<Vec<Event>> {
        let pending = self.crm.pending_events(&self.db, consumer, 10_000).await?;
        Ok(pending.events.into_iter().filter(|event| event.companyid == self.company).collect())
    }
}

async fn a_name_is_one_tags_in_any_case_and_with_any_accents(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let tag = crm.tag("Größter  Kunde").await?;
    assert_eq!(tag.name, "Größter  Kunde");
    for same in ["größter kunde", "GROSSTER KUNDE", " Gro\u{308}ßter\u{a0}Kunde "] {
        assert_matches!(crm.tag(same).await, Err(Error::Conflict(Conflict::TagNameTaken)));
        let customer = crm.tagged("Lee & Co", &[same]).await?;
        assert_eq!(crm.get(&customer).await?.tags, [CustomerTag { id: tag.id, name: tag.name.clone(), color: None }]);
    }
    let other = crm.tag("Other").await?;
    let taken = crm.admin().tags().update(other.id, named("grosster Kunde"), None).await;
    assert_matches!(taken, Err(Error::Conflict(Conflict::TagNameTaken)));
    // But it may be written in another way itself.
    let renamed = crm.admin().tags().update(tag.id, named("GRÖSSTER KUNDE"), Some(1)).await?;
    assert_eq!((renamed.name.as_str(), renamed.version, renamed.usage_count), ("GRÖSSTER KUNDE", 2, 3));
    assert_eq!(crm.count("crm_tags").await?, 2);
    Ok(())
}

async fn a_name_that_a_shard_refuses_is_taken(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.tag("VIP").await?;
    // As Citus calls the index of one of its shards.
    crm.db.execute_unprepared("ALTER INDEX crm_tags_name_key RENAME TO crm_tags_name_key_102039").await?;
    assert_matches!(crm.tag("vip").await, Err(Error::Conflict(Conflict::TagNameTaken)));
    Ok(())
}

async fn adding_and_removing_can_be_repeated(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let vip = crm.tag("VIP").await?;
    let mut scope = crm.admin();
    let mut tags = scope.customer_tags(customer.id);
    let added = tags.add([TagRef::from("Newsletter"), "vip".into(), vip.id.into(), "NEWSLETTER".into()]).await?;
    assert_eq!(names(&added), ["Newsletter", "VIP"], "by name, each once");
    assert_eq!(tags.list().await?, added);
    let before = crm.records().await?;
    assert_eq!(tags.add(["VIP", "newsletter"]).await?, added);
    assert_eq!(tags.add(Vec::<TagRef>::new()).await?, added);
    assert_eq!(tags.remove(["nothing", "a, b", "\u{7}", "0199f8a2-0c00-7000-8000-00000000000f"]).await?, added);
    assert_eq!(crm.records().await?, before, "what is there, and what is not, is no write");
    let left = tags.remove([TagRef::from(" NEWSletter"), "nothing".into()]).await?;
    assert_eq!(names(&left), ["VIP"]);
    assert_eq!(tags.remove([vip.id]).await?, []);
    assert_eq!(tags.remove([vip.id]).await?, []);
    assert_eq!(crm.records().await?, before.map(|count| count + 2));
    assert_eq!(crm.uses().await?, [("Newsletter".to_owned(), 0), ("VIP".to_owned(), 0)].into());
    Ok(())
}

async fn tags_leave_their_customer_as_it_was(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let tags = crm.put(&customer, &["VIP"]).await?;
    let after = crm.get(&customer).await?;
    let mut expected = customer.clone();
    expected.tags.clone_from(&tags);
    assert_eq!(after, expected);
    // Replacing the customer does not touch the tags either.
    let mut scope = crm.admin();
    let replaced = scope.customers().replace(customer.id, NewCustomer::organization("Other"), Some(1)).await?;
    assert_eq!((replaced.version, &replaced.tags), (2, &tags));
    assert_eq!(crm.get(&customer).await?, replaced);
    let by = scope.customers().list(&CustomerQuery::default(), &PageRequest::default()).await?.data;
    assert_eq!(by, [replaced], "a list shows what a look at one shows");
    Ok(())
}

async fn unknown_names_make_tags_for_those_who_may(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.tag("Known").await?;
    let rights = [
        Permission::all(Resource::Customers, Action::Read),
        Permission::all(Resource::Tags, Action::Read),
        Permission::all(Resource::Tags, Action::Attach),
    ];
    let actor = Actor::user(crm.company, crm.user(Role::Support), Role::Support).with_permissions(rights);
    let mut scope = crm.crm.on(actor, &crm.db);
    let mut tags = scope.customer_tags(customer.id);
    let refused = violations(tags.add(["known", "New", "known", "Newer"]).await);
    assert_eq!(refused, [("/tags/1".into(), "tag_unknown".into()), ("/tags/3".into(), "tag_unknown".into())]);
    assert_eq!(tags.list().await?, [], "all or nothing");
    assert_eq!(names(&tags.add(["known"]).await?), ["Known"]);
    // An id is no name: it makes nothing.
    let unknown = crm.admin().customer_tags(customer.id).add(["0199f8a2-0c00-7000-8000-00000000000f"]).await;
    assert_eq!(violation(unknown, "/tags/0"), "tag_unknown");
    let made = crm.scope(Role::Support).customer_tags(customer.id).add(["New"]).await?;
    let tag = crm.admin().tags().get(made[1].id).await?;
    assert_eq!((tag.name.as_str(), tag.version, tag.usage_count), ("New", 1, 1));
    assert_eq!(tag.created_by.id, Some(crm.user(Role::Support)));
    Ok(())
}

async fn names_that_are_none_are_told_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let before = crm.records().await?;
    let long = "x".repeat(65);
    let refused = crm.put(&customer, &["fine", "", "a\0b", &long, "a, b", "a;b"]).await;
    let expected = ["required", "control_character", "too_long", "name_invalid", "name_invalid"];
    let expected = expected.iter().enumerate().map(|(n, code)| (format!("/tags/{}", n + 1), (*code).to_owned()));
    assert_eq!(violations(refused), expected.collect::<Vec<_>>());
    assert_eq!(crm.count("crm_tags").await?, 0);
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn a_customer_has_a_hundred_tags_at_most(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let all: Vec<String> = (0..101).map(|number| format!("Tag {number:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(violation(crm.put(&customer, &all).await, "/tags"), "too_many");
    assert_eq!(violation(crm.admin().customer_tags(customer.id).remove(all.clone()).await, "/tags"), "too_many");
    assert_eq!(names(&crm.put(&customer, &all[..100]).await?), all[..100]);
    assert_eq!(violation(crm.put(&customer, &all[100..]).await, "/tags"), "too_many");
    crm.put(&customer, &all[..100]).await?;
    crm.admin().customer_tags(customer.id).remove([all[0]]).await?;
    crm.put(&customer, &all[100..]).await?;
    assert_eq!(crm.get(&customer).await?.tags.len(), 100);
    assert_eq!(crm.count("crm_tags").await?, 101);
    Ok(())
}

async fn the_same_new_name_at_the_same_time_makes_one_tag(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let spellings = [["VIP", "Newsletter", "A"], ["a", "vip", "NEWSLETTER"], ["newsletter", "Vip", "á"]];
    let mut adding = JoinSet::new();
    for number in 0..9 {
        let (mut scope, customer) = (crm.admin(), crm.named(&format!("Customer {number}")).await?.id);
        adding.spawn(async move { scope.customer_tags(customer).add(spellings[number % 3]).await });
    }
    let given = adding.join_all().await.into_iter().collect::<crm_core::Result<Vec<_>>>()?;
    assert!(given.iter().all(|tags| *tags == given[0]), "all have the same tags: {given:?}");
    assert_eq!(given[0].len(), 3);
    assert_eq!(crm.count("crm_tags").await?, 3);
    assert!(crm.uses().await?.values().all(|uses| *uses == 9));
    let created = crm.events("erp").await?.into_iter().filter(|event| event.event_type == "crm.tag.created");
    assert_eq!(created.count(), 3, "and each is told once");
    Ok(())
}

/// Who has a tag.
async fn having(crm: &TestCrm, name: &str) -> crm_core::Result<BTreeSet<CustomerId>> {
    let query = CustomerQuery { tag: vec![name.to_owned()], ..CustomerQuery::default() };
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = crm.admin().customers().list(&query, &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data.iter().map(|customer| customer.id).collect())
}

async fn a_merge_gives_one_tag_to_those_who_had_either(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut chance = Chance::new(Chance::seed());
    let (source, target) = (crm.tag("V.I.P.").await?, crm.tag("VIP").await?);
    let mut trashed = None;
    for number in 0..24 {
        let tags: Vec<&str> = ["V.I.P.", "VIP", "Other"].into_iter().filter(|_| chance.once_in(2)).collect();
        crm.tagged(&format!("Customer {number}"), &tags).await?;
    }
    let both = crm.tagged("Both", &["VIP", "V.I.P."]).await?;
    for tags in [["VIP", "V.I.P."], ["V.I.P.", "Other"]] {
        let customer = crm.tagged("Thrown away", &tags).await?;
        crm.admin().customers().delete(customer.id, None).await?;
        trashed = Some(customer);
    }
    let other = having(&crm, "Other").await?;
    let either: BTreeSet<CustomerId> =
        having(&crm, "vip").await?.union(&having(&crm, "v.i.p.").await?).copied().collect();
    assert!(either.len() > 12 && either.contains(&both.id));

    let merged = crm.admin().tags().merge(source.id, target.id, Some(1)).await?;
    assert_eq!((merged.id, merged.version, merged.usage_count), (target.id, 1, either.len() as u64));
    assert_eq!(crm.admin().tags().get(target.id).await?, merged);
    assert_eq!(having(&crm, "VIP").await?, either);
    assert_eq!(having(&crm, "V.I.P.").await?, BTreeSet::new());
    assert_eq!(having(&crm, "Other").await?, other);
    assert_eq!(names(&crm.get(&both).await?.tags), ["VIP"], "nobody has it twice");
    assert_matches!(crm.admin().tags().get(source.id).await, Err(Error::NotFound { .. }));
    // In the trash as well; and the customer counts again when restored.
    let back = crm.admin().customers().restore(trashed.expect("a customer").id).await?;
    assert_eq!(names(&back.tags), ["Other", "VIP"]);
    assert_eq!(crm.uses().await?.get("VIP"), Some(&(either.len() as u64 + 1)));
    // It cannot be done twice.
    assert_matches!(crm.admin().tags().merge(source.id, target.id, None).await, Err(Error::NotFound { .. }));
    Ok(())
}

/// A tag that is added during a merge is either merged as well, or the addition is refused.
async fn nobody_loses_a_tag_to_a_merge_at_the_same_time(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for round in 0..4 {
        let (source, target) = (crm.tag("Source").await?, crm.tag(&format!("Target {round}")).await?);
        let mut adding = JoinSet::new();
        for number in 0..8 {
            let (mut scope, customer) = (crm.admin(), crm.named(&format!("Customer {number}")).await?.id);
            adding.spawn(async move { (customer, scope.customer_tags(customer).add([source.id]).await) });
        }
        crm.admin().tags().merge(source.id, target.id, None).await?;
        let mut expected = BTreeSet::new();
        for (customer, outcome) in adding.join_all().await {
            match outcome {
                Ok(_) => drop(expected.insert(customer)),
                late => assert_eq!(violation(late, "/tags/0"), "tag_unknown"),
            }
        }
        assert_eq!(having(&crm, &target.name).await?, expected, "round {round}");
    }
    Ok(())
}

async fn a_merge_needs_two_tags_of_the_company(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (tag, other) = (crm.tag("One").await?, crm.tag("Other").await?);
    let foreign = crm.other_company().tag("Foreign").await?;
    let before = crm.records().await?;
    let mut scope = crm.admin();
    let mut tags = scope.tags();
    assert_eq!(violation(tags.merge(tag.id, tag.id, None).await, "/into"), "same_tag");
    assert_eq!(violation(tags.merge(tag.id, foreign.id, None).await, "/into"), "tag_unknown");
    assert_matches!(tags.merge(foreign.id, tag.id, None).await, Err(Error::NotFound { .. }));
    assert_matches!(tags.merge(tag.id, other.id, Some(7)).await, Err(Error::Stale { current: 1, .. }));
    assert_eq!(crm.records().await?, before);
    // Each into the other: one of the two comes first.
    let merge = async |one: TagId, other: TagId| crm.admin().tags().merge(one, other, None).await;
    let (one, two) = tokio::join!(merge(tag.id, other.id), merge(other.id, tag.id));
    let (done, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    let left = crm.admin().tags().get(done?.id).await?;
    assert_matches!(refused, Err(Error::NotFound { .. } | Error::Invalid(_)));
    assert_eq!(crm.uses().await?.into_keys().collect::<Vec<_>>(), [left.name]);
    Ok(())
}

async fn a_deleted_tag_is_on_no_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.tagged("Lee & Co", &["VIP", "Newsletter"]).await?;
    let vip = crm.get(&customer).await?.tags[1].id;
    assert_matches!(crm.admin().tags().delete(vip, Some(2)).await, Err(Error::Stale { .. }));
    crm.admin().tags().delete(vip, Some(1)).await?;
    assert_eq!(names(&crm.get(&customer).await?.tags), ["Newsletter"]);
    assert_matches!(crm.admin().tags().get(vip).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().tags().delete(vip, None).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.count("crm_customer_tags").await?, 1);
    // Its name is free again.
    let again = crm.tag("vip").await?;
    assert_eq!((again.usage_count, again.id == vip), (0, false));
    Ok(())
}

async fn uses_are_counted_outside_the_trash(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let uses = async || -> anyhow::Result<[u64; 2]> {
        let uses = crm.uses().await?;
        Ok([uses["Newsletter"], uses["VIP"]])
    };
    let one = crm.tagged("One", &["VIP", "Newsletter"]).await?;
    let other = crm.tagged("Other", &["VIP"]).await?;
    let archived = CustomerPatch { is_archived: Patch::Set(true), ..CustomerPatch::default() };
    crm.admin().customers().update(other.id, archived, None).await?;
    assert_eq!(uses().await?, [1, 2], "an archived customer counts");
    let by_use = TagQuery { sort: "-usageCount".parse::<TagSort>()?, ..TagQuery::default() };
    let page = crm.admin().tags().list(&by_use, &PageRequest::default()).await?;
    assert_eq!(page.data.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["VIP", "Newsletter"]);
    crm.admin().customers().delete(one.id, None).await?;
    assert_eq!(uses().await?, [0, 1]);
    crm.admin().customers().restore(one.id).await?;
    assert_eq!(uses().await?, [1, 2]);
    crm.admin().customers().delete(one.id, None).await?;
    crm.admin().customers().purge(one.id, None).await?;
    crm.admin().customers().purge(other.id, None).await?;
    assert_eq!(uses().await?, [0, 0]);
    assert_eq!(crm.count("crm_customer_tags").await?, 0);
    Ok(())
}

async fn names_are_read_without_their_use(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["VIP", "Álamo", "press"] {
        crm.tag(name).await?;
    }
    assert_eq!(crm.admin().tags().names(10).await?, ["Álamo", "press", "VIP"]);
    assert_eq!(crm.admin().tags().names(2).await?, ["Álamo", "press"]);
    assert_eq!(crm.other_company().admin().tags().names(10).await?, [""; 0]);
    Ok(())
}

async fn uses_are_counted_as_far_as_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (me, other) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    for owner in [None, Some(me), Some(other)] {
        let customer = crm.create(NewCustomer { owner_id: owner, ..NewCustomer::organization("Lee") }).await?;
        crm.put(&customer, &["VIP"]).await?;
    }
    let read_tags = Permission::all(Resource::Tags, Action::Read);
    for (customers, expected) in [
        (Some(Permission::all(Resource::Customers, Action::Read)), 3),
        (Some(Permission::own(Resource::Customers, Action::Read)), 2),
        (None, 0),
    ] {
        let actor =
            Actor::user(crm.company, me, Role::SalesRep).with_permissions(customers.into_iter().chain([read_tags]));
        let mut scope = crm.crm.on(actor, &crm.db);
        for sort in ["name", "usageCount"] {
            let query = TagQuery { sort: sort.parse()?, ..TagQuery::default() };
            let page = scope.tags().list(&query, &PageRequest::default()).await?;
            assert_eq!(page.data[0].usage_count, expected);
        }
    }
    Ok(())
}

async fn tags_follow_their_customer_to_the_trash_and_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.tagged("Lee & Co", &["VIP"]).await?;
    let tags = crm.get(&customer).await?.tags;
    let mut scope = crm.admin();
    scope.customers().delete(customer.id, None).await?;
    let trash = CustomerQuery { trashed: true, tag: vec!["vip".into()], ..CustomerQuery::default() };
    let trash = scope.customers().list(&trash, &PageRequest::default()).await?;
    assert_eq!(trash.data[0].tags, tags, "they can be seen there");
    let mut thrown = scope.customer_tags(customer.id);
    assert_matches!(thrown.list().await, Err(Error::NotFound { .. }));
    assert_matches!(thrown.add(["New"]).await, Err(Error::NotFound { .. }));
    assert_matches!(thrown.remove(["VIP"]).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.count("crm_tags").await?, 1, "a refused one makes no tag");
    let back = scope.customers().restore(customer.id).await?;
    assert_eq!((&back.tags, crm.get(&customer).await?), (&tags, back.clone()));
    Ok(())
}

async fn tags_are_found_by_a_part_of_their_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["Größter Kunde", "grosso", "100% sure", "100 sure", "VIP"] {
        crm.tag(name).await?;
    }
    let found = async |text: &str| -> crm_core::Result<Vec<String>> {
        let query = TagQuery { text: Some(text.to_owned()), ..TagQuery::default() };
        let page = crm.admin().tags().list(&query, &PageRequest::default().count(Count::Exact)).await?;
        assert_eq!(page.total, Some(page.data.len() as u64));
        Ok(page.data.into_iter().map(|tag| tag.name).collect())
    };
    assert_eq!(found("GROSS").await?, ["grosso", "Größter Kunde"]);
    assert_eq!(found("ter k").await?, ["Größter Kunde"]);
    assert_eq!(found("0% s").await?, ["100% sure"]);
    assert_eq!(found("none").await?, Vec::<String>::new());
    assert_eq!(found("  ").await?.len(), 5);
    assert_eq!(malformed(found(&"x".repeat(65)).await), "parameter_invalid");
    // A cursor holds for its text.
    let query = |text: &str| TagQuery { text: Some(text.to_owned()), ..TagQuery::default() };
    let first = crm.admin().tags().list(&query("s"), &PageRequest::default().limit(1)).await?;
    let cursor = first.next_cursor.expect("more than one");
    assert_eq!(malformed(crm.admin().tags().list(&query("g"), &PageRequest::after(cursor)).await), "cursor_invalid");
    Ok(())
}

async fn what_a_tag_is_called_shows_and_finds_everywhere_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let one = crm.tagged("Lee & Co", &["Goldfish"]).await?;
    crm.tagged("Ann Goldfish", &["Silver"]).await?;
    crm.named("Nobody").await?;
    assert_eq!(crm.found_by("goldfish").await?, ["Ann Goldfish", "Lee & Co"]);
    assert_eq!(crm.found_by("GOLDF").await?, ["Ann Goldfish", "Lee & Co"]);
    assert_eq!(crm.found_by("lee goldfish").await?, ["Lee & Co"], "one word in a field, one in a tag");
    assert_eq!(crm.found_by("silver goldfish").await?, ["Ann Goldfish"]);
    assert_eq!(crm.found_by("nobody goldfish").await?, Vec::<String>::new());
    let search = CustomerSearch { text: "gold lee".into(), query: CustomerQuery::default() };
    let found = crm.admin().customers().search(&search, &PageRequest::default()).await?.data.remove(0);
    let shown: Vec<_> = found.matches.iter().map(|found| (found.field.as_str(), found.text.as_str())).collect();
    assert_eq!(shown, [("name", "Lee & Co"), ("tags", "Goldfish")]);
    assert_eq!((found.matches[1].ranges[0].start, found.matches[1].ranges[0].end), (0, 4));

    let tag = crm.get(&one).await?.tags[0].id;
    let patch = TagPatch { color: Patch::Set("#D4AF37".into()), ..named("Herring") };
    crm.admin().tags().update(tag, patch, None).await?;
    let herring = CustomerTag { id: tag, name: "Herring".into(), color: Some("#d4af37".into()) };
    assert_eq!(crm.get(&one).await?.tags, std::slice::from_ref(&herring));
    assert_eq!(crm.found_by("goldfish").await?, ["Ann Goldfish"]);
    assert_eq!(crm.found_by("herring").await?, ["Lee & Co"]);
    let query = TagQuery { text: Some("silver".into()), ..TagQuery::default() };
    let silver = crm.admin().tags().list(&query, &PageRequest::default()).await?.data[0].id;
    crm.admin().tags().merge(tag, silver, None).await?;
    assert_eq!(crm.found_by("herring").await?, Vec::<String>::new());
    assert_eq!(crm.found_by("silver").await?, ["Ann Goldfish", "Lee & Co"]);
    crm.admin().customer_tags(one.id).remove(["silver"]).await?;
    assert_eq!(crm.found_by("silver").await?, ["Ann Goldfish"]);
    crm.admin().tags().delete(silver, None).await?;
    assert_eq!(crm.found_by("silver").await?, Vec::<String>::new());
    Ok(())
}

async fn customers_are_filtered_by_the_names_of_their_tags(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (name, tags) in [("a", &["Größter", "B"][..]), ("b", &["B"]), ("c", &["C"]), ("d", &[])] {
        crm.tagged(name, tags).await?;
    }
    let found = async |query: CustomerQuery| crm.names(&CustomerQuery { sort: "name".parse()?, ..query }).await;
    let any =
        |tags: &[&str]| CustomerQuery { tag: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..Default::default() };
    let all = |tags: &[&str]| CustomerQuery { tag_all: any(tags).tag, ..Default::default() };
    assert_eq!(found(any(&["b"])).await?, ["a", "b"]);
    assert_eq!(found(any(&["GROSSTER", "c", "none"])).await?, ["a", "c"]);
    assert_eq!(found(all(&["b", "größter", "B"])).await?, ["a"]);
    assert_eq!(found(all(&["b", "none"])).await?, Vec::<String>::new());
    assert_eq!(found(CustomerQuery { tag_all: vec!["b".into()], ..any(&["größter", "c"]) }).await?, ["a"]);
    let filter =
        |filter| CustomerQuery { filter: crm_core::filter::Filter::from_json(&filter).ok(), ..Default::default() };
    assert_eq!(found(filter(json!({ "field": "tags", "op": "is_null" }))).await?, ["d"]);
    let not = json!({ "not": { "field": "tags", "op": "has_any", "value": ["b"] } });
    assert_eq!(found(filter(not)).await?, ["c", "d"]);
    // Another list has another cursor.
    let page = crm.admin().customers().list(&any(&["b"]), &PageRequest::default().limit(1)).await?;
    let cursor = PageRequest::after(page.next_cursor.expect("more than one"));
    assert_eq!(malformed(crm.admin().customers().list(&all(&["b"]), &cursor).await), "cursor_invalid");
    Ok(())
}

async fn history_tells_names_and_events_tell_ids(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let given = crm.put(&customer, &["Secret circle", "VIP"]).await?;
    let (circle, vip) = (given[0].id, given[1].id);
    crm.admin().customer_tags(customer.id).remove([circle]).await?;
    let history = crm.admin().customers().history(customer.id, &PageRequest::default()).await?.data;
    let told: Vec<_> = history.iter().map(|change| (change.action.as_str(), change.version)).collect();
    assert_eq!(told, [("untagged", 1), ("tagged", 1), ("created", 1)]);
    let changes = |n: usize| serde_json::to_value(&history[n].changes);
    assert_eq!(changes(0)?, json!([{ "field": "tags", "from": ["Secret circle", "VIP"], "to": ["VIP"] }]));
    assert_eq!(changes(1)?, json!([{ "field": "tags", "from": [], "to": ["Secret circle", "VIP"] }]));
    let trail = crm.admin().audit().list(Some(customer.id.0), &PageRequest::default()).await?.data;
    let told: Vec<_> = trail.iter().map(|entry| (entry.action.as_str(), entry.entity.as_str())).collect();
    assert_eq!(told, [("untagged", "customer"), ("tagged", "customer"), ("created", "customer")]);
    assert_eq!(trail[0].fields[0].field, "tags");

    let other = crm.tag("Other").await?;
    crm.admin().tags().update(vip, named("V.I.P."), None).await?;
    crm.admin().tags().merge(vip, other.id, None).await?;
    crm.admin().tags().delete(circle, None).await?;
    let merged = crm.admin().audit().list(Some(vip.0), &PageRequest::default()).await?.data.remove(0);
    assert_eq!(merged.action, "merged");
    assert_eq!(serde_json::Value::from(merged.details), json!({ "mergedInto": other.id, "customers": 1 }));
    let events = crm.events("erp").await?;
    let told = |event: &Event| (event.event_type.clone(), event.subject, event.data.tag_ids.clone());
    let of = |name: &str, subject: uuid::Uuid, tags: &[TagId]| (format!("crm.{name}"), subject, tags.to_vec());
    let expected = [
        of("customer.created", customer.id.0, &[]),
        of("tag.created", circle.0, &[]),
        of("tag.created", vip.0, &[]),
        of("customer.tagged", customer.id.0, &[circle, vip]),
        of("customer.untagged", customer.id.0, &[circle]),
        of("tag.created", other.id.0, &[]),
        of("tag.updated", vip.0, &[]),
        of("tag.merged", vip.0, &[other.id]),
        of("tag.deleted", circle.0, &[]),
    ];
    let (told, expected): (BTreeSet<_>, BTreeSet<_>) = (events.iter().map(told).collect(), expected.into());
    assert_eq!(told, expected);
    let text = serde_json::to_string(&events)?;
    assert!(!text.contains("circle") && !text.contains("VIP") && !text.contains("Lee"), "{text}");
    let mut of_customer = events.iter().filter(|event| event.subject == customer.id.0).skip(1);
    let tagged = of_customer.next().expect("an event");
    assert_eq!((tagged.event_type.as_str(), tagged.data.version), ("crm.customer.tagged", 1));
    assert_eq!(tagged.data.changed_fields, ["tags"]);
    Ok(())
}

async fn a_role_does_what_it_may(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for role in Role::ALL.iter().copied() {
        let (writes, changes) = (role != Role::Viewer, matches!(role, Role::Admin | Role::Manager));
        let (tag, other) = (crm.tag(&format!("Of {role}")).await?, crm.tag(&format!("For {role}")).await?);
        let mut scope = crm.scope(role);
        let expect = |outcome: Result<(), Error>, may: bool, what: &str| match outcome {
            Ok(()) => assert!(may, "{role} may {what}"),
            Err(error) => assert!(!may && matches!(error, Error::Forbidden { .. }), "{role} may not {what}: {error}"),
        };
        expect(scope.tags().get(tag.id).await.map(drop), true, "read");
        expect(scope.customer_tags(customer.id).list().await.map(drop), true, "read a customer's");
        expect(scope.tags().create(NewTag::named(format!("New of {role}"))).await.map(drop), writes, "create");
        expect(scope.customer_tags(customer.id).add([tag.id]).await.map(drop), writes, "attach");
        let new = format!("Newer of {role}");
        expect(scope.customer_tags(customer.id).add([new]).await.map(drop), writes, "attach a new one");
        expect(scope.customer_tags(customer.id).remove([tag.id]).await.map(drop), writes, "take off");
        expect(scope.tags().update(tag.id, named(&format!("By {role}")), None).await.map(drop), changes, "rename");
        expect(scope.tags().merge(tag.id, other.id, None).await.map(drop), changes, "merge");
        expect(scope.tags().delete(other.id, None).await, changes, "delete");
    }
    // With the reach of one's own, the customer says whose it is.
    let other = crm.ensure_mirrored(Role::Manager).await?;
    let theirs = crm.create(NewCustomer { owner_id: Some(other), ..NewCustomer::organization("Theirs") }).await?;
    let rights = [
        Permission::all(Resource::Customers, Action::Read),
        Permission::own(Resource::Tags, Action::Attach),
        Permission::all(Resource::Tags, Action::Create),
    ];
    let actor =
        Actor::user(crm.company, crm.ensure_mirrored(Role::SalesRep).await?, Role::SalesRep).with_permissions(rights);
    let mut scope = crm.crm.on(actor, &crm.db);
    scope.customer_tags(customer.id).add(["Mine"]).await?;
    assert_matches!(scope.customer_tags(theirs.id).add(["Mine"]).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn another_company_has_tags_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    let (ours, theirs) = (crm.tagged("Lee & Co", &["VIP"]).await?, other.tagged("Lee & Co", &["vip"]).await?);
    let (our_tag, their_tag) = (crm.get(&ours).await?.tags[0].clone(), other.get(&theirs).await?.tags[0].clone());
    assert_eq!((our_tag.name.as_str(), their_tag.name.as_str()), ("VIP", "vip"));
    let mut scope = crm.admin();
    assert_matches!(scope.tags().get(their_tag.id).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.tags().update(their_tag.id, named("Ours"), None).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.tags().delete(their_tag.id, None).await, Err(Error::NotFound { .. }));
    assert_eq!(violation(scope.customer_tags(ours.id).add([their_tag.id]).await, "/tags/0"), "tag_unknown");
    assert_matches!(scope.customer_tags(theirs.id).add(["VIP"]).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.customer_tags(theirs.id).remove(["VIP"]).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.customer_tags(theirs.id).list().await, Err(Error::NotFound { .. }));
    crm.tag("Foreign word").await?;
    crm.put(&ours, &["Foreign word"]).await?;
    assert_eq!(other.found_by("foreign").await?, Vec::<String>::new());
    assert_eq!(crm.found_by("foreign").await?, ["Lee & Co"]);
    assert_eq!(other.uses().await?, [("vip".to_owned(), 1)].into());
    scope.tags().delete(our_tag.id, None).await?;
    assert_eq!(other.get(&theirs).await?.tags, [their_tag]);
    Ok(())
}
