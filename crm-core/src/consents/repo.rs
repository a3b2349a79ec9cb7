//! The operations on consents.

use std::collections::HashSet;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{FromQueryResult, QuerySelect};

use super::gate::{Facts, MayContact};
use super::input::{MAX_PURPOSES, NewConsent, purpose as stored_purpose};
use super::model::{Consent, ConsentState, ContactChannel, CurrentConsent, CurrentConsents, LawfulBasis};
use super::query::{ConsentQuery, holds, order, sort_key};
use super::{points, row};
use crate::base::error::{Error, Kind, Malformed, Result, Violations};
use crate::base::ids::{ConsentId, CustomerId, LeadId};
use crate::customers::{self, Party};
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::visibility::Parties;
use crate::scope::{CompanyScope, CompanyTx, Find, is_live, read_page};
use crate::{leads, suppressions};

/// How many purposes on channels a customer has at most, after merges.
const MOST: u64 = 10_000;

/// The consents of a customer or a lead. Obtained from [`CompanyScope::consents`] and [`CompanyScope::lead_consents`].
#[derive(Debug)]
pub struct Consents<'s, 'c> {
    scope: &'s mut CompanyScope<'c>,
    party: Party,
}

impl<'c> CompanyScope<'c> {
    /// The consents of a customer.
    pub fn consents(&mut self, customer: CustomerId) -> Consents<'_, 'c> {
        Consents { scope: self, party: customer.into() }
    }

    /// The consents of a lead.
    pub fn lead_consents(&mut self, lead: LeadId) -> Consents<'_, 'c> {
        Consents { scope: self, party: lead.into() }
    }
}

impl Consents<'_, '_> {
    /// Adds an entry to the ledger.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`]; [`Error::Invalid`] with all faults.
    #[tracing::instrument(name = "consents.create", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn create(&mut self, new: NewConsent) -> Result<Consent> {
        self.scope.write(async |tx| create(tx, self.party, new).await).await
    }

    /// One entry.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: ConsentId) -> Result<Consent> {
        self.authorize_read().await?;
        self.entries()?.by_id(id).one().await?.ok_or_else(|| Error::not_found(Kind::Consent, id))
    }

    /// A page of the ledger. One statement, and one more if it has no entry.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "consents.list", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn list(&self, query: &ConsentQuery, request: &PageRequest) -> Result<Page<Consent>> {
        self.authorize_read().await?;
        let (condition, visible) = (query.condition(), self.condition()?);
        let find = || {
            let rows = self.scope.find::<row::Entity>().filter(visible.clone()).filter(condition.clone());
            rows.select(&row::COLUMNS)
        };
        let key = |consent: &Consent| (sort_key(query.sort, consent), consent.id.0);
        let digest = page::digest(&("consents", query, self.party.id()))?;
        let page = read_page(find, &order(query.sort), &digest, request, key).await?;
        if page.data.is_empty() {
            customers::ensure_visible(self.scope, self.party).await?;
        }
        Ok(page)
    }

    /// What holds now. One statement, and one more if the ledger has no entry.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`].
    #[tracing::instrument(name = "consents.current", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn current(&self) -> Result<CurrentConsents> {
        self.authorize_read().await?;
        let at = self.scope.crm.now();
        let mut entries: Vec<Consent> = self.holding()?.fetch_up_to(MOST).await?;
        if entries.is_empty() {
            customers::ensure_visible(self.scope, self.party).await?;
        }
        entries.sort_by(|one, other| (&one.purpose, one.channel).cmp(&(&other.purpose, other.channel)));
        let current = |consent: Consent| CurrentConsent { status: consent.status(at), consent };
        Ok(CurrentConsents { at, consents: entries.into_iter().map(current).collect() })
    }

    /// Whether the customer or the lead may be contacted for a purpose on a channel, and why not: the one gate for everything
    /// that is sent. It is closed unless the ledger says otherwise. At most four statements.
    ///
    /// ```
    /// # use crm_core::{Crm, actor::Actor, customers::NewCustomer, ids::CompanyId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anyhow::Result<()> {
    /// # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
    /// # migration::up(&db).await?;
    /// # let mut scope = Crm::default().on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
    /// use crm_core::consents::{ContactChannel, NewConsent};
    ///
    /// let ann = NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Ann", "Lee") };
    /// let ann = scope.customers().create(ann).await?;
    /// assert!(!scope.consents(ann.id).may_contact("newsletter", ContactChannel::Email).await?.allowed);
    ///
    /// scope.consents(ann.id).create(NewConsent::granted("newsletter", ContactChannel::Email)).await?;
    /// assert!(scope.consents(ann.id).may_contact("newsletter", ContactChannel::Email).await?.allowed);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer, and if it is in the trash, unless the actor may restore it;
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a text that is no purpose.
    #[tracing::instrument(name = "consents.may_contact", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn may_contact(&self, purpose: &str, channel: ContactChannel) -> Result<MayContact> {
        self.authorize_read().await?;
        let purpose = stored_purpose(purpose).map_err(|rule| Malformed::new("parameter_invalid", "purpose", rule))?;
        let scope: &CompanyScope<'_> = self.scope;
        let now = scope.crm.now();
        let customer = match self.party.read(scope).await {
            Ok(customer) => customer,
            Err(Error::NotFound { .. }) if scope.reach(self.party.resource(), Action::Restore).is_ok() => {
                customers::ensure_history_visible(scope, self.party).await?;
                return Ok(MayContact::trashed(purpose, channel, now));
            }
            Err(error) => return Err(error),
        };
        let column = |name: &'static str| Expr::col((row::TABLE, name));
        let is_of = column("purpose").eq(purpose.as_str()).and(column("channel").eq(channel.as_str()));
        let entry: Option<Consent> = self.holding()?.filter(is_of).one().await?;
        let flags = match channel {
            ContactChannel::Email | ContactChannel::Phone => leads::contact_flags(scope, customer.id).await?,
            ContactChannel::Sms | ContactChannel::Whatsapp | ContactChannel::Post => Vec::new(),
        };
        let points = points::of(&customer, channel);
        let keys = points.iter().filter_map(|point| point.keys.as_deref()).flatten().cloned().collect();
        let suppressed: HashSet<String> = suppressions::among(scope, keys).await?;
        let (entry, flags, suppressed) = (entry.as_ref(), flags.as_slice(), &suppressed);
        Ok(Facts { purpose, channel, now, entry, flags, points, suppressed }.decide())
    }

    async fn authorize_read(&self) -> Result<()> {
        self.scope.company().await?;
        for resource in [Resource::Consents, self.party.resource()] {
            self.scope.authorize_read(resource, Action::Read).await?;
        }
        Ok(())
    }

    /// Entries of the customer or the lead that the actor sees.
    fn condition(&self) -> Result<Condition> {
        let of_party = Expr::col((row::TABLE, "customer_id")).eq(self.party.id().0);
        let visible = self.scope.actor().visible(&super::ACCESS)?.add(of_party).add(is_live(row::TABLE));
        Ok(visible.add(customers::is_visible(self.scope, self.party)?))
    }

    fn entries(&self) -> Result<Find<'_, row::Entity>> {
        Ok(self.scope.find::<row::Entity>().filter(self.condition()?).select(&row::COLUMNS))
    }

    /// The entries that hold: one of each purpose on each channel.
    fn holding(&self) -> Result<Find<'_, row::Entity>> {
        Ok(self.entries()?.filter(holds(self.scope.company_id(), self.party.id())))
    }
}

