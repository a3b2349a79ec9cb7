//! Preferences: a user's own, made by the first write, and short.

use crm_core::actor::{Actor, Role};
use crm_core::page::PageRequest;
use crm_core::preferences::{Density, NotificationPreferences, PreferencesPatch, Theme};
use crm_core::saved_views::{NewSavedView, ViewEntity};
use crm_core::{Crm, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_first_write_makes_them,
        they_are_merged,
        they_are_the_users_own,
        every_fault_is_told,
        two_first_writes_are_both_kept,
        they_go_with_the_user,
        only_users_have_them,
    ]);
}

fn patch(patch: serde_json::Value) -> PreferencesPatch {
    serde_json::from_value(patch).expect("a patch")
}

async fn the_first_write_makes_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let none = scope.preferences().get().await?;
    assert_eq!((none.version, none.theme, none.created_at), (0, None, None));
    assert_eq!(scope.preferences().update(PreferencesPatch::default(), Some(0)).await?.version, 0);
    assert_eq!(crm.records().await?, [0, 0, 0], "nothing is nothing to write");
    let dark =
        patch(json!({ "theme": "dark", "language": "de_at", "timeZone": "europe/berlin", "density": "compact" }));
    let first = scope.preferences().update(dark.clone(), Some(0)).await?;
    assert_eq!((first.version, first.theme, first.density), (1, Some(Theme::Dark), Some(Density::Compact)));
    assert_eq!((first.language.as_deref(), first.time_zone.as_deref()), (Some("de-AT"), Some("Europe/Berlin")));
    assert_eq!(scope.preferences().get().await?, first);
    assert_eq!(scope.preferences().update(dark.clone(), Some(1)).await?, first, "nothing changes");
    assert_eq!(crm.records().await?, [1, 1, 1]);
    assert_matches!(scope.preferences().update(dark, Some(0)).await, Err(Error::Stale { current: 1, .. }));
    Ok(())
}

async fn they_are_merged(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let view = scope.saved_views().create(NewSavedView::named(ViewEntity::Customers, "Mine")).await?;
    let lists = json!({ "customers": { "columns": ["name", "email"] }, "interactions": { "columns": ["type"] } });
    scope.preferences().update(patch(json!({ "theme": "light", "lists": lists })), None).await?;
    let second = json!({ "lists": { "customers": { "savedViewId": view.id }, "interactions": null } });
    let merged = scope.preferences().update(patch(second), None).await?;
    let customers = merged.lists.of(ViewEntity::Customers).expect("a list");
    assert_eq!(customers.columns.as_deref(), Some(&["name".to_owned(), "email".to_owned()][..]));
    assert_eq!((customers.saved_view_id, &merged.lists.interactions), (Some(view.id), &None));
    assert_eq!((merged.version, merged.theme), (2, Some(Theme::Light)));
    let mail = json!({ "notifications": { "email": ["assigned", "due"], "digest": true } });
    scope.preferences().update(patch(mail), None).await?;
    let mail = json!({ "notifications": { "email": null, "emailReminders": false } });
    let merged = scope.preferences().update(patch(mail), None).await?.notifications;
    assert_eq!((merged.email, merged.email_reminders, merged.digest), (None, Some(false), Some(true)));
    let none = scope.preferences().update(patch(json!({ "notifications": null })), None).await?;
    assert_eq!((none.notifications, none.version), (NotificationPreferences::default(), 5));
    Ok(())
}

async fn they_are_the_users_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let dark = patch(json!({ "theme": "dark" }));
    crm.scope(Role::SalesRep).preferences().update(dark.clone(), None).await?;
    assert_eq!(crm.admin().preferences().get().await?.version, 0);
    let user = crm.user(Role::SalesRep).0;
    assert!(crm.admin().audit().list(Some(user), &PageRequest::default()).await?.data.is_empty());
    assert!(crm.admin().events().after(None, 100).await?.events.is_empty());
    assert_eq!(crm.scope(Role::SalesRep).events().after(None, 100).await?.events.len(), 1);
    // The same user in another company has others.
    let other = crm.other_company();
    let actor = Actor::user(other.company, crm.user(Role::SalesRep), Role::SalesRep);
    assert_eq!(crm.crm.on(actor, &crm.db).preferences().get().await?.version, 0);
    Ok(())
}

