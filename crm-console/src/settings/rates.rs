//! The currency rates of the company: the current ones, and a form that sets one.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::currency_rates::{CurrencyRate, NewCurrencyRate, NewCurrencyRates};
use crm_core::money::Currency;

use super::{Around, faults};
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::language::Language;
use crate::base::moment::{Calendar, Shown};
use crate::customers::Faults;
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

const PATH: &str = "settings/currency-rates";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/currency-rates", web::get().to(show))
        .route("/settings/currency-rates", web::post().to(set))
        .route("/settings/currency-rates/remove", web::post().to(remove));
}

#[derive(Template)]
#[template(path = "settings/rates.html")]
struct RatesPage {
    around: Around,
    frame: Frame,
    /// The currency in which the rates are.
    base: &'static str,
    rows: Vec<Row>,
    may_update: bool,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    /// The last day of a rate, as a form has it.
    today: String,
}

impl RatesPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// A current rate.
struct Row {
    currency: &'static str,
    rate: String,
    day: String,
    /// The same for forms.
    date: String,
    source: String,
    set_at: Shown,
    set_by: String,
}

async fn show(visit: Visit) -> PageResult {
    let today = today(&visit);
    render(&visit, StatusCode::OK, Fields::default().with("date", &today), Faults::default()).await
}

/// Today by the clocks of the company.
fn today(visit: &Visit) -> String {
    Calendar { zone: visit.zone, ..visit.frame.calendar }.today().to_string()
}

async fn render(visit: &Visit, status: StatusCode, typed: Fields, faults: Faults) -> PageResult {
    let mut scope = visit.scope();
    let current = scope.currency_rates().current().await?;
    let people = People::read(&mut scope).await?;
    let around = Around::of(visit, "rates");
    let frame = around.frame.clone();
    let page = RatesPage {
        base: current.base_currency.code(),
        rows: current.rates.iter().map(|rate| row(&frame, &people, rate)).collect(),
        may_update: visit.may(Resource::Settings, Action::Update, None),
        others: faults.elsewhere(&["currency", "rate", "date", "source"]),
        today: today(visit),
        typed,
        faults,
        around,
        frame,
    };
    html(status, &page)
}

fn row(frame: &Frame, people: &People, rate: &CurrencyRate) -> Row {
    Row {
        currency: rate.currency.code(),
        rate: amounts::typed_decimal(frame.language(), rate.rate),
        day: frame.calendar.day(rate.date),
        date: rate.date.to_string(),
        source: rate.source.clone().unwrap_or_default(),
        set_at: frame.calendar.relative(rate.set_at),
        set_by: people.actor(frame, &rate.set_by),
    }
}

async fn set(visit: Visit, form: Form) -> PageResult {
    let language = visit.frame.language();
    let wrong = match read(language, &form.0) {
        Err(faults) => faults,
        Ok(new) => match visit.scope().currency_rates().set(new).await {
            Ok(_) => return Ok(see_other(visit.frame.url(&format!("{PATH}?done=rate-set")))),
            Err(error) => faults(error, language)?,
        },
    };
    render(&visit, StatusCode::UNPROCESSABLE_ENTITY, form.0, wrong).await
}

fn read(language: Language, form: &Fields) -> Result<NewCurrencyRates, Faults> {
    let required = |name: &'static str| form.get(name).ok_or_else(|| Faults::required(name, language));
    let code = required("currency")?;
    let currency: Currency = code.parse().map_err(|_| Faults::named("currency", "currency-unknown", language))?;
    let rate = amounts::read_decimal(language, required("rate")?);
    let rate = rate.ok_or_else(|| Faults::named("rate", "rate-unreadable", language))?;
    Ok(NewCurrencyRates { rates: vec![NewCurrencyRate { currency, rate: Some(rate) }], ..of_day(language, form)? })
}

/// The day and the source of a form.
fn of_day(language: Language, form: &Fields) -> Result<NewCurrencyRates, Faults> {
    let date = match form.get("date") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Faults::unreadable("date", language))?),
    };
    Ok(NewCurrencyRates { date, source: form.get("source").map(str::to_owned), ..NewCurrencyRates::default() })
}

/// Removes the rate of a day; the one before it is the current one again.
async fn remove(visit: Visit, form: Form) -> PageResult {
    let language = visit.frame.language();
    let code: Result<Currency, _> = form.0.text("currency").parse();
    let removed = match (code, of_day(language, &form.0)) {
        (Ok(currency), Ok(day)) => NewCurrencyRates { rates: vec![NewCurrencyRate { currency, rate: None }], ..day },
        (_, Err(wrong)) => return render(&visit, StatusCode::UNPROCESSABLE_ENTITY, form.0, wrong).await,
        (Err(_), _) => {
            let wrong = Faults::named("currency", "currency-unknown", language);
            return render(&visit, StatusCode::UNPROCESSABLE_ENTITY, form.0, wrong).await;
        }
    };
    visit.scope().currency_rates().set(removed).await?;
    Ok(see_other(visit.frame.url(&format!("{PATH}?done=rate-removed"))))
}
