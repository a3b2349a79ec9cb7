//! The tokens of a session.

use chrono::{DateTime, Utc};
use crm_core::ids::UserId;
use sea_orm::{DatabaseTransaction, EntityTrait, IntoActiveModel};

use super::model::{SignedIn, UserFacts};
use super::seats::{self, Seat};
use crate::base::error::Result;
use crate::base::ids::SessionId;
use crate::base::secrets;
use crate::base::service::UserManagement;
use crate::keys::Signer;
use crate::rows::{refresh_token, session, user};
use crate::sign_ins::device;
use crate::tokens::{Claims, sign};

/// The session that tokens are issued for.
#[derive(Clone, Copy)]
pub(super) struct For<'a> {
    pub session: SessionId,
    pub expires_at: DateTime<Utc>,
    pub user: &'a user::Model,
    pub seat: &'a Seat,
    pub seats: &'a [Seat],
}

/// Issues an access token and a refresh token, the latter in this transaction.
pub(super) async fn issue(
    um: &UserManagement,
    tx: &DatabaseTransaction,
    signer: &Signer,
    to: For<'_>,
) -> Result<SignedIn> {
    let now = um.now();
    let claims = claims(um, to);
    let refresh_token = secrets::token();
    let refresh_expires_at = to.expires_at.min(now + um.lifetime(um.options().refresh_token));
    let row = refresh_token::Model {
        hash: secrets::digest(&refresh_token),
        session_id: to.session.0,
        issued_at: now,
        expires_at: refresh_expires_at,
        used_at: None,
    };
    refresh_token::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(SignedIn {
        access_token: sign(signer, &claims)?,
        expires_in: u64::try_from(claims.exp - claims.iat).unwrap_or_default(),
        refresh_token,
        refresh_expires_at,
        device: device::issue(um, &to.user.email),
        session: to.session,
        user: UserFacts::of(to.user, to.seat, to.seats),
    })
}

fn claims(um: &UserManagement, to: For<'_>) -> Claims {
    let For { session, expires_at, user, seat, .. } = to;
    let claims = Claims::new(um, seat.company.0, user.id, seat.role, session.0);
    Claims {
        permissions: seat.permissions.clone(),
        name: user.name.clone(),
        email: Some(user.email.clone()),
        generation: Some(seat.generation),
        exp: claims.exp.min(expires_at.timestamp()),
        ..claims
    }
}

/// The session with this id, if it is in force.
pub(super) async fn session_in_force(
    um: &UserManagement,
    tx: &DatabaseTransaction,
    id: SessionId,
) -> Result<Option<session::Model>> {
    let session = session::Entity::find_by_id(id.0).one(tx).await?;
    Ok(session.filter(|session| session.ended_at.is_none() && session.expires_at > um.now()))
}

/// A user and their seats.
pub(super) async fn user_and_seats(tx: &DatabaseTransaction, user: UserId) -> Result<Option<(user::Model, Vec<Seat>)>> {
    let Some(row) = user::Entity::find_by_id(user.0).one(tx).await? else {
        return Ok(None);
    };
    Ok(Some((row, seats::of(tx, user).await?)))
}
