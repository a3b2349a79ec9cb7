//! Log-in with a password, and with a second factor where it is on.

use std::fmt;

use crm_core::ids::{CompanyId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;
use uuid::Uuid;

use super::issue::{For, issue};
use super::model::SignedIn;
use super::seats::{self, Seat};
use crate::base::caller::Client;
use crate::base::error::{Error, Refusal, Result};
use crate::base::ids::SessionId;
use crate::base::service::UserManagement;
use crate::keys::Signer;
use crate::passwords;
use crate::rows::{session, user};
use crate::second_factor;
use crate::sign_ins::{Attempt, SignInOutcome as Outcome, attempt};
use crate::users;

/// A log-in.
#[derive(Clone)]
pub struct Login {
    /// The e-mail address, in any spelling.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The company, by its id or name; that of the last session by default.
    pub company: Option<String>,
    /// The code of the second factor, or a recovery code.
    pub code: Option<String>,
    /// The device token of an earlier log-in.
    pub device: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// A user with the right password, and the company that they sign in to.
struct Known {
    user: user::Model,
    password_hash: String,
    seats: Vec<Seat>,
    seat: Seat,
    /// The new hash, if the old one is too weak.
    upgrade: Option<String>,
}

impl UserManagement {
    /// Signs a user in. An unknown address, a wrong password and a user who may not sign in get the same answer after
    /// the same time: the time of one hash.
    ///
    /// # Errors
    /// [`Refusal`], [`Error::TooManyAttempts`] before the password is looked at, and those of the database.
    pub async fn login(&self, login: Login, client: &Client) -> Result<SignedIn> {
        let attempt = attempt::begin(self, &login.email, login.device.as_deref(), client).await?;
        let known = match identify(self, &login, &attempt).await {
            Ok(Ok(known)) => known,
            Ok(Err((refusal, outcome, user))) => return refuse(self, &attempt, refusal, outcome, user).await,
            Err(error) => {
                // A busy service is no failure of the client.
                attempt.give_back(self).await?;
                return Err(error);
            }
        };
        match admit(self, &attempt, &known, &login, client).await {
            Err(Error::Refused(refusal)) => {
                let is_code = refusal == Refusal::SecondFactorWrong;
                let outcome = if is_code { Outcome::SecondFactorWrong } else { Outcome::WrongPassword };
                refuse(self, &attempt, refusal, outcome, Some(UserId(known.user.id))).await
            }
            Err(error) => {
                attempt.give_back(self).await?;
                Err(error)
            }
            signed_in => signed_in,
        }
    }
}

async fn admit(
    um: &UserManagement,
    attempt: &Attempt<'_>,
    known: &Known,
    login: &Login,
    client: &Client,
) -> Result<SignedIn> {
    // Before the transaction: a first key is made in one of its own.
    let signer = um.signer().await?;
    let tx = um.begin().await?;
    let signed_in = match sign_in(um, &tx, &signer, known, login, client).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            tx.rollback().await?;
            return Err(error);
        }
    };
    attempt.succeeded(um, &tx, UserId(known.user.id), known.seat.company).await?;
    tx.commit().await?;
    Ok(signed_in)
}

type Refused = (Refusal, Outcome, Option<UserId>);

