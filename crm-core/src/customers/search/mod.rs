//! Search: some words, found in any field, in any case, with or without accents.
//!
//! All words must be found, each at the start or in the middle of one; a word of two letters only at the start of a word,
//! a single letter only at the start of a field. In Han, Kana, Hangul and Thai, which put no blanks between words, two letters
//! are found anywhere. A telephone number is found however it is written. The best matches
//! come first: a whole field, the start of a field, the start of words, the middle of words.
//!
//! The text that is searched is made by [`search_document`] when a customer is written; the names of its tags are searched where they
//! stand (`tagged`). PostgreSQL and SQLite differ only in the index that finds them (`dialect`).

mod dialect;
mod highlights;
mod ranked;
mod tagged;
mod terms;

use std::borrow::Cow;

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use serde::{Deserialize, Serialize};

pub use highlights::{CustomerMatch, TextRange};
use terms::SearchTerms;

use super::contact_points::{self, CustomerPhone};
use super::model::Customer;
use super::query::CustomerQuery;
use super::repo::Customers;
use super::row;
use super::visible::visible;
use crate::base::custom_field::CompanyFields;
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::base::text::{fold, fold_words, is_unspaced};
use crate::custom_fields::CustomFieldEntity;
use crate::query::filter::contains;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::CompanyScope;
use crate::scope::company::Company;

/// What to search for, and among which customers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomerSearch {
    /// The words; at most 200 characters.
    pub text: String,
    /// Only among these; its sort is of no account, since the best matches come first.
    pub query: CustomerQuery,
}

impl From<CustomerQuery> for CustomerSearch {
    /// All customers that the query selects.
    fn from(query: CustomerQuery) -> Self {
        Self { text: String::new(), query }
    }
}

/// A customer that was found, and by what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FoundCustomer {
    /// The customer.
    pub customer: Customer,
    /// The fields in which words were found.
    pub matches: Vec<CustomerMatch>,
}

impl Customers<'_, '_> {
    /// A page of the customers that have all the words, the best matches first.
    ///
    /// # Errors
    /// [`Error::Malformed`] if there are no words or too many characters; otherwise those of [`Customers::list`].
    #[tracing::instrument(name = "customers.search", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn search(&self, search: &CustomerSearch, request: &PageRequest) -> Result<Page<FoundCustomer>> {
        let CustomerSearch { text, query } = search;
        self.authorize(query).await?;
        let owners = self.readable_owners().await?;
        let company = self.0.company().await?;
        let terms = SearchTerms::new(text, company.settings.default_country.as_deref())?;
        let postgres = self.0.is_postgres();
        let texts = Texts { company: self.0.company_id(), postgres };
        let condition = dialect::matches(&terms, texts).and(query.condition(self.0, &company)?);
        let find = || visible(self.0.find::<row::Entity>(), &owners).filter(condition.clone());
        let digest = page::digest(&(text, query.digest(self.0)?))?;
        let page = ranked::page(self.0, find, &rank(&terms, texts), &digest, request).await?;
        page.try_map(|customer| {
            let matches = highlights::of(&customer, &company.fields, &terms);
            Ok::<_, Error>(FoundCustomer { customer, matches })
        })
    }
}

/// Fails unless this text can be searched for.
///
/// # Errors
/// [`Error::Malformed`] as of a search.
pub(super) fn ensure_searchable(text: &str) -> Result<()> {
    SearchTerms::new(text, None).map(drop)
}

/// The condition for the customers that a search finds; without words, for all that its query selects.
pub(super) async fn condition(scope: &CompanyScope<'_>, search: &CustomerSearch) -> Result<Expr> {
    let CustomerSearch { text, query } = search;
    let company = scope.company().await?;
    let condition = query.condition(scope, &company)?;
    if text.is_empty() {
        return Ok(condition);
    }
    let terms = SearchTerms::new(text, company.settings.default_country.as_deref())?;
    let texts = Texts { company: scope.company_id(), postgres: scope.is_postgres() };
    Ok(dialect::matches(&terms, texts).and(condition))
}

/// The condition for rows of the table of customers in whose text and tags the words are found.
///
/// # Errors
/// [`Error::Malformed`] as of a search.
pub(crate) fn matching(scope: &CompanyScope<'_>, company: &Company, text: &str) -> Result<Expr> {
    let terms = SearchTerms::new(text, company.settings.default_country.as_deref())?;
    let texts = Texts { company: scope.company_id(), postgres: scope.is_postgres() };
    Ok(dialect::matches(&terms, texts))
}

/// What is searched: the text of each customer, and the names of its tags.
#[derive(Clone, Copy, Debug)]
struct Texts {
    company: CompanyId,
    postgres: bool,
}

