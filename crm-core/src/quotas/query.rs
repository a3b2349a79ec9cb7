//! The quotas that are listed.

use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;

use super::model::Quota;
use super::month::Month;
use super::row::TABLE;
use super::subject::QuotaSubject;
use crate::base::ids::{TeamId, UserId};
use crate::query::page::{Key, KeyKind, Order};

/// Which quotas are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaQuery {
    /// Only quotas of this user.
    pub user: Option<UserId>,
    /// Only quotas of this team.
    pub team: Option<TeamId>,
    /// Only quotas of this month, or of later ones.
    pub from: Option<Month>,
    /// Only quotas of this month, or of earlier ones.
    pub to: Option<Month>,
}

pub(super) fn column(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}

impl QuotaQuery {
    pub(super) fn condition(self) -> Option<Expr> {
        let Self { user, team, from, to } = self;
        let of = |subject: QuotaSubject| {
            column("subject_kind").eq(subject.kind()).and(column("subject_id").eq(subject.id()))
        };
        let (user, team) = (user.map(QuotaSubject::User).map(of), team.map(QuotaSubject::Team).map(of));
        let from = from.map(|month| column("month").gte(month.to_string()));
        let to = to.map(|month| column("month").lte(month.to_string()));
        [user, team, from, to].into_iter().flatten().reduce(ExprTrait::and)
    }
}

/// The latest month first.
pub(super) fn order() -> Order {
    Order {
        name: "-month".to_owned(),
        key: column("month"),
        kind: KeyKind::Text,
        id: column("id"),
        descending: true,
        computed: false,
    }
}

/// The sort key of a row.
pub(super) fn sort_key(quota: &Quota) -> Key {
    Key::Text(quota.month.to_string())
}
