//! A value in the form in which it is stored.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Map, Number, Value, json};
use uuid::Uuid;
use validator::ValidateEmail;

use super::{CustomFieldBound, CustomFieldOption, CustomFieldType, Fault, FieldRules, compile, fault};
use crate::base::money::Currency;
use crate::base::text::{self, Unprintable, fold};
use crate::base::web;

/// The maximum number of characters of a text of one line, and of several.
const MAX_LINE: usize = 1_000;
const MAX_BLOCK: usize = 10_000;
/// The maximum length of a web address, an e-mail address and a telephone number, in characters.
const MAX_URL: usize = 2_048;
const MAX_EMAIL: usize = 254;
const MAX_PHONE: usize = 40;
/// The fewest digits of a telephone number.
const MIN_DIGITS: usize = 3;
/// The highest rating.
const MAX_RATING: i64 = 5;
/// The first whole number that a floating point number cannot tell from its neighbour.
const INEXACT: f64 = 9_007_199_254_740_992.0;

impl FieldRules {
    /// The same type without bounds and pattern, with all options: for values to compare with.
    pub fn without_bounds(&self) -> Self {
        let mut options = self.options.clone();
        options.iter_mut().for_each(|option| option.is_archived = false);
        Self { options, minimum: None, maximum: None, pattern: None, ..self.clone() }
    }

