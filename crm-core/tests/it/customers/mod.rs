//! Customers: storage, validation, rights and the trash.

mod contacts;
mod details;
mod history;
mod owners;
mod roles;
mod rules;
mod trash;
mod uniqueness;
mod writing;

pub fn register(suite: &mut testkit::Suite) {
    writing::register(suite);
    rules::register(suite);
    uniqueness::register(suite);
    owners::register(suite);
    roles::register(suite);
    trash::register(suite);
    history::register(suite);
    contacts::register(suite);
    details::register(suite);
}
