//! Companies, the tenants.
