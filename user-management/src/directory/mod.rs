//! Companies, teams and users for other services, as feeds of changes.
//!
//! Services authenticate with their own credentials before they read it. A feed is ordered by the time of the last
//! change. A change may become visible a moment after a later one, so a reader repeats the last minutes and keeps what
//! it knows already.

mod companies;
mod teams;
mod users;

pub use companies::{DirectoryCompany, DirectoryCompanyPosition};
pub use teams::{DirectoryTeam, DirectoryTeamPosition};
pub use users::{DirectoryStatus, DirectoryUser, DirectoryUserPosition};

/// The maximum number of records of one answer.
const MAX: u64 = 500;
