//! The actor of a call, and their rights.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::LazyLock;

use crate::base::ids::{CompanyId, UserId};
pub use crate::base::rights::{Action, ActorKind, ActorRef, Permission, Reach, Resource, UnknownPermission};
use crate::base::string_enum::string_enum;
use crate::scope::record_access::SeenOwners;

string_enum! {
    /// The five roles. Their rights are [`Role::permissions`].
    Role {
        /// All rights, including settings and audit.
        Admin = "admin",
        /// Runs the sales team: all records, import, export, trash.
        Manager = "manager",
        /// Works with their own customers, and with customers without an owner.
        SalesRep = "sales_rep",
        /// Reads everything, tags, writes notes, and logs interactions.
        Support = "support",
        /// Reads everything, changes nothing.
        Viewer = "viewer",
    }
}

/// The table of default rights: resource, action, and the reach per role in the order of [`Role::ALL`].
/// `docs/permissions.md` is generated from it.
const TABLE: &[(Resource, Action, [Option<Reach>; 5])] = {
    const ALL: Option<Reach> = Some(Reach::All);
    const OWN: Option<Reach> = Some(Reach::Own);
    const NO: Option<Reach> = None;
    use {Action as A, Resource as R};
    &[
        (R::Customers, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Customers, A::Create, [ALL, ALL, OWN, NO, NO]),
        (R::Customers, A::Update, [ALL, ALL, OWN, NO, NO]),
        (R::Customers, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Customers, A::Restore, [ALL, ALL, NO, NO, NO]),
        (R::Customers, A::Purge, [ALL, NO, NO, NO, NO]),
        (R::Customers, A::Import, [ALL, ALL, NO, NO, NO]),
        (R::Customers, A::Export, [ALL, ALL, NO, NO, NO]),
        (R::Customers, A::Disclose, [ALL, NO, NO, NO, NO]),
        (R::Customers, A::Erase, [ALL, NO, NO, NO, NO]),
        (R::Duplicates, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Duplicates, A::Create, [ALL, ALL, NO, NO, NO]),
        (R::Duplicates, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::Tags, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Tags, A::Create, [ALL, ALL, ALL, ALL, NO]),
        (R::Tags, A::Attach, [ALL, ALL, ALL, ALL, NO]),
        (R::Tags, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::Tags, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Notes, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Notes, A::Create, [ALL, ALL, ALL, ALL, NO]),
        (R::Notes, A::Update, [ALL, ALL, OWN, OWN, NO]),
        (R::Notes, A::Delete, [ALL, ALL, OWN, OWN, NO]),
        (R::Notes, A::Restore, [ALL, ALL, OWN, OWN, NO]),
        (R::Consents, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Consents, A::Create, [ALL, ALL, ALL, ALL, NO]),
        (R::Suppressions, A::Read, [ALL, ALL, NO, NO, NO]),
        (R::Suppressions, A::Create, [ALL, ALL, ALL, ALL, NO]),
        (R::Suppressions, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Suppressions, A::Import, [ALL, ALL, NO, NO, NO]),
        (R::Interactions, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Interactions, A::Create, [ALL, ALL, ALL, ALL, NO]),
        (R::Interactions, A::Update, [ALL, ALL, OWN, OWN, NO]),
        (R::Interactions, A::Delete, [ALL, ALL, OWN, OWN, NO]),
        (R::Interactions, A::Restore, [ALL, ALL, OWN, OWN, NO]),
        (R::Tasks, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Tasks, A::Create, [ALL, ALL, ALL, ALL, NO]),
        (R::Tasks, A::Update, [ALL, ALL, OWN, OWN, NO]),
        (R::Tasks, A::Delete, [ALL, ALL, OWN, OWN, NO]),
        (R::Tasks, A::Restore, [ALL, ALL, OWN, OWN, NO]),
        (R::Deals, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Deals, A::Create, [ALL, ALL, OWN, NO, NO]),
        (R::Deals, A::Update, [ALL, ALL, OWN, NO, NO]),
        (R::Deals, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Deals, A::Restore, [ALL, ALL, NO, NO, NO]),
        (R::Pipelines, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Pipelines, A::Create, [ALL, ALL, NO, NO, NO]),
        (R::Pipelines, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::Pipelines, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Leads, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Leads, A::Create, [ALL, ALL, OWN, NO, NO]),
        (R::Leads, A::Update, [ALL, ALL, OWN, NO, NO]),
        (R::Leads, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Leads, A::Restore, [ALL, ALL, NO, NO, NO]),
        (R::Leads, A::Purge, [ALL, NO, NO, NO, NO]),
        (R::Leads, A::Import, [ALL, ALL, NO, NO, NO]),
        (R::Leads, A::Export, [ALL, ALL, NO, NO, NO]),
        (R::Leads, A::Disclose, [ALL, NO, NO, NO, NO]),
        (R::Leads, A::Erase, [ALL, NO, NO, NO, NO]),
        (R::LeadStatuses, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::LeadStatuses, A::Create, [ALL, ALL, NO, NO, NO]),
        (R::LeadStatuses, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::LeadStatuses, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::LeadScoring, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::LeadScoring, A::Create, [ALL, ALL, NO, NO, NO]),
        (R::LeadScoring, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::LeadScoring, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::Quotas, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Quotas, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::LeadAssignmentRules, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::LeadAssignmentRules, A::Create, [ALL, ALL, NO, NO, NO]),
        (R::LeadAssignmentRules, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::LeadAssignmentRules, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::CaptureForms, A::Read, [ALL, ALL, NO, NO, NO]),
        (R::CaptureForms, A::Create, [ALL, ALL, NO, NO, NO]),
        (R::CaptureForms, A::Update, [ALL, ALL, NO, NO, NO]),
        (R::CaptureForms, A::Delete, [ALL, ALL, NO, NO, NO]),
        (R::SavedViews, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::SavedViews, A::Create, [ALL, ALL, ALL, ALL, ALL]),
        (R::SavedViews, A::Update, [ALL, ALL, OWN, OWN, OWN]),
        (R::SavedViews, A::Delete, [ALL, ALL, OWN, OWN, OWN]),
        (R::CustomFields, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::CustomFields, A::Create, [ALL, NO, NO, NO, NO]),
        (R::CustomFields, A::Update, [ALL, NO, NO, NO, NO]),
        (R::CustomFields, A::Delete, [ALL, NO, NO, NO, NO]),
        (R::Users, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Users, A::Update, [ALL, NO, NO, NO, NO]),
        (R::Settings, A::Read, [ALL, ALL, ALL, ALL, ALL]),
        (R::Settings, A::Update, [ALL, NO, NO, NO, NO]),
        (R::Jobs, A::Read, [ALL, OWN, OWN, OWN, OWN]),
        (R::Jobs, A::Create, [ALL, NO, NO, NO, NO]),
        (R::Jobs, A::Update, [ALL, OWN, OWN, OWN, OWN]),
        (R::Audit, A::Read, [ALL, NO, NO, NO, NO]),
    ]
};

