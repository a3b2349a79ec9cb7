//! API keys of services.