impl Texts {
    /// True for customers whose text, or the name of one of whose tags, has this in it.
    fn have(self, pattern: &str) -> Expr {
        contains(text(), pattern, self.postgres).or(tagged::is_tagged(self, pattern))
    }
}

fn text() -> Expr {
    Expr::col((row::TABLE, "search_text"))
}

/// How good a match is: 0 a whole field, 1 the start of a field, 2 the start of words, 3 the middle of words.
fn rank(terms: &SearchTerms, texts: Texts) -> Expr {
    let any = |line_end: &'static str| {
        terms.wholes().map(|whole| texts.have(&format!("\n {whole}{line_end}"))).reduce(ExprTrait::or)
    };
    let words = terms.words.iter().map(|word| texts.have(&format!(" {word}"))).reduce(ExprTrait::and);
    let mut rank = CaseStatement::new();
    for (condition, value) in [(any("\n"), 0), (any(""), 1), (words, 2)] {
        if let Some(condition) = condition {
            rank = rank.case(condition, value);
        }
    }
    rank.finally(3).into()
}

/// The fields of a customer's text, as they stand.
fn fields<'c>(customer: &'c Customer, company: &'c CompanyFields) -> Vec<(Cow<'static, str>, &'c str)> {
    let optional = [
        ("firstName", &customer.first_name),
        ("middleName", &customer.middle_name),
        ("lastName", &customer.last_name),
        ("email", &customer.email),
        ("organizationName", &customer.organization_name),
        ("address", &customer.address),
        ("addressLine2", &customer.address_line2),
        ("city", &customer.city),
        ("state", &customer.state),
        ("zipCode", &customer.zip_code),
        ("country", &customer.country),
        ("taxId", &customer.tax_id),
        ("description", &customer.description),
    ];
    let mut fields = vec![("name".into(), customer.name.as_str())];
    fields.extend(contact_points::further_texts(customer).into_iter().map(|(name, text)| (name.into(), text)));
    fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name.into(), value.as_deref()?))));
    fields.extend(customer.external_refs.iter().map(|reference| ("externalRefs".into(), reference.id.as_str())));
    for rules in company.of(CustomFieldEntity::Customer).filter(|rules| rules.is_searchable) {
        let values = customer.custom_fields.get(&rules.key).map(|value| rules.searched(value)).unwrap_or_default();
        fields.extend(values.into_iter().map(|value| (format!("customFields.{}", rules.key).into(), value)));
    }
    fields
}

/// The telephone numbers as digits: as typed, and with the country code.
fn phones(customer: &Customer) -> Vec<String> {
    let of = |phone: &CustomerPhone| [Some(digits(&phone.number)), phone.e164.as_deref().map(digits)];
    let mut phones: Vec<String> = customer.phones.iter().flat_map(of).flatten().collect();
    phones.retain(|phone| !phone.is_empty());
    phones.dedup();
    phones
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// What is searched of the customer, apart from tags.
pub(super) fn search_document(customer: &Customer, company: &CompanyFields) -> String {
    let phones = phones(customer);
    search_text(fields(customer, company).into_iter().map(|(_, field)| field).chain(phones.iter().map(String::as_str)))
}

/// Text as it is searched: every field on a line of its own, folded, with a blank before every word. A field with punctuation
/// stands there twice, the second time with blanks for it, so that words after it are found as words. One in a script without
/// blanks between words stands there once more, each letter of it as a word, so that two of them are long enough for an index.
pub(crate) fn search_text<'f>(fields: impl IntoIterator<Item = &'f str>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |line: String| {
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    };
    for field in fields {
        let (folded, words) = (fold(field), fold_words(field));
        if words.contains(is_unspaced) {
            add(spaced(&words));
        }
        add(folded);
        add(words);
    }
    let mut text = String::new();
    for line in lines {
        text.push_str("\n ");
        text.push_str(&line);
    }
    text.push('\n');
    text
}

/// Words, each letter of a script without blanks between words as one.
fn spaced(words: &str) -> String {
    let mut text = String::with_capacity(words.len() * 2);
    let mut before = ' ';
    for letter in words.chars() {
        if letter != ' ' && before != ' ' && (is_unspaced(letter) || is_unspaced(before)) {
            text.push(' ');
        }
        text.push(letter);
        before = letter;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::search_text;

    #[test]
    fn fields_stand_on_lines_of_their_own() {
        assert_eq!(search_text(["Ann Lee", "Jean-Luc", "ann lee"]), "\n ann lee\n jean-luc\n jean luc\n");
        assert_eq!(search_text(["O'Brien"]), "\n obrien\n o brien\n");
        assert_eq!(search_text(["王小明"]), "\n 王 小 明\n 王小明\n");
        assert_eq!(search_text(["東京Tower 7"]), "\n 東 京 tower 7\n 東京tower 7\n");
    }
}
