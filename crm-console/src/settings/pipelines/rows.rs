//! The stages of a pipeline in its form: a row each, in the order in which the form sends them.

use crm_core::pipelines::{NewPipelineStage, Pipeline, StageKind};

use super::super::choices;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::Frame;

/// The colours that are offered, with their names in messages.
const COLORS: [(&str, &str); 10] = [
    ("#b91c1c", "red"),
    ("#b45309", "orange"),
    ("#a16207", "yellow"),
    ("#4d7c0f", "lime"),
    ("#047857", "green"),
    ("#0f766e", "teal"),
    ("#0369a1", "sky"),
    ("#1d4ed8", "blue"),
    ("#7c3aed", "violet"),
    ("#be185d", "pink"),
];
/// The most rows that a form shows; the core says how many stages there may be.
const MOST: usize = 60;
/// The values of a row that have faults of their own.
const NAMES: [&str; 6] = ["name", "kind", "probability", "rottenDays", "color", "code"];
/// The stages that a new pipeline is offered: their names in messages, kinds and probabilities.
const OFFERED: [(&str, &str, &str); 4] = [
    ("pipelines-stage-qualification", "open", "10"),
    ("pipelines-stage-proposal", "open", "50"),
    ("pipelines-stage-won", "won", ""),
    ("pipelines-stage-lost", "lost", ""),
];

/// A stage as the form shows it.
pub(super) struct Row {
    /// What the names of its inputs end with.
    pub key: String,
    /// The id, if the pipeline has it already.
    pub id: String,
    pub name: String,
    pub kind: String,
    pub kind_label: String,
    /// The kinds that a new one can have.
    pub kinds: Vec<Choice>,
    pub probability: String,
    pub rotten_days: String,
    pub color: String,
    pub colors: Vec<Choice>,
    /// What the stage requires of deals, as JSON: the form keeps it.
    pub required: String,
    pub is_archived: bool,
    pub is_first: bool,
    pub is_last: bool,
    /// What has the keyboard: `up`, `down` or `name`.
    pub focus: &'static str,
    pub faults: Vec<String>,
}

/// What a button of the form did to the rows.
pub(super) struct Step {
    /// The form after it.
    pub typed: Fields,
    /// The row that has the keyboard, and what of it.
    pub focus: Option<(String, &'static str)>,
}

/// The name of an input of a row.
fn name_of(name: &str, key: &str) -> String {
    format!("{name}-{key}")
}

/// The keys of the rows, in their order.
fn keys(typed: &Fields) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for key in typed.all("row") {
        if !keys.iter().any(|known| known == key) && keys.len() < MOST {
            keys.push(key.to_owned());
        }
    }
    keys
}

fn with_keys(typed: &Fields, keys: &[String]) -> Fields {
    keys.iter().fold(typed.without("row", None), |typed, key| typed.and("row", key))
}

fn with(typed: Fields, key: &str, values: &[(&str, &str)]) -> Fields {
    values.iter().fold(typed, |typed, (name, value)| typed.and(&name_of(name, key), value))
}

/// The stages of a pipeline as they are typed.
pub(super) fn typed(pipeline: &Pipeline) -> Fields {
    let text = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    pipeline.stages.iter().fold(Fields::default(), |typed, stage| {
        let key = stage.id.to_string();
        let (probability, rotten_days) = (text(Some(stage.probability)), text(stage.rotten_days));
        let required = serde_json::to_string(&stage.required_fields).unwrap_or_default();
        let values = [
            ("id", key.as_str()),
            ("name", stage.name.as_str()),
            ("kind", stage.kind.as_str()),
            ("probability", probability.as_str()),
            ("rottenDays", rotten_days.as_str()),
            ("required", required.as_str()),
            ("color", stage.color.as_deref().unwrap_or_default()),
            ("archived", if stage.is_archived { "true" } else { "" }),
        ];
        with(typed.and("row", &key), &key, &values)
    })
}

/// The stages that a new pipeline is offered.
pub(super) fn offered(frame: &Frame) -> Fields {
    OFFERED.iter().enumerate().fold(Fields::default(), |typed, (place, (name, kind, probability))| {
        let key = format!("new{place}");
        let name = frame.t(name);
        let values = [("name", name.as_str()), ("kind", *kind), ("probability", *probability)];
        with(typed.and("row", &key), &key, &values)
    })
}

