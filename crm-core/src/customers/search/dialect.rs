//! The index that finds the words: trigrams on both databases, of `LIKE` on PostgreSQL and of FTS5 on SQLite.

use sea_orm::sea_query::{Expr, ExprTrait};

use super::needle::Needle;
use super::text;
use crate::filter::contains;

/// Customers whose text has all the words, or one of the numbers.
pub(super) fn matches(needle: &Needle, postgres: bool) -> Expr {
    if postgres { like(needle) } else { full_text(needle) }
}

/// What must stand in the text for a word: short ones only at the start of a word or field.
fn pattern(word: &str) -> String {
    match word.chars().count() {
        1 => format!("\n {word}"),
        2 => format!(" {word}"),
        _ => word.to_owned(),
    }
}

fn like(needle: &Needle) -> Expr {
    let words = needle.words.iter().map(|word| contains(text(), &pattern(word), true)).reduce(ExprTrait::and);
    let numbers = needle.numbers.iter().map(|number| contains(text(), number, true));
    words.into_iter().chain(numbers).reduce(ExprTrait::or).unwrap_or_else(|| Expr::val(false))
}

fn full_text(needle: &Needle) -> Expr {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let words: Vec<String> = needle.words.iter().map(|word| quoted(&pattern(word))).collect();
    let mut query = format!("({})", words.join(" AND "));
    for number in &needle.numbers {
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
