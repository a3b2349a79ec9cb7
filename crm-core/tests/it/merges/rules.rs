//! What becomes of the customers of a merge.

use std::collections::BTreeMap;

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::{
    CustomerEmail, CustomerPatch, CustomerQuery, CustomerSearch, ExternalRef, MAX_LOSERS, MergeCount, MergeCustomers,
    MergeResolution, NewCustomer,
};
use crm_core::ids::CustomerId;
use crm_core::interactions::NewInteraction;
use crm_core::notes::{NewNote, NoteVisibility};
use crm_core::page::{Count, PageRequest};
use crm_core::timeline::TimelineQuery;
use serde_json::{Map, Value, json};
use testkit::{Backend, Suite, TestDatabase};
use uuid::Uuid;

use super::of;
use crate::support::{TestCrm, assert_matches, merge_patch, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            what_is_empty_comes_from_the_others_in_their_order,
            a_choice_decides_whose_value_stands,
            lists_are_united_and_equal_entries_become_one,
            records_move_and_private_ones_are_not_told,
            a_loser_is_nowhere_but_leads_to_the_survivor,
            chains_of_merges_lead_to_their_end,
            a_dry_run_changes_nothing,
            only_seen_versions_are_merged,
            what_cannot_be_merged_is_refused,
            roles_and_other_companies_keep_their_bounds,
            both_are_told_in_history_and_events,
            people_follow_the_name_of_a_merge_and_are_told_apart,
            a_purge_takes_all_that_was_merged,
            every_table_of_a_customer_is_known_to_merges,
        ]
    );
}

