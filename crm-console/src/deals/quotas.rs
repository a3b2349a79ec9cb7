//! The quotas of a month, as a form for those who set them.

use std::collections::{BTreeMap, HashMap};

use actix_web::http::StatusCode;
use crm_core::actor::{Action, Resource};
use crm_core::ids::UserId;
use crm_core::money::{Currency, Money};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::quotas::{MAX_QUOTAS, Month, NewQuota, NewQuotas, QuotaQuery};
use crm_core::stats::Forecast;
use crm_core::{CompanyScope, Error, Violations};
use crm_web::problem::{ApiError, Code};

use super::forecast::{self, PATH};
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::language::Language;
use crate::customers::Choice;
use crate::web::{Form, PageResult, People, Visit, message};

/// How many pages of quotas a page of the console reads at most.
const PAGES: usize = 5;

/// What a form has left open: the month, what was typed, and what is wrong with it by user.
pub(super) struct Open {
    month: Month,
    typed: Fields,
    faults: HashMap<UserId, String>,
}

/// The quotas of a month, to be set.
pub(super) struct Quotas {
    /// The months: their addresses, and their names.
    pub months: Vec<Choice>,
    /// The month as forms say it, and its name.
    pub month: String,
    pub name: String,
    pub action: String,
    pub back: String,
    pub rows: Vec<Row>,
}

/// The quota of a user.
pub(super) struct Row {
    pub user: String,
    pub name: String,
    pub amount: String,
    pub currency: String,
    pub fault: Option<String>,
}

impl Quotas {
    /// Those of the month that is asked for, or the first one of the forecast. One statement for every hundred quotas.
    ///
    /// # Errors
    /// Those of the list of quotas.
    pub(super) async fn read(
        scope: &mut CompanyScope<'_>,
        visit: &Visit,
        people: &People,
        forecast: &Forecast,
        fields: &Fields,
        open: Option<Open>,
    ) -> Result<Self, ApiError> {
        let frame = &visit.frame;
        let first = forecast.months.first();
        let asked = open.as_ref().map(|open| open.month).or_else(|| fields.get("quotas")?.parse().ok());
        let Some(month) = asked.or(first.map(|month| month.month)) else {
            return Err(ApiError::internal("a forecast has no months"));
        };
        let known = of_month(scope, month).await?;
        let base = first.map(|month| month.totals.closed.base_amount.currency.code()).unwrap_or_default();
        let here = frame.url(PATH);
        let address = |month: Month| format!("{here}{}", fields.with("quotas", &month.to_string()).query());
        let choice = |month: Month, chosen: Month| Choice {
            value: format!("{}#quotas", address(month)),
            label: frame.calendar.month_of(month.first_day()),
            is_chosen: month == chosen,
        };
        Ok(Self {
            months: forecast.months.iter().map(|of| choice(of.month, month)).collect(),
            name: frame.calendar.month_of(month.first_day()),
            action: frame.url("deals/forecast/quotas"),
            back: address(month),
            month: month.to_string(),
            rows: rows(visit, people, &known, base, open.as_ref()),
        })
    }
}

/// A row for each user who can have a quota, or has one.
fn rows(visit: &Visit, people: &People, known: &BTreeMap<UserId, Money>, base: &str, open: Option<&Open>) -> Vec<Row> {
    let frame = &visit.frame;
    let mut users: Vec<(UserId, String)> =
        people.active().filter_map(|(id, name)| Some((id.parse().ok()?, name.to_owned()))).collect();
    let others: Vec<UserId> = known.keys().copied().filter(|id| users.iter().all(|(user, _)| user != id)).collect();
    let named = |id: UserId| people.name(id).map_or_else(|| frame.t("person-unknown"), str::to_owned);
    users.extend(others.into_iter().map(|id| (id, named(id))));
    // A form has no more than can be set at once.
    users.truncate(MAX_QUOTAS);
    let row = |(id, name): (UserId, String)| {
        let quota = known.get(&id).copied();
        let shown = quota.map(|quota| amounts::typed(frame.language(), quota)).unwrap_or_default();
        let currency = quota.map_or(base, |quota| quota.currency.code());
        let typed = |field: &str, otherwise: &str| match open {
            Some(open) => open.typed.text(&format!("{field}-{id}")).to_owned(),
            None => otherwise.to_owned(),
        };
        Row {
            user: id.to_string(),
            name,
            amount: typed("amount", &shown),
            currency: typed("currency", currency),
            fault: open.and_then(|open| open.faults.get(&id).cloned()),
        }
    };
    users.into_iter().map(row).collect()
}

/// The quotas of a month by user.
async fn of_month(scope: &mut CompanyScope<'_>, month: Month) -> Result<BTreeMap<UserId, Money>, Error> {
    let query = QuotaQuery { from: Some(month), to: Some(month), ..QuotaQuery::default() };
    let (mut quotas, mut request) = (BTreeMap::new(), PageRequest::default().limit(MAX_PAGE));
    for _ in 0..PAGES {
        let page = scope.quotas().list(&query, &request).await?;
        quotas.extend(page.data.into_iter().filter_map(|quota| Some((quota.user_id?, quota.amount))));
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(MAX_PAGE),
            None => break,
        }
    }
    Ok(quotas)
}

