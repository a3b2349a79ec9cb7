//! The users and customers that custom fields name.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{CustomFieldEntity, CustomFieldType};
use crate::base::custom_field::{CompanyFields, Fault, FieldRules, fault};
use crate::base::error::{Result, Violations};
use crate::base::json::below;
use crate::query::dialect::any_of;
use crate::scope::{CompanyScope, CompanyTx};

/// The users and customers that some records name, and which of them are there.
#[derive(Debug, Default)]
pub(crate) struct References {
    users: BTreeSet<Uuid>,
    customers: BTreeSet<Uuid>,
}

impl References {
    /// Adds what a value of this field names.
    fn note(&mut self, rules: &FieldRules, value: &Value) {
        let Some(id) = id(value) else { return };
        match rules.field_type {
            CustomFieldType::User => drop(self.users.insert(id)),
            CustomFieldType::Customer => drop(self.customers.insert(id)),
            _ => {}
        }
    }

    /// Those of some records that are there, and that the actor sees. No statement if there are none.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for customers, without the right to read any.
    pub async fn known<'v>(
        scope: &CompanyScope<'_>,
        fields: &CompanyFields,
        records: impl Iterator<Item = &'v Map<String, Value>>,
    ) -> Result<Self> {
        let referring: Vec<&FieldRules> =
            fields.of(CustomFieldEntity::Customer).filter(|rules| refers(rules)).collect();
        let mut named = Self::default();
        if referring.is_empty() {
            return Ok(named);
        }
        for members in records {
            for rules in &referring {
                members.get(&rules.key).into_iter().for_each(|value| named.note(rules, value));
            }
        }
        named.present(scope).await
    }

    async fn present(self, scope: &CompanyScope<'_>) -> Result<Self> {
        let (company, postgres) = (scope.company_id().0, scope.is_postgres());
        let mut known = Self::default();
        if !self.users.is_empty() {
            let users = Query::select()
                .column("id")
                .from("crm_users")
                .and_where(Expr::col("company_id").eq(company))
                .and_where(Expr::col("is_active").eq(true))
                .and_where(any_of(Expr::col("id"), self.users.into_iter().collect(), postgres))
                .to_owned();
            for row in scope.database().query_all(&users).await? {
                known.users.insert(row.try_get("", "id")?);
            }
        }
        if !self.customers.is_empty() {
            let ids: Vec<Uuid> = self.customers.into_iter().collect();
            let customers = scope.actor().visible_customers(|column| any_of(column, ids, postgres))?;
            for row in scope.database().query_all(&customers).await? {
                known.customers.insert(row.try_get("", "id")?);
            }
        }
        Ok(known)
    }

    /// What is wrong with a value that names what is not there.
    pub fn fault(&self, rules: &FieldRules, value: &Value) -> Option<Fault> {
        let id = id(value)?;
        match rules.field_type {
            CustomFieldType::User if !self.users.contains(&id) => {
                Some(fault("user_unknown", "the company has no such active user"))
            }
            CustomFieldType::Customer if !self.customers.contains(&id) => {
                Some(fault("customer_unknown", "there is no such customer"))
            }
            _ => None,
        }
    }
}

const fn refers(rules: &FieldRules) -> bool {
    matches!(rules.field_type, CustomFieldType::User | CustomFieldType::Customer)
}

fn id(value: &Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}

/// Refuses users and customers that are not there. What a record named before is not asked for again.
///
/// # Errors
/// All such values.
pub(crate) async fn check_references(
    tx: &mut CompanyTx<'_>,
    before: Option<&Map<String, Value>>,
    after: &Map<String, Value>,
) -> Result<()> {
    let (fields, scope) = (tx.company.fields.clone(), tx.scope());
    let changed: Map<String, Value> = after
        .iter()
        .filter(|(key, value)| before.and_then(|before| before.get(*key)) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let known = References::known(&scope, &fields, std::iter::once(&changed)).await?;
    let mut violations = Violations::default();
    for (key, value) in &changed {
        let rules = fields.get(CustomFieldEntity::Customer, key);
        if let Some((code, detail)) = rules.and_then(|rules| known.fault(rules, value)) {
            violations.add(below("/customFields", key), code, detail);
        }
    }
    Ok(violations.into_result()?)
}
