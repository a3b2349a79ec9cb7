//! The custom fields of one record, checked against their definitions.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{CompanyFields, CustomFieldEntity, FieldRules};
use crate::base::error::Violations;
use crate::base::json::below;

/// What a record's custom fields are checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldCheck<'c> {
    pub entity: CustomFieldEntity,
    pub fields: &'c CompanyFields,
    /// Refuses fields without a definition.
    pub only_defined: bool,
    /// What the record has so far; `None` for a new one, which gets the defaults.
    pub before: Option<&'c Map<String, Value>>,
    pub demanded: Demanded<'c>,
}

/// Which required fields must have a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Demanded<'c> {
    All,
    /// Those that a change touches: a record may be older than a definition.
    Of(&'c BTreeSet<String>),
}

impl FieldCheck<'_> {
    /// Puts all values into the form in which they are stored. A value that does not change is not checked again, because it
    /// may be older than the definition. A value with a fault is taken out, so that nothing else complains of it.
    pub fn apply(&self, object: &mut Option<Map<String, Value>>, at: &str, violations: &mut Violations) {
        if let Some(members) = object.as_mut().filter(|_| self.only_defined) {
            self.refuse_undefined(members, at, violations);
        }
        for rules in self.fields.of(self.entity) {
            self.apply_one(rules, object, at, violations);
        }
    }

    fn refuse_undefined(&self, members: &mut Map<String, Value>, at: &str, violations: &mut Violations) {
        members.retain(|key, value| {
            let is_allowed = self.fields.get(self.entity, key).is_some()
                || value.is_null()
                || self.before.and_then(|before| before.get(key)) == Some(&*value);
            if !is_allowed {
                violations.add(below(at, key), "unknown", "your company allows defined custom fields only");
            }
            is_allowed
        });
    }

    fn apply_one(
        &self,
        rules: &FieldRules,
        object: &mut Option<Map<String, Value>>,
        at: &str,
        violations: &mut Violations,
    ) {
        let key = rules.key.as_str();
        let pointer = || below(at, key);
        let given = object.as_mut().and_then(|members| members.remove(key));
        let held = self.before.and_then(|before| before.get(key));
        let stored = match given {
            None if self.before.is_none() => rules.default.clone(),
            None | Some(Value::Null) => None,
            Some(value) if held == Some(&value) => Some(value),
            Some(value) => match rules.stored(&value) {
                Ok(stored) => stored,
                Err((code, detail)) => return violations.add(pointer(), code, detail),
            },
        };
        if let Some(value) = stored {
            object.get_or_insert_default().insert(key.to_owned(), value);
        } else if rules.is_required && self.demands(key) {
            violations.add(pointer(), "required", format!("{} is required", rules.label));
        }
    }

    fn demands(&self, key: &str) -> bool {
        match self.demanded {
            Demanded::All => true,
            Demanded::Of(touched) => touched.contains(key),
        }
    }
}
