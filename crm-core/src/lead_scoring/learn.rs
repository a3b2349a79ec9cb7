//! Learns from won and lost leads: naive Bayes with Laplace smoothing, in points, and how good it is on leads that were held
//! out.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::facts::Facts;
use super::features::{BASE, JOB_TITLE, NO_VALUE, OTHER_VALUES, Trait, traits};
use super::model::{LeadScoringBin, LeadScoringQuality};
use super::score::{MAX_SCORE, Weights};
use crate::base::hash::stable_hash;
use crate::base::score::Score;

/// The number of won and of lost leads to learn from, below which the model says nothing.
pub(super) const NEEDED: i64 = 20;
/// One lead of so many is held out.
const HELD_OUT: i64 = 5;
/// A value that fewer leads have is one of the rare ones: it would be learned by heart.
const COMMON: i64 = 5;
/// The most values of a feature, and words of job titles, that are learned.
const MAX_LEARNED: usize = 50;
/// The points of twice the odds.
const DOUBLING: f64 = 10.0;
/// The score of even odds.
const EVEN: i64 = 50;
/// The most that one value counts, either way, so that none decides alone: four times the odds.
const MAX_WEIGHT: i64 = 20;
/// The most that the share of won leads counts, either way.
const MAX_BASE: i64 = 45;
/// The number of scores in a bin.
const BIN: i64 = 10;

/// A lead of which it is known what came of it.
pub(super) struct Sample {
    is_held_out: bool,
    won: bool,
    traits: Vec<Trait>,
}

impl Sample {
    /// A lead that was won or lost; none otherwise.
    pub fn of(facts: &Facts) -> Option<Self> {
        let won = match facts.status_type.as_str() {
            _ if facts.converted_at.is_some() => true,
            "won" => true,
            "lost" => false,
            _ => return None,
        };
        Some(Self { is_held_out: is_held_out(facts.id), won, traits: traits(facts) })
    }
}

/// Decided by the id alone, so that a lead never changes sides.
fn is_held_out(id: Uuid) -> bool {
    stable_hash(&id.to_string()).rem_euclid(HELD_OUT) == 0
}

/// What was learned of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Learned {
    pub feature: String,
    pub value: String,
    pub weight: i64,
    pub won: i64,
    pub lost: i64,
}

/// A model, which is ready if it has weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lessons {
    pub won: i64,
    pub lost: i64,
    pub weights: Vec<Learned>,
    pub quality: LeadScoringQuality,
}

/// How many won and how many lost leads there are.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    won: i64,
    lost: i64,
}

impl Count {
    fn add(&mut self, won: bool) {
        if won {
            self.won += 1;
        } else {
            self.lost += 1;
        }
    }

    const fn all(self) -> i64 {
        self.won + self.lost
    }
}

/// Learns from all leads that are not held out, and tries it on those that are.
pub(super) fn learn(samples: &[Sample]) -> Lessons {
    let (held_out, known): (Vec<&Sample>, Vec<&Sample>) = samples.iter().partition(|sample| sample.is_held_out);
    let mut all = Count::default();
    let mut counts: BTreeMap<&'static str, BTreeMap<&str, Count>> = BTreeMap::new();
    for sample in &known {
        all.add(sample.won);
        for one in &sample.traits {
            counts.entry(one.feature).or_default().entry(&one.value).or_default().add(sample.won);
        }
    }
    if all.won < NEEDED || all.lost < NEEDED {
        return Lessons { won: all.won, lost: all.lost, weights: Vec::new(), quality: LeadScoringQuality::default() };
    }
    let base = EVEN + points(all.won + 1, all.lost + 1).clamp(-MAX_BASE, MAX_BASE);
    let mut weights = vec![learned(BASE, NO_VALUE, base, all)];
    for (feature, values) in counts {
        match feature {
            JOB_TITLE => weights.extend(of_words(feature, &values, all)),
            _ => weights.extend(of_values(feature, &values, all)),
        }
    }
    let quality = evaluate(&held_out, &weights);
    Lessons { won: all.won, lost: all.lost, weights, quality }
}

