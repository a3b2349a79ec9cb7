//! What a deal is called in other systems: its quote, its order and its invoices.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::customers::ExternalRef;
use crm_core::deals::{Deal, DealPatch};
use crm_core::ids::DealId;
use crm_core::patch::Patch;

use super::card;
use super::part::{self, PartPage, Spec};
use crate::base::fields::Fields;
use crate::base::language::Language;
use crate::customers::{Faults, parsed};
use crate::web::{Form, PageResult, Visit, html};

const SPECS: &[Spec] = &[
    Spec("quoteRef", "field-quote-ref", "text", 320),
    Spec("orderRef", "field-order-ref", "text", 320),
    Spec("invoiceRefs", "references-invoices", "textarea", 33_000),
];

/// A reference in a line: `erp: D-10042`.
pub(super) fn shown(reference: &ExternalRef) -> String {
    format!("{}: {}", reference.system, reference.id)
}

/// The same from a line. Without a colon it is none.
fn read(line: &str) -> Option<ExternalRef> {
    let (system, id) = line.split_once(':')?;
    let (system, id) = (system.trim().to_owned(), id.trim().to_owned());
    (!system.is_empty() && !id.is_empty()).then_some(ExternalRef { system, id })
}

fn typed(deal: &Deal) -> Fields {
    let one = |reference: &Option<ExternalRef>| reference.as_ref().map(shown).unwrap_or_default();
    let invoices: Vec<String> = deal.invoice_refs.iter().map(shown).collect();
    let quote = Fields::default().with("quoteRef", &one(&deal.quote_ref));
    quote.with("orderRef", &one(&deal.order_ref)).with("invoiceRefs", &invoices.join("\n"))
}

fn patch(language: Language, form: &Fields) -> Result<DealPatch, Faults> {
    let fault = |name: &'static str| Faults::named(name, "reference-unreadable", language);
    let one = |name: &'static str| match form.get(name) {
        None => Ok(Patch::Clear),
        Some(text) => read(text).map(Patch::Set).ok_or_else(|| fault(name)),
    };
    let lines = form.text("invoiceRefs").lines().map(str::trim).filter(|line| !line.is_empty());
    let invoices: Option<Vec<ExternalRef>> = lines.map(read).collect();
    Ok(DealPatch {
        quote_ref: one("quoteRef")?,
        order_ref: one("orderRef")?,
        invoice_refs: Patch::Set(invoices.ok_or_else(|| fault("invoiceRefs"))?),
        ..DealPatch::default()
    })
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let deal = visit.scope().deals().get(parsed(&id)?).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    let values = typed(&deal).with("back", visit.query.text("back"));
    render(&visit, &deal, StatusCode::OK, &values, &Faults::default())
}

fn render(visit: &Visit, deal: &Deal, status: StatusCode, values: &Fields, faults: &Faults) -> PageResult {
    let frame = visit.frame.clone().within("deals");
    let page = PartPage {
        title: frame.t("references-title"),
        about: deal.name.clone(),
        action: format!("{}/references", card::url(&frame, deal.id)),
        back: visit.back(values, &format!("deals/{}", deal.id)),
        version: deal.version,
        was: String::new(),
        lines: part::lines(visit, SPECS, (values, faults), |_| Vec::new()),
        others: part::others(SPECS, faults),
        is_stale: status == StatusCode::PRECONDITION_FAILED,
        may_save: true,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: DealId = parsed(&id)?;
    let (version, language) = (form.version()?, visit.frame.language());
    let (status, faults) = match patch(language, &form.0) {
        Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults),
        Ok(patch) => match visit.scope().deals().update(id, patch, Some(version)).await {
            Ok(_) => return Ok(visit.done(&visit.back(&form.0, &format!("deals/{id}")), "deal-saved", None)),
            Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default()),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, language)?),
        },
    };
    let deal = visit.scope().deals().get(id).await?;
    render(&visit, &deal, status, &form.0, &faults)
}

#[cfg(test)]
mod tests {
    use super::{read, shown};

    #[test]
    fn a_reference_is_read_as_it_is_shown() {
        let reference = read(" erp : D:10042 ").unwrap();
        assert_eq!((&*reference.system, &*reference.id), ("erp", "D:10042"));
        assert_eq!(read(&shown(&reference)), Some(reference));
        assert_eq!([read("D-10042"), read("erp:"), read(": 1"), read("")], [None, None, None, None]);
    }
}