/// Sets the quotas that were changed in the form.
pub(super) async fn save(visit: Visit, form: Form) -> PageResult {
    visit.authorize(Resource::Quotas, Action::Update, None)?;
    let month: Month =
        form.0.text("month").parse().map_err(|_| ApiError::new(Code::Invalid, "the month cannot be read"))?;
    let back = visit.back(&form.0, PATH);
    let mut scope = visit.scope();
    let known = of_month(&mut scope, month).await?;
    let language = visit.frame.language();
    let faults = match changed(language, &form.0, month, &known) {
        Err(faults) => faults,
        Ok(quotas) if quotas.is_empty() => return Ok(visit.done(&back, "quotas-set", None)),
        Ok(quotas) => {
            let users: Vec<UserId> = quotas.iter().filter_map(|quota| quota.user_id).collect();
            match scope.quotas().set(NewQuotas { quotas }).await {
                Ok(_) => return Ok(visit.done(&back, "quotas-set", None)),
                Err(Error::Invalid(violations)) => told(language, &users, &violations),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let fields = Fields::parse(back.split_once('?').map_or("", |(_, query)| query).as_bytes());
    let open = Some(Open { month, typed: form.0, faults });
    forecast::render(&visit, StatusCode::UNPROCESSABLE_ENTITY, &fields, open).await
}

/// The quotas that differ from those that there are. An empty amount removes one.
///
/// # Errors
/// What is wrong by user.
fn changed(
    language: Language,
    form: &Fields,
    month: Month,
    known: &BTreeMap<UserId, Money>,
) -> Result<Vec<NewQuota>, HashMap<UserId, String>> {
    let (mut quotas, mut faults) = (Vec::new(), HashMap::new());
    let users = form.all("user").filter_map(|id| id.parse::<UserId>().ok());
    for user_id in users.take(MAX_QUOTAS) {
        match amount(language, form, user_id) {
            Ok(amount) if known.get(&user_id).copied() != amount => {
                quotas.push(NewQuota { user_id: Some(user_id), team_id: None, month, amount });
            }
            Ok(_) => {}
            Err(rule) => {
                faults.insert(user_id, language.text(rule));
            }
        }
    }
    if faults.is_empty() { Ok(quotas) } else { Err(faults) }
}

/// The amount of a user; the name of the message if it cannot be read.
fn amount(language: Language, form: &Fields, user: UserId) -> Result<Option<Money>, &'static str> {
    let Some(text) = form.get(&format!("amount-{user}")) else { return Ok(None) };
    let currency: Currency =
        form.text(&format!("currency-{user}")).parse().map_err(|_| "violation-currency-unknown")?;
    amounts::read(language, text, currency).map(Some).ok_or("violation-unreadable")
}

/// What the core says of quotas, by user: `/quotas/3/amount` is of the fourth.
fn told(language: Language, users: &[UserId], violations: &Violations) -> HashMap<UserId, String> {
    let place = |pointer: &str| pointer.split('/').nth(2).and_then(|place| place.parse::<usize>().ok());
    let of = |violation: &crm_core::Violation| {
        let user = users.get(place(&violation.pointer).unwrap_or_default())?;
        Some((*user, message(language, violation)))
    };
    violations.0.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Fields, Language, Money, UserId, changed};

    #[test]
    fn only_what_was_changed_is_set() {
        let user = |number: u128| UserId(uuid::Uuid::from_u128(number));
        let euros = |amount: i64| Money { amount, currency: "EUR".parse().unwrap() };
        let known = BTreeMap::from([(user(1), euros(100_000)), (user(2), euros(200_000))]);
        let month = "2026-11".parse().unwrap();
        let form = |typed: [(&str, &str); 3]| {
            let fields = (1..=3).zip(typed).fold(Fields::default(), |fields, (number, (amount, currency))| {
                let id = user(number);
                fields
                    .and("user", &id.to_string())
                    .and(&format!("amount-{id}"), amount)
                    .and(&format!("currency-{id}"), currency)
            });
            changed(Language::English, &fields, month, &known)
        };
        assert!(form([("1,000", "EUR"), ("2000.00", "EUR"), ("", "EUR")]).unwrap().is_empty());
        let set = form([("", "EUR"), ("2,000", "USD"), ("3", "EUR")]).unwrap();
        let set: Vec<_> = set.iter().map(|quota| (quota.user_id, quota.amount.map(|it| it.to_string()))).collect();
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(
            set,
            [(1, None), (2, told("2000.00 USD")), (3, told("3.00 EUR"))]
                .map(|(number, amount)| (Some(user(number)), amount))
        );
        let faults = form([("a lot", "EUR"), ("1", "?"), ("", "?")]).unwrap_err();
        assert_eq!(faults.len(), 2);
    }
}
