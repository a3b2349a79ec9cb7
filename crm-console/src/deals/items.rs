//! The items of a deal: they are shown with their sum, added, changed and removed.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealItem, DealItems, DealPatch, NewDealItems};
use crm_core::decimal::{Percent, Quantity};
use crm_core::ids::DealId;
use crm_core::money::Currency;
use crm_core::patch::Patch;
use crm_web::problem::{ApiError, Code};

use super::card;
use super::part::{self, PartPage, Spec};
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::language::Language;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

const SPECS: &[Spec] = &[
    Spec("name", "field-name", "text", 250),
    Spec("quantity", "item-quantity", "decimal", 16),
    Spec("unitPrice", "item-unit-price", "decimal", 24),
    Spec("currency", "field-currency", "text", 3),
    Spec("discountPercent", "item-discount", "decimal", 7),
    Spec("taxPercent", "item-tax", "decimal", 7),
];

/// The items as the page of the deal shows them.
pub(super) struct Items {
    pub rows: Vec<Row>,
    pub total: Option<String>,
    /// Whether the amount of the deal is their sum.
    pub is_amount: bool,
    /// Where one is added; for those who may.
    pub add: Option<String>,
    /// Where it is chosen whether the amount is the sum.
    pub amount: String,
}

/// An item.
pub(super) struct Row {
    pub name: String,
    /// The product in another system.
    pub product: Option<String>,
    pub quantity: String,
    pub price: String,
    pub discount: String,
    pub tax: String,
    pub net: String,
    /// Where it is changed, and where it is removed.
    pub edit: String,
    pub remove: String,
}

impl Items {
    pub(super) fn of(frame: &Frame, deal: &Deal, may_update: bool) -> Self {
        let url = format!("{}/items", card::url(frame, deal.id));
        let back = card::back(&card::url(frame, deal.id));
        let rows =
            deal.items.iter().enumerate().map(|(place, item)| Row::of(frame, item, &url, (place, back.as_str())));
        Self {
            rows: rows.collect(),
            total: DealItems::from(deal).total.map(|total| card::money(frame, total)),
            is_amount: deal.amount_from_items,
            add: may_update.then(|| format!("{url}/new{back}")),
            amount: format!("{url}/amount"),
        }
    }
}

impl Row {
    fn of(frame: &Frame, item: &DealItem, url: &str, (place, back): (usize, &str)) -> Self {
        let language = frame.language();
        let percent = |percent: Percent| format!("{} %", amounts::typed_decimal(language, percent));
        Self {
            name: item.name.clone(),
            product: item.product_ref.as_ref().map(|product| format!("{}: {}", product.system, product.id)),
            quantity: amounts::typed_decimal(language, item.quantity),
            price: card::money(frame, item.unit_price),
            discount: if item.discount_percent.units() > 0 { percent(item.discount_percent) } else { String::new() },
            tax: item.tax_percent.map(percent).unwrap_or_default(),
            net: item.net.map(|net| card::money(frame, net)).unwrap_or_default(),
            edit: format!("{url}/{place}{back}"),
            remove: format!("{url}/{place}/remove"),
        }
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    values: Fields,
    faults: Faults,
    version: i64,
    is_stale: bool,
}

pub(super) async fn add(visit: Visit, id: web::Path<String>) -> PageResult {
    show(&visit, parsed(&id)?, None).await
}

pub(super) async fn edit(visit: Visit, path: web::Path<(String, String)>) -> PageResult {
    show(&visit, parsed(&path.0)?, Some(parsed(&path.1)?)).await
}

async fn show(visit: &Visit, id: DealId, place: Option<usize>) -> PageResult {
    let deal = visit.scope().deals().get(id).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    let values = match place {
        Some(place) => typed(visit.frame.language(), deal.items.get(place).ok_or_else(no_such_item)?),
        None => blank(&deal),
    };
    let values = values.with("back", visit.query.text("back"));
    let faults = Faults::default();
    let open = Open { status: StatusCode::OK, values, faults, version: deal.version, is_stale: false };
    render(visit, &deal, place, &open)
}

fn no_such_item() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such item")
}

fn render(visit: &Visit, deal: &Deal, place: Option<usize>, open: &Open) -> PageResult {
    let frame = visit.frame.clone().within("deals");
    let url = format!("{}/items", card::url(&frame, deal.id));
    let held = place.and_then(|place| deal.items.get(place));
    let was = match (open.values.get("was"), held) {
        (Some(was), _) => was.to_owned(),
        (None, held) => held.map(|item| item.name.clone()).unwrap_or_default(),
    };
    let page = PartPage {
        title: frame.t(if place.is_some() { "item-edit" } else { "item-add" }),
        about: deal.name.clone(),
        action: place.map_or_else(|| url.clone(), |place| format!("{url}/{place}")),
        back: visit.back(&open.values, &format!("deals/{}", deal.id)),
        version: open.version,
        lines: part::lines(visit, SPECS, (&open.values, &open.faults), |_| Vec::new()),
        others: part::others(SPECS, &open.faults),
        is_stale: open.is_stale,
        may_save: place.is_none() || held.is_some_and(|item| item.name == was),
        was,
        frame,
    };
    html(open.status, &page)
}

