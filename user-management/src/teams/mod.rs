//! Teams of a company.
//!
//! Members of the company read them; administrators write them. Who is in a team is part of the team and of the user,
//! so a change of one counts in the versions of both. A team can be part of another one, whose manager leads it as well.

mod input;
mod members;
mod model;
mod parents;
mod read;
mod repo;

pub use input::{NewTeam, TeamPatch, TeamQuery};
pub(crate) use members::{leave_all, set_teams};
pub use model::Team;
pub use repo::Teams;