async fn every_fault_is_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let tiles = json!([{ "id": "new customers" }, { "id": "a" }, { "id": "a" }]);
    let bad = json!({
        "language": "klingon language",
        "timeZone": "Berlin",
        "dashboard": { "tiles": tiles },
        "lists": { "customers": { "columns": ["colour"] } },
        "notifications": { "email": ["due", "assigned", "due"] },
    });
    let mut found = violations(scope.preferences().update(patch(bad), None).await);
    found.sort();
    let expected = [
        ("/dashboard/tiles/0/id", "tile_invalid"),
        ("/dashboard/tiles/2/id", "duplicate"),
        ("/language", "language_invalid"),
        ("/lists/customers/columns/0", "column_unknown"),
        ("/notifications/email/2", "duplicate"),
        ("/timeZone", "time_zone_unknown"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let private =
        crm.scope(Role::SalesRep).saved_views().create(NewSavedView::named(ViewEntity::Customers, "Theirs")).await?;
    let refers = patch(json!({ "lists": { "customers": { "savedViewId": private.id } } }));
    let refused = scope.preferences().update(refers, None).await;
    assert_eq!(violation(refused, "/lists/customers/savedViewId"), "saved_view_unknown");
    assert_eq!(scope.preferences().get().await?.version, 0, "nothing is half-written");
    // The largest there can be.
    let tiles: Vec<_> = (0..50).map(|n| json!({ "id": format!("{n:064}"), "hidden": true })).collect();
    let all = |entity: ViewEntity| json!({ "columns": entity.columns() });
    let lists: serde_json::Map<_, _> =
        ViewEntity::ALL.iter().map(|entity| (entity.to_string(), all(*entity))).collect();
    scope.preferences().update(patch(json!({ "dashboard": { "tiles": tiles }, "lists": lists })), None).await?;
    assert!(crm.dump("crm_preferences").await?.len() < 16 * 1024);
    Ok(())
}

async fn two_first_writes_are_both_kept(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.ensure_mirrored(Role::Admin).await?;
    let write = async |body| crm.admin().preferences().update(patch(body), None).await;
    let (one, other) = tokio::join!(write(json!({ "theme": "dark" })), write(json!({ "density": "compact" })));
    one?;
    other?;
    let kept = crm.admin().preferences().get().await?;
    assert_eq!((kept.version, kept.theme, kept.density), (2, Some(Theme::Dark), Some(Density::Compact)));
    Ok(())
}

async fn they_go_with_the_user(database: TestDatabase) -> anyhow::Result<()> {
    use sea_orm::ConnectionTrait;
    use sea_orm::sea_query::{Expr, ExprTrait, Query};
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    scope.preferences().update(patch(json!({ "theme": "dark" })), None).await?;
    scope.saved_views().create(NewSavedView::named(ViewEntity::Customers, "Mine")).await?;
    let delete = Query::delete()
        .from_table("crm_users")
        .and_where(Expr::col("company_id").eq(crm.company.0))
        .and_where(Expr::col("id").eq(crm.user(Role::Admin).0))
        .to_owned();
    crm.db.execute(&delete).await?;
    assert_eq!((crm.count("crm_preferences").await?, crm.count("crm_saved_views").await?), (0, 0));
    Ok(())
}

async fn only_users_have_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut system = Crm::default().on(Actor::system(crm.company), &crm.db);
    assert_eq!(system.preferences().get().await?.version, 0);
    let refused = system.preferences().update(patch(json!({ "theme": "dark" })), None).await;
    assert_eq!(violation(refused, ""), "user_required");
    Ok(())
}
