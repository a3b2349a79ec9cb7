//! What was learned from the company's leads, and how good it is.

use crm_core::lead_scoring::{LeadScoringBin, LeadScoringModel, LeadScoringQuality, LeadScoringWeight};

use crate::base::amounts;
use crate::base::bars::percent;
use crate::base::chart::{Chart, Heading, Point, Series};
use crate::customers::field_label;
use crate::web::Frame;

/// The weight of a value of a feature.
pub(super) struct Term {
    pub feature: String,
    pub value: String,
    pub weight: String,
    /// The length of its bar, and whether it counts against the lead.
    pub percent: u64,
    pub is_against: bool,
    pub won: String,
    pub lost: String,
}

/// How good the model is.
pub(super) struct Quality {
    /// How likely a won lead has a higher score than a lost one, in percent.
    pub auc: String,
    pub base_rate: String,
    pub held_out: String,
}

/// What was learned, in a sentence.
pub(super) fn words(frame: &Frame, model: &LeadScoringModel) -> String {
    let number = |number: i64| frame.language().number(number);
    let seen = format!("{} / {}", number(model.won), number(model.lost));
    match (model.built_at, model.is_ready) {
        (None, _) => frame.w("scoring-never", &number(model.needed)),
        (Some(_), false) => frame.w("scoring-not-ready", &format!("{seen} ({})", number(model.needed))),
        (Some(at), true) => {
            let at = frame.calendar.full(at).words;
            format!("{} {}", frame.w("scoring-learned-from", &seen), frame.w("scoring-learned-at", &at))
        }
    }
}

/// The weights, as the model has them.
pub(super) fn terms(frame: &Frame, model: &LeadScoringModel) -> Vec<Term> {
    let most = model.weights.iter().map(|weight| weight.weight.unsigned_abs()).max().unwrap_or_default();
    model.weights.iter().map(|weight| term(frame, weight, most)).collect()
}

fn term(frame: &Frame, weight: &LeadScoringWeight, most: u64) -> Term {
    let known = frame.language().known(&format!("scoring-term-{}", weight.term));
    Term {
        feature: known.unwrap_or_else(|| field_label(frame, &weight.term)),
        value: value(frame, weight),
        weight: format!("{:+}", weight.weight),
        percent: percent(weight.weight.unsigned_abs(), most),
        is_against: weight.weight < 0,
        won: frame.language().number(weight.won),
        lost: frame.language().number(weight.lost),
    }
}

fn value(frame: &Frame, weight: &LeadScoringWeight) -> String {
    match weight.value.as_deref() {
        _ if weight.is_other => frame.t("scoring-other-values"),
        None if weight.term == "base_rate" => String::new(),
        None => frame.t("scoring-no-value"),
        Some("yes") => frame.t("yes"),
        Some("no") => frame.t("no"),
        Some(value) => match weight.term.as_str() {
            "kind" => frame.named("kind", value),
            "rating" => frame.named("rating", value),
            "employeeBand" => frame.named("employee-band", value),
            _ => value.to_owned(),
        },
    }
}

impl Quality {
    /// Nothing before a model has learned enough.
    pub(super) fn of(frame: &Frame, quality: &LeadScoringQuality) -> Option<Self> {
        if quality.version == 0 {
            return None;
        }
        let percent = |share: f64| format!("{} %", amounts::rounded(frame.language(), share * 100.0));
        let shown = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), percent);
        let number = |number: i64| frame.language().number(number);
        Some(Self {
            auc: shown(quality.auc.map(|auc| auc.as_f64())),
            base_rate: shown(quality.base_rate.map(|rate| rate.as_f64())),
            held_out: format!("{} / {}", number(quality.won), number(quality.lost)),
        })
    }
}

/// What was predicted and what was observed, for each range of scores; nothing without leads.
pub(super) fn chart(frame: &Frame, quality: &LeadScoringQuality) -> Option<Chart> {
    quality.bins.iter().any(|bin| bin.leads > 0).then(|| {
        let (title, first) = (frame.t("scoring-calibration"), frame.t("scoring-scores"));
        let heading = Heading { id: "calibration", title, first };
        let series = [("customers", "scoring-predicted"), ("interactions", "scoring-observed")];
        let series = series.map(|(class, name)| Series { class, label: frame.t(name) });
        Chart::of(frame.language(), heading, series.into(), quality.bins.iter().map(|bin| point(frame, bin)).collect())
    })
}

/// A range of scores: how many of its leads were to be won, and how many were, in percent.
fn point(frame: &Frame, bin: &LeadScoringBin) -> Point {
    let leads = frame.language().counted("scoring-leads", bin.leads);
    let value = |share: Option<f64>| {
        let hundredths = share.unwrap_or_default() * 100.0;
        let words = share.map_or_else(|| "–".to_owned(), |_| format!("{hundredths:.0} %"));
        (hundredths.round() as u64, words)
    };
    let shares = [bin.predicted, bin.observed].map(|share| share.map(|share| share.as_f64()));
    Point { label: format!("{}–{} ({leads})", bin.from, bin.to), values: shares.map(value).into() }
}
