//! What a key opens: a form's challenge, and one way to send it.

use sea_orm::DatabaseConnection;
use sea_orm::sea_query::{Expr, ExprTrait};
use url::Url;

use super::challenge::{self, CaptureChallenge, Verdict};
use super::model::CaptureForm;
use super::row::TABLE;
use super::submission::NewSubmission;
use super::{repo, row, store};
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{CaptureFormId, CompanyId};
use crate::base::rights::{Action, Permission, Resource};
use crate::scope::actor::Actor;
use crate::scope::notifications::{self, Notification};
use crate::scope::{CompanyScope, Crm};

/// What the system may do for a visitor: add a lead, give one what it lacks, and tag it.
const RIGHTS: [Permission; 6] = [
    Permission::all(Resource::Leads, Action::Create),
    Permission::all(Resource::Leads, Action::Read),
    Permission::all(Resource::Leads, Action::Update),
    Permission::all(Resource::Tags, Action::Read),
    Permission::all(Resource::Tags, Action::Create),
    Permission::all(Resource::Tags, Action::Attach),
];

/// A form that takes submissions. Obtained from [`Crm::capture_form`].
#[derive(Debug)]
pub struct OpenCaptureForm {
    scope: CompanyScope<'static>,
    form: CaptureForm,
}

/// The form with this key, if it takes submissions. A company that there is not is not met by that.
pub(crate) async fn open(
    crm: &Crm,
    db: &DatabaseConnection,
    key: &str,
    request_id: &str,
) -> Result<Option<OpenCaptureForm>> {
    let Some(company) = repo::company_of(key) else { return Ok(None) };
    let visitor = Actor::system(company).with_permissions(RIGHTS).with_request_id(request_id);
    let scope = crm.on(visitor, db);
    let column = |name: &'static str| Expr::col((TABLE, name));
    let rows = scope.find::<row::Entity>().select(row::columns());
    let rows = rows.filter(column("key").eq(key)).filter(column("is_active").eq(true));
    let Some(form) = rows.one::<CaptureForm>().await? else { return Ok(None) };
    match scope.company().await {
        Ok(_) => Ok(Some(OpenCaptureForm { scope, form })),
        Err(Error::CompanyClosed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl OpenCaptureForm {
    /// The id of the form.
    #[must_use]
    pub fn id(&self) -> CaptureFormId {
        self.form.id
    }

    /// The company of the form.
    #[must_use]
    pub fn company(&self) -> CompanyId {
        self.scope.company_id()
    }

    /// Whether a page of this origin may send the form from a browser.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.form.origins.iter().any(|allowed| allowed == origin)
    }

    /// Where visitors without JavaScript are sent afterwards, in the form of a header.
    #[must_use]
    pub fn redirect_url(&self) -> Option<String> {
        Url::parse(self.form.redirect_url.as_deref()?).ok().map(String::from)
    }

    /// A new challenge, and what the visitor has to agree to.
    #[must_use]
    pub fn challenge(&self) -> CaptureChallenge {
        challenge::issue(&self.scope.crm, &self.form)
    }

    /// Sends the form. The result is the same whatever becomes of it: whether a lead is added or not, and whether the sender is
    /// taken for a program.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all faults of what was filled in, and for a challenge that is missing, void, or older than the text
    /// to agree to; [`Error::NotFound`] if the form has ended meanwhile; [`Error::Unavailable`] if the database is.
    #[tracing::instrument(name = "capture_forms.submit", skip_all, fields(company.id = %self.company(), form.id = %self.form.id))]
    pub async fn submit(&mut self, new: NewSubmission) -> Result<()> {
        let is_filled = |text: &&str| !text.trim().is_empty();
        if new.company_fax.as_deref().filter(is_filled).is_some() {
            return self.reject().await;
        }
        let number = match new.challenge.as_deref().filter(is_filled) {
            None if self.form.requires_challenge => return Err(void("required").into()),
            None => None,
            Some(text) => match challenge::judge(&self.form, self.scope.crm.now(), text) {
                Verdict::Good(number) => Some(number),
                Verdict::TooQuick => return self.reject().await,
                Verdict::Void => return Err(void("challenge_invalid").into()),
            },
        };
        let Self { scope, form } = self;
        scope.write(async |tx| store::store(tx, (form.id, form.key.as_str()), &new, number).await).await?;
        // The writes were parts of a whole, and only the whole is told of.
        notifications::wake(&scope.crm, Notification::Committed(scope.company_id()));
        Ok(())
    }

    async fn reject(&mut self) -> Result<()> {
        let id = self.form.id;
        self.scope.write(async |tx| store::reject(tx, id).await).await
    }
}

fn void(code: &'static str) -> Violations {
    Violations::one("/challenge", code, "get a new challenge, and send the form again")
}
