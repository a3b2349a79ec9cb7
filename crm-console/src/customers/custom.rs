//! The company's own fields of a customer: how each is typed, and what it shows.

use std::collections::HashMap;

use crm_core::custom_fields::{CustomField, CustomFieldEntity, CustomFieldQuery, CustomFieldType};
use crm_core::customers::{Customer, CustomerQuery};
use crm_core::filter::{Filter, MAX_VALUES, Op};
use crm_core::ids::CustomerId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::{CompanyScope, Error, Result};
use serde_json::{Map, Value, json};

use super::{Choice, customer_path};
use crate::base::fields::Fields;
use crate::web::{Frame, People};

/// What stands before the key of a custom field where fields have names.
const PREFIX: &str = "customFields.";
/// How many pages of definitions there are at most.
const PAGES: usize = 2;

/// The definitions of the company, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Definitions(Vec<CustomField>);

/// How a field is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// A line of this type of `<input>`.
    Line(&'static str),
    Lines,
    /// One of some choices.
    Choice,
    /// Any of some choices.
    Choices,
}

impl Control {
    /// The type of the `<input>`.
    pub(super) const fn html(self) -> &'static str {
        match self {
            Self::Line(kind) => kind,
            Self::Lines | Self::Choice | Self::Choices => "text",
        }
    }
}

impl Definitions {
    /// Reads them; none for those who may not.
    pub(super) async fn read(scope: &mut CompanyScope<'_>) -> Result<Self> {
        let query = CustomFieldQuery { entity: Some(CustomFieldEntity::Customer), ..CustomFieldQuery::default() };
        let (mut fields, mut request) = (Vec::new(), PageRequest::default().limit(MAX_PAGE));
        for _ in 0..PAGES {
            let page = match scope.custom_fields().list(&query, &request).await {
                Err(Error::Forbidden { .. }) => break,
                page => page?,
            };
            fields.extend(page.data);
            match page.next_cursor {
                Some(cursor) => request = PageRequest::after(cursor).limit(MAX_PAGE),
                None => break,
            }
        }
        Ok(Self(fields))
    }

