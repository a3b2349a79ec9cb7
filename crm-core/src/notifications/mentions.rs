//! The users that a text mentions: `@[Ann Lee](user:019eca9d-cdc0-7000-8000-000000000001)`.

use std::collections::BTreeSet;

use crate::base::ids::UserId;

/// The maximum number of users that a text mentions.
const MAX_MENTIONED: usize = 20;

/// The users that a text mentions, whether they exist or not.
pub(super) fn mentioned(text: &str) -> BTreeSet<UserId> {
    let mut users = BTreeSet::new();
    for user in text.split("@[").skip(1).filter_map(read) {
        if users.len() == MAX_MENTIONED {
            break;
        }
        users.insert(user);
    }
    users
}

/// What follows `@[`.
fn read(rest: &str) -> Option<UserId> {
    let (name, rest) = rest.split_once("](user:")?;
    let (id, _) = rest.split_once(')')?;
    if name.is_empty() || name.contains(['[', ']', '\n']) {
        return None;
    }
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{MAX_MENTIONED, mentioned};

    fn ids(text: &str) -> Vec<u128> {
        mentioned(text).into_iter().map(|user| user.0.as_u128()).collect()
    }

    fn at(name: &str, id: u128) -> String {
        format!("@[{name}](user:{})", Uuid::from_u128(id))
    }

    #[test]
    fn a_mention_has_a_name_and_an_id() {
        assert_eq!(ids(&format!("{}, please ask {} and {0}", at("Ann Lee", 2), at("Ben (sales)", 1))), [1, 2]);
        assert_eq!(ids(&format!("@[not one {}", at("Ann", 3))), [3], "what is open before is no part of it");
        let ann = at("Ann", 4);
        for text in [
            &ann[1..],
            &ann[..ann.len() - 1],
            &ann.replace("Ann", ""),
            &ann.replace("Ann", "An\nn"),
            &ann.replace("user:", "customer:"),
            "@[Ann](user:ann)",
            "@ann",
            "",
        ] {
            assert_eq!(ids(text), [0_u128; 0], "{text}");
        }
    }

    #[test]
    fn a_text_mentions_some_users_at_most() {
        let many: String = (0..100).map(|id| at("Ann", id)).collect();
        assert_eq!(mentioned(&many).len(), MAX_MENTIONED);
    }
}
