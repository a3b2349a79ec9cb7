//! The organizations of new people: found, added, and linked.

use crm_core::actor::Role;
use crm_core::customers::{
    Customer, CustomerKind, CustomerLinkQuery, CustomerQuery, ImportOptions, ImportOrganizations, ImportReport,
    ImportRevert, MatchBy, NewCustomer,
};
use crm_core::page::{Count, PageRequest};
use testkit::{Suite, TestDatabase};

use super::{create, upsert};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            people_are_linked_with_organizations_of_their_names,
            organizations_are_added_once_for_a_file,
            only_what_is_there_is_matched,
            people_who_are_there_keep_what_they_have,
            a_dry_run_adds_nobody,
        ];
        own: [a_revert_takes_the_organizations_along]
    );
}

const FILE: &str = "Name,Email,Company\nAnn Lee,ann@example.com,Kaffe AB\nBen Lee,ben@example.com,KAFFE ab\n\
                    Cem Ak,cem@example.com,Sält Ltd\nDi Oh,di@example.com,\n";

fn with(organizations: ImportOrganizations) -> ImportOptions {
    ImportOptions { organizations, default_kind: Some(CustomerKind::Person), ..create() }
}

impl TestCrm {
    async fn of_kind(&self, kind: CustomerKind) -> crm_core::Result<Vec<Customer>> {
        let query = CustomerQuery { kind: vec![kind], sort: "name".parse().unwrap(), ..CustomerQuery::default() };
        Ok(self.admin().customers().list(&query, &Default::default()).await?.data)
    }

    async fn named_organizations(&self) -> crm_core::Result<Vec<String>> {
        Ok(self.of_kind(CustomerKind::Organization).await?.into_iter().map(|one| one.name).collect())
    }

    /// The labels of the links that go to an organization, with the names of the people.
    async fn people_of(&self, organization: &Customer) -> crm_core::Result<Vec<(String, String, bool)>> {
        let page = self.admin().links(organization.id).list(&CustomerLinkQuery::default(), &Default::default()).await?;
        let mut people: Vec<_> =
            page.data.into_iter().map(|link| (link.customer.display_name, link.label, link.is_primary)).collect();
        people.sort_unstable();
        Ok(people)
    }

    async fn imports_with(&self, organizations: ImportOrganizations) -> crm_core::Result<ImportReport> {
        self.import(FILE, &with(organizations)).await
    }
}

async fn people_are_linked_with_organizations_of_their_names(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let salt = crm.create(NewCustomer::organization("Salt Ltd")).await?;
    let report = crm.imports_with(ImportOrganizations::Create).await?;
    assert_eq!((report.created, report.failed), (4, 0));
    assert_eq!(crm.named_organizations().await?, ["Kaffe AB", "Salt Ltd"]);
    let organizations = crm.of_kind(CustomerKind::Organization).await?;
    let linked = |name: &str| (name.to_owned(), "employee".to_owned(), true);
    assert_eq!(crm.people_of(&organizations[0]).await?, [linked("Ann Lee"), linked("Ben Lee")]);
    assert_eq!(crm.people_of(&salt).await?, [linked("Cem Ak")]);
    let people = crm.of_kind(CustomerKind::Person).await?;
    let firms: Vec<_> = people.iter().map(|one| (one.organization_name.as_deref(), one.organization_id)).collect();
    let kaffe = (Some("Kaffe AB"), Some(organizations[0].id));
    assert_eq!(firms, [kaffe, kaffe, (Some("Salt Ltd"), Some(salt.id)), (None, None)]);
    Ok(())
}

async fn organizations_are_added_once_for_a_file(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    // More than one batch; the file has one of the organizations itself.
    let rows: String = (0..600).map(|number| format!("Person {number},person,Firm {}\n", number % 3)).collect();
    let file = format!("Name,Kind,Company\nFirm 1,organization,\n{rows}");
    let report = crm.import(file, &ImportOptions { organizations: ImportOrganizations::Create, ..create() }).await?;
    assert_eq!((report.created, report.failed), (601, 0), "{report:?}");
    assert_eq!(crm.named_organizations().await?, ["Firm 0", "Firm 1", "Firm 2"]);
    let mut people = 0;
    for organization in crm.of_kind(CustomerKind::Organization).await? {
        let mut scope = crm.admin();
        let page = scope
            .links(organization.id)
            .list(&CustomerLinkQuery::default(), &PageRequest::default().count(Count::Exact))
            .await?;
        people += page.total.unwrap_or_default();
    }
    assert_eq!(people, 600);
    Ok(())
}

async fn only_what_is_there_is_matched(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let salt = crm.create(NewCustomer::organization("Salt Ltd")).await?;
    let kaffe = crm.create(NewCustomer::organization("Kaffe AB")).await?;
    crm.admin().customers().delete(kaffe.id, None).await?;
    crm.imports_with(ImportOrganizations::Match).await?;
    assert_eq!(crm.named_organizations().await?, ["Salt Ltd"]);
    assert_eq!(crm.people_of(&salt).await?.len(), 1);
    let ann = &crm.of_kind(CustomerKind::Person).await?[0];
    assert_eq!((ann.organization_name.as_deref(), ann.organization_id), (Some("Kaffe AB"), None));
    let other = TestCrm::new(&database);
    other.imports_with(ImportOrganizations::Text).await?;
    assert!(other.named_organizations().await?.is_empty());
    Ok(())
}

async fn people_who_are_there_keep_what_they_have(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Name,Email\nAnn Lee,ann@example.com\n", &with(ImportOrganizations::Create)).await?;
    let options = ImportOptions { organizations: ImportOrganizations::Create, ..upsert(MatchBy::Email) };
    let report = crm.import(FILE, &options).await?;
    assert_eq!((report.created, report.updated), (3, 1));
    let people = crm.of_kind(CustomerKind::Person).await?;
    assert_eq!((people[0].organization_name.as_deref(), people[0].organization_id), (Some("Kaffe AB"), None));
    assert!(people[1].organization_id.is_some());
    Ok(())
}

async fn a_dry_run_adds_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let options = ImportOptions { dry_run: true, ..with(ImportOrganizations::Create) };
    let report = crm.import(FILE, &options).await?;
    assert_eq!((report.created, crm.count("crm_customers").await?), (4, 0));
    Ok(())
}

async fn a_revert_takes_the_organizations_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let import = crm.store(FILE).await?;
    let mut scope = crm.scope(Role::Manager);
    scope.imports().start(import.id, with(ImportOrganizations::Create)).await?;
    crm.work().await?;
    assert_eq!(crm.named_organizations().await?, ["Kaffe AB", "Sält Ltd"]);
    let ImportRevert::Done(outcome) = scope.imports().revert(import.id, false).await? else { panic!("a job") };
    assert_eq!((outcome.trashed, outcome.changed_since), (6, 0), "{outcome:?}");
    assert!(crm.named_organizations().await?.is_empty() && crm.of_kind(CustomerKind::Person).await?.is_empty());
    Ok(())
}
