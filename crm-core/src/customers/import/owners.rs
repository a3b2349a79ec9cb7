//! Finds the user for an owner in a file.

use std::collections::HashMap;

use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::columns::OWNER_KEY;
use crate::base::ids::UserId;
use crate::base::text::{self, fold};
use crate::users::{User, UserRef};

/// The maximum number of users that an import loads.
pub(super) const MAX_USERS: u64 = 10_000;

/// The users of the company, by id, address and name.
#[derive(Debug, Default)]
pub(super) struct Owners {
    users: Vec<User>,
    by_id: HashMap<UserId, usize>,
    by_email: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

/// An owner as written in a file, and the user found for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    text: String,
    user: Option<UserRef>,
    is_active: bool,
}

impl Owners {
    pub fn new(users: Vec<User>) -> Self {
        let mut owners = Self { users, ..Self::default() };
        for (index, user) in owners.users.iter().enumerate() {
            owners.by_id.insert(user.id, index);
            if let Some(email) = &user.email {
                owners.by_email.entry(text::email(email)).or_default().push(index);
            }
            if let Some(name) = &user.display_name {
                owners.by_name.entry(fold(name)).or_default().push(index);
            }
        }
        owners
    }

    /// The user with this id, address or name. A name of two users matches only if one of them is active.
    pub fn find(&self, text: &str) -> Owner {
        let text = text.trim();
        let named = || self.by_email.get(&text::email(text)).or_else(|| self.by_name.get(&fold(text)));
        let index = match text.parse() {
            Ok(id) => self.by_id.get(&id).copied(),
            Err(_) => named().and_then(|users| self.one_of(users)),
        };
        let user = index.map(|index| &self.users[index]);
        Owner {
            text: text.to_owned(),
            user: user.map(|user| UserRef { id: user.id, display_name: user.display_name.clone() }),
            is_active: user.is_some_and(|user| user.is_active),
        }
    }

    fn one_of(&self, users: &[usize]) -> Option<usize> {
        if let [user] = users {
            return Some(*user);
        }
        let mut active = users.iter().filter(|user| self.users[**user].is_active);
        active.next().copied().filter(|_| active.next().is_none())
    }
}

impl Owner {
    /// The id, if this user can own the customer: an active user, or the current owner.
    pub fn id(&self, current: Option<UserId>) -> Option<UserId> {
        let id = self.user.as_ref()?.id;
        (self.is_active || current == Some(id)).then_some(id)
    }

    /// Assigns a customer to this owner. An unknown owner is stored in the custom fields, and the result is false.
    pub fn give(&self, new: &mut NewCustomer, current: Option<UserId>) -> bool {
        if let Some(id) = self.id(current) {
            new.owner_id = Some(id);
            return true;
        }
        new.custom_fields.get_or_insert_default().insert(OWNER_KEY.to_owned(), self.text.clone().into());
        false
    }

    /// Sets the name of the customer's owner, if it is this user.
    pub fn name(&self, customer: &mut Customer) {
        if self.user.as_ref().map(|user| user.id) == customer.owner_id {
            customer.owner.clone_from(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::{Owners, User};

    fn user(id: u128, name: &str, is_active: bool) -> User {
        let email = Some(format!("{}@example.com", name.to_lowercase()));
        let (created_at, updated_at) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        User {
            id: Uuid::from_u128(id).into(),
            display_name: Some(name.into()),
            email,
            is_active,
            created_at,
            updated_at,
        }
    }

    #[test]
    fn owners_are_found_by_id_address_and_name() {
        let users = [
            user(1, "Zoë", true),
            user(2, "Max", false),
            user(3, "Max", true),
            user(4, "Eva", true),
            user(5, "Eva", true),
        ];
        let owners = Owners::new(users.to_vec());
        let find = |text: &str| owners.find(text).id(None).map(|id| id.0.as_u128());
        assert_eq!(find("00000000-0000-0000-0000-000000000001"), Some(1));
        assert_eq!(find(" ZOE "), Some(1));
        assert_eq!(find("zoë@example.com"), Some(1));
        assert_eq!(find("max"), Some(3));
        assert_eq!(find("Eva"), None);
        assert_eq!(find("Nobody"), None);
        let retired = Uuid::from_u128(2);
        assert_eq!(find(&retired.to_string()), None);
        assert_eq!(owners.find(&retired.to_string()).id(Some(retired.into())), Some(retired.into()));
    }
}
