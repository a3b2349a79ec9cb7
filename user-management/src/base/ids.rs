//! Identifiers, in addition to those of `crm-core`.

crm_core::ids! {
    /// A team of a company.
    TeamId,
    /// A session: a log-in, and what follows from it.
    SessionId,
    /// An API key of a company.
    ApiKeyId,
    /// An invitation, or a reset of a password.
    LinkId,
    /// An attempt to sign in.
    SignInId,
    /// An entry of the audit trail.
    AuditEntryId,
}