/// Fails unless the actor sees this entry.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: ConsentId) -> Result<()> {
    let of = Expr::exists(scope.actor().visible_parties(Parties::Both, |id| id.equals((row::TABLE, "customer_id")))?);
    let visible = scope.actor().visible(&super::ACCESS)?;
    let entry = scope.find::<row::Entity>().by_id(id).filter(visible).filter(of);
    match entry.filter(is_live(row::TABLE)).count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Consent, id)),
        _ => Ok(()),
    }
}

async fn create(tx: &mut CompanyTx<'_>, party: Party, new: NewConsent) -> Result<Consent> {
    tx.authorize(Resource::Consents, Action::Create, tx.actor().user_id(), None)?;
    let new = new.validated(tx.now())?;
    customers::lock_party(tx, party).await?;
    check_purposes(tx, party.id(), &new.purpose).await?;
    let mut consent = blank(tx, party.id());
    tx.stamp_new(&mut consent);
    new.write(&mut consent);
    tx.insert(&consent).await?;
    Ok(consent)
}

#[derive(FromQueryResult)]
struct Named {
    purpose: String,
}

/// Refuses a purpose beyond the maximum of a customer.
async fn check_purposes(tx: &CompanyTx<'_>, customer: CustomerId, purpose: &str) -> Result<()> {
    let of_customer = Expr::col((row::TABLE, "customer_id")).eq(customer.0);
    let rows = tx.find::<row::Entity>().filter(of_customer).filter(is_live(row::TABLE));
    let purposes = rows.map(|select| select.select_only().column(row::Column::Purpose).distinct());
    let purposes: Vec<Named> = purposes.fetch_up_to(MOST).await?;
    if purposes.len() < MAX_PURPOSES || purposes.iter().any(|known| known.purpose == purpose) {
        return Ok(());
    }
    Err(Violations::one("/purpose", "too_many", format!("at most {MAX_PURPOSES} purposes of a customer")).into())
}

/// An entry that says nothing yet.
fn blank(tx: &CompanyTx<'_>, customer: CustomerId) -> Consent {
    let by = ActorRef::from(tx.actor());
    Consent {
        id: tx.id().into(),
        version: 1,
        customer_id: customer,
        purpose: String::new(),
        channel: ContactChannel::Email,
        state: ConsentState::Denied,
        lawful_basis: LawfulBasis::default(),
        source: None,
        text_version: None,
        proof: None,
        obtained_at: tx.now(),
        expires_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    }
}
