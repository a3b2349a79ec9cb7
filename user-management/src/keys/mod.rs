//! Keys that access tokens are signed with.