fn object(value: Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

async fn what_is_empty_comes_from_the_others_in_their_order(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm
        .create(NewCustomer { custom_fields: object(json!({ "tier": "gold" })), ..NewCustomer::person("Ann", "Lee") })
        .await?;
    let second = NewCustomer {
        name: Some("A. Lee".to_owned()),
        job_title: Some("Buyer".to_owned()),
        phone: Some("+1 212 555 2368".to_owned()),
        custom_fields: object(json!({ "tier": "silver", "size": 3 })),
        ..NewCustomer::default()
    };
    let second = crm.create(second).await?;
    let third = NewCustomer {
        job_title: Some("Head of purchasing".to_owned()),
        city: Some("Boston".to_owned()),
        ..NewCustomer::person("Anna", "Lee")
    };
    let third = crm.create(third).await?;
    let outcome = crm.merge(of(&ann, &[&second, &third])).await?;
    let merged = crm.get(&ann).await?;
    assert_eq!(outcome.customer, merged);
    assert_eq!((merged.name.as_str(), merged.first_name.as_deref()), ("Ann Lee", Some("Ann")));
    assert_eq!(merged.job_title.as_deref(), Some("Buyer"));
    assert_eq!((merged.phone.as_deref(), merged.city.as_deref()), (Some("+1 212 555 2368"), Some("Boston")));
    assert_eq!(Value::Object(merged.custom_fields), json!({ "tier": "gold", "size": 3 }));
    let dropped: Vec<(&str, CustomerId)> = (outcome.collisions.iter())
        .filter(|collision| collision.resolution == MergeResolution::Dropped)
        .map(|collision| (collision.field.as_str(), collision.customer_id))
        .collect();
    assert!(dropped.contains(&("name", second.id)), "{dropped:?}");
    assert!(dropped.contains(&("jobTitle", third.id)) && dropped.contains(&("customFields.tier", second.id)));
    Ok(())
}

async fn a_choice_decides_whose_value_stands(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.create(NewCustomer { city: Some("Boston".to_owned()), ..NewCustomer::person("Ann", "Lee") }).await?;
    let other = NewCustomer {
        email: Some("anna@example.com".to_owned()),
        city: Some("Berlin".to_owned()),
        custom_fields: object(json!({ "tier": "silver" })),
        ..NewCustomer::person("Anna", "Lee-Smith")
    };
    let other = crm.create(other).await?;
    let mut request = of(&ann, &[&other]);
    request.fields = ["name", "lastName", "address"].map(|name| (name.to_owned(), other.id)).into();
    request.fields.insert("customFields.tier".to_owned(), ann.id);
    request.values = merge_patch(json!({ "jobTitle": "Buyer", "email": "ann@example.com" }));
    let merged = crm.merge(request).await?.customer;
    assert_eq!((merged.name.as_str(), merged.last_name.as_deref()), ("Anna Lee-Smith", Some("Lee-Smith")));
    assert_eq!((merged.city.as_deref(), merged.addresses.len()), (Some("Berlin"), 2));
    assert_eq!((merged.job_title.as_deref(), merged.email.as_deref()), (Some("Buyer"), Some("ann@example.com")));
    assert_eq!(Value::Object(merged.custom_fields), json!({}), "the survivor has no tier, and that was chosen");
    Ok(())
}

async fn lists_are_united_and_equal_entries_become_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let references = |id: &str| Some(vec![ExternalRef::new("erp", id)]);
    let ann = NewCustomer {
        email: Some("ann@example.com".to_owned()),
        phone: Some("+1 212 555 2368".to_owned()),
        external_refs: references("1"),
        ..NewCustomer::person("Ann", "Lee")
    };
    let other = NewCustomer {
        emails: Some(vec![CustomerEmail { is_opted_out: true, ..CustomerEmail::new("lee@example.com") }]),
        phone: Some("+12125552368".to_owned()),
        external_refs: references("2"),
        ..NewCustomer::person("Ann", "Lee")
    };
    let (ann, other) = (crm.create(ann).await?, crm.create(other).await?);
    crm.admin().customer_tags(ann.id).add(["VIP", "Press"]).await?;
    crm.admin().customer_tags(other.id).add(["VIP", "Partner"]).await?;
    let outcome = crm.merge(of(&ann, &[&other])).await?;
    let merged = crm.get(&ann).await?;
    let emails: Vec<(&str, Option<bool>, bool)> =
        (merged.emails.iter()).map(|email| (email.address.as_str(), email.is_primary, email.is_opted_out)).collect();
    assert_eq!(emails, [("ann@example.com", Some(true), false), ("lee@example.com", Some(false), true)]);
    assert_eq!(merged.phones.len(), 1, "one number in two spellings");
    assert_eq!(merged.external_refs, [ExternalRef::new("erp", "1"), ExternalRef::new("erp", "2")]);
    let tags: Vec<&str> = merged.tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(tags, ["Partner", "Press", "VIP"]);
    let count = |of: &str, count| MergeCount { of: of.to_owned(), count };
    assert_eq!(outcome.moved, [count("tag", 1), count("email", 1), count("external_ref", 1)]);
    let folded: Vec<&str> = (outcome.collisions.iter())
        .filter(|collision| collision.resolution == MergeResolution::Folded)
        .map(|collision| collision.field.as_str())
        .collect();
    assert_eq!(folded, ["phones", "tags"]);
    assert_eq!(crm.admin().customers().by_external("erp", "2").await?.id, ann.id);
    let vip = merged.tags.iter().find(|tag| tag.name == "VIP").expect("the tag").id;
    assert_eq!(crm.admin().tags().get(vip).await?.usage_count, 1);
    // Nobody else may have the addresses of either.
    assert_matches!(crm.with_email("Lee", "lee@example.com").await, Err(Error::Conflict(_)));
    Ok(())
}

async fn records_move_and_private_ones_are_not_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.named("Anna").await?);
    let mine = NewNote { visibility: Some(NoteVisibility::Private), ..NewNote::text("Between us") };
    let private = crm.scope(Role::SalesRep).notes(other.id).create(mine).await?;
    let shared = crm.admin().notes(other.id).create(NewNote::text("For all")).await?;
    let call = NewInteraction { subject: Some("Call".to_owned()), ..NewInteraction::default() };
    crm.admin().interactions(other.id).create(call.clone()).await?;
    crm.admin().interactions(ann.id).create(call).await?;
    let outcome = crm.merge(of(&ann, &[&other])).await?;
    let count = |of: &str, count| MergeCount { of: of.to_owned(), count };
    assert_eq!(outcome.moved, [count("note", 1), count("interaction", 1)]);
    assert!(outcome.customer.last_contact_at.is_some());
    let mut rep = crm.scope(Role::SalesRep);
    assert_eq!(rep.notes(ann.id).get(private.id).await?.customer_id, ann.id);
    assert_matches!(crm.admin().notes(ann.id).get(private.id).await, Err(Error::NotFound { .. }));
    let note = crm.admin().notes(ann.id).get(shared.id).await?;
    assert_eq!((note.customer_id, note.version), (ann.id, shared.version), "a record that moves does not change");
    let activity = crm.admin().stats().activity(ann.id, None).await?;
    assert_eq!((activity.notes, activity.interactions.total), (1, 2));
    let page = PageRequest::default();
    let timeline = crm.admin().customers().timeline(ann.id, &TimelineQuery::default(), &page).await?;
    assert!(!format!("{timeline:?}").contains("Between us"));
    Ok(())
}

