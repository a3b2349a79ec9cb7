//! Reverting an import: what it has added and changed is as before, but for what was changed since.

use std::io::Cursor;
use std::time::Duration;

use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::{
    Customer, CustomerQuery, CustomerStatus, ImportOptions, ImportRevert, MatchBy, NewCustomer, RefusalReason,
    RevertedImport, StoredImport,
};
use crm_core::jobs::{JobOptions, JobState};
use crm_core::notes::{NewNote, NoteQuery};
use crm_core::{Conflict, Crm, Error};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase, tests};

use super::{create, upsert};
use crate::support::{TestCrm, assert_matches, merge_patch};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub fn register(suite: &mut Suite) {
    // Workers take the jobs of all companies.
    tests!(suite, own: [
        everything_is_as_before,
        a_dry_run_counts_and_writes_nothing,
        what_was_changed_since_stays_and_is_told,
        what_others_have_taken_is_refused,
        an_import_is_reverted_once_and_within_thirty_days,
        a_reverted_import_is_not_continued,
        many_customers_are_reverted_by_a_job,
        the_rights_of_the_user_count,
        what_is_purged_leaves_no_image,
    ]);
}

/// What tells whether a customer is as it was.
fn told(customer: &Customer) -> serde_json::Value {
    let mut told = json!(customer);
    for derived in ["version", "updatedAt", "updatedBy"] {
        told.as_object_mut().unwrap().remove(derived);
    }
    told
}

impl TestCrm {
    /// Stores a file, and imports it.
    async fn imported(&self, file: impl Into<Vec<u8>>, options: ImportOptions) -> anyhow::Result<StoredImport> {
        let mut scope = self.scope(Role::Manager);
        let import = scope.imports().add("people.csv", Cursor::new(file.into())).await?;
        scope.imports().start(import.id, options).await?;
        self.work().await?;
        Ok(scope.imports().get(import.id).await?)
    }

    async fn revert(&self, import: &StoredImport, dry_run: bool) -> crm_core::Result<RevertedImport> {
        match self.scope(Role::Manager).imports().revert(import.id, dry_run).await? {
            ImportRevert::Done(outcome) => Ok(outcome),
            ImportRevert::Started(job) => panic!("{job:?}"),
        }
    }

    async fn texts(&self, customer: &Customer) -> crm_core::Result<Vec<String>> {
        let page = self.admin().notes(customer.id).list(&NoteQuery::default(), &Default::default()).await?;
        Ok(page.data.into_iter().map(|note| note.body).collect())
    }

    async fn trash(&self) -> crm_core::Result<Vec<String>> {
        let query = CustomerQuery { trashed: true, sort: "name".parse()?, ..CustomerQuery::default() };
        let page = self.admin().customers().list(&query, &Default::default()).await?;
        Ok(page.data.into_iter().map(|customer| customer.name).collect())
    }
}

fn counts(outcome: &RevertedImport) -> [u64; 4] {
    let refused = outcome.refused.iter().map(|refusal| refusal.count).sum();
    [outcome.trashed, outcome.restored, outcome.changed_since, refused]
}

async fn everything_is_as_before(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let before = "Name,Email,Phone,City,Tags,Tier\nAnn,ann@example.com,+1 212 555 2368,Boston,\"old,kept\",gold\n\
                  Bob,bob@example.com,,,,\nEve,eve@example.com,,,,\n";
    crm.import(before, &create()).await?;
    let known = crm.all().await?;
    crm.admin().notes(known[1].id).create(NewNote::text("mine")).await?;
    let file = "Name,Email,Email 2,City,Tags,Tier,Pet,Notes\n\
                Ann Lee,ann@example.com,lee@example.com,Salem,new,silver,cat,hello\n\
                Bob,bob@example.com,,,,,,only a note\n\
                Eve,eve@example.com,,,,,,\n\
                Cem,cem@example.com,,Izmir,new,,,\n\
                Ann Lee,ann@example.com,,Lynn,,,,\n\
                Cem,cem@example.com,,Ankara,,,,again\n";
    let import = crm.imported(file, upsert(MatchBy::Email)).await?;
    assert!(import.revertible_until.is_some() && import.reverted.is_none());
    assert_eq!(crm.all().await?.len(), 4);
    let outcome = crm.revert(&import, false).await?;
    assert_eq!(counts(&outcome), [1, 2, 0, 0], "{outcome:?}");
    let after = crm.all().await?;
    assert_eq!(after.iter().map(told).collect::<Vec<_>>(), known.iter().map(told).collect::<Vec<_>>());
    assert_eq!(after[0].version, 4, "it is a write like any other: two rows, and the revert");
    assert_eq!(crm.trash().await?, ["Cem"]);
    assert_eq!((crm.texts(&after[0]).await?.len(), crm.texts(&after[1]).await?), (0, vec!["mine".to_owned()]));
    assert_eq!(crm.stored(&import).await?.reverted, Some(outcome));
    assert_eq!((crm.count("crm_import_changes").await?, crm.count("crm_import_notes").await?), (0, 0));
    // The address is free again.
    crm.create(NewCustomer { email: Some("cem@example.com".into()), ..NewCustomer::person("Cem", "Öz") }).await?;
    crm.create(NewCustomer { email: Some("lee@example.com".into()), ..NewCustomer::person("Other", "Lee") }).await?;
    Ok(())
}

