//! Users of a company.