async fn a_loser_is_nowhere_but_leads_to_the_survivor(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) =
        (crm.with_email("Ann", "ann@example.com").await?, crm.with_email("Zoe", "zoe@example.com").await?);
    crm.merge(of(&ann, &[&other])).await?;
    assert_eq!(crm.names(&CustomerQuery::default()).await?, ["Ann"]);
    assert!(crm.names(&CustomerQuery { trashed: true, ..CustomerQuery::default() }).await?.is_empty());
    let counted = PageRequest::default().count(Count::Exact);
    assert_eq!(crm.admin().customers().list(&CustomerQuery::default(), &counted).await?.total, Some(1));
    let search = CustomerSearch { text: "zoe".to_owned(), ..CustomerSearch::default() };
    let found = crm.admin().customers().search(&search, &counted).await?;
    assert_eq!(found.data.iter().map(|found| found.customer.id).collect::<Vec<_>>(), [ann.id], "by the address");
    let leads = |result: crm_core::Result<()>| {
        assert_matches!(result, Err(Error::CustomerMerged { id, survivor_id }) if (id, survivor_id) == (other.id, ann.id));
    };
    let page = PageRequest::default();
    let mut admin = crm.admin();
    leads(admin.customers().get(other.id).await.map(drop));
    leads(admin.customers().update(other.id, CustomerPatch::default(), None).await.map(drop));
    leads(admin.customers().delete(other.id, None).await);
    leads(admin.customers().restore(other.id).await.map(drop));
    leads(admin.customers().purge(other.id, None).await);
    leads(admin.customers().history(other.id, &page).await.map(drop));
    leads(admin.customers().timeline(other.id, &TimelineQuery::default(), &page).await.map(drop));
    leads(admin.customers().merges(other.id, &page).await.map(drop));
    leads(admin.notes(other.id).create(NewNote::text("Late")).await.map(drop));
    leads(admin.notes(other.id).list(&Default::default(), &page).await.map(drop));
    leads(admin.interactions(other.id).create(NewInteraction::default()).await.map(drop));
    leads(admin.customer_tags(other.id).add(["VIP"]).await.map(drop));
    leads(admin.stats().activity(other.id, None).await.map(drop));
    leads(crm.merge(of(&ann, &[&other])).await.map(drop));
    assert_eq!(admin.customers().merged_into(other.id).await?, Some(ann.id));
    assert_eq!(admin.customers().merged_into(ann.id).await?, None);
    // Of a survivor in the trash nobody learns.
    crm.admin().customers().delete(ann.id, None).await?;
    assert_matches!(crm.admin().customers().get(other.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn chains_of_merges_lead_to_their_end(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let all = [crm.named("A").await?, crm.named("B").await?, crm.named("C").await?];
    let [a, b, c] = &all;
    crm.merge(of(b, &[a])).await?;
    let last = crm.merge(of(c, &[b])).await?;
    let end = async |id| crm.admin().customers().merged_into(id).await;
    assert_eq!((end(a.id).await?, end(b.id).await?), (Some(c.id), Some(c.id)));
    crm.undo(last.id, super::REFUSE).await?;
    assert_eq!((end(a.id).await?, end(b.id).await?), (Some(b.id), None));
    Ok(())
}

async fn a_dry_run_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) =
        (crm.with_email("Ann", "ann@example.com").await?, crm.with_email("Zoe", "zoe@example.com").await?);
    crm.admin().notes(other.id).create(NewNote::text("For all")).await?;
    crm.admin().customer_tags(other.id).add(["VIP"]).await?;
    let before = super::laws::store(&crm, &[]).await?;
    let dry = crm.merge(MergeCustomers { dry_run: true, ..of(&ann, &[&other]) }).await?;
    assert_eq!(super::laws::store(&crm, &[]).await?, before);
    assert_eq!((dry.id, dry.undoable_until, dry.dry_run), (None, None, true));
    let done = crm.merge(of(&ann, &[&other])).await?;
    assert_eq!((done.moved, done.collisions), (dry.moved, dry.collisions));
    assert_eq!((done.customer.emails, done.customer.tags), (dry.customer.emails, dry.customer.tags));
    Ok(())
}

