//! Rights in a token beside those of the role.

use crm_core::actor::Permission;
use serde_json::Value;

/// The rights in a list of texts `resource:action` or `resource:action:own`. Others are ignored: they are rights of other
/// services, or of a later version.
pub(super) fn permissions(claim: Option<&Value>) -> Vec<Permission> {
    let Some(Value::Array(texts)) = claim else {
        return Vec::new();
    };
    let known: Vec<_> = texts.iter().filter_map(|text| text.as_str()?.parse().ok()).collect();
    let count = texts.len() - known.len();
    if count > 0 {
        tracing::debug!(count, "a token has permissions that the CRM does not know");
    }
    known
}

#[cfg(test)]
mod tests {
    use crm_core::actor::{Action, Permission, Resource};
    use serde_json::json;

    use super::permissions;

    #[test]
    fn known_rights_are_read_and_others_ignored() {
        let claim = json!([
            "customers:export",
            "notes:update:own",
            "tags:delete:all",
            "invoices:read",
            "customers:fly",
            "customers",
            "customers:read:some",
            "customers:read:own:twice",
            "",
            7,
            null,
        ]);
        let expected = [
            Permission::all(Resource::Customers, Action::Export),
            Permission::own(Resource::Notes, Action::Update),
            Permission::all(Resource::Tags, Action::Delete),
        ];
        assert_eq!(permissions(Some(&claim)), expected);
        for none in [None, Some(&json!("customers:export")), Some(&json!({ "customers": "export" }))] {
            assert!(permissions(none).is_empty(), "{none:?}");
        }
    }
}
