//! What the lists of customers, interactions, tasks, deals and leads have in common: their address, saved views, and columns.

mod address;
mod columns;
mod filters;
mod views;

use std::future::Future;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use crm_core::saved_views::ViewEntity;
use crm_web::problem::ApiError;

pub(crate) use address::{Parameter, many, one, readable};
pub(crate) use columns::{Cell, Column, CustomColumn, label};
pub(crate) use filters::Filter;
pub(crate) use views::{Saved, Views};

use crate::base::fields::Fields;
use crate::web::{PageResult, Visit};

/// A list of one kind of record.
#[derive(Debug)]
pub(crate) struct List {
    pub entity: ViewEntity,
    /// The path below the mount, which begins with the section of its pages.
    pub path: &'static str,
    /// The column that names a record. It is always the first.
    pub first: &'static str,
    /// The columns of those who have chosen none.
    pub usual: &'static [&'static str],
    /// How many columns fit on a screen.
    pub few: usize,
    /// What narrows the list.
    pub parameters: &'static [Parameter],
    /// What the address of a saved view has besides.
    pub with_view: &'static [(&'static str, &'static str)],
}

impl List {
    /// The section of the pages: where the path begins.
    pub(crate) fn section(&self) -> &'static str {
        self.path.split('/').next().unwrap_or_default()
    }
}

/// A page that shows a list.
pub(crate) trait Listed: 'static {
    /// The list.
    const LIST: &'static List;

    /// The columns beside the members of the records.
    fn custom_columns(visit: &Visit) -> impl Future<Output = Result<Vec<CustomColumn>, ApiError>>;

    /// The list that these fields describe; `fault` is what was wrong with the form of a view.
    fn page(
        visit: &Visit,
        fields: &Fields,
        fault: Option<String>,
        status: StatusCode,
    ) -> impl Future<Output = PageResult>;
}

/// The routes of a list's views and columns.
pub(crate) fn routes<L: Listed>(config: &mut ServiceConfig) {
    let path = L::LIST.path;
    config
        .route(&format!("/{path}/columns"), web::get().to(columns::show::<L>))
        .route(&format!("/{path}/columns"), web::post().to(columns::choose::<L>))
        .route(&format!("/{path}/views"), web::post().to(views::save::<L>))
        .route(&format!("/{path}/views/default"), web::post().to(views::begin_with::<L>))
        .route(&format!("/{path}/views/{{id}}"), web::post().to(views::change::<L>));
}
