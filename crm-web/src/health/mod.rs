//! What the probes of services have in common: checks of dependencies, their recent results, and answers.

mod checks;
mod fresh;
mod memory;
mod status;

pub use checks::{Dependency, DependencyStatus, PATIENCE, millis, ping};
pub use fresh::RecentChecks;
pub use memory::resident_memory;
pub use status::{HealthStatus, ProbeAnswer, answer, overall, probe};
