//! Conditions on custom fields with a definition: values are compared by their type, alike on both databases. A value of
//! another type, which is older than the definition, matches nothing but `is_null`.

use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use serde_json::{Value, json};

use super::compile::{
    Compiled, Compiler, MAX_QUERY_LENGTH, expect_operator, function, incomparable, invalid, is_comparable, list,
    sqlite_number, text, wants_null,
};
use super::{Field, Op};
use crate::base::custom_field::{CustomFieldType, FieldRules};
use crate::base::error::Malformed;

/// The letters whose case is of no account in `contains` and `starts_with`.
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";

/// The operators of a type.
const fn operators(field_type: CustomFieldType) -> &'static [Op] {
    use CustomFieldType as T;
    use Op::{Between, Contains, Eq, Gt, Gte, HasAll, HasAny, In, IsNull, Lt, Lte, Ne, StartsWith};
    match field_type {
        T::Text | T::LongText | T::Url | T::Email | T::Phone => &[Eq, Ne, In, IsNull, Contains, StartsWith],
        T::Integer | T::Decimal | T::Percent | T::Rating | T::Date | T::Time => {
            &[Eq, Ne, In, Lt, Lte, Gt, Gte, Between, IsNull]
        }
        T::Money => &[Eq, Ne, Lt, Lte, Gt, Gte, Between, IsNull],
        T::Boolean => &[Eq, Ne, IsNull],
        T::Select | T::User | T::Customer => &[Eq, Ne, In, IsNull],
        T::MultiSelect => &[HasAny, HasAll, IsNull],
        T::Json => &[IsNull],
    }
}

/// A member of the object, or a member of it.
struct Member {
    /// Its JSON type, by the word of the database.
    kind: Expr,
    /// Its value: JSON on PostgreSQL, a value of SQL on SQLite.
    value: Expr,
    /// The same as text.
    text: Expr,
}

