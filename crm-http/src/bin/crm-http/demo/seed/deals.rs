//! The demo's pipelines and deals: won, lost and open ones over the twelve months.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::customers::ExternalRef;
use crm_core::deals::{CONTACT_ROLES, DealContact, DealItem, DealMove, DealType, NewDeal, NewDealItems};
use crm_core::decimal::{Percent, Quantity};
use crm_core::ids::{CustomerId, DealId, PipelineId};
use crm_core::money::Money;
use crm_core::pipelines::NewPipeline;
use crm_http::examples;
use rand::RngExt;

use super::super::people::Company;
use super::Seeder;

const TITLES: &[&str] = &[
    "Frame contract",
    "Spare parts for a year",
    "Second site",
    "Maintenance",
    "Pilot for one line",
    "Replacement of the old line",
    "Training of the operators",
    "Larger storage",
];

const SOURCES: &[&str] = &["referral", "trade_fair", "web_site", "partner", "cold_call"];
const REASONS: &[&str] = &["price", "competitor", "no_budget", "timing", "no_answer"];
const STEPS: &[&str] = &["Send the contract", "Call about the offer", "Visit the works", "Ask for the specification"];

const PRODUCTS: &[(&str, &str)] = &[
    ("P-2041", "Conveyor unit"),
    ("P-2107", "Control cabinet"),
    ("P-2230", "Sensor kit"),
    ("S-3001", "Installation, per hour"),
    ("S-3010", "Maintenance, per month"),
];

/// The stages that deals pass after the first one.
const PATHS: &[&[&str]] = &[
    &["needs_analysis", "proposal", "negotiation", "closed_won"],
    &["needs_analysis"],
    &["needs_analysis", "proposal", "closed_lost"],
    &["needs_analysis", "proposal"],
    &[],
    &["proposal", "negotiation", "closed_won"],
    &["needs_analysis", "closed_lost"],
    &["needs_analysis", "proposal", "negotiation"],
];

/// The stages that the deal of a customer passes after the first one.
const fn path(number: u32) -> &'static [&'static str] {
    PATHS[number as usize / 3 % PATHS.len()]
}

impl Seeder<'_, '_> {
    /// The pipelines of the document's examples.
    pub(super) async fn pipelines(&mut self) -> anyhow::Result<()> {
        let main: NewPipeline = serde_json::from_value(examples::pipeline_fields())?;
        let mistake = NewPipeline { position: Some(2), ..NewPipeline::named("Made by mistake") };
        for (id, new) in [(examples::PIPELINE, main), (examples::PIPELINE_TO_DELETE, mistake)] {
            self.randomness.choose(id);
            let pipeline = self.tx.scope().pipelines().create(new).await?;
            anyhow::ensure!(pipeline.id == PipelineId(id), "the example {id} became {}", pipeline.id);
        }
        Ok(())
    }

    /// The deals of the document's examples.
    pub(super) async fn example_deals(&mut self) -> anyhow::Result<()> {
        let sales = self.user("sales");
        let main: NewDeal = serde_json::from_value(examples::deal_fields())?;
        for (id, new) in [
            (examples::DEAL, NewDeal { owner_id: sales.into(), ..main }),
            (examples::DEAL_TO_DELETE, NewDeal::named("Added twice")),
            (examples::DEAL_TO_RESTORE, NewDeal::named("Thrown away too soon")),
        ] {
            self.randomness.choose(id);
            let deal = self.tx.scope().deals().create(examples::CUSTOMER.into(), new).await?;
            anyhow::ensure!(deal.id == DealId(id), "the example {id} became {}", deal.id);
        }
        let items: NewDealItems = serde_json::from_value(examples::new_deal_items())?;
        self.tx.scope().deals().replace_items(examples::DEAL.into(), items, None).await?;
        Ok(self.tx.scope().deals().delete(examples::DEAL_TO_RESTORE.into(), None).await?)
    }

