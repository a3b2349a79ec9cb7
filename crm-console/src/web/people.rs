//! The users of the company, for names and choices.

use std::collections::HashMap;

use crm_core::actor::{ActorKind, ActorRef};
use crm_core::ids::UserId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::users::User;
use crm_core::{CompanyScope, Error, Result};

use super::frame::Frame;

/// How many pages of users a page of the console reads at most.
const PAGES: usize = 5;

/// The users of the company, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    users: Vec<User>,
    names: HashMap<UserId, String>,
}

impl People {
    /// Reads them; nobody for those who may not read users.
    pub(crate) async fn read(scope: &mut CompanyScope<'_>) -> Result<Self> {
        let (mut users, mut request) = (Vec::new(), PageRequest::default().limit(MAX_PAGE));
        for _ in 0..PAGES {
            let page = match scope.users().list(&request).await {
                Err(Error::Forbidden { .. }) => break,
                page => page?,
            };
            users.extend(page.data);
            match page.next_cursor {
                Some(cursor) => request = PageRequest::after(cursor).limit(MAX_PAGE),
                None => break,
            }
        }
        let names = users.iter().filter_map(|user| Some((user.id, name(user)?))).collect();
        Ok(Self { users, names })
    }

    /// The name of a user, if it is known.
    pub(crate) fn name(&self, id: UserId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The name of who did something; the name of the console for the system.
    pub(crate) fn actor(&self, frame: &Frame, actor: &ActorRef) -> String {
        match (actor.kind, actor.id) {
            (ActorKind::System, _) | (_, None) => frame.console.name.clone(),
            (_, Some(id)) => self.name(id).map_or_else(|| frame.t("person-unknown"), str::to_owned),
        }
    }

    /// Those who can own records: their ids and names.
    pub(crate) fn active(&self) -> impl Iterator<Item = (String, &str)> {
        let active = self.users.iter().filter(|user| user.is_active);
        active.filter_map(|user| Some((user.id.to_string(), self.name(user.id)?)))
    }
}

fn name(user: &User) -> Option<String> {
    user.display_name.clone().or_else(|| user.email.clone())
}
