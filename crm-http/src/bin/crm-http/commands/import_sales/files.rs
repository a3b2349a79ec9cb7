//! Reads the four files. What is known to be a typing error in them is mended and counted.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, ensure};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use crm_core::money::{Currency, Money};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Typing errors that are known, and what they mean.
const TYPOS: [(&str, &str, &str); 2] =
    [("sector", "technolgy", "technology"), ("country", "Philipines", "Philippines")];
/// How days are written: in the files that are handed around, and in those of their first publication.
const DAYS: [&str; 2] = ["%m/%d/%Y", "%Y-%m-%d"];

/// Where the files are.
pub(super) struct Paths<'p> {
    pub accounts: &'p Path,
    pub products: &'p Path,
    pub pipeline: &'p Path,
    pub teams: &'p Path,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Account {
    #[serde(rename = "account")]
    pub name: String,
    pub sector: String,
    pub year_established: String,
    /// In millions.
    pub revenue: String,
    pub employees: String,
    #[serde(rename = "office_location")]
    pub country: String,
    #[serde(rename = "subsidiary_of")]
    pub parent: Option<String>,
}

/// A sales agent.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Agent {
    #[serde(rename = "sales_agent")]
    pub name: String,
    pub manager: String,
    #[serde(rename = "regional_office", default)]
    pub office: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawProduct {
    product: String,
    sales_price: String,
}

#[derive(Debug, Deserialize)]
struct RawOpportunity {
    opportunity_id: String,
    sales_agent: String,
    product: String,
    account: Option<String>,
    deal_stage: String,
    engage_date: Option<String>,
    close_date: Option<String>,
    close_value: Option<String>,
}

/// A product with its list price.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub name: String,
    pub price: Money,
}

/// Where an opportunity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Prospecting,
    Engaging { since: DateTime<Utc> },
    Won { since: DateTime<Utc>, at: DateTime<Utc>, value: Money },
    Lost { since: DateTime<Utc>, at: DateTime<Utc> },
}

/// An opportunity.
#[derive(Clone, Debug)]
pub(super) struct Opportunity {
    pub id: String,
    pub agent: String,
    /// The product, as the list of products has it.
    pub product: String,
    /// What the product costs by the list.
    pub list_price: Money,
    pub account: Option<String>,
    pub stage: Stage,
}

/// What was mended: what it is, how it was written, how it is written; and in how many rows.
pub(super) type Mended = BTreeMap<(&'static str, String, String), u64>;

/// All that the files have.
pub(super) struct Sales {
    pub accounts: Vec<Account>,
    pub products: Vec<Product>,
    pub agents: Vec<Agent>,
    pub opportunities: Vec<Opportunity>,
    pub mended: Mended,
    /// The rows of the pipeline that are left out, by their numbers in a spreadsheet.
    pub faults: Vec<(u64, String)>,
    pub currency: Currency,
    /// The first day of any opportunity.
    pub first_day: DateTime<Utc>,
    /// The last one: on this day those stood as they are that have none.
    pub last_day: DateTime<Utc>,
}

impl Sales {
    /// Reads the files.
    pub fn read(paths: &Paths<'_>, currency: Currency) -> anyhow::Result<Self> {
        let mut mended = Mended::new();
        let mut accounts: Vec<Account> = rows(paths.accounts)?;
        for account in &mut accounts {
            mend("sector", &mut account.sector, &mut mended);
            mend("country", &mut account.country, &mut mended);
        }
        let raw: Vec<RawProduct> = rows(paths.products)?;
        let products: Vec<Product> =
            raw.into_iter().map(|raw| product(raw, currency)).collect::<anyhow::Result<_>>()?;
        let agents = rows(paths.teams)?;
        let by_key: HashMap<String, &Product> = products.iter().map(|product| (key(&product.name), product)).collect();
        let (mut opportunities, mut faults) = (Vec::new(), Vec::new());
        for (number, raw) in (2..).zip(rows::<RawOpportunity>(paths.pipeline)?) {
            match opportunity(raw, &by_key, currency, &mut mended) {
                Ok(row) => opportunities.push(row),
                Err(fault) => faults.push((number, fault)),
            }
        }
        let days = || opportunities.iter().flat_map(|row: &Opportunity| row.stage.days());
        let first_day = days().min().context("no opportunity has a day")?;
        let last_day = days().max().unwrap_or(first_day);
        Ok(Self { accounts, agents, opportunities, mended, faults, currency, first_day, last_day, products })
    }
}

impl Stage {
    fn days(self) -> impl Iterator<Item = DateTime<Utc>> {
        let (first, last) = match self {
            Self::Prospecting => (None, None),
            Self::Engaging { since } => (Some(since), None),
            Self::Won { since, at, .. } | Self::Lost { since, at } => (Some(since), Some(at)),
        };
        first.into_iter().chain(last)
    }
}

fn rows<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let at = || format!("cannot read {}", path.display());
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).with_context(at)?;
    file.deserialize().collect::<Result<_, csv::Error>>().with_context(at)
}