/// The default rights of each role, in the order of [`Role::ALL`]. Computed once, because every request makes an actor.
static DEFAULTS: LazyLock<[Vec<Permission>; 5]> = LazyLock::new(|| {
    std::array::from_fn(|role| {
        let rights = TABLE.iter().filter_map(|(resource, action, reaches)| {
            Some(Permission { resource: *resource, action: *action, reach: reaches[role]? })
        });
        rights.collect()
    })
});

impl Role {
    /// The default rights of this role. A host with its own rights passes them with [`Actor::with_permissions`].
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        self.defaults().iter().copied()
    }

    fn defaults(self) -> &'static [Permission] {
        &DEFAULTS[self as usize]
    }
}

/// The actor of a call, and their company. Made by a host or by `crm-http` after authentication; never from request
/// data.
#[derive(Clone, PartialEq, Eq)]
pub struct Actor {
    pub(crate) company: CompanyId,
    pub(crate) user: Option<UserId>,
    pub(crate) kind: ActorKind,
    pub(crate) permissions: Cow<'static, [Permission]>,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) address: Option<IpAddr>,
    /// Whose records the actor sees in the company, which a scope resolves.
    pub(crate) seen: SeenOwners,
}

impl fmt::Debug for Actor {
    /// Prints ids only, because names and addresses do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("company", &self.company)
            .field("user", &self.user)
            .field("kind", &self.kind)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Actor {
    /// A user of `company` with one of the five roles.
    #[must_use]
    pub fn user(company: CompanyId, user: UserId, role: Role) -> Self {
        Self::new(company, Some(user), ActorKind::User, role.defaults())
    }

    /// Another program that acts in `company` with its own identity.
    #[must_use]
    pub fn service(company: CompanyId, service: UserId, role: Role) -> Self {
        Self::new(company, Some(service), ActorKind::Service, role.defaults())
    }

    /// The host itself, with every right in `company`.
    #[must_use]
    pub fn system(company: CompanyId) -> Self {
        Self::new(company, None, ActorKind::System, Role::Admin.defaults())
    }

    fn new(company: CompanyId, user: Option<UserId>, kind: ActorKind, permissions: &'static [Permission]) -> Self {
        let permissions = Cow::Borrowed(permissions);
        let (display_name, email, request_id, address) = (None, None, None, None);
        let seen = SeenOwners::Unresolved;
        Self { company, user, kind, permissions, display_name, email, request_id, address, seen }
    }

    /// Replaces the rights of the role by those of the host.
    #[must_use]
    pub fn with_permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.permissions = permissions.into_iter().collect();
        self
    }