async fn a_dry_run_counts_and_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Name,Email\nAnn,ann@example.com\n", &create()).await?;
    let file = "Name,Email,City\nAnn,ann@example.com,Boston\nBob,bob@example.com,\n";
    let import = crm.imported(file, upsert(MatchBy::Email)).await?;
    let before = (crm.records().await?, crm.dump("crm_customers").await?);
    let outcome = crm.revert(&import, true).await?;
    assert!(outcome.dry_run);
    assert_eq!(counts(&outcome), [1, 1, 0, 0]);
    assert_eq!((crm.records().await?, crm.dump("crm_customers").await?), before);
    assert_eq!(counts(&crm.revert(&import, false).await?), [1, 1, 0, 0]);
    Ok(())
}

async fn what_was_changed_since_stays_and_is_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Name,Email\nAnn,ann@example.com\nBob,bob@example.com\n", &create()).await?;
    let rows: String = ["Ann", "Bob", "Cem", "Dan", "Eve", "Fay", "Gil"]
        .map(|name| format!("{name},{}@example.com,Boston\n", name.to_lowercase()))
        .concat();
    let import = crm.imported(format!("Name,Email,City\n{rows}"), upsert(MatchBy::Email)).await?;
    let all = crm.all().await?;
    let of = |name: &str| all.iter().find(|customer| customer.name == name).unwrap();
    let mut scope = crm.admin();
    scope.customers().update(of("Ann").id, merge_patch(json!({ "jobTitle": "CEO" })), None).await?;
    scope.customers().update(of("Cem").id, merge_patch(json!({ "city": "Izmir" })), None).await?;
    scope.customer_tags(of("Dan").id).add(["vip"]).await?;
    scope.notes(of("Eve").id).create(NewNote::text("called")).await?;
    scope.customers().delete(of("Fay").id, None).await?;
    for dry_run in [true, false] {
        let outcome = crm.revert(&import, dry_run).await?;
        assert_eq!(counts(&outcome), [1, 1, 5, 0], "{outcome:?}");
        let mut expected: Vec<_> = ["Ann", "Cem", "Dan", "Eve", "Fay"].iter().map(|name| of(name).id).collect();
        expected.sort_unstable();
        assert_eq!(outcome.changed_since_ids, expected);
    }
    assert_eq!(crm.get(of("Ann")).await?.city.as_deref(), Some("Boston"), "what was edited is not touched");
    assert_eq!(crm.get(of("Bob")).await?.city, None);
    assert_eq!(crm.trash().await?, ["Fay", "Gil"]);
    Ok(())
}

async fn what_others_have_taken_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let system = ImportOptions { external_system: Some("erp".into()), ..upsert(MatchBy::ExternalRef) };
    crm.import("ID,Name,Email\n1,Ann,ann@example.com\n2,Bob,bob@example.com\n", &system).await?;
    let file = "ID,Name,Email\n1,Ann,new@example.com\n2,Bob,other@example.com\n";
    let import = crm.imported(file, system).await?;
    let ann = crm.all().await?.remove(0);
    assert_eq!(ann.email.as_deref(), Some("new@example.com"));
    crm.create(NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Another", "Ann") }).await?;
    let outcome = crm.revert(&import, false).await?;
    assert_eq!(counts(&outcome), [0, 1, 0, 1]);
    assert_eq!(outcome.refused[0].reason, RefusalReason::CustomerEmailTaken);
    assert_eq!(outcome.refused[0].ids, [ann.id]);
    let emails: Vec<_> = crm.all().await?.into_iter().filter_map(|customer| customer.email).collect();
    assert_eq!(emails, ["new@example.com", "bob@example.com", "ann@example.com"]);
    Ok(())
}

