//! What the user-management service tells.

use serde::Deserialize;

use super::list::Key;

/// A change. Ids are those of claims, so they are not mapped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(super) enum Change {
    /// A session ended.
    SessionEnded { session: String },
    /// The rights of a user in a company changed.
    MemberChanged { company: String, user: String, generation: i64 },
    /// The name or address of a user changed.
    ProfileChanged {},
    /// A company changed; if it ended, so do its tokens.
    CompanyChanged {
        company: String,
        #[serde(default)]
        ended: bool,
    },
}

impl Change {
    /// Reads a member of the set, or a message.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The label of metrics.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::SessionEnded { .. } => "session_ended",
            Self::MemberChanged { .. } => "member_changed",
            Self::ProfileChanged {} => "profile_changed",
            Self::CompanyChanged { .. } => "company_changed",
        }
    }

    /// Whether the directory of users and companies has changed.
    pub(super) const fn is_of_the_directory(&self) -> bool {
        !matches!(self, Self::SessionEnded { .. })
    }

    /// The tokens that are void, and the lowest generation of those that are not.
    pub(super) fn revocation(self) -> Option<(Key, i64)> {
        match self {
            Self::SessionEnded { session } => Some((Key::Session(session), 0)),
            Self::MemberChanged { company, user, generation } => Some((Key::Member(company, user), generation)),
            Self::CompanyChanged { company, ended: true } => Some((Key::Company(company), 0)),
            Self::ProfileChanged {} | Self::CompanyChanged { .. } => None,
        }
    }
}