    /// The deals of half of the customers, from the weeks after they were added.
    pub(super) async fn deals(
        &mut self,
        customer: CustomerId,
        number: u32,
        added: DateTime<Utc>,
    ) -> crm_core::Result<()> {
        let mut at = added + TimeDelta::days(self.random.random_range(1..15));
        let has_one = number.is_multiple_of(3) || number % 6 == 1;
        if !has_one || at > self.now {
            return Ok(());
        }
        self.clock.set(at);
        let mut new = self.deal(number, at);
        // Every other deal has items, and is worth their sum.
        let amount = new.amount.filter(|_| number.is_multiple_of(2));
        // Seven of ten customers are persons, who decide for themselves.
        if number % 10 >= 3 {
            let role = CONTACT_ROLES[number as usize % CONTACT_ROLES.len()];
            new.contacts = Some(vec![DealContact { is_primary: true, ..DealContact::of(customer, role) }]);
        }
        if amount.is_some() {
            (new.amount, new.amount_from_items) = (None, Some(true));
        }
        let deal = self.tx.scope().deals().create(customer, new).await?.id;
        if let Some(amount) = amount {
            let items = NewDealItems::of(self.items(amount));
            self.tx.scope().deals().replace_items(deal, items, None).await?;
        }
        for stage in path(number) {
            at += TimeDelta::days(self.random.random_range(3..25));
            if at > self.now {
                break;
            }
            self.clock.set(at);
            let reason = *self.pick(REASONS);
            let lost_reason = (*stage == "closed_lost").then(|| reason.to_owned());
            let to = DealMove { lost_reason, ..DealMove::to(*stage) };
            self.tx.scope().deals().move_to(deal, to, None).await?;
        }
        Ok(())
    }

    /// A few lines, which cost about this much.
    fn items(&mut self, amount: Money) -> Vec<DealItem> {
        let lines: i64 = self.random.random_range(1..4);
        let mut items = Vec::new();
        for _ in 0..lines {
            let (code, name) = *self.pick(PRODUCTS);
            let count: i64 = self.random.random_range(1..13);
            let price = Money { amount: (amount.amount / lines / count / 100).max(1) * 100, ..amount };
            items.push(DealItem {
                product_ref: Some(ExternalRef::new("erp", code)),
                discount_percent: Percent::from_units([0, 0, 500, 750][self.random.random_range(0..4)]),
                ..DealItem::of(name, Quantity::from_units(count * Quantity::ONE.units()), price)
            });
        }
        items
    }

    fn deal(&mut self, number: u32, at: DateTime<Utc>) -> NewDeal {
        let currency = match (self.company, number.is_multiple_of(15)) {
            (Company::Acme, false) => "USD",
            (Company::Acme, true) => "CAD",
            (Company::Globex, false) => "EUR",
            (Company::Globex, true) => "CHF",
        };
        let amount = self.random.random_range(4..400) * 25_000;
        let after: i64 = self.random.random_range(30..120);
        let is_open = path(number).last().is_none_or(|stage| !stage.starts_with("closed"));
        // What is still open has mostly been put off, and is expected in the next months.
        let closes = if is_open && !number.is_multiple_of(7) {
            self.now + TimeDelta::days(2 * after - 70)
        } else {
            at + TimeDelta::days(after)
        };
        let step = closes - TimeDelta::days(20);
        NewDeal {
            amount: currency.parse().ok().map(|currency| Money { amount, currency }),
            probability: number.is_multiple_of(21).then_some(60),
            expected_close_date: Some(closes.date_naive()),
            source: Some((*self.pick(SOURCES)).to_owned()),
            deal_type: Some(DealType::ALL[number as usize / 3 % DealType::ALL.len()]),
            next_step: (step > self.now).then(|| STEPS[number as usize % STEPS.len()].to_owned()),
            next_step_at: (step > self.now).then_some(step),
            owner_id: self.owner(number).into(),
            ..NewDeal::named(*self.pick(TITLES))
        }
    }
}
