//! Companies and users for other services.