async fn only_seen_versions_are_merged(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.named("Anna").await?);
    let versions = BTreeMap::from([(ann.id, 1), (other.id, 2)]);
    let stale = crm.merge(MergeCustomers { versions, ..of(&ann, &[&other]) }).await;
    assert_matches!(stale, Err(Error::Stale { id, current: 1, .. }) if id == other.id.0);
    let versions = BTreeMap::from([(ann.id, 1), (other.id, 1)]);
    crm.merge(MergeCustomers { versions, ..of(&ann, &[&other]) }).await?;
    Ok(())
}

async fn what_cannot_be_merged_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.named("Anna").await?);
    let nobody = CustomerId(Uuid::new_v4());
    assert_eq!(violation(crm.merge(of(&ann, &[])).await, "/loserIds"), "required");
    assert_eq!(violation(crm.merge(of(&ann, &[&other, &ann])).await, "/loserIds/1"), "same_customer");
    let many = MergeCustomers::new(ann.id, (0..=MAX_LOSERS).map(|_| CustomerId(Uuid::new_v4())));
    assert_eq!(violation(crm.merge(many).await, "/loserIds"), "too_many");
    let with = |name: &str, id| {
        let fields = BTreeMap::from([(name.to_owned(), id)]);
        crm.merge(MergeCustomers { fields, ..of(&ann, &[&other]) })
    };
    assert_eq!(violation(with("nmae", ann.id).await, "/fields/nmae"), "unknown");
    assert_eq!(violation(with("city", ann.id).await, "/fields/city"), "unknown");
    assert_eq!(violation(with("name", nobody).await, "/fields/name"), "not_merged");
    let versions = BTreeMap::from([(nobody, 1)]);
    let unseen = crm.merge(MergeCustomers { versions, ..of(&ann, &[&other]) }).await;
    assert_eq!(violation(unseen, &format!("/versions/{nobody}")), "not_merged");
    let unknown = crm.merge(MergeCustomers::new(ann.id, [other.id, nobody])).await;
    assert_eq!(violation(unknown, "/loserIds/1"), "customer_unknown");
    crm.admin().customers().delete(other.id, None).await?;
    assert_eq!(violation(crm.merge(of(&ann, &[&other])).await, "/loserIds/0"), "customer_unknown");
    let emails = |name: &str, from: usize| NewCustomer {
        emails: Some((from..from + 11).map(|number| CustomerEmail::new(format!("{number}@example.com"))).collect()),
        ..NewCustomer::organization(name)
    };
    let (one, two) = (crm.create(emails("One", 0)).await?, crm.create(emails("Two", 11)).await?);
    assert_eq!(violation(crm.merge(of(&one, &[&two])).await, "/emails"), "too_long");
    Ok(())
}

async fn roles_and_other_companies_keep_their_bounds(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.named("Anna").await?);
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let refused = crm.scope(role).customers().merge(of(&ann, &[&other])).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    let strange = crm.other_company();
    let stranger = strange.named("Ann").await?;
    assert_eq!(violation(crm.merge(of(&ann, &[&stranger])).await, "/loserIds/0"), "customer_unknown");
    assert_eq!(violation(crm.merge(of(&stranger, &[&ann])).await, "/survivorId"), "customer_unknown");
    let done = crm.scope(Role::Manager).customers().merge(of(&ann, &[&other])).await?;
    let id = done.id.expect("an id");
    assert_matches!(strange.undo(Some(id), super::KEEP).await, Err(Error::NotFound { .. }));
    assert_matches!(strange.admin().customers().get(other.id).await, Err(Error::NotFound { .. }));
    let refused = crm.scope(Role::SalesRep).customers().undo_merge(id, super::KEEP).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    crm.scope(Role::Manager).customers().undo_merge(id, super::KEEP).await?;
    Ok(())
}

async fn both_are_told_in_history_and_events(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.named("Anna").await?);
    let merge = crm.merge(of(&ann, &[&other])).await?;
    crm.undo(merge.id, super::REFUSE).await?;
    let feed = crm.admin().events().after(None, 1_000).await?;
    let told = |of: CustomerId| -> Vec<(String, Vec<CustomerId>)> {
        let events = feed.events.iter().map(|(_, event)| event).filter(|event| event.subject == of.0);
        events.skip(1).map(|event| (event.event_type.clone(), event.data.customer_ids.clone())).collect()
    };
    let event = |name: &str, id| (format!("crm.customer.{name}"), vec![id]);
    assert_eq!(told(ann.id), [event("merged", other.id), event("unmerged", other.id)]);
    assert_eq!(told(other.id), [event("merged", ann.id), event("unmerged", ann.id)]);
    let history = crm.admin().customers().history(other.id, &PageRequest::default()).await?;
    let actions: Vec<&str> = history.data.iter().map(|change| change.action.as_str()).collect();
    assert_eq!(actions, ["unmerged", "merged", "created"]);
    assert_eq!(history.data[1].changes[0].to, json!(ann.id));
    let versions: Vec<i64> = history.data.iter().map(|change| change.version).collect();
    assert_eq!(versions, [3, 2, 1]);
    Ok(())
}

