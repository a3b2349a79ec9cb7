//! Teams of a company.
