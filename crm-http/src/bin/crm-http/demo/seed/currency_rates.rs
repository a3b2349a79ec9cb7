//! The demo's currency rates: those of a year ago, by which old deals were closed, and those of today.

use crm_core::currency_rates::NewCurrencyRates;

use super::super::people::Company;
use super::Seeder;

impl Seeder<'_, '_> {
    /// The rates from which the year begins.
    pub(super) async fn old_rates(&mut self) -> crm_core::Result<()> {
        self.set_rates(match self.company {
            Company::Acme => &[("CAD", "0.7412"), ("CHF", "1.1896"), ("EUR", "1.0953")],
            Company::Globex => &[("CAD", "0.6768"), ("CHF", "1.0861"), ("USD", "0.913")],
        })
        .await
    }

    /// The rates of today.
    pub(super) async fn current_rates(&mut self) -> crm_core::Result<()> {
        self.clock.set(self.now);
        self.set_rates(match self.company {
            Company::Acme => &[("CAD", "0.7305"), ("CHF", "1.2418"), ("EUR", "1.1544")],
            Company::Globex => &[("CAD", "0.6328"), ("CHF", "1.0757"), ("USD", "0.8663")],
        })
        .await
    }

    async fn set_rates(&mut self, rates: &[(&str, &str)]) -> crm_core::Result<()> {
        let rates = rates.iter().filter_map(|(currency, rate)| Some((currency.parse().ok()?, rate.parse().ok()?)));
        let rates = NewCurrencyRates::today(rates).by("central bank");
        self.tx.scope().currency_rates().set(rates).await.map(drop)
    }
}