async fn people_follow_the_name_of_a_merge_and_are_told_apart(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (firm, other) = (crm.organization("Lee & Co").await, crm.organization("Lee and Company").await);
    let ann = crm.person("Ann Lee").await;
    crm.employ(&ann, &firm).await;
    let mut request = of(&firm, &[&other]);
    request.fields = [("name".to_owned(), other.id)].into();
    crm.merge(request).await?;
    assert_eq!(crm.get(&ann).await?.organization_name.as_deref(), Some("Lee and Company"));
    let feed = crm.admin().events().after(None, 1_000).await?;
    let last = |of: CustomerId| {
        let event = feed.events.iter().map(|(_, event)| event).rfind(|event| event.subject == of.0).expect("an event");
        (event.event_type.as_str(), event.data.customer_ids.clone())
    };
    assert_eq!(last(firm.id), ("crm.customer.merged", vec![other.id]));
    assert_eq!(last(ann.id), ("crm.customer.updated", Vec::new()));
    Ok(())
}

async fn a_purge_takes_all_that_was_merged(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [a, b, c] = [crm.named("Secret A").await?, crm.named("Secret B").await?, crm.named("Secret C").await?];
    crm.admin().notes(a.id).create(NewNote::text("Secret note")).await?;
    crm.merge(of(&b, &[&a])).await?;
    crm.merge(of(&c, &[&b])).await?;
    crm.admin().customers().purge(c.id, None).await?;
    for table in ["crm_customers", "crm_changes", "crm_customer_notes", "crm_customer_merges", "crm_merged_customers"] {
        assert!(!crm.dump(table).await?.contains("Secret"), "{table}");
        if table != "crm_changes" {
            assert_eq!(crm.count(table).await?, 0, "{table}");
        }
    }
    assert_eq!(crm.count("crm_customer_merge_records").await?, 0);
    assert_matches!(crm.admin().customers().get(a.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

/// What hangs on a customer moves with a merge, or stays with the row of the loser. A new table belongs to one of both.
async fn every_table_of_a_customer_is_known_to_merges(database: TestDatabase) -> anyhow::Result<()> {
    const MOVED: &[&str] = &[
        "crm_consents",
        "crm_customer_interactions",
        "crm_customer_links",
        "crm_customer_notes",
        "crm_deal_contacts",
        "crm_deals",
        "crm_tasks",
    ];
    const LEFT: &[&str] = &[
        "crm_bulk_changes",
        // What was sent is what was sent, and is read with the lead.
        "crm_capture_submissions",
        "crm_customer_addresses",
        "crm_customer_contact_points",
        "crm_customer_external_refs",
        "crm_customer_field_values",
        "crm_customer_match_keys",
        // Says which links have moved.
        "crm_customer_merge_links",
        "crm_customer_search_documents",
        "crm_customer_stats",
        "crm_customer_tags",
        "crm_duplicates",
        "crm_import_changes",
        // A lead that was merged stays what it was.
        "crm_leads",
    ];
    let crm = TestCrm::new(&database);
    let sql = match crm.backend {
        Backend::Postgres => {
            "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint \
             WHERE contype = 'f' AND confrelid = 'crm_customers'::regclass"
        }
        Backend::Sqlite => {
            "SELECT DISTINCT m.name AS name FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS keys \
             WHERE m.type = 'table' AND keys.\"table\" = 'crm_customers'"
        }
    };
    use sea_orm::ConnectionTrait;
    let statement = sea_orm::Statement::from_string(crm.db.get_database_backend(), sql);
    for row in crm.db.query_all_raw(statement).await? {
        let name: String = row.try_get("", "name")?;
        assert!(MOVED.contains(&name.as_str()) || LEFT.contains(&name.as_str()), "what does a merge do with {name}?");
    }
    Ok(())
}