impl Compiler<'_> {
    /// The definition of a member.
    pub(super) fn defined(&self, field: &Field, key: &str) -> Option<&FieldRules> {
        let custom = self.custom.filter(|_| field.name == "customFields")?;
        custom.fields.get(custom.entity, key)
    }

    /// A condition on a member that has a definition.
    pub(super) fn custom(&self, field: &Field, rules: &FieldRules, name: &str, op: Op, value: &Value) -> Compiled {
        expect_operator(name, operators(rules.field_type), op)?;
        let member = self.member(field, &[&rules.key]);
        if op == Op::IsNull {
            let kind: Expr = Func::coalesce([member.kind, Expr::val("null")]).into();
            return Ok(if wants_null(name, value)? { kind.eq("null") } else { kind.ne("null") });
        }
        let found = self.compared(field, member, rules, name, op, value)?;
        Ok(match self.narrowed(rules, name, op, value)? {
            Some(narrowed) => narrowed.and(found),
            None => found,
        })
    }

    fn compared(
        &self,
        field: &Field,
        member: Member,
        rules: &FieldRules,
        name: &str,
        op: Op,
        value: &Value,
    ) -> Compiled {
        use CustomFieldType as T;
        let operand = |value: &Value| self.operand(rules, name, value);
        match rules.field_type {
            T::Integer | T::Decimal | T::Percent | T::Rating => {
                Ok(self.is_number(&member).and(self.compare_numbers(member.value, name, op, value)?))
            }
            T::Boolean => self.flag(member, op, &operand(value)?),
            T::Money => self.money(field, rules, name, op, value),
            T::MultiSelect => self.options(field, member, rules, name, op, value),
            _ if matches!(op, Op::Contains | Op::StartsWith) => {
                Ok(self.is_text(&member).and(self.within(member.text, name, op, value)?))
            }
            _ => {
                let one = |value: &Value| Ok(Expr::val(text(name, &operand(value)?)?.to_owned()));
                let sorted = self.in_byte_order(member.text.clone());
                Ok(self.is_text(&member).and(compare(sorted, name, op, value, one)?))
            }
        }
    }

    fn member(&self, field: &Field, path: &[&str]) -> Member {
        if self.postgres {
            let column = Expr::col((self.table, field.column));
            let Some((last, first)) = path.split_last() else {
                return Member { kind: column.clone(), value: column.clone(), text: column };
            };
            let above = first.iter().fold(column, |above, key| above.get_json_field(Expr::val(*key)));
            let value = above.clone().get_json_field(Expr::val(*last));
            let text = above.cast_json_field(Expr::val(*last));
            return Member { kind: function("jsonb_typeof", [value.clone()]), value, text };
        }
        // Keys of definitions have letters, digits and underscores only.
        let path: String = path.iter().fold("$".to_owned(), |path, key| format!("{path}.\"{key}\""));
        let arguments = || [field.expr(self.table), Expr::val(path.as_str())];
        let value = function("json_extract", arguments());
        Member { kind: function("json_type", arguments()), value: value.clone(), text: value }
    }

    /// A value as the field stores it, whatever bounds it has now.
    pub(super) fn operand(&self, rules: &FieldRules, name: &str, value: &Value) -> Result<Value, Malformed> {
        if rules.field_type == CustomFieldType::User && value == "me" {
            return Ok(json!(self.me(name)?));
        }
        let stored = rules.without_bounds().stored(value).map_err(|(_, detail)| invalid(name, detail))?;
        stored.ok_or_else(|| invalid(name, "expected a value"))
    }

    fn is_text(&self, member: &Member) -> Expr {
        member.kind.clone().eq(if self.postgres { "string" } else { "text" })
    }

    fn is_number(&self, member: &Member) -> Expr {
        match self.postgres {
            true => member.kind.clone().eq("number"),
            false => member.kind.clone().is_in(["integer", "real"]),
        }
    }

    fn compare_numbers(&self, member: Expr, name: &str, op: Op, value: &Value) -> Compiled {
        compare(member, name, op, value, |value| match value {
            Value::Number(number) if !is_comparable(number) => Err(incomparable(name)),
            Value::Number(_) if self.postgres => Ok(Expr::val(value.clone())),
            Value::Number(number) => Ok(sqlite_number(number)),
            _ => Err(invalid(name, "expected a number")),
        })
    }

    fn flag(&self, member: Member, op: Op, wanted: &Value) -> Compiled {
        let wanted = (wanted == &Value::Bool(true)) == (op == Op::Eq);
        if self.postgres {
            return Ok(member.kind.eq("boolean").and(member.value.eq(Expr::val(Value::Bool(wanted)))));
        }
        Ok(member.kind.eq(if wanted { "true" } else { "false" }))
    }

    /// Days and times of day come in their order.
    fn in_byte_order(&self, text: Expr) -> Expr {
        if self.postgres { Expr::cust_with_exprs("($1 COLLATE \"C\")", [text]) } else { text }
    }

    fn within(&self, member: Expr, name: &str, op: Op, value: &Value) -> Compiled {
        let needle = text(name, value)?.to_ascii_lowercase();
        if needle.len() > MAX_QUERY_LENGTH {
            return Err(invalid(name, format_args!("at most {MAX_QUERY_LENGTH} bytes of text can be looked for")));
        }
        let place = if self.postgres {
            let lower = function("translate", [member, Expr::val(UPPER), Expr::val(LOWER)]);
            function("strpos", [lower, Expr::val(needle)])
        } else {
            // SQLite's `lower` knows these letters only.
            function("instr", [function("lower", [member]), Expr::val(needle)])
        };
        Ok(if op == Op::Contains { place.gt(0) } else { place.eq(1) })
    }

    /// Amounts of one currency; those of another are neither less nor more.
    fn money(&self, field: &Field, rules: &FieldRules, name: &str, op: Op, value: &Value) -> Compiled {
        let operand = |value: &Value| {
            let money = self.operand(rules, name, value)?;
            Ok((money["amount"].clone(), money["currency"].clone()))
        };
        let (amount, currency) = match op {
            Op::Between => match list(name, value)?.as_slice() {
                [low, high] => {
                    let ((low, currency), (high, other)) = (operand(low)?, operand(high)?);
                    if currency != other {
                        return Err(invalid(name, "expected two amounts of one currency"));
                    }
                    (json!([low, high]), currency)
                }
                _ => return Err(invalid(name, "between takes a list of two values")),
            },
            _ => operand(value)?,
        };
        let [held, of] = ["amount", "currency"].map(|part| self.member(field, &[&rules.key, part]));
        let is_same = of.text.clone().eq(text(name, &currency)?);
        let is_money = self.is_number(&held).and(self.is_text(&of));
        let compared = match op {
            Op::Ne => self.compare_numbers(held.value, name, Op::Eq, &amount)?.and(is_same).not(),
            op => self.compare_numbers(held.value, name, op, &amount)?.and(is_same),
        };
        Ok(is_money.and(compared))
    }

    fn options(
        &self,
        field: &Field,
        member: Member,
        rules: &FieldRules,
        name: &str,
        op: Op,
        value: &Value,
    ) -> Compiled {
        let wanted = rules.without_bounds().stored(&Value::Array(list(name, value)?.clone()));
        let wanted = wanted.map_err(|(_, detail)| invalid(name, detail))?.unwrap_or_else(|| json!([]));
        let wanted: Vec<String> =
            wanted.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let is_list = member.kind.clone().eq("array");
        if self.postgres {
            let has = |values: Vec<String>| member.value.clone().contains(Expr::val(json!(values)));
            let matched = match op {
                Op::HasAll => has(wanted),
                _ => wanted.into_iter().map(|value| has(vec![value])).reduce(ExprTrait::or).unwrap_or(Expr::val(false)),
            };
            return Ok(is_list.and(matched));
        }
        let count = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
        let marks = vec!["?"; wanted.len()].join(", ");
        let sql = format!(
            "(SELECT COUNT(DISTINCT options.value) FROM json_each(?, ?) AS options WHERE options.value IN ({marks}))"
        );
        let values = wanted.into_iter().map(Expr::val);
        let arguments = [field.expr(self.table), Expr::val(format!("$.\"{}\"", rules.key))];
        let found = Expr::cust_with_exprs(sql, arguments.into_iter().chain(values));
        Ok(is_list.and(if op == Op::HasAll { found.eq(count) } else { found.gt(0) }))
    }
}

fn compare(member: Expr, name: &str, op: Op, value: &Value, one: impl Fn(&Value) -> Compiled) -> Compiled {
    Ok(match op {
        Op::Eq => member.eq(one(value)?),
        Op::Ne => member.ne(one(value)?),
        Op::Lt => member.lt(one(value)?),
        Op::Lte => member.lte(one(value)?),
        Op::Gt => member.gt(one(value)?),
        Op::Gte => member.gte(one(value)?),
        Op::In => member.is_in(list(name, value)?.iter().map(one).collect::<Result<Vec<_>, _>>()?),
        Op::Between => match list(name, value)?.as_slice() {
            [low, high] => member.between(one(low)?, one(high)?),
            _ => return Err(invalid(name, "between takes a list of two values")),
        },
        Op::IsNull | Op::Contains | Op::StartsWith | Op::HasAny | Op::HasAll => {
            return Err(invalid(name, "is not compared so"));
        }
    })
}
