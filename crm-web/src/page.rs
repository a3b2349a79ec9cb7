//! Pages of lists: parameters and answers.

use std::borrow::Cow;

use crm_core::page::{Count, Page, PageRequest, Position, TotalRelation};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::problem::{ApiError, Code};

/// Which page of a list to return.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// The number of the page, counted from 1. Reaches the first 10,000 records. Cannot be combined with `cursor`.
    #[param(minimum = 1, nullable = false)]
    pub page: Option<u64>,
    /// The maximum number of records on a page.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    pub limit: Option<u64>,
    /// The `nextCursor` of the previous page. Stays fast for long lists, and never skips or repeats a record.
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Whether to count the records: `none` (the default with `cursor`), `capped` (exact up to 1,000; the default with
    /// `page`) or `exact`.
    #[param(inline, nullable = false)]
    pub count: Option<Count>,
}

impl PageParameters {
    /// The page in the form of the core.
    ///
    /// # Errors
    /// A 400 that names the invalid parameter.
    pub fn request(self) -> Result<PageRequest, ApiError> {
        let Self { page, limit, cursor, count } = self;
        let position = match (page, cursor) {
            (Some(_), Some(_)) => {
                let detail = "pass page or cursor, not both";
                return Err(ApiError::of_parameter(Code::ParameterInvalid, "cursor", detail));
            }
            (Some(number), None) => Some(Position::Number(number)),
            (None, Some(cursor)) => Some(Position::Cursor(cursor)),
            (None, None) => None,
        };
        Ok(PageRequest::new(position, limit, count)?)
    }
}

/// The position of a page in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The number of this page; absent for a page by cursor.
    #[schema(example = 1)]
    pub page: Option<u64>,
    /// The maximum number of records on a page.
    #[schema(example = 20)]
    pub limit: u64,
    /// The number of records, if it was counted.
    #[schema(example = 42)]
    pub total: Option<u64>,
    /// Whether the total is exact (`eq`) or a lower bound (`gte`).
    pub total_relation: Option<TotalRelation>,
    /// The number of pages, with the same precision as the total.
    #[schema(example = 3)]
    pub total_pages: Option<u64>,
    /// Pass it as `cursor` to get the next page; `null` on the last page.
    #[schema(example = "eyJ2IjoxLCJzIjoiLWNyZWF0ZWRBdCJ9")]
    pub next_cursor: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// The records.
    pub data: Vec<T>,
    /// The position of the page in its list.
    pub pagination: Pagination,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        let Page { data, number, limit, total, total_relation, next_cursor, .. } = page;
        let total_pages = total.map(|total| total.div_ceil(limit));
        Self { data, pagination: Pagination { page: number, limit, total, total_relation, total_pages, next_cursor } }
    }
}

/// Documented under names such as `CustomerList`.
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
        pagination.description = "The position of the page in its list.".to_owned();
        ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property("data", data)
            .property("pagination", pagination)
            .required("data")
            .required("pagination")
            .into()
    }
}
