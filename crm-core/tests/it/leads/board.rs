//! The board: its statuses, the latest leads of each, and what narrows it.

use crm_core::actor::Role;
use crm_core::lead_statuses::{LeadStatusPatch, LeadStatusQuery, LeadStatusType, NewLeadStatus};
use crm_core::leads::{ConvertLead, LeadBoard, LeadQuery, NewLead};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::saved_views::{NewSavedView, ViewEntity};
use crm_core::users::OwnerFilter;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{add, change, convert, named, status};
use crate::support::{TestCrm, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_first_look_makes_the_usual_statuses,
        a_status_shows_its_latest_leads_and_counts_all,
        a_board_has_what_the_list_has,
        an_archived_status_is_shown_with_leads_only,
        a_view_of_leads_is_checked_as_the_list_is,
    ]);
}

/// The code of each status, how many leads have it, and the names of those that are shown.
fn shown(board: &LeadBoard) -> Vec<(&str, u64, Vec<&str>)> {
    let names = board.statuses.iter().map(|status| status.leads.iter().map(|lead| lead.name.as_str()).collect());
    let statuses = board.statuses.iter().zip(names);
    statuses.map(|(status, names)| (status.status.code.as_str(), status.count, names)).collect()
}

async fn board(crm: &TestCrm, query: LeadQuery) -> anyhow::Result<LeadBoard> {
    Ok(crm.admin().leads().board(&query).await?)
}

async fn the_first_look_makes_the_usual_statuses(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let first = crm.scope(Role::Viewer).leads().board(&LeadQuery::default()).await?;
    let codes: Vec<&str> = first.statuses.iter().map(|status| status.status.code.as_str()).collect();
    assert_eq!(codes, ["new", "contacted", "in_progress", "qualified", "unqualified"]);
    assert!(first.statuses.iter().all(|status| status.count == 0 && !status.is_capped && status.leads.is_empty()));
    assert_eq!(board(&crm, LeadQuery::default()).await?, first, "a second look makes nothing");
    Ok(())
}

async fn a_status_shows_its_latest_leads_and_counts_all(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for number in 0..22 {
        named(&crm, &format!("Lead {number:02}")).await?;
    }
    let contacted = named(&crm, "Contacted").await?;
    change(&crm, &contacted, status("contacted")).await?;
    let board = board(&crm, LeadQuery::default()).await?;
    let shown = shown(&board);
    assert_eq!((shown[0].0, shown[0].1, shown[0].2.len()), ("new", 22, 20));
    assert_eq!((shown[0].2[0], shown[0].2[19]), ("Lead 21", "Lead 02"), "the latest is on top");
    assert_eq!(shown[1], ("contacted", 1, vec!["Contacted"]));
    Ok(())
}

async fn a_board_has_what_the_list_has(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    for (name, owner) in [("Mine", Some(rep)), ("Of nobody", None), ("Deleted", None), ("Converted", None)] {
        let lead = add(&crm, NewLead { owner_id: owner, ..NewLead::organization(name) }).await?;
        match name {
            "Deleted" => crm.admin().leads().delete(lead.id, None).await?,
            "Converted" => drop(convert(&crm, &lead, ConvertLead::default()).await?),
            _ => {}
        }
    }
    assert_eq!(shown(&board(&crm, LeadQuery::default()).await?)[0].1, 2);
    let narrowed = [
        LeadQuery { owner: Some(OwnerFilter::User(rep)), ..LeadQuery::default() },
        LeadQuery { search: Some("MINE".to_owned()), ..LeadQuery::default() },
    ];
    for query in narrowed {
        assert_eq!(shown(&board(&crm, query).await?)[0], ("new", 1, vec!["Mine"]));
    }
    // Neither the trash nor what was converted is on a board, whatever is asked.
    let query = LeadQuery { trashed: true, converted: true, ..LeadQuery::default() };
    assert_eq!(shown(&board(&crm, query).await?)[0].1, 2);
    Ok(())
}

async fn an_archived_status_is_shown_with_leads_only(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    scope.lead_statuses().add_usual().await?;
    for name in ["Empty", "Full"] {
        scope.lead_statuses().create(NewLeadStatus::of(LeadStatusType::Ongoing, name)).await?;
    }
    add(&crm, NewLead { status: Some("full".into()), ..NewLead::organization("Lee & Co") }).await?;
    let all = scope.lead_statuses().list(&LeadStatusQuery::default(), &PageRequest::default()).await?;
    for status in all.data.iter().filter(|status| ["empty", "full"].contains(&status.code.as_str())) {
        let patch = LeadStatusPatch { is_archived: Patch::Set(true), ..LeadStatusPatch::default() };
        scope.lead_statuses().update(status.id, patch, None).await?;
    }
    let board = board(&crm, LeadQuery::default()).await?;
    let codes: Vec<&str> = board.statuses.iter().map(|status| status.status.code.as_str()).collect();
    assert!(codes.contains(&"full") && !codes.contains(&"empty"), "{codes:?}");
    Ok(())
}

async fn a_view_of_leads_is_checked_as_the_list_is(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let query = json!({ "status": ["new"], "rating": "hot,warm", "search": "lee", "isArchived": "false" });
    let new = NewSavedView {
        query: query.as_object().cloned(),
        sort: Some("-statusChangedAt".to_owned()),
        columns: Some(vec!["name".to_owned(), "estimatedValue".to_owned()]),
        ..NewSavedView::named(ViewEntity::Leads, "Promising")
    };
    let view = crm.admin().saved_views().create(new).await?;
    assert_eq!(view.query["rating"], json!(["hot", "warm"]));
    for (query, pointer, code) in [
        (json!({ "rating": "boiling" }), "/query/rating", "invalid"),
        (json!({ "stageId": "1" }), "/query/stageId", "unknown_field"),
        (json!({ "filter": { "field": "price", "op": "eq", "value": 1 } }), "/query/filter", "filter_invalid"),
    ] {
        let new = NewSavedView { query: query.as_object().cloned(), ..NewSavedView::named(ViewEntity::Leads, "Bad") };
        assert_eq!(violation(crm.admin().saved_views().create(new).await, pointer), code, "{query}");
    }
    Ok(())
}
