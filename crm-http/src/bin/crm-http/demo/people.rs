//! The users of the demo.

use crm_core::actor::{Actor, Role};
use crm_core::ids::{CompanyId, UserId};
use crm_core::users::UserProfile;
use uuid::{Uuid, uuid};

/// The password of all users.
pub(super) const PASSWORD: &str = "demo";
/// The namespace of ids derived from names.
const NAMESPACE: Uuid = uuid!("ccc02b81-d878-5fba-ad42-6eafdd03e933");

/// One of the two companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Company {
    Acme,
    Globex,
}

impl Company {
    pub(super) const ALL: [Self; 2] = [Self::Acme, Self::Globex];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Acme => "Acme",
            Self::Globex => "Globex",
        }
    }

    pub(super) const fn domain(self) -> &'static str {
        match self {
            Self::Acme => "acme.example",
            Self::Globex => "globex.example",
        }
    }

    pub(super) fn id(self) -> CompanyId {
        CompanyId::from_foreign(NAMESPACE, self.domain())
    }

    /// The users who can log in.
    pub(super) fn people(self) -> impl Iterator<Item = &'static Person> {
        PEOPLE.iter().filter(move |person| person.company == self)
    }
}

/// A user who can log in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub company: Company,
    pub login: &'static str,
    pub name: &'static str,
    pub role: Role,
}

const fn person(company: Company, login: &'static str, name: &'static str, role: Role) -> Person {
    Person { company, login, name, role }
}

/// All users who can log in.
pub(super) const PEOPLE: &[Person] = &[
    person(Company::Acme, "admin", "Ada Admin", Role::Admin),
    person(Company::Acme, "manager", "Max Manager", Role::Manager),
    person(Company::Acme, "sales", "Sam Sales", Role::SalesRep),
    person(Company::Acme, "support", "Sue Support", Role::Support),
    person(Company::Acme, "viewer", "Vic Viewer", Role::Viewer),
    person(Company::Globex, "admin", "Anton Admin", Role::Admin),
    person(Company::Globex, "manager", "Mia Manager", Role::Manager),
    person(Company::Globex, "sales", "Sofia Sales", Role::SalesRep),
    person(Company::Globex, "support", "Stefan Support", Role::Support),
    person(Company::Globex, "viewer", "Vera Viewer", Role::Viewer),
];

impl Person {
    pub(super) fn email(&self) -> String {
        format!("{}@{}", self.login, self.company.domain())
    }

    pub(super) fn id(&self) -> UserId {
        UserId::from_foreign(NAMESPACE, &self.email())
    }

    pub(super) fn profile(&self) -> UserProfile {
        let (display_name, email) = (Some(self.name.to_owned()), Some(self.email()));
        UserProfile { id: self.id(), display_name, email, is_active: true }
    }

    pub(super) fn actor(&self) -> Actor {
        let actor = Actor::user(self.company.id(), self.id(), self.role);
        actor.with_profile(Some(self.name.to_owned()), Some(self.email()))
    }
}