    /// The definition of a field by its name in forms.
    pub(super) fn named(&self, name: &str) -> Option<&CustomField> {
        let key = name.strip_prefix(PREFIX)?;
        self.0.iter().find(|field| field.key == key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &CustomField> {
        self.0.iter()
    }

    /// The fields below their headings: a group stands where its first field does.
    pub(super) fn groups(&self, frame: &Frame) -> Vec<(String, Vec<&CustomField>)> {
        let mut groups: Vec<(String, Vec<&CustomField>)> = Vec::new();
        for field in &self.0 {
            let heading = field.group.clone().unwrap_or_else(|| frame.t("group-custom"));
            match groups.iter_mut().find(|(other, _)| *other == heading) {
                Some((_, fields)) => fields.push(field),
                None => groups.push((heading, vec![field])),
            }
        }
        groups
    }

    /// The names of the customers that fields of this customer name, by their ids. No statement if there are none.
    pub(super) async fn customers(
        &self,
        scope: &mut CompanyScope<'_>,
        customer: &Customer,
    ) -> Result<HashMap<String, String>> {
        Self::named_customers(scope, self.0.iter(), std::slice::from_ref(customer)).await
    }

    /// The same for some fields of some customers.
    pub(super) async fn named_customers<'f>(
        scope: &mut CompanyScope<'_>,
        fields: impl Iterator<Item = &'f CustomField>,
        customers: &[Customer],
    ) -> Result<HashMap<String, String>> {
        let referring = fields.filter(|field| field.field_type == CustomFieldType::Customer);
        let values =
            referring.flat_map(|field| customers.iter().filter_map(|customer| customer.custom_fields.get(&field.key)));
        // A value that is older than its definition may be no id.
        let ids = values.filter_map(Value::as_str).filter(|id| id.parse::<CustomerId>().is_ok());
        let ids: Vec<&str> = ids.take(MAX_VALUES).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let filter = Filter::leaf("id", Op::In, json!(ids));
        let query = CustomerQuery { filter: Some(filter), ..CustomerQuery::default() };
        let found = scope.customers().list(&query, &PageRequest::default().limit(MAX_PAGE)).await?;
        Ok(found.data.into_iter().map(|customer| (customer.id.to_string(), customer.name)).collect())
    }
}

/// Whether this is the name of a custom field in forms and addresses.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The key of the custom field with this name.
pub(super) fn key(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// Whether a list can be in the order of the field.
pub(super) const fn sorts(field: &CustomField) -> bool {
    field.field_type.has_order() && (field.is_indexed || field.is_unique) && field.index_job_id.is_none()
}

/// The name of a field in forms and addresses.
pub(super) fn name(field: &CustomField) -> String {
    format!("{PREFIX}{}", field.key)
}

pub(super) const fn control(field: &CustomField) -> Control {
    use CustomFieldType as T;
    match field.field_type {
        T::Integer | T::Decimal | T::Percent | T::Rating => Control::Line("number"),
        T::Date => Control::Line("date"),
        T::Time => Control::Line("time"),
        T::Email => Control::Line("email"),
        T::Phone => Control::Line("tel"),
        T::LongText | T::Json => Control::Lines,
        T::Boolean | T::Select | T::User => Control::Choice,
        T::MultiSelect => Control::Choices,
        T::Text | T::Money | T::Url | T::Customer => Control::Line("text"),
    }
}

/// The values of a customer as they are typed: several of a multiple choice.
pub(super) fn typed(field: &CustomField, value: Option<&Value>) -> Vec<String> {
    match (field.field_type, value) {
        (_, None) => Vec::new(),
        (CustomFieldType::Select, Some(Value::String(value))) => vec![value.clone()],
        (CustomFieldType::MultiSelect, Some(Value::Array(items))) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        (_, Some(value)) => vec![field.text_of_value(value)],
    }
}

/// What can be chosen: the options, and those that the customer has though they are archived.
pub(super) fn choices(frame: &Frame, people: &People, field: &CustomField, chosen: &[String]) -> Vec<Choice> {
    use CustomFieldType as T;
    let choice = |value: String, label: String| Choice { is_chosen: chosen.contains(&value), value, label };
    let nothing = || Choice { is_chosen: chosen.is_empty(), value: String::new(), label: "–".to_owned() };
    let options = || {
        let usable = field.options.iter().filter(|option| !option.is_archived || chosen.contains(&option.value));
        usable.map(|option| choice(option.value.clone(), option.shown().to_owned()))
    };
    match field.field_type {
        T::Select => std::iter::once(nothing()).chain(options()).collect(),
        T::MultiSelect => options().collect(),
        T::Boolean => {
            let flags = ["true", "false"].map(|flag| choice(flag.to_owned(), frame.named("boolean", flag)));
            std::iter::once(nothing()).chain(flags).collect()
        }
        T::User => {
            let users = people.active().map(|(id, name)| choice(id, name.to_owned()));
            std::iter::once(nothing()).chain(users).collect()
        }
        _ => Vec::new(),
    }
}

/// The value of a form: nothing where nothing was typed.
pub(super) fn value(field: &CustomField, form: &Fields, name: &str) -> Value {
    match field.field_type {
        CustomFieldType::MultiSelect => match form.all(name).map(Value::from).collect::<Vec<_>>() {
            chosen if chosen.is_empty() => Value::Null,
            chosen => chosen.into(),
        },
        _ => field.value_of_text(form.text(name)),
    }
}

/// The custom fields of a form. An empty one is an explicit nothing, which has no default.
pub(super) fn values(definitions: &Definitions, form: &Fields) -> Map<String, Value> {
    definitions.iter().map(|field| (field.key.clone(), value(field, form, &name(field)))).collect()
}

/// A form that has the defaults of the fields.
pub(super) fn defaults(definitions: &Definitions, form: Fields) -> Fields {
    let with = |form: Fields, field: &CustomField| {
        let values = typed(field, field.default.as_ref());
        values.iter().fold(form, |form, value| form.and(&name(field), value))
    };
    definitions.iter().filter(|field| field.default.is_some()).fold(form, with)
}

/// A value as it is shown.
pub(super) fn shown(
    frame: &Frame,
    people: &People,
    customers: &HashMap<String, String>,
    field: &CustomField,
    value: Option<&Value>,
) -> String {
    use CustomFieldType as T;
    let Some(value) = value else {
        return String::new();
    };
    match (field.field_type, value) {
        (T::Boolean, Value::Bool(flag)) => frame.named("boolean", if *flag { "true" } else { "false" }),
        (T::Percent, Value::Number(number)) => format!("{number} %"),
        (T::Rating, Value::Number(_)) => format!("{value} / 5"),
        (T::User, Value::String(id)) => {
            let name = id.parse().ok().and_then(|id| people.name(id).map(str::to_owned));
            name.unwrap_or_else(|| frame.t("person-unknown"))
        }
        (T::Customer, Value::String(id)) => customers.get(id).cloned().unwrap_or_else(|| id.clone()),
        (T::MultiSelect, Value::Array(_)) => field.text_of_value(value).replace("; ", ", "),
        _ => field.text_of_value(value),
    }
}

/// Where a value leads.
pub(super) fn link(frame: &Frame, field: &CustomField, value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    match field.field_type {
        CustomFieldType::Email => Some(format!("mailto:{text}")),
        CustomFieldType::Url if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) => {
            Some(text.to_owned())
        }
        // A value that is older than its definition may be anything.
        CustomFieldType::Url => (!text.contains("://")).then(|| format!("https://{text}")),
        CustomFieldType::Phone => {
            let dialled: String = text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
            Some(format!("tel:{dialled}"))
        }
        CustomFieldType::Customer => Some(frame.url(&customer_path(text.parse().ok()?))),
        _ => None,
    }
}
