//! The fields of a query string or a form: pairs in their order, names may repeat.

/// The fields of a query string or a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of this name, without blanks around it; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The first value of this name, or nothing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The version of the record that a form was made of.
    #[must_use]
    pub fn version(&self) -> Option<i64> {
        self.get("version")?.parse().ok()
    }

    /// The first value of this name as it was typed, blanks included: they may be part of a password.
    #[must_use]
    pub fn verbatim(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All values of this name that are not empty.
    pub fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// True if a value was sent, an empty one too.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// True if nothing was sent, not even an empty value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All pairs with a value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str())).filter(|(_, value)| !value.trim().is_empty())
    }

    /// The fields without this pair; without a value, without all of this name.
    #[must_use]
    pub fn without(&self, name: &str, value: Option<&str>) -> Self {
        let stays = |(key, held): &&(String, String)| key != name || value.is_some_and(|value| value != held.trim());
        Self(self.0.iter().filter(stays).cloned().collect())
    }

    /// The fields with this one instead of all of its name.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut fields = self.without(name, None);
        fields.0.push((name.to_owned(), value.to_owned()));
        fields
    }

    /// The fields and another one.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A query string with its question mark, or nothing.
    #[must_use]
    pub fn query(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(self.pairs());
        match text.finish() {
            text if text.is_empty() => text,
            text => format!("?{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn pairs_are_taken_out_and_put_in() {
        let fields = Fields::parse(b"status=active&status=prospect&q=+Lee+%26+Co&empty=");
        assert_eq!(fields.get("q"), Some("Lee & Co"));
        assert_eq!((fields.verbatim("q"), fields.verbatim("none")), (" Lee & Co", ""));
        assert_eq!(fields.get("empty"), None);
        assert_eq!(fields.without("status", Some("active")).query(), "?status=prospect&q=+Lee+%26+Co");
        assert_eq!(fields.without("status", None).with("sort", "name").query(), "?q=+Lee+%26+Co&sort=name");
        assert_eq!(Fields::default().query(), "");
    }
}