async fn an_import_is_reverted_once_and_within_thirty_days(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let waiting = crm.store("Name\nAnn\n").await?;
    assert_matches!(crm.revert(&waiting, false).await, Err(Error::Conflict(Conflict::ImportNotStarted)));
    crm.start(&waiting, false).await?;
    assert_matches!(crm.revert(&waiting, true).await, Err(Error::Conflict(Conflict::ImportRunning)));
    crm.work().await?;
    clock.advance(DAY * 29);
    crm.crm.delete_old_imports(&crm.db).await?;
    assert_eq!(counts(&crm.revert(&waiting, false).await?), [1, 0, 0, 0]);
    for dry_run in [true, false] {
        assert_matches!(crm.revert(&waiting, dry_run).await, Err(Error::Conflict(Conflict::ImportReverted)));
    }
    let late = crm.imported("Name,Email\nBob,wrong\nCem,\n", create()).await?;
    clock.advance(DAY * 2);
    crm.crm.delete_old_imports(&crm.db).await?;
    assert_eq!(crm.count("crm_import_parts").await?, 0, "the rows that failed are kept for a day");
    clock.advance(DAY * 28);
    assert_matches!(crm.revert(&late, false).await, Err(Error::NotFound { .. }));
    crm.crm.delete_old_imports(&crm.db).await?;
    assert_eq!((crm.count("crm_imports").await?, crm.count("crm_import_changes").await?), (0, 0));
    Ok(())
}

async fn a_reverted_import_is_not_continued(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let import = crm.imported("Name\nAnn\n", create()).await?;
    let job = import.job_id.unwrap();
    assert_eq!(counts(&crm.revert(&import, false).await?), [1, 0, 0, 0]);
    assert_eq!(crm.stored(&import).await?.job_id, None, "no job goes on with it");
    assert_matches!(crm.admin().jobs().retry(job).await, Err(Error::Conflict(Conflict::JobNotRetryable)));
    crm.start(&import, false).await?;
    crm.work().await?;
    assert_eq!(crm.count("crm_customers").await?, 1);
    assert_eq!(crm.trash().await?, ["Ann"]);
    Ok(())
}

async fn many_customers_are_reverted_by_a_job(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: String = (0..1_200).map(|number| format!("Firm {number}\n")).collect();
    let import = crm.imported(format!("Name\n{rows}"), create()).await?;
    assert_eq!(counts(&crm.revert(&import, true).await?), [1_200, 0, 0, 0]);
    let started = crm.scope(Role::Manager).imports().revert(import.id, false).await?;
    let ImportRevert::Started(job) = started else { panic!("{started:?}") };
    assert_matches!(crm.revert(&import, false).await, Err(Error::Conflict(Conflict::ImportReverted)));
    crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await?;
    let job = crm.scope(Role::Manager).jobs().get(job.id).await?;
    assert_eq!(job.state, JobState::Done, "{job:?}");
    assert_eq!(counts(&crm.stored(&import).await?.reverted.unwrap()), [1_200, 0, 0, 0]);
    assert!(crm.names(&CustomerQuery::default()).await?.is_empty());
    assert_eq!(crm.count("crm_import_changes").await?, 0);
    Ok(())
}

async fn the_rights_of_the_user_count(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let import = crm.imported("Name\nAnn\n", create()).await?;
    // Its user alone, as every file.
    assert_matches!(crm.admin().imports().revert(import.id, true).await, Err(Error::NotFound { .. }));
    let mut stranger = crm.other_company().scope(Role::Manager);
    assert_matches!(stranger.imports().revert(import.id, true).await, Err(Error::NotFound { .. }));
    let may = |actions: &[Action]| {
        let own = actions.iter().map(|action| Permission::all(Resource::Customers, *action));
        let jobs = Permission::all(Resource::Jobs, Action::Read);
        crm.crm.on(crm.actor(Role::Manager).with_permissions(own.chain([jobs])), &crm.db)
    };
    let without = may(&[Action::Read]).imports().revert(import.id, true).await;
    assert_matches!(without, Err(Error::Forbidden { .. }));
    let ImportRevert::Done(outcome) = may(&[Action::Read, Action::Import]).imports().revert(import.id, true).await?
    else {
        panic!("at once")
    };
    assert_eq!((counts(&outcome), outcome.refused[0].reason), ([0, 0, 0, 1], RefusalReason::Forbidden));
    Ok(())
}

async fn what_is_purged_leaves_no_image(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Name,Email,Status\nAnn,ann@example.com,active\n", &create()).await?;
    let import = crm.imported("Name,Email,Status\nAnn Lee,ann@example.com,inactive\n", upsert(MatchBy::Email)).await?;
    let ann = crm.all().await?.remove(0);
    assert_eq!(ann.status, CustomerStatus::Inactive);
    assert!(crm.dump("crm_import_changes").await?.contains("ann@example.com"));
    crm.admin().customers().purge(ann.id, None).await?;
    assert_eq!(crm.count("crm_import_changes").await?, 0);
    assert_eq!(counts(&crm.revert(&import, false).await?), [0, 0, 0, 0]);
    Ok(())
}
