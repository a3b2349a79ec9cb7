//! The second factor: codes of an app (TOTP, RFC 6238), and recovery codes.
