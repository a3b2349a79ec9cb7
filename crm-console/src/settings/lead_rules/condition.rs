//! The condition of a rule as rows of a form, all of which have to hold: a field, an operator and a value. What rows cannot say
//! is written as a filter.

use crm_core::custom_fields::{CustomFieldEntity, CustomFieldQuery, CustomFieldType};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::{CompanyScope, Error, Violations};
use serde_json::{Map, Value, json};

use crate::base::fields::Fields;
use crate::customers::{Choice, field_label};
use crate::web::Frame;

/// How many rows a form has.
pub(super) const ROWS: usize = 5;

/// What leads are compared by. Their value is in minor units, which nobody types.
const FIELDS: &[&str] = &[
    "source",
    "rating",
    "priority",
    "kind",
    "countryCode",
    "state",
    "city",
    "zipCode",
    "organizationName",
    "industry",
    "employeeBand",
    "jobTitle",
    "email",
    "language",
    "utmCampaign",
    "currency",
    "status",
];
/// Those of them that are numbers.
const NUMBERS: &[&str] = &["priority"];
/// How they are compared.
const OPERATORS: &[&str] = &["eq", "ne", "in", "contains", "starts_with", "gte", "lte", "empty", "given"];

/// A field that leads are compared by.
pub(super) struct Field {
    name: String,
    label: String,
    /// Whether its values are numbers, or true and false.
    is_plain: bool,
}

/// A row of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub field: String,
    pub operator: String,
    pub value: String,
}

/// The fields of leads, and the company's own.
pub(super) async fn fields(frame: &Frame, scope: &mut CompanyScope<'_>) -> crm_core::Result<Vec<Field>> {
    let field = |name: &&str| Field {
        name: (*name).to_owned(),
        label: field_label(frame, name),
        is_plain: NUMBERS.contains(name),
    };
    let mut fields: Vec<Field> = FIELDS.iter().map(field).collect();
    let query = CustomFieldQuery { entity: Some(CustomFieldEntity::Customer), ..CustomFieldQuery::default() };
    let own = match scope.custom_fields().list(&query, &PageRequest::default().limit(MAX_PAGE)).await {
        Err(Error::Forbidden { .. }) => Vec::new(),
        page => page?.data,
    };
    fields.extend(own.into_iter().map(|own| Field {
        name: format!("customFields.{}", own.key),
        label: own.label,
        is_plain: matches!(
            own.field_type,
            CustomFieldType::Integer | CustomFieldType::Decimal | CustomFieldType::Percent | CustomFieldType::Boolean
        ),
    }));
    Ok(fields)
}

/// The fields to choose from. One that is chosen and not among them stays on offer.
pub(super) fn choices(frame: &Frame, fields: &[Field], chosen: &str) -> Vec<Choice> {
    let none = Choice { value: String::new(), label: frame.t("rules-no-field"), is_chosen: chosen.is_empty() };
    let choice = |field: &Field| Choice {
        value: field.name.clone(),
        label: field.label.clone(),
        is_chosen: field.name == chosen,
    };
    let is_other = !chosen.is_empty() && fields.iter().all(|field| field.name != chosen);
    let other = is_other.then(|| Choice { value: chosen.to_owned(), label: chosen.to_owned(), is_chosen: true });
    std::iter::once(none).chain(fields.iter().map(choice)).chain(other).collect()
}

/// The operators to choose from.
pub(super) fn operators(frame: &Frame, chosen: &str) -> Vec<Choice> {
    let choice = |name: &&str| Choice {
        value: (*name).to_owned(),
        label: frame.named("rules-operator", name),
        is_chosen: *name == chosen,
    };
    OPERATORS.iter().map(choice).collect()
}

/// The rows that say what a condition says; none if rows cannot.
pub(super) fn rows(condition: &Map<String, Value>) -> Option<Vec<Row>> {
    let leaves = match condition.get("all") {
        Some(all) if condition.len() == 1 => all.as_array()?.iter().map(row).collect::<Option<Vec<Row>>>()?,
        Some(_) => return None,
        None => vec![row_of(condition)?],
    };
    (leaves.len() <= ROWS).then_some(leaves)
}

fn row(leaf: &Value) -> Option<Row> {
    row_of(leaf.as_object()?)
}

