//! The records that cases of leads need.

use crm_core::actor::Role;
use crm_core::ids::{LeadId, UserId};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::lead_scoring::NewLeadScoringRule;
use crm_core::lead_statuses::{LeadStatusType, NewLeadStatus};
use crm_core::leads::ConvertLead;
use crm_core::notes::NewNote;
use crm_core::users::UserProfile;
use futures_util::future::LocalBoxFuture;
use serde_json::json;

use crate::support::Api;

/// A status that no lead has. It is the company's, whatever user has added it.
pub fn lead_status(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let name = format!("Status {}", uuid::Uuid::new_v4().simple());
    let new = NewLeadStatus::of(LeadStatusType::OnHold, name);
    Box::pin(async move {
        // A company with a status of its own gets no usual ones, and leads begin in one of those.
        scope.lead_statuses().add_usual().await.expect("the usual statuses");
        scope.lead_statuses().create(new).await.expect("a status").id.to_string()
    })
}

/// A rule for scores. It is the company's, whatever user has added it.
pub fn scoring_rule(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let new = NewLeadScoringRule::of("Hot", &json!({ "field": "rating", "op": "eq", "value": "hot" }), 20);
    Box::pin(async move { scope.lead_scoring().create_rule(new).await.expect("a rule").id.to_string() })
}

/// A user who gets leads, whatever user has added the rule.
pub fn rule_user(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (mut scope, id) = (api.scope(Some(api.user(Role::Admin))), api.user(Role::Support));
    Box::pin(async move {
        let profile = UserProfile { id, display_name: None, email: None, is_active: true };
        scope.users().mirror(&profile).await.expect("a mirror");
        id.to_string()
    })
}

/// A rule that assigns nothing. It is the company's, whatever user has added it.
pub fn assignment_rule(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, user) = (api.admin(), api.user(Role::Admin));
    Box::pin(async move {
        let rule = json!({ "name": "By mistake", "userIds": [user], "isActive": false });
        let rule = admin.post("/api/lead-assignment-rules").json(&rule).await.expect(201).json();
        rule["id"].as_str().expect("an id").to_owned()
    })
}

/// A lead of this owner.
pub fn lead(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let admin = api.admin();
    Box::pin(async move {
        admin.post("/api/lead-statuses/usual").await.expect(200);
        let body = json!({ "name": "Ann Lee", "organizationName": "Lee & Co", "ownerId": owner });
        let lead = admin.post("/api/leads").json(&body).await.expect(201).json();
        lead["id"].as_str().expect("an id").to_owned()
    })
}

pub fn trashed_lead(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), lead(api, owner));
    Box::pin(async move {
        let id = made.await;
        admin.delete(format!("/api/leads/{id}")).await.expect(204);
        id
    })
}

/// A lead of this owner who is a customer by now.
pub fn converted_lead(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (lead(api, owner), api.scope(None));
    Box::pin(async move {
        let id = made.await;
        let lead = id.parse().expect("an id");
        scope.leads().convert(lead, ConvertLead::default(), None).await.expect("a customer");
        id
    })
}

/// A shared note of this author, about a lead without an owner.
pub fn lead_note(api: &Api, author: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (lead(api, None), api.scope(author));
    Box::pin(async move {
        let lead = made.await;
        let id: LeadId = lead.parse().expect("an id");
        let note = scope.lead_notes(id).create(NewNote::text("For all")).await.expect("a note");
        format!("{lead}/{}", note.id)
    })
}

pub fn trashed_lead_note(api: &Api, author: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), lead_note(api, author));
    Box::pin(async move {
        let id = made.await;
        let (lead, note) = id.split_once('/').expect("two ids");
        admin.delete(format!("/api/leads/{lead}/notes/{note}")).await.expect(204);
        id
    })
}

/// A planned interaction of this owner, with a lead without an owner.
pub fn lead_interaction(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (lead(api, None), api.scope(owner));
    Box::pin(async move {
        let lead = made.await;
        let id: LeadId = lead.parse().expect("an id");
        let new = NewInteraction::of(InteractionType::Call, "Planned").planned(chrono::Utc::now());
        let interaction = scope.lead_interactions(id).create(new).await.expect("an interaction");
        format!("{lead}/{}", interaction.id)
    })
}

pub fn trashed_lead_interaction(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), lead_interaction(api, owner));
    Box::pin(async move {
        let id = made.await;
        let (lead, interaction) = id.split_once('/').expect("two ids");
        admin.delete(format!("/api/leads/{lead}/interactions/{interaction}")).await.expect(204);
        id
    })
}