/// The values of an item as they are typed.
fn typed(language: Language, item: &DealItem) -> Fields {
    let percent = |percent: Percent| amounts::typed_decimal(language, percent);
    let values = [
        ("name", item.name.clone()),
        ("quantity", amounts::typed_decimal(language, item.quantity)),
        ("unitPrice", amounts::typed(language, item.unit_price)),
        ("currency", item.unit_price.currency.to_string()),
        ("discountPercent", percent(item.discount_percent)),
        ("taxPercent", item.tax_percent.map(percent).unwrap_or_default()),
    ];
    values.into_iter().fold(Fields::default(), |fields, (name, value)| fields.with(name, &value))
}

/// One of a thing, in the currency of the deal.
fn blank(deal: &Deal) -> Fields {
    let of_items = deal.items.first().map(|item| item.unit_price.currency);
    let currency = of_items.or(deal.amount.map(|amount| amount.currency)).unwrap_or(Currency::EUR);
    Fields::default().with("quantity", "1").with("currency", currency.code())
}

/// The item that a form describes. What the form does not ask for stays as it is.
fn read(language: Language, before: Option<&DealItem>, form: &Fields) -> Result<DealItem, Faults> {
    let required = |name: &'static str| form.get(name).ok_or_else(|| Faults::required(name, language));
    let unreadable = |name: &'static str| Faults::unreadable(name, language);
    let percent = |name: &'static str| -> Result<Option<Percent>, Faults> {
        let Some(text) = form.get(name) else { return Ok(None) };
        let number = amounts::read_decimal(language, text.trim_end_matches('%'));
        number.map(Some).ok_or_else(|| unreadable(name))
    };
    let code = required("currency")?;
    let currency: Currency = code.parse().map_err(|_| Faults::named("currency", "currency-unknown", language))?;
    let price = amounts::read(language, required("unitPrice")?, currency);
    let price = price.ok_or_else(|| Faults::named("unitPrice", "amount-unreadable", language))?;
    let quantity = match form.get("quantity") {
        None => Quantity::ONE,
        Some(text) => amounts::read_decimal(language, text).ok_or_else(|| unreadable("quantity"))?,
    };
    Ok(DealItem {
        discount_percent: percent("discountPercent")?.unwrap_or_default(),
        tax_percent: percent("taxPercent")?,
        product_ref: before.and_then(|before| before.product_ref.clone()),
        ..DealItem::of(form.text("name"), quantity, price)
    })
}

pub(super) async fn create(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    save(visit, parsed(&id)?, None, form).await
}

pub(super) async fn change(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, place) = (parsed(&path.0)?, parsed(&path.1)?);
    save(visit, id, Some(place), form).await
}

async fn save(visit: Visit, id: DealId, place: Option<usize>, form: Form) -> PageResult {
    let (version, language) = (form.version()?, visit.frame.language());
    let mut scope = visit.scope();
    let deal = scope.deals().get(id).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    let held = place.and_then(|place| deal.items.get(place));
    if place.is_some() && held.is_none() && deal.version == version {
        return Err(no_such_item());
    }
    let (status, faults, is_stale) = match read(language, held, &form.0) {
        Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults, false),
        Ok(item) => {
            let mut items = deal.items.clone();
            match place.and_then(|place| items.get_mut(place)) {
                Some(held) => *held = item,
                None => items.push(item),
            }
            // What has changed meanwhile is at another place, perhaps: then nothing is written.
            match scope.deals().replace_items(id, NewDealItems::of(items), Some(version)).await {
                Ok(_) => return Ok(visit.done(&visit.back(&form.0, &format!("deals/{id}")), "deal-items-saved", None)),
                Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
                Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, language)?, false),
            }
        }
    };
    let version = if is_stale { deal.version } else { version };
    render(&visit, &deal, place, &Open { status, values: form.0, faults, version, is_stale })
}

pub(super) async fn remove(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, place): (DealId, usize) = (parsed(&path.0)?, parsed(&path.1)?);
    let version = form.version()?;
    let mut scope = visit.scope();
    let mut items = scope.deals().get(id).await?.items;
    if place < items.len() {
        items.remove(place);
    }
    let outcome = scope.deals().replace_items(id, NewDealItems::of(items), Some(version)).await;
    told(&visit, id, &form.0, outcome.map(drop))
}

/// Takes the sum of the items for the amount, or not any more.
pub(super) async fn take_amount(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: DealId = parsed(&id)?;
    let amount_from_items = Patch::Set(form.0.text("on") == "true");
    let patch = DealPatch { amount_from_items, ..DealPatch::default() };
    let outcome = visit.scope().deals().update(id, patch, Some(form.version()?)).await;
    told(&visit, id, &form.0, outcome.map(drop))
}

/// Goes back to the deal, which shows what it is by now.
fn told(visit: &Visit, id: DealId, form: &Fields, outcome: Result<(), Error>) -> PageResult {
    let back = visit.back(form, &format!("deals/{id}"));
    match outcome {
        Ok(()) => Ok(visit.done(&back, "deal-items-saved", None)),
        Err(Error::Stale { .. }) => Ok(visit.done(&back, "deal-meanwhile", None)),
        Err(error) => Err(error.into()),
    }
}