fn product(raw: RawProduct, currency: Currency) -> anyhow::Result<Product> {
    let RawProduct { product, sales_price } = raw;
    let price = money(&sales_price, currency);
    Ok(Product { price: price.with_context(|| format!("{product} has the price {sales_price}"))?, name: product })
}

fn money(text: &str, currency: Currency) -> anyhow::Result<Money> {
    let money: Money = format!("{text} {currency}").parse()?;
    ensure!(money.amount >= 0, "less than nothing");
    Ok(money)
}

/// The letters and digits of a name, which tell products apart.
fn key(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn mend(what: &'static str, text: &mut String, mended: &mut Mended) {
    let typo = TYPOS.iter().find(|(of, typed, _)| *of == what && typed == text);
    if let Some((_, _, meant)) = typo {
        note(what, text, meant, mended);
        *text = (*meant).to_owned();
    }
}

fn note(what: &'static str, from: &str, to: &str, mended: &mut Mended) {
    *mended.entry((what, from.to_owned(), to.to_owned())).or_default() += 1;
}

fn opportunity(
    raw: RawOpportunity,
    products: &HashMap<String, &Product>,
    currency: Currency,
    mended: &mut Mended,
) -> Result<Opportunity, String> {
    let RawOpportunity { opportunity_id: id, sales_agent: agent, product, account, deal_stage, .. } = &raw;
    if id.is_empty() || agent.is_empty() {
        return Err("an opportunity has an id and a sales agent".to_owned());
    }
    let listed = products.get(&key(product)).ok_or_else(|| format!("{product} is not among the products"))?;
    let stage = stage(&raw, currency).map_err(|error| format!("{deal_stage}: {error:#}"))?;
    if *product != listed.name {
        note("product", product, &listed.name, mended);
    }
    Ok(Opportunity {
        id: id.clone(),
        agent: agent.clone(),
        product: listed.name.clone(),
        list_price: listed.price,
        account: account.clone(),
        stage,
    })
}

fn stage(raw: &RawOpportunity, currency: Currency) -> anyhow::Result<Stage> {
    let since = || day(raw.engage_date.as_deref().context("engage_date is missing")?);
    let at = || day(raw.close_date.as_deref().context("close_date is missing")?);
    let value = || money(raw.close_value.as_deref().context("close_value is missing")?, currency);
    Ok(match raw.deal_stage.to_lowercase().as_str() {
        "prospecting" => Stage::Prospecting,
        "engaging" => Stage::Engaging { since: since()? },
        "won" => Stage::Won { since: since()?, at: at()?, value: value()? },
        "lost" => Stage::Lost { since: since()?, at: at()? },
        _ => anyhow::bail!("the stages are Prospecting, Engaging, Won and Lost"),
    })
}

/// Noon, so that the day is the same in nearly all time zones.
fn day(text: &str) -> anyhow::Result<DateTime<Utc>> {
    let day = DAYS.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok());
    let day = day.with_context(|| format!("{text} is no day"))?;
    let noon = NaiveTime::from_hms_opt(12, 0, 0).context("noon")?;
    Ok(day.and_time(noon).and_utc())
}

#[cfg(test)]
mod tests {
    use super::{Mended, Stage, day, key, mend};

    #[test]
    fn typing_errors_are_mended_and_counted() {
        let mut mended = Mended::new();
        let mut sector = "technolgy".to_owned();
        mend("sector", &mut sector, &mut mended);
        mend("country", &mut sector, &mut mended);
        assert_eq!((sector.as_str(), mended.len()), ("technology", 1));
        assert_eq!(key("GTXPro"), key("GTX Pro"));
        assert_ne!(key("GTX Basic"), key("GTX Plus Basic"));
    }

    #[test]
    fn days_are_read_in_both_notations() {
        assert_eq!(day("3/1/2017").unwrap(), day("2017-03-01").unwrap());
        assert!(day("13/13/2017").is_err());
        assert_eq!(Stage::Prospecting.days().count(), 0);
    }
}
