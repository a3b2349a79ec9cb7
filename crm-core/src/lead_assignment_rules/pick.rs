//! The user that a rule chooses.

use super::explain::{ExplainedCandidate, LeadCandidateOutcome};
use super::model::LeadAssignmentStrategy;
use crate::base::ids::UserId;

/// A user that a rule may choose.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub user: UserId,
    pub display_name: Option<String>,
    pub is_active: bool,
    /// How many other open leads they have, if the rule asks.
    pub open_leads: Option<i64>,
}

/// How a rule chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub strategy: LeadAssignmentStrategy,
    pub capacity: Option<i64>,
    /// The user who was chosen last.
    pub last: Option<UserId>,
}

impl Choice {
    /// The place of the chosen user among the candidates. Those after the one who was chosen last come first, so that all
    /// have their turn; a user who is passed over waits for the next round.
    pub fn pick(self, candidates: &[Candidate]) -> Option<usize> {
        let is_last = |candidate: &Candidate| Some(candidate.user) == self.last;
        let first = candidates.iter().position(is_last).map_or(0, |last| last + 1);
        let in_turn = (first..candidates.len()).chain(0..first.min(candidates.len()));
        let mut available = in_turn.filter(|place| self.is_available(&candidates[*place]));
        match self.strategy {
            // The first of several with the same load.
            LeadAssignmentStrategy::LeastLoaded => available.min_by_key(|place| candidates[*place].open_leads),
            _ => available.next(),
        }
    }

    /// The place of this user among the candidates, if they can be chosen.
    pub fn of_user(self, candidates: &[Candidate], user: UserId) -> Option<usize> {
        let place = candidates.iter().position(|candidate| candidate.user == user)?;
        self.is_available(&candidates[place]).then_some(place)
    }

    fn is_available(self, candidate: &Candidate) -> bool {
        candidate.is_active && !self.is_full(candidate)
    }

    fn is_full(self, candidate: &Candidate) -> bool {
        self.capacity.zip(candidate.open_leads).is_some_and(|(most, open)| open >= most)
    }

    /// Why each candidate was chosen, or was not.
    pub fn explain(self, candidates: &[Candidate], picked: Option<usize>) -> Vec<ExplainedCandidate> {
        let least = picked.and_then(|picked| candidates.get(picked)).and_then(|picked| picked.open_leads);
        let explained = |(place, candidate): (usize, &Candidate)| ExplainedCandidate {
            user_id: candidate.user,
            display_name: candidate.display_name.clone(),
            outcome: if Some(place) == picked {
                LeadCandidateOutcome::Taken
            } else {
                self.passed_over(candidate, least)
            },
            open_leads: candidate.open_leads,
        };
        candidates.iter().enumerate().map(explained).collect()
    }

    fn passed_over(self, candidate: &Candidate, least: Option<i64>) -> LeadCandidateOutcome {
        if !candidate.is_active {
            LeadCandidateOutcome::Inactive
        } else if self.is_full(candidate) {
            LeadCandidateOutcome::AtCapacity
        } else if self.strategy == LeadAssignmentStrategy::LeastLoaded && candidate.open_leads > least {
            LeadCandidateOutcome::MoreLoaded
        } else {
            LeadCandidateOutcome::NotTheirTurn
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::{Candidate, Choice, LeadAssignmentStrategy};
    use crate::base::ids::UserId;

    fn user(number: u128) -> UserId {
        Uuid::from_u128(number).into()
    }

    fn candidates(loads: &[(bool, i64)]) -> Vec<Candidate> {
        let candidate = |(number, (is_active, open)): (u128, &(bool, i64))| Candidate {
            user: user(number),
            display_name: None,
            is_active: *is_active,
            open_leads: Some(*open),
        };
        (0..).zip(loads).map(candidate).collect()
    }

    fn pick(strategy: LeadAssignmentStrategy, loads: &[(bool, i64)], last: Option<u128>) -> Option<usize> {
        Choice { strategy, capacity: Some(10), last: last.map(user) }.pick(&candidates(loads))
    }

    #[test]
    fn turns_go_round_and_pass_over_those_who_cannot() {
        let loads = [(true, 0), (false, 0), (true, 10), (true, 0)];
        let next = |last| pick(LeadAssignmentStrategy::RoundRobin, &loads, last);
        assert_eq!([next(None), next(Some(0)), next(Some(3)), next(Some(9))], [Some(0), Some(3), Some(0), Some(0)]);
        assert_eq!(pick(LeadAssignmentStrategy::RoundRobin, &[(false, 0), (true, 10)], None), None);
        assert_eq!(pick(LeadAssignmentStrategy::RoundRobin, &[], Some(1)), None);
    }

    #[test]
    fn of_those_with_the_fewest_leads_it_is_the_next_ones_turn() {
        let loads = [(true, 2), (true, 1), (true, 1), (false, 0)];
        let next = |last| pick(LeadAssignmentStrategy::LeastLoaded, &loads, last);
        assert_eq!([next(None), next(Some(1)), next(Some(2))], [Some(1), Some(2), Some(1)]);
    }

    proptest! {
        #[test]
        fn turns_are_fair(users in 1_usize..20, leads in 0_usize..200) {
            let candidates = candidates(&vec![(true, 0); users]);
            let mut counts = vec![0_usize; users];
            let mut choice = Choice { strategy: LeadAssignmentStrategy::RoundRobin, capacity: None, last: None };
            for _ in 0..leads {
                let picked = choice.pick(&candidates).expect("all are available");
                counts[picked] += 1;
                choice.last = Some(candidates[picked].user);
            }
            let (least, most) = (counts.iter().min().copied(), counts.iter().max().copied());
            prop_assert!(most <= least.map(|least| least + 1), "{counts:?}");
        }
    }
}
