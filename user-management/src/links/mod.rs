//! Invitations and resets of passwords.
