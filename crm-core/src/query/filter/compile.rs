//! Compiles a filter to a condition. The databases differ only in their JSON functions.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, Query};
use serde_json::{Number, Value};
use uuid::Uuid;

use super::fields::{ListColumns, NameColumns};
use super::{Field, FieldKind, Filter, MAX_VALUES, Op};
use crate::base::custom_field::{CompanyFields, CustomFieldEntity};
use crate::base::error::Malformed;
use crate::base::ids::{CompanyId, UserId};
use crate::base::text::{email, escape_like, fold, holds_nul, word_key};
use crate::base::{clock, validation};
use crate::query::dialect::{COMPANY, any_of};

/// The maximum length of the folded text of `contains` and `starts_with`, in bytes.
pub(super) const MAX_QUERY_LENGTH: usize = 1_000;

/// How many values of `has_all` are conditions of their own.
const MAX_JOINED: usize = 8;

/// The target of a filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compiler<'f> {
    /// The entity's table.
    pub table: &'static str,
    /// The fields that can be filtered.
    pub fields: &'f [Field],
    /// The folded search text, which has an index.
    pub search_text: &'static str,
    pub postgres: bool,
    /// The user that `me` refers to.
    pub me: Option<UserId>,
    pub custom: Option<CustomMembers<'f>>,
}

/// The members of `customFields` that have a definition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CustomMembers<'f> {
    pub fields: &'f CompanyFields,
    pub entity: CustomFieldEntity,
    pub company: CompanyId,
    /// The table with the values of fields that have an index, and its column with the id of the record, if it has those of
    /// all records.
    pub values: Option<(&'static str, &'static str)>,
}

pub(super) type Compiled = Result<Expr, Malformed>;

pub(super) fn invalid(field: &str, detail: impl std::fmt::Display) -> Malformed {
    Malformed::new("filter_invalid", "filter", format!("{field}: {detail}"))
}

/// `column LIKE '%needle%'`, matching the needle literally.
pub(crate) fn contains(column: Expr, needle: &str, postgres: bool) -> Expr {
    column.like(pattern(format!("%{}%", escape_like(needle)), postgres))
}

/// SQLite has no default escape character. PostgreSQL's is the backslash; an ESCAPE clause would cost a call per row.
fn pattern(pattern: String, postgres: bool) -> LikeExpr {
    let pattern = LikeExpr::new(pattern);
    if postgres { pattern } else { pattern.escape('\\') }
}

