//! Conditions on custom fields with an index. The index has the beginnings of texts and rounded numbers, so it only narrows
//! what the condition on the value itself decides.

use sea_orm::Value as SqlValue;
use sea_orm::sea_query::{Expr, ExprTrait, Query, ValueType};
use serde_json::Value;

use super::Op;
use super::compile::{Compiler, list};
use crate::base::custom_field::{FieldRules, IndexKey};
use crate::base::error::Malformed;
use crate::query::dialect::any_of;

impl Compiler<'_> {
    /// What holds for all records that meet a condition on the field; `None` where the index is of no use.
    pub(super) fn narrowed(
        &self,
        rules: &FieldRules,
        name: &str,
        op: Op,
        value: &Value,
    ) -> Result<Option<Expr>, Malformed> {
        let Some(custom) = self.custom.filter(|_| rules.has_rows() && rules.has_all_rows) else {
            return Ok(None);
        };
        let stored = |value: &Value| self.operand(rules, name, value);
        let operands: Vec<Value> = match op {
            Op::Eq | Op::Lt | Op::Lte | Op::Gt | Op::Gte => vec![stored(value)?],
            Op::In | Op::Between => list(name, value)?.iter().map(stored).collect::<Result<_, _>>()?,
            Op::HasAny | Op::HasAll if !list(name, value)?.is_empty() => vec![stored(value)?],
            Op::HasAny | Op::HasAll | Op::Ne | Op::IsNull | Op::Contains | Op::StartsWith => return Ok(None),
        };
        let keys: Vec<IndexKey> = operands.iter().flat_map(|value| rules.index_keys(value)).collect();
        let Some((table, owner)) = custom.values else {
            return Ok(None);
        };
        let Some(is_key) = self.is_key(table, op, keys) else {
            return Ok(None);
        };
        let found = Query::select()
            .column((table, owner))
            .from(table)
            .and_where(Expr::col((table, "company_id")).eq(custom.company.0))
            .and_where(Expr::col((table, "field_key")).eq(rules.key.as_str()))
            .and_where(is_key)
            .to_owned();
        Ok(Some(Expr::col((self.table, "id")).in_subquery(found)))
    }

    /// Whether a row of the index can be one of a match. Bounds are included, since texts are cut and numbers rounded.
    fn is_key(&self, table: &'static str, op: Op, keys: Vec<IndexKey>) -> Option<Expr> {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                IndexKey::Text(text) => texts.push(text),
                IndexKey::Number(number) => numbers.push(number),
            }
        }
        if numbers.is_empty() {
            bounded(Expr::col((table, "text_value")), op, texts, self.postgres)
        } else {
            bounded(Expr::col((table, "number_value")), op, numbers, self.postgres)
        }
    }
}

fn bounded<V: Into<SqlValue> + ValueType + Clone>(column: Expr, op: Op, keys: Vec<V>, postgres: bool) -> Option<Expr> {
    let mut values = keys.iter().cloned().map(Expr::val);
    Some(match op {
        Op::Lt | Op::Lte => column.lte(values.next()?),
        Op::Gt | Op::Gte => column.gte(values.next()?),
        Op::Between => column.between(values.next()?, values.next()?),
        _ if keys.is_empty() => return None,
        _ => any_of(column, keys, postgres),
    })
}
