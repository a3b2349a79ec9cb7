//! Ids in paths.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use crm_core::ids::{CustomerId, NoteId, TagId};

use crate::features::no_id;
use crate::problem::Failure;

/// An id that stands in the path under a name of its own.
pub trait PathId: FromStr {
    /// The name of the path parameter.
    const NAME: &'static str;
}

impl PathId for CustomerId {
    const NAME: &'static str = "customerId";
}

impl PathId for NoteId {
    const NAME: &'static str = "noteId";
}

impl PathId for TagId {
    const NAME: &'static str = "tagId";
}

/// An id from the path. Text that is no UUID names nothing, so it is a 404 like any other unknown id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T> Deref for Id<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: PathId> FromRequest for Id<T> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = request.match_info().get(T::NAME).and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| no_id(request)))
    }
}