impl Compiler<'_> {
    /// The condition for the rows.
    pub fn compile(&self, filter: &Filter) -> Compiled {
        match filter {
            Filter::All(inner) => self.join(inner, true),
            Filter::Any(inner) => self.join(inner, false),
            // NULL, which is neither true nor false, does not match.
            Filter::Not(inner) => {
                let matched: Expr = Func::coalesce([self.compile(inner)?, Expr::val(false)]).into();
                Ok(matched.not())
            }
            Filter::Leaf { field, op, value } => self.leaf(field, *op, value),
        }
    }

    /// Without operands `all` matches everything, `any` nothing.
    fn join(&self, inner: &[Filter], all: bool) -> Compiled {
        let mut parts = inner.iter().map(|filter| self.compile(filter));
        let Some(first) = parts.next() else {
            return Ok(Expr::val(1).eq(if all { 1 } else { 0 }));
        };
        parts.try_fold(first?, |joined, part| Ok(if all { joined.and(part?) } else { joined.or(part?) }))
    }

    fn leaf(&self, name: &str, op: Op, value: &Value) -> Compiled {
        // A filter that was built in code has not been checked by the parser.
        if holds_nul(value) {
            return Err(invalid(name, "text must not have NUL characters"));
        }
        let (base, key) = name.split_once('.').map_or((name, None), |(base, key)| (base, Some(key)));
        let field = self
            .fields
            .iter()
            .find(|field| field.name == base && matches!(field.kind, FieldKind::Json) == key.is_some())
            .ok_or_else(|| self.unknown(name))?;
        if let Some(rules) = key.and_then(|key| self.defined(field, key)) {
            return self.custom(field, rules, name, op, value);
        }
        expect_operator(name, field.kind.operators(), op)?;
        if let Some(key) = key {
            return self.json(field, name, key, op, value);
        }
        match field.kind {
            FieldKind::List(columns) => self.list(columns, name, op, value),
            _ => self.scalar(field, op, value),
        }
    }

    fn unknown(&self, name: &str) -> Malformed {
        let names: Vec<_> = self
            .fields
            .iter()
            .map(|field| {
                if matches!(field.kind, FieldKind::Json) { format!("{}.<key>", field.name) } else { field.name.into() }
            })
            .collect();
        invalid(name, format_args!("unknown field, expected one of {}", names.join(", ")))
    }

    fn scalar(&self, field: &Field, op: Op, value: &Value) -> Compiled {
        let column = field.expr(self.table);
        let one = |value: &Value| self.value(field, value);
        Ok(match op {
            Op::Eq => self.supported(field, column.eq(one(value)?), value)?,
            Op::Ne => column.ne(one(value)?),
            Op::Lt => column.lt(one(value)?),
            Op::Lte => column.lte(one(value)?),
            Op::Gt => column.gt(one(value)?),
            Op::Gte => column.gte(one(value)?),
            Op::In => {
                let values = list(field.name, value)?;
                if matches!(field.kind, FieldKind::Id) {
                    let ids: BTreeSet<Uuid> =
                        values.iter().map(|value| self.id(field, value)).collect::<Result<_, _>>()?;
                    return Ok(any_of(column, ids.into_iter().collect(), self.postgres));
                }
                let texts: BTreeSet<String> =
                    values.iter().map(|value| words(field, value)).collect::<Result<_, _>>()?;
                any_of(column, texts.into_iter().collect(), self.postgres)
            }
            Op::Between => match list(field.name, value)?.as_slice() {
                [low, high] => column.between(one(low)?, one(high)?),
                _ => return Err(invalid(field.name, "between takes a list of two values")),
            },
            Op::IsNull => is_null(column, field.name, value)?,
            Op::Contains => self.supported(field, contains(column, &needle(field, value)?, self.postgres), value)?,
            Op::StartsWith => {
                let pattern = pattern(format!("{}%", escape_like(&needle(field, value)?)), self.postgres);
                self.supported(field, column.like(pattern), value)?
            }
            Op::HasAny | Op::HasAll => return Err(invalid(field.name, "is not a list")),
        })
    }

    /// Adds the condition on the search text, which has an index on PostgreSQL: it contains everything that the column
    /// contains. The index does not help with fewer than three letters.
    fn supported(&self, field: &Field, question: Expr, value: &Value) -> Compiled {
        if !self.postgres || !matches!(field.kind, FieldKind::Folded { searched: true } | FieldKind::Email) {
            return Ok(question);
        }
        let needle = fold(&needle(field, value)?);
        if needle.chars().count() < 3 {
            return Ok(question);
        }
        Ok(question.and(contains(Expr::col((self.table, self.search_text)), &needle, true)))
    }

    /// A value, in the type of the field.
    fn value(&self, field: &Field, value: &Value) -> Compiled {
        Ok(match field.kind {
            FieldKind::Folded { .. } | FieldKind::Email | FieldKind::Code | FieldKind::Word | FieldKind::Name(_) => {
                Expr::val(words(field, value)?)
            }
            FieldKind::Id => Expr::val(self.id(field, value)?),
            FieldKind::Bool => Expr::val(value.as_bool().ok_or_else(|| invalid(field.name, "expected true or false"))?),
            FieldKind::Number => {
                Expr::val(value.as_i64().ok_or_else(|| invalid(field.name, "expected a whole number"))?)
            }
            FieldKind::Time => {
                let time = time(text(field.name, value)?);
                Expr::val(time.ok_or_else(|| invalid(field.name, "expected an RFC 3339 time"))?)
            }
            FieldKind::Date => {
                let date: Option<NaiveDate> = text(field.name, value)?.parse().ok();
                Expr::val(date.ok_or_else(|| invalid(field.name, "expected a date such as 2026-11-30"))?)
            }
            FieldKind::Json | FieldKind::List(_) => return Err(invalid(field.name, "has no single value")),
        })
    }

    fn id(&self, field: &Field, value: &Value) -> Result<Uuid, Malformed> {
        if value == "me" {
            return self.me(field.name);
        }
        text(field.name, value)?.parse().map_err(|_| invalid(field.name, "expected a UUID"))
    }

    pub(super) fn me(&self, name: &str) -> Result<Uuid, Malformed> {
        self.me.map(Uuid::from).ok_or_else(|| invalid(name, "only a user is \"me\""))
    }

    /// One sub-select for all values: one per value would nest deeper than SQLite allows.
    fn list(&self, columns: ListColumns, name: &str, op: Op, value: &Value) -> Compiled {
        let rows = || {
            let mut rows = Query::select().from(columns.table).to_owned();
            let is_company = |table| Expr::col((table, "company_id")).eq(Expr::cust(COMPANY));
            rows.and_where(is_company(columns.table));
            rows.and_where(Expr::col((columns.table, columns.owner)).equals((columns.owner_table, "id")));
            if let Some(NameColumns { table, .. }) = columns.named {
                let is_named = Expr::col((table, "id")).equals((columns.table, columns.value));
                rows.inner_join(table, is_company(table).and(is_named));
            }
            rows
        };
        let any = Expr::exists(rows().expr(Expr::val(1)).to_owned());
        if op == Op::IsNull {
            return Ok(if wants_null(name, value)? { any.not() } else { any });
        }
        let wanted = list(name, value)?
            .iter()
            .map(|value| {
                let text = value.as_str().ok_or_else(|| invalid(name, "expected texts"))?;
                Ok(if columns.named.is_some() { fold(text) } else { text.to_owned() })
            })
            .collect::<Result<BTreeSet<_>, _>>()?;
        let count = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
        let item = || Expr::col(columns.named.map_or((columns.table, columns.value), |named| (named.table, named.key)));
        // PostgreSQL joins each of them to the rows, where a count would be taken for every row.
        if self.postgres && op == Op::HasAll && (1..=MAX_JOINED).contains(&wanted.len()) {
            let each = wanted.into_iter().map(|value| rows().and_where(item().eq(value)).expr(Expr::val(1)).to_owned());
            return Ok(each.map(Expr::exists).reduce(ExprTrait::and).unwrap_or_else(|| Expr::val(true)));
        }
        let having = rows().and_where(any_of(item(), wanted.into_iter().collect(), self.postgres)).to_owned();
        Ok(match op {
            Op::HasAll => {
                let having = having.clone().expr(Func::count_distinct(item())).to_owned();
                Expr::from(having).eq(count)
            }
            _ => Expr::exists(having.clone().expr(Expr::val(1)).to_owned()),
        })
    }

    /// A member of a JSON object, compared by JSON types: `1` is not `"1"` and not `true`.
    fn json(&self, field: &Field, name: &str, key: &str, op: Op, value: &Value) -> Compiled {
        if !validation::is_key(key) {
            return Err(invalid(name, validation::KEY_RULE));
        }
        let column = field.expr(self.table);
        let (kind, member) = if self.postgres {
            let member = Expr::col((self.table, field.column)).get_json_field(Expr::val(key));
            (function("jsonb_typeof", [member.clone()]), member)
        } else {
            let arguments = || [column.clone(), Expr::val(format!("$.\"{key}\""))];
            (function("json_type", arguments()), function("json_extract", arguments()))
        };
        if op == Op::IsNull {
            let kind: Expr = Func::coalesce([kind, Expr::val("null")]).into();
            return Ok(if wants_null(name, value)? { kind.eq("null") } else { kind.ne("null") });
        }
        match value {
            Value::Number(number) if !is_comparable(number) => Err(incomparable(name)),
            Value::String(_) | Value::Number(_) | Value::Bool(_) if self.postgres => {
                Ok(member.eq(Expr::val(value.clone())))
            }
            Value::String(text) => Ok(kind.eq("text").and(member.eq(text.as_str()))),
            Value::Bool(flag) => Ok(kind.eq(if *flag { "true" } else { "false" })),
            Value::Number(number) => Ok(kind.is_in(["integer", "real"]).and(member.eq(sqlite_number(number)))),
            _ => Err(invalid(name, "expected a text, a number, true or false")),
        }
    }
}

