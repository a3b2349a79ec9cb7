//! The log of sign-ins, and the limits of failed attempts.
