//! The revocations of the last day.

use std::collections::{HashMap, VecDeque};

use crate::auth::VerifiedClaims;

/// How long a revocation is needed, in milliseconds: no access token should live longer than a day.
pub(crate) const NEEDED_FOR: i64 = 24 * 60 * 60 * 1000;
/// The maximum number of entries.
pub(crate) const MOST: usize = 100_000;

/// The tokens of an entry, by their claims.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Session(String),
    /// A company, and a user in it.
    Member(String, String),
    Company(String),
}

#[derive(Clone, Copy, Debug)]
struct Revoked {
    /// The time in milliseconds since 1970.
    at: i64,
    /// The lowest valid generation.
    generation: i64,
}

#[derive(Debug, Default)]
pub(super) struct List {
    revoked: HashMap<Key, Revoked>,
    /// The same entries in the order of their arrival, which is nearly that of their times.
    order: VecDeque<(i64, Key)>,
    was_full: bool,
}

impl List {
    pub(super) fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether these claims are void.
    pub(super) fn includes(&self, facts: &VerifiedClaims) -> bool {
        let of_session = facts.session.as_ref().and_then(|session| self.revoked.get(&Key::Session(session.clone())));
        if of_session.is_some() {
            return true;
        }
        let Some(company) = &facts.company else {
            return false;
        };
        let is_older = |revoked: &Revoked| facts.generation.is_none_or(|generation| generation < revoked.generation);
        let member = facts.user.as_ref().map(|user| Key::Member(company.clone(), user.clone()));
        if member.and_then(|member| self.revoked.get(&member)).is_some_and(is_older) {
            return true;
        }
        let was_before = |revoked: &Revoked| facts.issued_at.is_none_or(|time| time.timestamp_millis() <= revoked.at);
        self.revoked.get(&Key::Company(company.clone())).is_some_and(was_before)
    }

    /// Adds an entry; returns whether it revokes more than was known.
    pub(super) fn add(&mut self, key: Key, generation: i64, at: i64) -> bool {
        if let Some(known) = self.revoked.get(&key) {
            let is_later = matches!(key, Key::Company(_)) && at > known.at;
            if known.generation >= generation && !is_later {
                return false;
            }
        }
        self.revoked.insert(key.clone(), Revoked { at, generation });
        self.order.push_back((at, key));
        if self.order.len() > MOST {
            if !std::mem::replace(&mut self.was_full, true) {
                tracing::warn!(most = MOST, "there are too many revocations: the oldest are forgotten");
            }
            self.remove_first();
        }
        true
    }

    /// Removes the entries whose tokens have expired.
    pub(super) fn trim(&mut self, now: i64) {
        while self.order.front().is_some_and(|(at, _)| now.saturating_sub(*at) > NEEDED_FOR) {
            self.remove_first();
        }
    }

    /// Keeps an entry that was renewed since.
    fn remove_first(&mut self) {
        if let Some((at, key)) = self.order.pop_front()
            && self.revoked.get(&key).is_some_and(|revoked| revoked.at == at)
        {
            self.revoked.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, List, MOST, NEEDED_FOR};

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut list = List::default();
        let session = |number: i64| Key::Session(number.to_string());
        for number in 0..=100_000 {
            assert!(list.add(session(number), 0, number));
        }
        assert_eq!(list.len(), MOST);
        assert!(list.add(session(0), 0, 100_001), "the first was forgotten");
        assert!(!list.add(session(100_000), 0, 100_002), "the last is known");
    }

    #[test]
    fn a_renewed_entry_stays() {
        let mut list = List::default();
        let member = Key::Member("acme".to_owned(), "ann".to_owned());
        assert!(list.add(member.clone(), 1, 0) && list.add(member.clone(), 2, 1_000));
        list.trim(NEEDED_FOR + 1);
        assert!(!list.add(member, 2, 1_000));
        list.trim(NEEDED_FOR + 1_001);
        assert_eq!(list.len(), 0);
    }
}