fn learned(feature: &str, value: &str, weight: i64, count: Count) -> Learned {
    Learned { feature: feature.to_owned(), value: value.to_owned(), weight, won: count.won, lost: count.lost }
}

/// The commonest values, those that more leads have first.
fn commonest<'v>(values: &BTreeMap<&'v str, Count>) -> BTreeSet<&'v str> {
    let mut common: Vec<(&str, i64)> =
        values.iter().filter(|(value, _)| **value != NO_VALUE).map(|(value, count)| (*value, count.all())).collect();
    common.retain(|(_, leads)| *leads >= COMMON);
    common.sort_by(|(one, fewer), (other, more)| more.cmp(fewer).then(one.cmp(other)));
    common.into_iter().take(MAX_LEARNED).map(|(value, _)| value).collect()
}

/// A feature of which each lead has one value, or none. The rare ones are one.
fn of_values(feature: &'static str, values: &BTreeMap<&str, Count>, all: Count) -> Vec<Learned> {
    let common = commonest(values);
    let mut merged: BTreeMap<&str, Count> =
        BTreeMap::from([(NO_VALUE, Count::default()), (OTHER_VALUES, Count::default())]);
    for (value, count) in values {
        let is_kept = *value == NO_VALUE || common.contains(value);
        let merged = merged.entry(if is_kept { *value } else { OTHER_VALUES }).or_default();
        merged.won += count.won;
        merged.lost += count.lost;
    }
    let kinds = i64::try_from(merged.len()).unwrap_or(i64::MAX);
    let weigh = |(value, count): (&str, Count)| learned(feature, value, weight(count, all, kinds), count);
    merged.into_iter().map(weigh).collect()
}

/// A feature of which a lead may have several values, each of which counts by being there.
fn of_words(feature: &'static str, values: &BTreeMap<&str, Count>, all: Count) -> Vec<Learned> {
    let count = |value: &str| values.get(value).copied().unwrap_or_default();
    let weigh = |value: &str| learned(feature, value, weight(count(value), all, 2), count(value));
    commonest(values).into_iter().map(weigh).collect()
}

/// How much likelier a won lead has a value than a lost one. One lead more of each kind and value is made up (Laplace).
fn weight(count: Count, all: Count, kinds: i64) -> i64 {
    let ratio = points((count.won + 1) * (all.lost + kinds), (count.lost + 1) * (all.won + kinds));
    ratio.clamp(-MAX_WEIGHT, MAX_WEIGHT)
}

/// Odds in points. Whole numbers never make a half, so that rounding is the same everywhere.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "numbers of leads, and their logarithm"
)]
fn points(won: i64, lost: i64) -> i64 {
    (DOUBLING * (won as f64 / lost as f64).log2()).round() as i64
}

/// How likely a lead with this score is won, in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "from 0 to 1,000")]
fn likelihood(score: i64) -> i64 {
    let odds = ((score - EVEN) as f64 / DOUBLING).exp2();
    (1_000.0 * odds / (1.0 + odds)).round() as i64
}

fn evaluate(held_out: &[&Sample], weights: &[Learned]) -> LeadScoringQuality {
    let of = weights.iter().map(|learned| (learned.feature.clone(), learned.value.clone(), learned.weight));
    let weights = Weights::new(0, of);
    let mut scores: BTreeMap<i64, Count> = BTreeMap::new();
    for sample in held_out {
        scores.entry(weights.score(&sample.traits)).or_default().add(sample.won);
    }
    let (won, lost) = scores.values().fold((0, 0), |(won, lost), count| (won + count.won, lost + count.lost));
    let bins = (0..MAX_SCORE / BIN).map(|bin| of_bin(bin, &scores)).collect();
    LeadScoringQuality { version: 0, won, lost, base_rate: share(won, won + lost), auc: auc(&scores, won, lost), bins }
}