/// Checks the password with exactly one hash, whatever the account.
async fn identify(
    um: &UserManagement,
    login: &Login,
    attempt: &Attempt<'_>,
) -> Result<std::result::Result<Known, Refused>> {
    // PostgreSQL takes no U+0000 in a text, and no address has one.
    let user = match login.email.contains('\0') {
        true => None,
        false => users::by_email(um.db(), &login.email).await?,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = passwords::verify(um, login.password.clone(), hash.clone()).await?;
    let id = user.as_ref().map(|user| UserId(user.id));
    let refused = |outcome| Ok(Err((Refusal::Credentials, outcome, id)));
    let (user, password_hash) = match (user, hash) {
        (None, _) => return refused(Outcome::UnknownAccount),
        (Some(_), None) => return refused(Outcome::NoPassword),
        (Some(_), Some(_)) if !is_right => return refused(Outcome::WrongPassword),
        (Some(user), Some(hash)) => (user, hash),
    };
    let seats = seats::of(um.db(), UserId(user.id)).await?;
    if seats.is_empty() {
        return refused(Outcome::Inactive);
    }
    let refused = |refusal, outcome| Ok(Err((refusal, outcome, id)));
    if user.totp_confirmed_at.is_some() && login.code.as_deref().is_none_or(|code| code.trim().is_empty()) {
        attempt.give_back(um).await?;
        return refused(Refusal::SecondFactorRequired, Outcome::SecondFactorRequired);
    }
    let Some(seat) = chosen(um, &user, &seats, login.company.as_deref()).await? else {
        attempt.give_back(um).await?;
        return refused(Refusal::Company, Outcome::CompanyUnknown);
    };
    let upgrade = match passwords::needs_upgrade(&password_hash) {
        true => Some(passwords::hash(um, login.password.clone()).await?),
        false => None,
    };
    Ok(Ok(Known { user, password_hash, seats, seat, upgrade }))
}

/// The named company, else that of the last session, else the first by name.
async fn chosen(um: &UserManagement, user: &user::Model, seats: &[Seat], name: Option<&str>) -> Result<Option<Seat>> {
    use session::Column as C;
    if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
        return Ok(seats::named(seats, name).cloned());
    }
    let last = session::Entity::find().select_only().column(C::CompanyId).filter(C::UserId.eq(user.id));
    let last = last.order_by_desc(C::CreatedAt).order_by_desc(C::Id).into_tuple::<Uuid>().one(um.db()).await?;
    let seat = last.and_then(|company| seats::at(seats, CompanyId(company)));
    Ok(seat.or_else(|| seats.first()).cloned())
}

/// Logs a refused attempt, for the company that the user last signed in to.
async fn refuse<T>(
    um: &UserManagement,
    attempt: &Attempt<'_>,
    refusal: Refusal,
    outcome: Outcome,
    user: Option<UserId>,
) -> Result<T> {
    // Read for strangers as well, so that both take the same time.
    let company = seats::last(um.db(), user.unwrap_or(UserId(Uuid::nil()))).await?;
    attempt.log(um, um.db(), outcome, user, company).await?;
    Err(refusal.into())
}

/// Writes what follows from a log-in.
async fn sign_in(
    um: &UserManagement,
    tx: &DatabaseTransaction,
    signer: &Signer,
    known: &Known,
    login: &Login,
    client: &Client,
) -> Result<SignedIn> {
    let Known { user, seats, seat, .. } = known;
    // If the password was changed meanwhile, only the new one is right.
    if !touch_user(um, tx, known).await? {
        return Err(Refusal::Credentials.into());
    }
    if user.totp_confirmed_at.is_some() {
        let code = login.code.as_deref().unwrap_or_default();
        if !second_factor::consume(um, tx, user, code).await? {
            return Err(Refusal::SecondFactorWrong.into());
        }
    }
    let now = um.now();
    let (session, expires_at) = (um.id::<SessionId>(), now + um.lifetime(um.options().session));
    let row = session::Model {
        id: session.0,
        user_id: user.id,
        company_id: seat.company.0,
        created_at: now,
        last_used_at: now,
        expires_at,
        ended_at: None,
        end_reason: None,
        address: client.address.clone(),
        user_agent: client.user_agent.clone(),
    };
    session::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    issue(um, tx, signer, For { session, expires_at, user, seat, seats }).await
}

/// Records the log-in at the user, unless the password is another one by now.
async fn touch_user(um: &UserManagement, tx: &DatabaseTransaction, known: &Known) -> Result<bool> {
    use user::Column as C;
    let update = user::Entity::update_many().col_expr(C::LastSignInAt, Expr::val(um.now()));
    let update = match &known.upgrade {
        Some(hash) => update.col_expr(C::PasswordHash, Expr::val(hash.clone())),
        None => update,
    };
    let update = update.filter(C::Id.eq(known.user.id)).filter(C::PasswordHash.eq(known.password_hash.clone()));
    Ok(update.exec(tx).await?.rows_affected == 1)
}
