//! The rule for statements on PostgreSQL, which a distributed database needs and a reviewer can check by reading one
//! statement: every reference to a company table binds the company by a value of its own, and no `INSERT … VALUES` contains
//! a sub-select.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, GroupByExpr, Insert, JoinConstraint, JoinOperator, ObjectName, Query,
    Select, SelectItem, SetExpr, Statement, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind,
    Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

const COMPANY: &str = "company_id";

/// A violation of the rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Breach {
    /// This table is read or written without a company of its own, in this part of the statement.
    Unbound { table: String, part: String },
    /// The values of an `INSERT` into this table contain a sub-select.
    SelectInValues(String),
    /// The parser does not support the statement.
    Unreadable { sql: String, error: String },
}

/// All violations of the rule; `tables` are the company tables.
pub(crate) fn breaches(sql: &str, tables: &BTreeSet<String>) -> Vec<Breach> {
    // The parser knows two of PostgreSQL's four row locks.
    let known = sql.replace(" FOR NO KEY UPDATE", " FOR UPDATE").replace(" FOR KEY SHARE", " FOR SHARE");
    let statements = match Parser::parse_sql(&PostgreSqlDialect {}, &known) {
        Ok(statements) => statements,
        Err(error) => return vec![Breach::Unreadable { sql: sql.to_owned(), error: error.to_string() }],
    };
    let mut reader = Reader { tables, found: Vec::new() };
    for statement in &statements {
        let _ = statement.visit(&mut reader);
    }
    reader.found
}

struct Reader<'a> {
    tables: &'a BTreeSet<String>,
    found: Vec<Breach>,
}

/// Visits every `SELECT` and every write, however deep: in CTEs, branches of a `UNION`, sub-selects and derived tables.
impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let part = || {
            let from: Vec<String> = select.from.iter().map(ToString::to_string).collect();
            let condition = select.selection.iter().map(|condition| format!(" WHERE {condition}"));
            let groups = match &select.group_by {
                GroupByExpr::Expressions(groups, _) if groups.is_empty() => String::new(),
                groups => format!(" {groups}"),
            };
            format!("FROM {}{}{groups}", from.join(", "), condition.collect::<String>())
        };
        self.check(&select.from.iter().collect::<Vec<_>>(), select.selection.as_ref(), part);
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Update(update) => self.check(&updated(update), update.selection.as_ref(), || update.to_string()),
            Statement::Delete(delete) => self.check(&deleted(delete), delete.selection.as_ref(), || delete.to_string()),
            Statement::Insert(insert) => self.check_insert(insert),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn updated(update: &Update) -> Vec<&TableWithJoins> {
    let more = update.from.iter().flat_map(|from| match from {
        UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables) => tables,
    });
    std::iter::once(&update.table).chain(more).collect()
}

fn deleted(delete: &Delete) -> Vec<&TableWithJoins> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    from.iter().chain(delete.using.iter().flatten()).collect()
}

/// A company table in a `FROM`.
struct Reference {
    table: String,
    /// What its columns are qualified with.
    name: String,
}