    /// Adds rights to those of the role. A right can only gain reach by this.
    #[must_use]
    pub fn with_more_permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        let mut more = permissions.into_iter().peekable();
        // Most actors have none, and share the list of their role.
        if more.peek().is_some() {
            self.permissions.to_mut().extend(more);
        }
        self
    }

    /// Adds the name and address of the user; the CRM mirrors them so that records can show names.
    #[must_use]
    pub fn with_profile(mut self, display_name: Option<String>, email: Option<String>) -> Self {
        self.display_name = display_name;
        self.email = email;
        self
    }

    /// Adds the id of the request, which history and audit store. Blanks and control characters in it become single
    /// blanks.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl AsRef<str>) -> Self {
        self.request_id = crate::base::text::tidy(request_id.as_ref());
        self
    }

    /// Adds the address that the request came from, which the audit trail stores.
    #[must_use]
    pub fn with_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The company of the actor.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }

    /// The acting user or service; `None` for the system.
    #[must_use]
    pub const fn user_id(&self) -> Option<UserId> {
        self.user
    }

    /// The name of the user, if known.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    /// The e-mail address of the user, if known.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// The kind of the actor.
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        self.kind
    }

    /// The reach of the actor's right to do `action` with `resource`; `None` without this right.
    #[must_use]
    pub fn reach(&self, resource: Resource, action: Action) -> Option<Reach> {
        self.permissions
            .iter()
            .filter(|permission| permission.resource == resource && permission.action == action)
            .map(|permission| permission.reach)
            .max()
    }

    /// Whether the actor's rights allow `action` with a record of `owner`, whatever the company's record access shows them.
    #[must_use]
    pub fn may(&self, resource: Resource, action: Action, owner: Option<UserId>) -> bool {
        self.rights_to(resource, action).with_unowned().include(owner)
    }
}

impl From<&Actor> for ActorRef {
    fn from(actor: &Actor) -> Self {
        Self { kind: actor.kind, id: actor.user }
    }
}
