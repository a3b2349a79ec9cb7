//! What of a lead its score looks at, read in one statement, which also says what rules it meets.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{FromQueryResult, QuerySelect};
use uuid::Uuid;

use super::model::LeadScoringRule;
use crate::customers::TABLE as CUSTOMERS;
use crate::leads::{self, TABLE as LEADS, rule_condition};
use crate::query::filter::Filter;
use crate::scope::Find;
use crate::scope::company::Company;

/// The time of the last completed interaction, which is the same for all users.
const LAST_CONTACT: &str = "(SELECT stats.last_contact_at FROM crm_customer_stats AS stats \
     WHERE stats.company_id = $company AND stats.customer_id = crm_leads.id)";

/// What is known of a lead. Nothing in it says who a person is.
#[derive(FromQueryResult)]
pub(super) struct Facts {
    pub id: Uuid,
    /// The score that is stored.
    pub score: i64,
    pub status_type: String,
    pub created_at: DateTime<Utc>,
    pub converted_at: Option<DateTime<Utc>>,
    pub last_contact_at: Option<DateTime<Utc>>,
    pub kind: String,
    pub source: Option<String>,
    pub utm_medium: Option<String>,
    pub industry: Option<String>,
    pub employee_band: Option<String>,
    pub country: Option<String>,
    pub rating: Option<String>,
    pub job_title: Option<String>,
    pub has_email: bool,
    pub has_phone: bool,
    pub has_website: bool,
    /// The rules that it meets: a bit for each, in their order.
    pub met: i64,
}

impl Facts {
    /// Whether it meets the rule at this place.
    pub fn meets(&self, place: usize) -> bool {
        self.met & bit(place) != 0
    }

    /// How many of the company's days ago the last activity was.
    pub fn idle_days(&self, company: &Company, now: DateTime<Utc>) -> i64 {
        let last = self.last_contact_at.unwrap_or(self.created_at);
        let days = company.settings.today(now).signed_duration_since(company.settings.today(last)).num_days();
        Ord::max(days, 0)
    }
}

/// There are fewer rules than bits.
const fn bit(place: usize) -> i64 {
    1 << place
}

/// Selects the facts of leads. The rows among the customers are joined.
pub(super) fn select<'f>(rows: Find<'f, leads::Entity>, met: Expr) -> Find<'f, leads::Entity> {
    let own = |name: &'static str| Expr::col((LEADS, name));
    let customer = |name: &'static str| Expr::col((CUSTOMERS, name));
    let columns = [
        (own("id"), "id"),
        (own("score"), "score"),
        (own("status_type"), "status_type"),
        (own("created_at"), "created_at"),
        (own("converted_at"), "converted_at"),
        (Expr::cust(LAST_CONTACT), "last_contact_at"),
        (customer("kind"), "kind"),
        (customer("source_key"), "source"),
        (own("utm_medium"), "utm_medium"),
        (customer("industry"), "industry"),
        (customer("employee_band"), "employee_band"),
        (customer("country_code"), "country"),
        (own("rating"), "rating"),
        (customer("job_title"), "job_title"),
        (customer("email").is_not_null(), "has_email"),
        (customer("phone").is_not_null(), "has_phone"),
        (customer("website").is_not_null(), "has_website"),
        (met, "met"),
    ];
    rows.map(|select| {
        let select = leads::joined(select.select_only());
        columns.into_iter().fold(select, |select, (sql, name)| select.expr_as(sql, name))
    })
}

/// Which rules a lead meets, as one number. A rule that can no longer be applied, because it names a custom field that is gone,
/// is met by none.
pub(super) fn met(rules: &[LeadScoringRule], company: &Company, postgres: bool) -> Expr {
    let condition = |rule: &LeadScoringRule| {
        let filter = Filter::from_json(&serde_json::Value::Object(rule.condition.clone())).ok()?;
        rule_condition(&filter, company, postgres).ok()
    };
    let of_rule = |(place, rule): (usize, &LeadScoringRule)| {
        let case: Expr = Expr::case(condition(rule)?, bit(place)).finally(0_i64).into();
        Some(case)
    };
    rules.iter().enumerate().filter_map(of_rule).fold(none(), ExprTrait::add)
}

/// For leads that no rule is asked about.
pub(super) fn none() -> Expr {
    Expr::val(0_i64)
}