impl Reader<'_> {
    /// Of the tables of one `FROM`, each company table needs a condition of its own.
    fn check(&mut self, from: &[&TableWithJoins], selection: Option<&Expr>, part: impl Fn() -> String) {
        let references: Vec<Reference> = from.iter().flat_map(|tables| self.references(tables)).collect();
        let is_only = references.len() == 1;
        let unbound = references.into_iter().filter(|reference| {
            let here = selection.is_some_and(|condition| binds(condition, &reference.name, is_only));
            !here && !from.iter().any(|tables| self.binds_in_join(tables, &reference.name, is_only))
        });
        let unbound: Vec<_> =
            unbound.map(|reference| Breach::Unbound { table: reference.table, part: part() }).collect();
        self.found.extend(unbound);
    }

    fn references(&self, tables: &TableWithJoins) -> Vec<Reference> {
        let joined = tables.joins.iter().map(|join| &join.relation);
        std::iter::once(&tables.relation).chain(joined).flat_map(|factor| self.referenced(factor)).collect()
    }

    fn referenced(&self, factor: &TableFactor) -> Vec<Reference> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let table = last(name);
                let name = alias.as_ref().map_or_else(|| table.clone(), |alias| alias.name.value.clone());
                self.tables.contains(&table).then_some(Reference { table, name }).into_iter().collect()
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.references(table_with_joins),
            // The visitor visits sub-selects itself.
            _ => Vec::new(),
        }
    }

    /// The condition of an outer join does not restrict the rows without a match.
    fn binds_in_join(&self, tables: &TableWithJoins, name: &str, is_only: bool) -> bool {
        let nested = |factor: &TableFactor| match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => self.binds_in_join(table_with_joins, name, is_only),
            _ => false,
        };
        let joins = tables.joins.iter().any(|join| {
            let constraint = match &join.join_operator {
                JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => Some(constraint),
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                    self.referenced(&join.relation).iter().any(|joined| joined.name == name).then_some(constraint)
                }
                _ => None,
            };
            let JoinConstraint::On(condition) = constraint.unwrap_or(&JoinConstraint::None) else {
                return nested(&join.relation);
            };
            binds(condition, name, is_only) || nested(&join.relation)
        });
        joins || nested(&tables.relation)
    }

    fn check_insert(&mut self, insert: &Insert) {
        let TableObject::TableName(table) = &insert.table else {
            return;
        };
        let table = last(table);
        if !self.tables.contains(&table) {
            return;
        }
        let place = insert.columns.iter().position(|column| last(column) == COMPANY);
        let is_bound = match (place, insert.source.as_deref().map(|query| query.body.as_ref())) {
            (Some(place), Some(SetExpr::Values(values))) => {
                let rows = || values.rows.iter().map(|row| &row.content);
                if rows().flatten().any(contains_select) {
                    self.found.push(Breach::SelectInValues(table.clone()));
                }
                rows().all(|row| row.get(place).is_some_and(is_value))
            }
            (Some(place), Some(selects)) => self.is_selected(place, selects),
            _ => false,
        };
        if !is_bound {
            self.found.push(Breach::Unbound { part: format!("INSERT INTO {table}"), table });
        }
    }

    /// Whether each select gives the company of its rows at this place.
    fn is_selected(&self, place: usize, selects: &SetExpr) -> bool {
        match selects {
            SetExpr::SetOperation { left, right, .. } => {
                self.is_selected(place, left) && self.is_selected(place, right)
            }
            SetExpr::Query(query) => self.is_selected(place, &query.body),
            SetExpr::Select(select) => match select.projection.get(place) {
                Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
                    is_value(expr) || self.is_of_source(expr, select)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The company of a row that is copied: its table is bound, or found to be not, where it is read.
    fn is_of_source(&self, expr: &Expr, select: &Select) -> bool {
        let references = select.from.iter().flat_map(|tables| self.references(tables));
        references.into_iter().any(|reference| is_company(expr, &reference.name, true))
    }
}

/// Whether a condition, or a part of it that always holds, compares the company of `name` with a value.
fn binds(condition: &Expr, name: &str, is_only: bool) -> bool {
    match condition {
        Expr::Nested(inner) => binds(inner, name, is_only),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            binds(left, name, is_only) || binds(right, name, is_only)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => match (left.as_ref(), right.as_ref()) {
            (Expr::Tuple(left), Expr::Tuple(right)) => {
                left.iter().zip(right).any(|(left, right)| is_company(left, name, is_only) && is_value(right))
            }
            (left, right) => {
                is_company(left, name, is_only) && is_value(right) || is_company(right, name, is_only) && is_value(left)
            }
        },
        _ => false,
    }
}

fn is_company(expr: &Expr, name: &str, is_only: bool) -> bool {
    match expr {
        Expr::Nested(inner) => is_company(inner, name, is_only),
        Expr::Identifier(column) => is_only && column.value == COMPANY,
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., table, column] => column.value == COMPANY && table.value == name,
            _ => false,
        },
        _ => false,
    }
}

