//! Values as files write them.

use serde_json::{Value, json};

use super::{CustomFieldType, Fault, FieldRules, fault};
use crate::base::money::{Currency, Money};

impl FieldRules {
    /// The value of a cell as it is stored; `None` if it is empty.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn stored_cell(&self, cell: &str) -> Result<Option<Value>, Fault> {
        use CustomFieldType as T;
        let cell = cell.trim();
        if cell.is_empty() {
            return Ok(None);
        }
        let value = match self.field_type {
            T::Integer | T::Decimal | T::Rating => number(cell)?,
            T::Percent => number(cell.trim_end_matches('%').trim_end())?,
            T::Boolean => flag(cell)?,
            T::Money => money(cell)?,
            T::MultiSelect => self.list(cell),
            T::Json => serde_json::from_str(cell).unwrap_or_else(|_| cell.into()),
            _ => cell.into(),
        };
        self.stored(&value)
    }

    /// A value as a cell has it, options by their labels; a value of another type as JSON.
    pub fn cell(&self, value: &Value) -> String {
        let shown = |text: &str| self.searched(&text.into()).first().map(|text| (*text).to_owned()).unwrap_or_default();
        match value {
            Value::Null => String::new(),
            Value::String(text) => shown(text),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).map(shown).collect::<Vec<_>>().join("; ")
            }
            Value::Object(_) if self.field_type == CustomFieldType::Money => serde_json::from_value(value.clone())
                .map_or_else(|_| value.to_string(), |money: Money| money.to_string()),
            other => other.to_string(),
        }
    }

    /// The options in a cell: one of them as a whole, a JSON list, or several with semicolons, else with commas, between them.
    fn list(&self, cell: &str) -> Value {
        if let Ok(Value::Array(items)) = serde_json::from_str(cell) {
            return items.into();
        }
        if self.stored(&json!([cell])).is_ok() {
            return json!([cell]);
        }
        let separator = if cell.contains(';') { ';' } else { ',' };
        cell.split(separator).map(|item| Value::from(item.trim())).collect()
    }
}

fn number(cell: &str) -> Result<Value, Fault> {
    let whole = cell.parse::<i64>().ok().map(Value::from);
    let number = whole.or_else(|| Some(cell.parse::<f64>().ok().filter(|float| float.is_finite())?.into()));
    number.ok_or_else(|| fault("type_invalid", "expected a number such as 12.5"))
}

fn flag(cell: &str) -> Result<Value, Fault> {
    match cell.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" => Ok(true.into()),
        "false" | "no" | "n" | "0" => Ok(false.into()),
        _ => Err(fault("type_invalid", "expected true or false")),
    }
}

/// `12.50 EUR`, `EUR 12.50`, or JSON.
fn money(cell: &str) -> Result<Value, Fault> {
    if let Ok(object @ Value::Object(_)) = serde_json::from_str(cell) {
        return Ok(object);
    }
    let expected = || fault("type_invalid", "expected an amount and a currency such as 12.50 EUR");
    let (one, other) = cell.split_once(' ').ok_or_else(expected)?;
    let is_code = |text: &str| text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    let (amount, code) = if is_code(one.trim()) { (other.trim(), one.trim()) } else { (one.trim(), other.trim()) };
    let unknown = |_| fault("currency_unknown", "expected an ISO 4217 code such as EUR");
    code.parse::<Currency>().map_err(unknown)?;
    if !amount.contains(|letter: char| letter.is_ascii_digit()) {
        return Err(expected());
    }
    let money: Money = format!("{amount} {code}").parse().map_err(|_| expected())?;
    Ok(json!({ "amount": money.amount, "currency": money.currency }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::money;
    use crate::base::money::Money;

    #[test]
    fn amounts_become_minor_units() {
        assert_eq!(money("eur 12.50").unwrap(), json!({ "amount": 1250, "currency": "EUR" }));
        assert_eq!(money("1200 JPY").unwrap(), json!({ "amount": 1200, "currency": "JPY" }));
        assert_eq!(money(r#"{"amount": 5, "currency": "EUR"}"#).unwrap(), json!({ "amount": 5, "currency": "EUR" }));
        for (cell, code) in [
            ("12.50", "type_invalid"),
            ("- EUR", "type_invalid"),
            ("1,5 EUR", "type_invalid"),
            ("1.234 EUR", "type_invalid"),
            ("12 ZZZ", "currency_unknown"),
        ] {
            assert_eq!(money(cell).unwrap_err().0, code, "{cell}");
        }
        for text in ["12.50 EUR", "-0.05 EUR", "1200 JPY", "0.001 KWD"] {
            let stored: Money = serde_json::from_value(money(text).unwrap()).unwrap();
            assert_eq!(stored.to_string(), text);
        }
    }
}
