//! What the calls about sales need.

use crm_core::ids::UserId;
use crm_core::users::UserProfile;
use futures_util::future::LocalBoxFuture;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Api, Call};

/// A user that the company knows: this one, or another one.
pub fn known_user(api: &Api, user: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    Box::pin(async move {
        let id = user.unwrap_or_else(|| UserId(Uuid::new_v4()));
        let profile = UserProfile { id, display_name: Some("Sam Sales".to_owned()), email: None, is_active: true };
        scope.users().mirror(&profile).await.expect("a mirror");
        id.to_string()
    })
}

/// Gives a user a quota.
pub fn with_quota_of(call: Call, user: &str) -> Call {
    let amount = json!({ "amount": 2_500_000, "currency": "EUR" });
    call.json(&json!({ "quotas": [{ "userId": user, "month": "2026-06", "amount": amount }] }))
}