/// The pairs of a won and a lost lead in which the won one has the higher score; those with the same score are halves.
fn auc(scores: &BTreeMap<i64, Count>, won: i64, lost: i64) -> Option<Score> {
    let (mut halves, mut below) = (0, 0);
    for count in scores.values() {
        halves += count.won * (2 * below + count.lost);
        below += count.lost;
    }
    share(halves, 2 * won * lost)
}

fn of_bin(bin: i64, scores: &BTreeMap<i64, Count>) -> LeadScoringBin {
    let from = bin * BIN;
    let to = if from + BIN == MAX_SCORE { MAX_SCORE } else { from + BIN - 1 };
    let (mut count, mut predicted) = (Count::default(), 0);
    for (score, of_score) in scores.range(from..=to) {
        count.won += of_score.won;
        count.lost += of_score.lost;
        predicted += likelihood(*score) * of_score.all();
    }
    let leads = count.all();
    LeadScoringBin {
        from,
        to,
        leads,
        won: count.won,
        predicted: share(predicted, 1_000 * leads),
        observed: share(count.won, leads),
    }
}

/// A share in thousandths, rounded to the nearest; none of nothing.
fn share(part: i64, whole: i64) -> Option<Score> {
    let thousandths = (part * 2_000 + whole).checked_div(2 * whole)?;
    u16::try_from(thousandths).ok().map(Score::from_thousandths)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Count, Sample, Trait, auc, learn, likelihood, points, share};
    use crate::base::score::Score;

    fn sample(number: usize, won: bool, source: &str) -> Sample {
        let value = format!("={source}");
        Sample { is_held_out: number.is_multiple_of(5), won, traits: vec![Trait { feature: "source", value }] }
    }

    /// Three of four leads of a fair are won, and one of four of a list.
    fn world(size: usize) -> Vec<Sample> {
        (0..size)
            .map(|number| {
                let source = if number.is_multiple_of(2) { "fair" } else { "list" };
                sample(number, (number / 2).is_multiple_of(4) != (source == "fair"), source)
            })
            .collect()
    }

    #[test]
    fn twice_the_odds_are_ten_points() {
        assert_eq!([(1, 1), (2, 1), (1, 2), (8, 1), (3, 1)].map(|(won, lost)| points(won, lost)), [0, 10, -10, 30, 16]);
        assert_eq!([50, 60, 40, 100].map(likelihood), [500, 667, 333, 970]);
    }

    #[test]
    fn it_says_nothing_before_it_has_seen_enough() {
        let few = learn(&world(40));
        assert!(few.weights.is_empty() && few.quality.auc.is_none(), "{few:?}");
        assert!(!learn(&world(400)).weights.is_empty());
    }

    #[test]
    fn it_learns_what_is_so_and_is_the_same_in_any_order() {
        let samples = world(400);
        let lessons = learn(&samples);
        let weight = |value: &str| lessons.weights.iter().find(|of| of.value == value).unwrap().weight;
        // Three times as often won as lost, against one third.
        assert!((14..=17).contains(&weight("=fair")), "{}", weight("=fair"));
        assert!((-17..=-14).contains(&weight("=list")), "{}", weight("=list"));
        let mut turned = samples;
        turned.reverse();
        assert_eq!(lessons, learn(&turned));
        assert!(lessons.quality.auc.unwrap() > Score::from_thousandths(650), "{:?}", lessons.quality);
    }

    #[test]
    fn the_area_is_that_of_all_pairs() {
        let of = |won, lost| Count { won, lost };
        let scores = BTreeMap::from([(10, of(1, 3)), (50, of(2, 2)), (90, of(4, 1))]);
        // 1: 3 halves; 2: 3 whole and 2 halves; 4: 5 whole and 1 half.
        let halves = 3 + 2 * (6 + 2) + 4 * (10 + 1);
        assert_eq!(auc(&scores, 7, 6), share(halves, 2 * 7 * 6));
        assert_eq!(auc(&scores, 0, 6), None);
    }
}
