//! The index that finds the words: trigrams on both databases, of `LIKE` on PostgreSQL and of FTS5 on SQLite. Those who are
//! found by their tags join in by their ids, so that both ways have an index.

use sea_orm::sea_query::{Expr, ExprTrait};

use super::super::row;
use super::tagged::having;
use super::terms::{self, SearchTerms};
use super::{Texts, text};
use crate::query::filter::contains;

/// Customers whose text and tags have all the words, or one of the numbers.
pub(super) fn matches(terms: &SearchTerms, texts: Texts) -> Expr {
    let patterns: Vec<String> = terms.words.iter().map(|word| pattern(word)).collect();
    let by_text = if texts.postgres { like(&patterns, terms) } else { full_text(&patterns, terms) };
    let mut by_tag = by_tag(&patterns, terms, texts);
    // One word is all of them; of several, the text may have those that no tag has.
    if patterns.len() > 1 {
        let has = |pattern: &String| texts.have(pattern);
        let all = patterns.iter().map(has).reduce(ExprTrait::and);
        let whole = all.into_iter().chain(terms.numbers.iter().map(has)).reduce(ExprTrait::or);
        by_tag = whole.into_iter().fold(by_tag, ExprTrait::and);
    }
    by_text.or(by_tag)
}

/// What must stand in the text for a word: short ones only at the start of a word or field, but for two letters of a script
/// without blanks between words, each of which stands there as a word.
fn pattern(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    match letters.as_slice() {
        [letter] => format!("\n {letter}"),
        [first, second] if terms::is_unspaced_pair(&letters) => format!(" {first} {second}"),
        [_, _] => format!(" {word}"),
        _ => word.to_owned(),
    }
}

fn like(patterns: &[String], terms: &SearchTerms) -> Expr {
    let words = patterns.iter().map(|pattern| contains(text(), pattern, true)).reduce(ExprTrait::and);
    let numbers = terms.numbers.iter().map(|number| contains(text(), number, true));
    words.into_iter().chain(numbers).reduce(ExprTrait::or).unwrap_or_else(|| Expr::val(false))
}

fn full_text(patterns: &[String], terms: &SearchTerms) -> Expr {
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
    let words: Vec<String> = patterns.iter().map(quoted).collect();
    let mut query = format!("({})", words.join(" AND "));
    for number in &terms.numbers {
        query.push_str(" OR ");
        query.push_str(&quoted(number));
    }
    Expr::cust_with_values(
        "EXISTS (SELECT 1 FROM crm_customer_search_documents AS documents \
         WHERE documents.company_id = crm_customers.company_id AND documents.customer_id = crm_customers.id \
         AND documents.document_id IN (SELECT rowid FROM crm_customer_search WHERE crm_customer_search MATCH ?))",
        [query],
    )
}

/// Customers with a tag that has one of the words or numbers. PostgreSQL looks up the ids of an array in an index even where
/// another condition may hold instead.
fn by_tag(patterns: &[String], terms: &SearchTerms, texts: Texts) -> Expr {
    let tagged = having(texts, patterns.iter().chain(&terms.numbers).map(String::as_str));
    let id = Expr::col((row::TABLE, "id"));
    if texts.postgres {
        Expr::cust_with_exprs("$1 = ANY (ARRAY $2)", [id, tagged.into()])
    } else {
        id.in_subquery(tagged)
    }
}
