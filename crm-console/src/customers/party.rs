//! Whose page it is: a customer's or a lead's. Both have notes, interactions, tags and a timeline.

use actix_web::http::StatusCode;
use crm_core::ids::{CustomerId, LeadId};
use crm_core::interactions::{Interaction, NewInteraction};
use crm_core::notes::Notes;
use crm_core::page::{Page, PageRequest};
use crm_core::tags::CustomerTags;
use crm_core::timeline::{TimelineEntry, TimelineQuery};
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;

use super::compose::Composing;
use super::page::{self, State};
use super::{customer_path, parsed};
use crate::leads;
use crate::web::{PageResult, Visit};

/// A customer or a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Customer(CustomerId),
    Lead(LeadId),
}

/// What a form of either page has left open.
#[derive(Default)]
pub(crate) struct Left {
    pub status: StatusCode,
    pub composing: Option<Composing>,
    /// What was typed as a tag, and what is wrong with it.
    pub tag_fault: Option<(String, String)>,
}

impl Party {
    /// What the first parts of a path name: the section of the pages, and the id.
    ///
    /// # Errors
    /// That there is no such record.
    pub(super) fn at(section: &str, id: &str) -> Result<Self, ApiError> {
        match section {
            leads::SECTION => parsed(id).map(Self::Lead),
            _ => parsed(id).map(Self::Customer),
        }
    }

    /// The path of the page below the mount.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Customer(id) => customer_path(id),
            Self::Lead(id) => leads::path(id),
        }
    }

    /// The entry of the menu that the page belongs to.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::Customer(_) => "customers",
            Self::Lead(_) => leads::SECTION,
        }
    }

    /// The id among the customers.
    pub(crate) const fn id(self) -> CustomerId {
        match self {
            Self::Customer(id) => id,
            Self::Lead(id) => CustomerId(id.0),
        }
    }

    pub(super) fn notes<'s, 'c>(self, scope: &'s mut CompanyScope<'c>) -> Notes<'s, 'c> {
        match self {
            Self::Customer(id) => scope.notes(id),
            Self::Lead(id) => scope.lead_notes(id),
        }
    }

    pub(super) fn tags<'s, 'c>(self, scope: &'s mut CompanyScope<'c>) -> CustomerTags<'s, 'c> {
        match self {
            Self::Customer(id) => scope.customer_tags(id),
            Self::Lead(id) => scope.lead_tags(id),
        }
    }

    /// Adds an interaction.
    pub(super) async fn log(self, scope: &mut CompanyScope<'_>, new: NewInteraction) -> Result<Interaction, Error> {
        match self {
            Self::Customer(id) => scope.interactions(id).create(new).await,
            Self::Lead(id) => scope.lead_interactions(id).create(new).await,
        }
    }

    pub(super) async fn timeline(
        self,
        scope: &mut CompanyScope<'_>,
        query: &TimelineQuery,
        request: &PageRequest,
    ) -> Result<Page<TimelineEntry>, Error> {
        match self {
            Self::Customer(id) => scope.customers().timeline(id, query, request).await,
            Self::Lead(id) => scope.leads().timeline(id, query, request).await,
        }
    }

    /// The page with what a form has left open.
    pub(super) async fn render(self, visit: &Visit, left: Left) -> PageResult {
        match self {
            Self::Customer(id) => {
                let Left { status, composing, tag_fault } = left;
                page::render(visit, id, State { status, composing, tag_fault, ..State::default() }).await
            }
            Self::Lead(id) => leads::render(visit, id, left).await,
        }
    }
}