pub(super) fn expect_operator(name: &str, operators: &[Op], op: Op) -> Result<(), Malformed> {
    if operators.contains(&op) {
        return Ok(());
    }
    let names: Vec<_> = operators.iter().map(|op| op.as_str()).collect();
    Err(invalid(name, format_args!("takes {}, not {op}", names.join(", "))))
}

pub(super) fn incomparable(name: &str) -> Malformed {
    invalid(name, "the number is beyond 64 bits with a sign; longer ones are kept and found as text")
}

/// A number in the type in which SQLite extracts it.
pub(super) fn sqlite_number(number: &Number) -> Expr {
    number.as_i64().map_or_else(|| Expr::val(number.as_f64().unwrap_or(f64::NAN)), Expr::val)
}

/// Beyond 64 bits PostgreSQL compares exact digits, and SQLite floating point numbers.
pub(super) fn is_comparable(number: &Number) -> bool {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    number.is_i64() || number.as_f64().is_some_and(|number| (-BEYOND..BEYOND).contains(&number))
}

pub(super) fn function<const N: usize>(name: &'static str, arguments: [Expr; N]) -> Expr {
    Func::cust(name).args(arguments).into()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    clock::stored(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

pub(super) fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, Malformed> {
    value.as_str().ok_or_else(|| invalid(name, "expected a text"))
}

/// A text in the stored form of the field's column.
fn words(field: &Field, value: &Value) -> Result<String, Malformed> {
    let text = text(field.name, value)?;
    match field.kind {
        FieldKind::Name(names) => {
            let name = crate::base::string_enum::canonical(text);
            if !names.contains(&name.as_str()) {
                return Err(invalid(field.name, format_args!("expected one of {}", names.join(", "))));
            }
            Ok(name)
        }
        FieldKind::Code => Ok(text.to_owned()),
        FieldKind::Word => Ok(word_key(text)),
        FieldKind::Email => Ok(email(text)),
        _ => Ok(fold(text)),
    }
}

fn needle(field: &Field, value: &Value) -> Result<String, Malformed> {
    let needle = words(field, value)?;
    // One character can fold to several; SQLite limits the length of patterns.
    if needle.len() > MAX_QUERY_LENGTH {
        return Err(invalid(field.name, format_args!("at most {MAX_QUERY_LENGTH} bytes of text can be looked for")));
    }
    Ok(needle)
}

pub(super) fn list<'v>(name: &str, value: &'v Value) -> Result<&'v Vec<Value>, Malformed> {
    let values = value.as_array().ok_or_else(|| invalid(name, "expected a list"))?;
    if values.len() > MAX_VALUES {
        return Err(invalid(name, format_args!("a list has at most {MAX_VALUES} values")));
    }
    Ok(values)
}

pub(super) fn wants_null(name: &str, value: &Value) -> Result<bool, Malformed> {
    match value {
        Value::Null => Ok(true),
        Value::Bool(wanted) => Ok(*wanted),
        _ => Err(invalid(name, "is_null takes true or false")),
    }
}

fn is_null(column: Expr, name: &str, value: &Value) -> Compiled {
    Ok(if wants_null(name, value)? { column.is_null() } else { column.is_not_null() })
}