/// What a button does to the rows; nothing for a form that is sent.
pub(super) fn step(form: &Fields) -> Option<Step> {
    let mut keys = keys(form);
    for (button, by) in [("up", -1_isize), ("down", 1)] {
        let Some(key) = form.get(button) else { continue };
        let focus = keys.iter().position(|known| known == key).map(|place| {
            let other = place.checked_add_signed(by).filter(|other| *other < keys.len()).unwrap_or(place);
            keys.swap(place, other);
            // At the end of its way, a row can only go back.
            match (button, other, other + 1 == keys.len()) {
                ("up", 0, _) => "down",
                ("down", _, true) => "up",
                (same, ..) => same,
            }
        });
        let typed = with_keys(&form.without(button, None), &keys);
        return Some(Step { typed, focus: focus.map(|focus| (key.to_owned(), focus)) });
    }
    if let Some(gone) = form.get("without") {
        keys.retain(|key| key != gone);
        return Some(Step { typed: with_keys(&form.without("without", None), &keys), focus: None });
    }
    form.get("add")?;
    let free = (0..).map(|number| format!("new{number}")).find(|key| !keys.contains(key))?;
    keys.push(free.clone());
    let typed = with_keys(&form.without("add", None), &keys);
    // A row with this key may have been removed, but not what was typed in it.
    let typed = NAMES.iter().fold(typed, |typed, name| typed.without(&name_of(name, &free), None));
    Some(Step { typed, focus: Some((free, "name")) })
}

/// The rows with these values.
pub(super) fn rows(frame: &Frame, typed: &Fields, faults: &Faults, focus: Option<&(String, &'static str)>) -> Vec<Row> {
    let keys = keys(typed);
    let last = keys.len().saturating_sub(1);
    let row = |(place, key): (usize, &String)| {
        let text = |name: &str| typed.text(&name_of(name, key)).to_owned();
        let (kind, color) = (text("kind"), text("color"));
        let kind = if kind.is_empty() { StageKind::Open.to_string() } else { kind };
        Row {
            id: text("id"),
            name: text("name"),
            kind_label: frame.named("stage-kind", &kind),
            kinds: choices(frame, "stage-kind", StageKind::NAMES, &kind),
            probability: text("probability"),
            rotten_days: text("rottenDays"),
            colors: colors(frame, &color),
            required: text("required"),
            is_archived: !text("archived").is_empty(),
            is_first: place == 0,
            is_last: place == last,
            focus: focus.filter(|(focused, _)| focused == key).map(|(_, focus)| *focus).unwrap_or_default(),
            faults: NAMES.iter().filter_map(|name| faults.at(&fault_of(place, name))).collect(),
            key: key.clone(),
            kind,
            color,
        }
    };
    keys.iter().enumerate().map(row).collect()
}

/// The name of a fault of a row at this place.
fn fault_of(place: usize, name: &str) -> String {
    format!("stages.{place}.{name}")
}

/// The names of the faults that rows show.
pub(super) fn shown_faults(typed: &Fields) -> Vec<String> {
    let places = 0..keys(typed).len();
    places.flat_map(|place| NAMES.iter().map(move |name| fault_of(place, name))).collect()
}

/// No colour, those that are offered, and the one that the stage has.
pub(in crate::settings) fn colors(frame: &Frame, chosen: &str) -> Vec<Choice> {
    let none = (String::new(), frame.t("pipelines-no-color"));
    let offered = COLORS.iter().map(|(color, name)| ((*color).to_owned(), frame.named("color", name)));
    let is_other = !chosen.is_empty() && COLORS.iter().all(|(color, _)| *color != chosen);
    let other = is_other.then(|| (chosen.to_owned(), chosen.to_owned()));
    let choice = |(value, label): (String, String)| Choice { is_chosen: value == chosen, value, label };
    std::iter::once(none).chain(offered).chain(other).map(choice).collect()
}

/// The stages that the form describes.
///
/// # Errors
/// The name of the fault of a value that is no number.
pub(super) fn stages(typed: &Fields) -> Result<Vec<NewPipelineStage>, String> {
    let stage = |(place, key): (usize, &String)| -> Result<NewPipelineStage, String> {
        let text = |name: &str| typed.get(&name_of(name, key)).map(str::to_owned);
        let number = |name: &str| match typed.get(&name_of(name, key)).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(fault_of(place, name)),
        };
        let id = typed.get(&name_of("id", key)).and_then(|id| id.parse().ok());
        let kind: StageKind = typed.text(&name_of("kind", key)).parse().unwrap_or_default();
        let is_open = kind == StageKind::Open;
        Ok(NewPipelineStage {
            id,
            code: None,
            name: text("name"),
            kind: Some(kind),
            // What is won or lost is certain.
            probability: if is_open { number("probability")? } else { None },
            rotten_days: if is_open { number("rottenDays")? } else { None },
            required_fields: typed.get(&name_of("required", key)).and_then(|json| serde_json::from_str(json).ok()),
            color: text("color"),
            is_archived: Some(typed.get(&name_of("archived", key)).is_some()),
        })
    };
    keys(typed).iter().enumerate().map(stage).collect()
}
