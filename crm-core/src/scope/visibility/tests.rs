//! The forms of a rule agree.

use sea_orm::Value;
use sea_orm::sea_query::{Expr, PostgresQueryBuilder, Query};
use uuid::Uuid;

use super::{Actor, Colleagues, Owners, PrivateRecords, SeenOwners};
use crate::base::ids::UserId;
use crate::base::rights::{Reach, Resource};

fn user(number: u128) -> UserId {
    Uuid::from_u128(number).into()
}

/// What a condition says of a column with this value.
fn text(condition: Option<Expr>) -> String {
    match condition {
        Some(condition) => Query::select().and_where(condition).to_string(PostgresQueryBuilder),
        None => String::new(),
    }
}

#[test]
fn the_forms_of_a_rule_agree() {
    let company = Uuid::from_u128(9).into();
    let quoted = |id: Uuid| format!("'{id}'");
    for me in [Some(user(1)), None] {
        let mut actor = Actor::system(company);
        actor.user = me;
        for resource in [Resource::Notes, Resource::Jobs] {
            for reach in [Some(Reach::All), Some(Reach::Own), None] {
                let owners = Owners::new(&actor, resource, reach);
                let bind = |value: Value| if let Value::Uuid(Some(id)) = value { quoted(id) } else { String::new() };
                let (sql, expression) = (owners.sql("o", bind), text(owners.condition(Expr::col("o"))));
                let seen = [None, Some(user(1)), Some(user(2))].map(|owner| owners.include(owner));
                let says = |what: &str| (sql.contains(what), expression.replace('"', "").contains(what));
                let (nobody, mine) = (says("o IS NULL"), says(&format!("o = '{}'", user(1).0)));
                assert_eq!(sql.is_empty(), expression.is_empty());
                if !sql.is_empty() {
                    assert_eq!((nobody, mine), ((seen[0], seen[0]), (seen[1], seen[1])), "{sql} {expression}");
                }
                assert_eq!(seen[2], sql.is_empty(), "another user's are seen with all others only");
            }
        }
        let private = PrivateRecords { me };
        let sql = private.sql("p", quoted);
        let expression = text(Some(private.condition(Expr::col("p")))).replace('"', "");
        for of in [&sql, &expression] {
            assert!(of.contains("p IS NULL") && private.include(None));
            assert_eq!(of.contains(&format!("p = '{}'", user(1).0)), private.include(Some(user(1))));
        }
    }
}

#[test]
fn record_access_narrows_the_right_to_all_records_only() {
    let mut actor = Actor::system(Uuid::from_u128(9).into());
    actor.user = Some(user(1));
    let users = SeenOwners::Users(Colleagues::new([user(2).0, user(1).0, user(2).0], false));
    let of = |reach, seen: &SeenOwners| Owners::new(&actor, Resource::Customers, reach).narrowed(seen);
    let seen = |owners: &Owners| [None, Some(1), Some(2), Some(3)].map(|owner| owners.include(owner.map(user)));

    let team = of(Some(Reach::All), &users);
    assert_eq!(seen(&team), [true, true, true, false]);
    assert_eq!(seen(&of(Some(Reach::All), &SeenOwners::Unresolved)), [true, true, false, false]);
    assert_eq!(of(Some(Reach::All), &SeenOwners::All).sql("o", |_| String::new()), "");
    let own = of(Some(Reach::Own), &users);
    assert_eq!(seen(&own), [true, true, false, false], "a right that reaches less stays as it is");
    assert!(of(None, &users).are_none());

    let (mine, theirs) = (user(1).0.simple(), user(2).0.simple());
    let sql = team.sql("o", |_| String::new());
    assert_eq!(sql, format!(" AND (o IS NULL OR o IN (x'{mine}', x'{theirs}'))"));
    let all = of(Some(Reach::All), &SeenOwners::All);
    assert_eq!((all.clone().and(team.clone()), team.clone().and(all)), (team.clone(), team.clone()));
    assert_eq!((team.clone().and(own.clone()), own.clone().and(team)), (own.clone(), own));
}
