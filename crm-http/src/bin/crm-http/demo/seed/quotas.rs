//! The demo's quotas: of the sellers, for the year before today and the months after it.

use crm_core::money::Money;
use crm_core::quotas::{Month, NewQuota, NewQuotas};

use super::super::people::Company;
use super::Seeder;

/// What a month is to bring, in minor units, by log-in name.
const QUOTAS: [(&str, i64); 2] = [("manager", 1_500_000), ("sales", 2_500_000)];

impl Seeder<'_, '_> {
    /// The quotas of this month, of the twelve before and of the five after it; they grow by the quarter.
    pub(super) async fn quotas(&mut self) -> anyhow::Result<()> {
        let currency = match self.company {
            Company::Acme => "USD".parse()?,
            Company::Globex => "EUR".parse()?,
        };
        let first = Month::of(self.now.date_naive() - chrono::Months::new(12));
        let mut quotas = Vec::new();
        for (login, amount) in QUOTAS {
            if let Some(user) = self.user(login) {
                let grown = |step: u32| Money { amount: amount / 20 * (14 + i64::from(step / 3)), currency };
                let quota = |step| NewQuota::of(user, first.plus(step), grown(step));
                quotas.extend((0..18).map(quota));
            }
        }
        self.tx.scope().quotas().set(NewQuotas { quotas }).await?;
        Ok(())
    }
}
