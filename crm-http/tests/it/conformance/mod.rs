//! The common rules of all resources.
//!
//! A new resource needs one entry in [`resources`]; what it can do beyond that (trash, history, …) is read off the
//! document. What is special about a resource is tested in a file of its own.

mod bodies;
mod capture_forms;
mod conditions;
mod consents;
mod leads;
mod lists;
mod records;
mod repeating;
mod resource;
mod trash;
mod writing;

use resource::resources;
pub use resource::{Made, Resource};
use testkit::Suite;

pub fn register(suite: &mut Suite) {
    for resource in resources() {
        writing::register(suite, resource);
        bodies::register(suite, resource);
        conditions::register(suite, resource);
        lists::register(suite, resource);
        records::register(suite, resource);
        if resource.can("POST", "") && resource.operation("POST", "").takes("header", "Idempotency-Key") {
            repeating::register(suite, resource);
        }
        if resource.can("POST", "/restore") && resource.operation("GET", "").takes("query", "trashed") {
            trash::register(suite, resource);
        }
    }
}

/// Registers tests of a resource under its name.
macro_rules! of_resource {
    ($suite:expr, $resource:expr, [$($test:ident),* $(,)?]) => {$(
        let resource: &'static $crate::conformance::Resource = $resource;
        let name = format!("conformance::{}::{}", resource.name, stringify!($test));
        $suite.databases(&name, move |database| async move {
            $test($crate::conformance::Made::of(&database, resource).await).await
        });
    )*};
}
use of_resource;
