//! How a deal stands at the moment of a read: what it is worth in the company's base currency, whether it is too long in
//! its stage, and which of its contacts the actor sees.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::model::{Deal, DealStatus};
use crate::base::decimal::Rate;
use crate::base::money::{Currency, MAX_AMOUNT, Money, converted};
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::company::{Company, KnownRate};
use crate::scope::visibility::Owners;

/// What deals are judged by when they are read.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    company: Arc<Company>,
    now: DateTime<Utc>,
    /// The owners whose customers the actor sees.
    owners: Owners,
}

impl Standing {
    /// With the rates of this company, at this time, for this actor.
    pub fn of(company: &Arc<Company>, now: DateTime<Utc>, actor: &Actor) -> Self {
        Self { company: company.clone(), now, owners: actor.owners(Resource::Customers, Action::Read) }
    }

    /// In a transaction.
    pub fn in_write(tx: &CompanyTx<'_>) -> Self {
        Self::of(&tx.company, tx.now(), tx.actor())
    }

    /// The base currency.
    pub fn base(&self) -> Currency {
        self.company.settings.base_currency
    }

    /// An amount of the base currency.
    pub fn in_base(&self, amount: i64) -> Money {
        Money { amount, currency: self.base() }
    }

    /// What so many parts of the smallest unit of a currency are worth in the base currency by the current rate.
    pub fn worth(&self, currency: Currency, amount: i128, parts: i128) -> Option<i64> {
        converted(amount, parts, currency, self.company.rate(currency)?.rate, self.base())
    }

    /// Says of a deal that was just read how it stands. What it was worth when it was closed stays.
    pub fn judge(&self, deal: &mut Deal) {
        deal.show_contacts(&self.owners);
        deal.age(self.now);
        if deal.status == DealStatus::Open {
            deal.price(&self.company);
        }
    }

    /// The same deal, judged.
    pub fn judged(&self, mut deal: Deal) -> Deal {
        self.judge(&mut deal);
        deal
    }
}

impl Deal {
    /// Takes the current rate.
    fn price(&mut self, company: &Company) {
        let known = self.amount.and_then(|amount| company.rate(amount.currency));
        let rate = known.as_ref().map(|known| known.rate);
        self.base_amount = worth(self.amount, rate, company.settings.base_currency);
        (self.rate, self.rate_date, self.rate_source) = match known {
            Some(KnownRate { rate, date, source }) => (Some(rate), date, source),
            None => (None, None, None),
        };
    }

    /// Says what a deal that is written is worth in the base currency: by the current rate while it is open, and when it
    /// is closed. From then on its rate stays the same as long as its currency does.
    pub(super) fn settle_base(&mut self, before: Option<&Self>, company: &Company) {
        let is_frozen =
            |before: &&Self| before.closed_at == self.closed_at && currency(before.amount) == currency(self.amount);
        let frozen = before.filter(|_| self.status != DealStatus::Open).filter(is_frozen);
        match frozen.and_then(|before| before.base_amount.zip(before.rate)) {
            Some((base, rate)) => self.base_amount = worth(self.amount, Some(rate), base.currency),
            None => self.price(company),
        }
    }
}

fn currency(amount: Option<Money>) -> Option<Currency> {
    amount.map(|amount| amount.currency)
}

/// An amount in the base currency; none without a rate, and beyond what an amount can be.
fn worth(amount: Option<Money>, rate: Option<Rate>, base: Currency) -> Option<Money> {
    amount?.converted(rate?, base).filter(|worth| worth.amount <= MAX_AMOUNT)
}
