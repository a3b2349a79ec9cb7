//! The operations on capture forms.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::challenge;
use super::input::{CaptureFormPatch, NewCaptureForm};
use super::model::{CaptureForm, DuplicateLeads, Secret};
use super::query::{CaptureFormQuery, order, sort_key};
use super::row;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{CaptureFormId, CompanyId};
use crate::base::patch::Patch;
use crate::lead_statuses::{self, LeadStatus, LeadStatusRef, LeadStatusType};
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Crm, read_page};
use crate::users;

/// How many capture forms a company has at most.
const MAX_FORMS: u64 = 100;
/// The random part of a key, in bytes.
const RANDOM: usize = 16;

/// The capture forms of the company. Obtained from [`CompanyScope::capture_forms`].
#[derive(Debug)]
pub struct CaptureForms<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The capture forms of the company.
    pub fn capture_forms(&mut self) -> CaptureForms<'_, 'c> {
        CaptureForms(self)
    }
}

impl CaptureForms<'_, '_> {
    /// Adds a form.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::CaptureFormNameTaken`](crate::Conflict::CaptureFormNameTaken) if another one has the name;
    /// [`Conflict::TooManyCaptureForms`](crate::Conflict::TooManyCaptureForms).
    #[tracing::instrument(name = "capture_forms.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewCaptureForm) -> Result<CaptureForm> {
        if let Some(owner) = new.owner_id {
            self.0.users().ensure_mirrored(owner).await?;
        }
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// One form.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: CaptureFormId) -> Result<CaptureForm> {
        self.may_read().await?;
        let form = self.0.find::<row::Entity>().select(row::columns()).by_id(id);
        form.one().await?.ok_or_else(|| Error::not_found(Kind::CaptureForm, id))
    }

    /// A page of forms. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "capture_forms.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &CaptureFormQuery, request: &PageRequest) -> Result<Page<CaptureForm>> {
        self.may_read().await?;
        let find = || self.0.find::<row::Entity>().select(row::columns()).filter(query.condition());
        let key = |form: &CaptureForm| (sort_key(query.sort, form), form.id.0);
        read_page(find, &order(query.sort), &page::digest(&("capture_forms", query))?, request, key).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`CaptureForms::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "capture_forms.update", skip_all, fields(company.id = %self.0.company_id(), form.id = %id))]
    pub async fn update(
        &mut self,
        id: CaptureFormId,
        patch: CaptureFormPatch,
        expected: Option<i64>,
    ) -> Result<CaptureForm> {
        if let Patch::Set(owner) = patch.owner_id {
            self.0.users().ensure_mirrored(owner).await?;
        }
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Gives the form another key. Pages with the key so far cannot send it any more.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "capture_forms.rotate_key", skip_all, fields(company.id = %self.0.company_id(), form.id = %id))]
    pub async fn rotate_key(&mut self, id: CaptureFormId, expected: Option<i64>) -> Result<CaptureForm> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::CaptureForms, Action::Update, None, Some(id.0))?;
                let before = locked(tx, id).await?;
                CompanyTx::expect_version(&before, expected)?;
                let mut after = before.clone();
                after.key = new_key(tx.crm(), tx.company.id);
                after.secret = Secret(challenge::new_secret(tx.crm()));
                tx.update(&before, &mut after, Change::Updated).await?;
                Ok(after)
            })
            .await
    }

    /// Deletes a form for good. Its leads stay, with what was sent.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "capture_forms.delete", skip_all, fields(company.id = %self.0.company_id(), form.id = %id))]
    pub async fn delete(&mut self, id: CaptureFormId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::CaptureForms, Action::Delete, None, Some(id.0))?;
                let form = locked(tx, id).await?;
                CompanyTx::expect_version(&form, expected)?;
                tx.delete(&form);
                Ok(())
            })
            .await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::CaptureForms, Action::Read).await.map(drop)
    }
}

/// A new key: the company, so that the form is found there, and 128 random bits.
fn new_key(crm: &Crm, company: CompanyId) -> String {
    let mut random = [0; RANDOM];
    crm.0.source.randomness.fill(&mut random);
    URL_SAFE_NO_PAD.encode([&company.0.as_bytes()[..], &random].concat())
}

/// The company of a key as it stands in a page; nothing for a text that is no key.
pub(super) fn company_of(key: &str) -> Option<CompanyId> {
    let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
    let (company, random) = bytes.split_first_chunk::<16>()?;
    (random.len() == RANDOM).then(|| Uuid::from_bytes(*company).into())
}

/// A form that is about to be written, or sent.
pub(super) async fn locked(tx: &CompanyTx<'_>, id: CaptureFormId) -> Result<CaptureForm> {
    let form = tx.find::<row::Entity>().select(row::columns()).by_id(id).for_no_key_update();
    form.one().await?.ok_or_else(|| Error::not_found(Kind::CaptureForm, id))
}

async fn create(tx: &mut CompanyTx<'_>, new: NewCaptureForm) -> Result<CaptureForm> {
    tx.authorize(Resource::CaptureForms, Action::Create, None, None)?;
    let new = new.validated(&tx.company, None)?;
    if tx.find::<row::Entity>().count(Some(MAX_FORMS)).await? >= MAX_FORMS {
        return Err(Conflict::TooManyCaptureForms.into());
    }
    let mut form = blank(tx);
    new.write(&mut form);
    settle(tx, None, &mut form).await?;
    tx.insert(&form).await?;
    Ok(form)
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: CaptureFormId,
    patch: CaptureFormPatch,
    expected: Option<i64>,
) -> Result<CaptureForm> {
    tx.authorize(Resource::CaptureForms, Action::Update, None, Some(id.0))?;
    let before = locked(tx, id).await?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    patch.apply(&before).validated(&tx.company, Some(&before))?.write(&mut after);
    settle(tx, Some(&before), &mut after).await?;
    Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
}

/// Looks up a new owner and a new status. What is the same as before may have gone meanwhile.
async fn settle(tx: &mut CompanyTx<'_>, before: Option<&CaptureForm>, after: &mut CaptureForm) -> Result<()> {
    if before.and_then(|before| before.owner_id) != after.owner_id {
        after.owner = match after.owner_id {
            Some(id) => Some(users::owner(tx, id, "/ownerId").await?),
            None => None,
        };
    }
    if before.and_then(|before| before.status.as_ref()) != after.status.as_ref() {
        after.status = match &after.status {
            Some(named) => Some(status(tx, &LeadStatusRef::from(named.as_str())).await?.code),
            None => None,
        };
    }
    Ok(())
}

/// The status that leads of a form begin in.
async fn status(tx: &mut CompanyTx<'_>, named: &LeadStatusRef) -> Result<LeadStatus> {
    let mut status = lead_statuses::held(tx, Some(named)).await?;
    if status.is_none() && lead_statuses::ensure_usual(tx).await? > 0 {
        status = lead_statuses::held(tx, Some(named)).await?;
    }
    let unknown = || Violations::one("/status", "status_unknown", "the company has no such status, or it is archived");
    match status {
        Some(status) if status.status_type == LeadStatusType::Lost => {
            Err(Violations::one("/status", "unexpected", "a new lead is not lost").into())
        }
        Some(status) => Ok(status),
        None => Err(unknown().into()),
    }
}

/// A form with nothing in it but an id and a key.
fn blank(tx: &CompanyTx<'_>) -> CaptureForm {
    let by = ActorRef::from(tx.actor());
    let mut form = CaptureForm {
        id: tx.id().into(),
        version: 1,
        name: String::new(),
        key: new_key(tx.crm(), tx.company.id),
        fields: Vec::new(),
        origins: Vec::new(),
        source: None,
        owner_id: None,
        owner: None,
        tags: Vec::new(),
        status: None,
        consent_text: None,
        consent_version: 0,
        redirect_url: None,
        requires_challenge: true,
        on_duplicate: DuplicateLeads::default(),
        is_active: true,
        submissions: 0,
        rejected: 0,
        last_submitted_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
        secret: Secret(challenge::new_secret(tx.crm())),
        is_owner_active: true,
        is_status_there: true,
    };
    tx.stamp_new(&mut form);
    form
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{company_of, new_key};
    use crate::scope::Crm;

    #[test]
    fn a_key_leads_to_its_company() {
        let (crm, company) = (Crm::default(), Uuid::from_u128(7).into());
        let (one, other) = (new_key(&crm, company), new_key(&crm, company));
        assert_ne!(one, other);
        assert_eq!((company_of(&one), one.len()), (Some(company), 43));
        for bad in ["", "abc", &one[1..], &format!("{one}A"), &one.replace(char::is_alphanumeric, "/")] {
            assert_eq!(company_of(bad), None, "{bad}");
        }
    }
}