    /// The value as it is stored; `None` if it is empty.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn stored(&self, value: &Value) -> Result<Option<Value>, Fault> {
        use CustomFieldType as T;
        if value.is_null() {
            return Ok(None);
        }
        Ok(Some(match self.field_type {
            T::Text
            | T::LongText
            | T::Url
            | T::Email
            | T::Phone
            | T::Date
            | T::Time
            | T::User
            | T::Customer
            | T::Select => {
                let typed = value.as_str().ok_or_else(|| fault("type_invalid", "expected a text"))?;
                match self.text(typed)? {
                    Some(text) => Value::String(text),
                    None => return Ok(None),
                }
            }
            T::Integer => self.within_bounds(integer(value)?)?,
            T::Rating => match integer(value)? {
                rating if rating.as_i64().is_some_and(|rating| (0..=MAX_RATING).contains(&rating)) => rating,
                _ => return Err(fault("out_of_range", format!("from 0 to {MAX_RATING}"))),
            },
            T::Decimal | T::Percent => match value {
                Value::Number(_) => self.within_bounds(value.clone())?,
                _ => return Err(fault("type_invalid", "expected a number")),
            },
            T::Money => self.money(value)?,
            T::Boolean => match value {
                Value::Bool(_) => value.clone(),
                _ => return Err(fault("type_invalid", "expected true or false")),
            },
            T::MultiSelect => return self.chosen(value),
            T::Json => value.clone(),
        }))
    }

    fn text(&self, typed: &str) -> Result<Option<String>, Fault> {
        use CustomFieldType as T;
        let read = if self.field_type == T::LongText { text::block } else { text::line };
        let control = |Unprintable| fault("control_character", "text must not have control characters");
        let Some(text) = read(typed).map_err(control)? else {
            return Ok(None);
        };
        let length = text.chars().count();
        let at_most = |most: usize| match length {
            length if length > most => Err(fault("too_long", format!("at most {most} long"))),
            _ => Ok(()),
        };
        Ok(Some(match self.field_type {
            T::LongText => {
                at_most(MAX_BLOCK)?;
                self.expect_length(length)?;
                text
            }
            T::Url => {
                at_most(MAX_URL)?;
                let expected = "expected a web address such as https://example.com, or example.com/about";
                web::site(&text).map_err(|_| fault("url_invalid", expected))?;
                text
            }
            T::Email => {
                at_most(MAX_EMAIL)?;
                let address = text::email(&text);
                if !address.validate_email() {
                    return Err(fault("email_invalid", "expected an e-mail address such as ann@example.com"));
                }
                address
            }
            T::Phone => {
                at_most(MAX_PHONE)?;
                if text.chars().filter(char::is_ascii_digit).count() < MIN_DIGITS {
                    return Err(fault("phone_invalid", "expected a telephone number such as +1 212 555 2368"));
                }
                text
            }
            T::Date => date(&text).ok_or_else(|| fault("date_invalid", "expected a day such as 2026-01-31"))?,
            T::Time => time(&text).ok_or_else(|| fault("time_invalid", "expected a time such as 09:30"))?,
            T::User | T::Customer => match Uuid::parse_str(&text) {
                Ok(id) => id.to_string(),
                Err(_) => return Err(fault("id_invalid", "expected a UUID")),
            },
            T::Select => self.option(&text)?.value.clone(),
            _ => {
                at_most(MAX_LINE)?;
                self.expect_length(length)?;
                self.expect_pattern(&text)?;
                text
            }
        }))
    }

    /// An option by its value, or by the value or label that users type.
    fn option(&self, typed: &str) -> Result<&CustomFieldOption, Fault> {
        let usable = || self.options.iter().filter(|option| !option.is_archived);
        let folded = fold(typed);
        let found = usable().find(|option| option.value == typed);
        let found = found.or_else(|| usable().find(|option| fold(&option.value) == folded));
        found.or_else(|| usable().find(|option| fold(option.shown()) == folded)).ok_or_else(|| {
            let values: Vec<&str> = usable().map(|option| option.value.as_str()).collect();
            fault("option_unknown", format!("expected one of {}", values.join(", ")))
        })
    }

    /// Different options, in the order of the definition.
    fn chosen(&self, value: &Value) -> Result<Option<Value>, Fault> {
        let items = value.as_array().ok_or_else(|| fault("type_invalid", "expected a list of texts"))?;
        let mut values = BTreeSet::new();
        for item in items {
            let typed = item.as_str().ok_or_else(|| fault("type_invalid", "expected a list of texts"))?;
            let control = |Unprintable| fault("control_character", "text must not have control characters");
            let Some(typed) = text::line(typed).map_err(control)? else { continue };
            values.insert(self.option(&typed)?.value.as_str());
        }
        if values.is_empty() {
            return Ok(None);
        }
        self.expect_length(values.len())?;
        let in_order = self.options.iter().map(|option| option.value.as_str()).filter(|value| values.contains(value));
        Ok(Some(in_order.collect()))
    }

    fn money(&self, value: &Value) -> Result<Value, Fault> {
        let expected = r#"expected {"amount": 1250, "currency": "EUR"}, the amount in minor units"#;
        let members = value.as_object().filter(|members| members.len() == 2);
        let member = |name: &str| members.and_then(|members: &Map<String, Value>| members.get(name));
        let (Some(amount), Some(currency)) = (member("amount"), member("currency").and_then(Value::as_str)) else {
            return Err(fault("type_invalid", expected));
        };
        let amount = integer(amount).map_err(|_| fault("type_invalid", expected))?;
        let unknown = |_| fault("currency_unknown", "expected an ISO 4217 code such as EUR");
        let currency: Currency = currency.parse().map_err(unknown)?;
        let amount = self.within_bounds(amount)?;
        Ok(json!({ "amount": amount, "currency": currency }))
    }

    fn within_bounds(&self, number: Value) -> Result<Value, Fault> {
        let value = number.as_f64().unwrap_or_default();
        let (low, high) = (self.minimum, self.maximum);
        if low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high) {
            return Err(fault("out_of_range", between(low, high)));
        }
        Ok(number)
    }

    fn expect_length(&self, length: usize) -> Result<(), Fault> {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let length = length as f64;
        if self.minimum.is_some_and(|low| length < low) {
            return Err(fault("too_short", between(self.minimum, self.maximum) + " long"));
        }
        if self.maximum.is_some_and(|high| length > high) {
            return Err(fault("too_long", between(self.minimum, self.maximum) + " long"));
        }
        Ok(())
    }

    fn expect_pattern(&self, text: &str) -> Result<(), Fault> {
        let Some(pattern) = &self.pattern else {
            return Ok(());
        };
        // It was compiled when it was defined; a limit that has become tighter asks nothing.
        let compiled = self.compiled.get_or_init(|| compile(pattern).ok());
        match compiled {
            Some(compiled) if !compiled.is_match(text) => {
                Err(fault("pattern_mismatch", format!("expected a text of the form {pattern}")))
            }
            _ => Ok(()),
        }
    }

    /// The texts of a value that are searched.
    pub fn searched<'v>(&'v self, value: &'v Value) -> Vec<&'v str> {
        let shown = |text: &'v str| match self.options.iter().find(|option| option.value == text) {
            Some(option) => option.shown(),
            None => text,
        };
        match value {
            Value::String(text) => vec![shown(text)],
            Value::Array(items) => items.iter().filter_map(Value::as_str).map(shown).collect(),
            _ => Vec::new(),
        }
    }
}

/// What bounds allow, for people.
fn between(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("from {low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("at most {high}"),
        (None, None) => String::new(),
    }
}

/// A whole number of 64 bits; `3.0` is one.
fn integer(value: &Value) -> Result<Value, Fault> {
    let whole = |number: &Number| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < INEXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        Some(Value::from(float as i64))
    };
    let number = match value {
        Value::Number(number) if number.is_i64() => Some(value.clone()),
        Value::Number(number) => whole(number),
        _ => None,
    };
    number.ok_or_else(|| fault("type_invalid", "expected a whole number"))
}

fn date(text: &str) -> Option<String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // The parser also takes years of other lengths, and signs.
    Some(date.format("%Y-%m-%d").to_string()).filter(|stored| stored == text && text.len() == 10)
}

fn time(text: &str) -> Option<String> {
    let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    Some(time.format("%H:%M").to_string())
}

impl CustomFieldBound {
    /// Whether a bound can have this value.
    pub(crate) fn allows(self, bound: f64) -> bool {
        match self {
            Self::Number => bound.is_finite(),
            Self::Length => bound.fract() == 0.0 && (0.0..=10_000.0).contains(&bound),
        }
    }
}