/// A parameter or a literal.
fn is_value(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_value(inner),
        Expr::Cast { expr, .. } => is_value(expr),
        Expr::Value(_) | Expr::TypedString(_) => true,
        _ => false,
    }
}

fn contains_select(expr: &Expr) -> bool {
    struct Any;
    impl Visitor for Any {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    expr.visit(&mut Any).is_break()
}

/// A table's or a column's own name, without its schema or table.
fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Breach, breaches};

    fn found(sql: &str) -> Vec<Breach> {
        let tables = ["crm_customers", "crm_users", "crm_notes", "crm_stats", "crm_customer_tags"];
        breaches(sql, &BTreeSet::from(tables.map(str::to_owned)))
    }

    fn unbound(sql: &str) -> Vec<String> {
        let table = |breach| match breach {
            Breach::Unbound { table, .. } => table,
            other => panic!("{sql}: {other:?}"),
        };
        found(sql).into_iter().map(table).collect()
    }

    #[test]
    fn a_value_of_its_own_binds() {
        for sql in [
            "SELECT * FROM crm_customers WHERE company_id = $1 AND (id = $2 OR name = $3)",
            r#"SELECT "c"."id" FROM "crm_customers" AS "c" WHERE "c"."company_id" = $1 FOR UPDATE"#,
            "SELECT 1 FROM crm.crm_customers WHERE (($2 = company_id) AND deleted_at IS NULL)",
            "SELECT 1 FROM crm_customers WHERE (company_id, id) = ($1::uuid, $2)",
            "SELECT 1 FROM crm_customers WHERE company_id = CAST($1 AS uuid)",
            "SELECT 1 FROM crm_customers WHERE company_id = '0195d4a0-0000-7000-8000-000000000000'",
            "SELECT 1 FROM crm_customers c JOIN crm_users u ON u.company_id = $1 AND u.id = c.owner_id WHERE c.company_id = $1",
            "SELECT 1 FROM crm_customers c LEFT JOIN crm_users u ON u.company_id = $1 AND u.id = c.owner_id WHERE c.company_id = $1",
            "SELECT 1 FROM crm_customers c, crm_users u WHERE c.company_id = $1 AND u.company_id = $1 AND u.id = c.owner_id",
            "SELECT (SELECT name FROM crm_users u WHERE u.company_id = $1 AND u.id = c.owner_id) FROM crm_customers c WHERE c.company_id = $1",
            "WITH found AS MATERIALIZED (SELECT id FROM crm_customers WHERE company_id = $1) SELECT * FROM found",
            "SELECT 1 FROM crm_notes WHERE company_id = $1 UNION ALL SELECT 2 FROM crm_users WHERE company_id = $1",
            "UPDATE crm_customers SET name = $3 WHERE company_id = $1 AND id = $2 RETURNING version",
            "UPDATE crm_stats s SET notes = n.count FROM (SELECT count(*) FROM crm_notes WHERE company_id = $1) n WHERE s.company_id = $1",
            "DELETE FROM crm_notes USING crm_customers c WHERE crm_notes.company_id = $1 AND c.company_id = $1",
            "INSERT INTO crm_notes (id, company_id) VALUES ($1, $2), ($3, $4) ON CONFLICT (company_id, id) DO UPDATE SET id = excluded.id",
            "INSERT INTO crm_stats (company_id, notes) SELECT company_id, count(*) FROM crm_notes WHERE company_id = $1 GROUP BY company_id",
            "INSERT INTO crm_notes (company_id, id) SELECT $1, given.id FROM unnest($2::uuid[]) AS given (id)",
            "INSERT INTO crm_notes (company_id, id) SELECT $1, $2 UNION ALL (SELECT $3, $4)",
            "SELECT count(*) FROM erp_customers",
        ] {
            assert_eq!(found(sql), [], "{sql}");
        }
    }

    #[test]
    fn a_correlation_alone_does_not() {
        let owner = "SELECT c.id, (SELECT display_name FROM crm_users WHERE crm_users.company_id = c.company_id \
                     AND crm_users.id = c.owner_id) FROM crm_customers c WHERE c.company_id = $1 FOR UPDATE";
        assert_eq!(unbound(owner), ["crm_users"]);
        for (sql, tables) in [
            ("SELECT 1 FROM crm_customers", &["crm_customers"][..]),
            ("SELECT 1 FROM crm_customers WHERE id = $1", &["crm_customers"]),
            ("SELECT 1 FROM crm_customers WHERE company_id = $1 OR id = $2", &["crm_customers"]),
            ("SELECT 1 FROM crm_customers WHERE NOT (company_id = $1)", &["crm_customers"]),
            ("SELECT 1 FROM crm_customers WHERE company_id = (SELECT $1::uuid)", &["crm_customers"]),
            ("SELECT 1 FROM crm_customers WHERE company_id = ANY ($1)", &["crm_customers"]),
            (
                "SELECT 1 FROM crm_customers c JOIN crm_users u ON u.company_id = c.company_id WHERE c.company_id = $1",
                &["crm_users"],
            ),
            (
                "SELECT 1 FROM crm_customers c JOIN crm_users u USING (company_id) WHERE c.company_id = $1",
                &["crm_users"],
            ),
            (
                "SELECT 1 FROM crm_customers c LEFT JOIN crm_users u ON c.company_id = $1 AND u.company_id = $1",
                &["crm_customers"],
            ),
            (
                "SELECT 1 FROM crm_users u, crm_users o WHERE u.company_id = $1 AND o.company_id = u.company_id",
                &["crm_users"],
            ),
            (
                "WITH own AS (SELECT $1::uuid AS company) SELECT 1 FROM own, crm_notes n WHERE n.company_id = own.company",
                &["crm_notes"],
            ),
            ("WITH old AS (DELETE FROM crm_notes WHERE id = $1 RETURNING id) SELECT * FROM old", &["crm_notes"]),
            ("SELECT 1 FROM crm_notes WHERE company_id = $1 UNION ALL SELECT 2 FROM crm_users", &["crm_users"]),
            (
                "SELECT 1 FROM crm_customers c WHERE c.company_id = $1 AND EXISTS \
                 (SELECT 1 FROM crm_customer_tags t WHERE t.company_id = c.company_id AND t.customer_id = c.id)",
                &["crm_customer_tags"],
            ),
            ("UPDATE crm_customers SET name = $2 WHERE id = $1", &["crm_customers"]),
            (
                "UPDATE crm_stats s SET notes = 1 FROM crm_notes n WHERE s.company_id = $1 AND n.company_id = s.company_id",
                &["crm_notes"],
            ),
            ("DELETE FROM crm_notes", &["crm_notes"]),
            ("INSERT INTO crm_notes VALUES ($1, $2)", &["crm_notes"]),
            ("INSERT INTO crm_notes (id) VALUES ($1)", &["crm_notes"]),
            ("INSERT INTO crm_stats (company_id) SELECT n.company_id FROM crm_notes n", &["crm_notes"]),
            ("INSERT INTO crm_stats (company_id) SELECT $1 UNION ALL SELECT id FROM erp", &["crm_stats"]),
        ] {
            let mut found = unbound(sql);
            found.sort();
            assert_eq!(found, tables, "{sql}");
        }
    }

    #[test]
    fn values_contain_no_select() {
        let sql = "INSERT INTO crm_stats (company_id, customer_id, notes) VALUES ($1, $2, \
                   (SELECT count(*) FROM crm_notes WHERE company_id = $1 AND customer_id = $2))";
        assert_eq!(found(sql), [Breach::SelectInValues("crm_stats".to_owned())]);
        let nested = "INSERT INTO crm_stats (company_id, notes) VALUES ($1, coalesce((SELECT 1), 0))";
        assert_eq!(found(nested), [Breach::SelectInValues("crm_stats".to_owned())]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert!(matches!(found("SELECT FROM WHERE").as_slice(), [Breach::Unreadable { .. }]));
    }
}
