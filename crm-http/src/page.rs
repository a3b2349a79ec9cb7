//! Pages of lists: what is asked, and how it is answered.

use std::borrow::Cow;

use crm_core::page::{Count, Page, PageRequest, Position, TotalRelation};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::problem::{ApiError, Code};
use crate::request::Flatten;

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// The number of the page, counted from 1; reaches the first 10,000 records. Not together with `cursor`.
    #[param(minimum = 1, nullable = false)]
    pub page: Option<u64>,
    /// How many records a page has at most.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    pub limit: Option<u64>,
    /// The `nextCursor` of the page before. Stays fast however far it goes, and never skips or repeats a record.
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Whether to count: `none` (the default with a cursor), `capped` (exactly up to 1,000; the default with a page) or
    /// `exact`.
    #[param(inline, nullable = false)]
    pub count: Option<Count>,
}

impl Flatten for PageParameters {
    const NAMES: &'static [&'static str] = &["page", "limit", "cursor", "count"];
}

impl PageParameters {
    /// The page as the core knows it.
    pub(crate) fn request(self) -> Result<PageRequest, ApiError> {
        let Self { page, limit, cursor, count } = self;
        let position = match (page, cursor) {
            (Some(_), Some(_)) => {
                let detail = "a page is named by page or by cursor, not by both";
                return Err(ApiError::of_parameter(Code::ParameterInvalid, "cursor", detail));
            }
            (Some(number), None) => Some(Position::Number(number)),
            (None, Some(cursor)) => Some(Position::Cursor(cursor)),
            (None, None) => None,
        };
        Ok(PageRequest::new(position, limit, count)?)
    }
}

/// Where a page stands in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The number of this page; absent for a page by cursor.
    #[schema(example = 1)]
    pub page: Option<u64>,
    /// How many records a page has at most.
    #[schema(example = 20)]
    pub limit: u64,
    /// How many records there are, where it was counted.
    #[schema(example = 42)]
    pub total: Option<u64>,
    /// Whether there are exactly so many (`eq`) or at least (`gte`).
    pub total_relation: Option<TotalRelation>,
    /// How many pages there are, as exactly as the total.
    #[schema(example = 3)]
    pub total_pages: Option<u64>,
    /// What to pass as `cursor` for the next page; `null` on the last.
    #[schema(example = "eyJ2IjoxLCJzIjoiLWNyZWF0ZWRBdCJ9")]
    pub next_cursor: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// The records.
    pub data: Vec<T>,
    /// Where the page stands in its list.
    pub pagination: Pagination,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        let Page { data, number, limit, total, total_relation, next_cursor, .. } = page;
        let total_pages = total.map(|total| total.div_ceil(limit));
        Self { data, pagination: Pagination { page: number, limit, total, total_relation, total_pages, next_cursor } }
    }
}

/// Documented as `CustomerList` and the like.
impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}List", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        schemas.push((Pagination::name().into_owned(), Pagination::schema()));
        T::schemas(schemas);
        Pagination::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let data = ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .description(Some("The records of this page, in the order of the list."));
        let mut pagination = Ref::from_schema_name(Pagination::name());
        pagination.description = "Where the page stands in its list.".to_owned();
        ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property("data", data)
            .property("pagination", pagination)
            .required("data")
            .required("pagination")
            .into()
    }
}