fn row_of(leaf: &Map<String, Value>) -> Option<Row> {
    let (field, operator) = (leaf.get("field")?.as_str()?, leaf.get("op")?.as_str()?);
    let operand = leaf.get("value")?;
    let (operator, value) = match operator {
        "is_null" => (if operand.as_bool()? { "empty" } else { "given" }, String::new()),
        "in" => {
            let values: Vec<String> = operand.as_array()?.iter().map(plain).collect::<Option<_>>()?;
            // A comma in a value would divide it.
            if values.iter().any(|value| value.contains(',')) {
                return None;
            }
            ("in", values.join(", "))
        }
        other if OPERATORS.contains(&other) => (other, plain(operand)?),
        _ => return None,
    };
    Some(Row { field: field.to_owned(), operator: operator.to_owned(), value })
}

/// A value as it is typed.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The rows as they were sent.
pub(super) fn typed(form: &Fields) -> Vec<Row> {
    let row = |place: usize| {
        let text = |name: &str| form.text(&format!("{name}-{place}")).to_owned();
        Row { field: text("field"), operator: text("operator"), value: text("operand") }
    };
    (0..ROWS).map(row).collect()
}

/// The condition of a form: the filter if there is one, otherwise its rows.
///
/// # Errors
/// That the filter is no JSON object.
pub(super) fn read(form: &Fields, fields: &[Field]) -> Result<Option<Map<String, Value>>, Error> {
    if let Some(text) = form.get("filter") {
        let invalid = || Violations::one("/condition", "filter_invalid", "a filter is a JSON object");
        return serde_json::from_str(text).map(Some).map_err(|_| invalid().into());
    }
    let mut leaves: Vec<Value> =
        typed(form).iter().filter(|row| !row.field.is_empty()).map(|row| leaf(row, fields)).collect();
    let condition = match leaves.len() {
        0 => return Ok(None),
        1 => leaves.remove(0),
        _ => json!({ "all": leaves }),
    };
    Ok(condition.as_object().cloned())
}

fn leaf(row: &Row, fields: &[Field]) -> Value {
    let Row { field, operator, value } = row;
    let is_plain = fields.iter().any(|known| known.name == *field && known.is_plain);
    let read = |text: &str| {
        let plain = if is_plain { serde_json::from_str(text).ok() } else { None };
        plain.unwrap_or_else(|| Value::String(text.to_owned()))
    };
    let (operator, value) = match operator.as_str() {
        "empty" => ("is_null", Value::Bool(true)),
        "given" => ("is_null", Value::Bool(false)),
        "in" => ("in", value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(read).collect()),
        "" => ("eq", read(value)),
        other => (other, read(value)),
    };
    json!({ "field": field, "op": operator, "value": value })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Field, Fields, ROWS, read, rows};

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn form(condition: &Map<String, Value>) -> Option<Fields> {
        let put = |form: Fields, (place, row): (usize, super::Row)| {
            form.and(&format!("field-{place}"), &row.field)
                .and(&format!("operator-{place}"), &row.operator)
                .and(&format!("operand-{place}"), &row.value)
        };
        rows(condition).map(|rows| rows.into_iter().enumerate().fold(Fields::default(), put))
    }

    #[test]
    fn rows_say_what_the_condition_says() {
        let fields = [Field { name: "priority".to_owned(), label: String::new(), is_plain: true }];
        for condition in [
            json!({ "field": "countryCode", "op": "eq", "value": "DE" }),
            json!({ "field": "industry", "op": "is_null", "value": false }),
            json!({ "all": [
                { "field": "rating", "op": "in", "value": ["hot", "warm"] },
                { "field": "priority", "op": "gte", "value": 2 },
            ] }),
        ] {
            let condition = object(condition);
            assert_eq!(read(&form(&condition).unwrap(), &fields).unwrap(), Some(condition));
        }
        assert_eq!(read(&Fields::default(), &fields).unwrap(), None);
    }

    #[test]
    fn what_rows_cannot_say_is_a_filter() {
        let leaf = json!({ "field": "city", "op": "eq", "value": "Bonn" });
        for condition in [
            json!({ "any": [leaf, leaf] }),
            json!({ "not": leaf }),
            json!({ "all": vec![leaf.clone(); ROWS + 1] }),
            json!({ "all": [{ "any": [leaf] }] }),
            json!({ "field": "city", "op": "in", "value": ["Bonn, Beuel"] }),
        ] {
            let condition = object(condition);
            assert_eq!(form(&condition), None);
            let written = Fields::default().and("filter", &Value::Object(condition.clone()).to_string());
            assert_eq!(read(&written, &[]).unwrap(), Some(condition));
        }
        assert!(read(&Fields::default().and("filter", "[1]"), &[]).is_err());
    }
}
