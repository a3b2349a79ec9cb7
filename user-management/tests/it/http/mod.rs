//! The service over HTTP. Every answer of every test is held against the OpenAPI document.

mod cases;
mod contract;
mod directory;
mod doors;
mod flows;
mod login;
mod matrix;
mod oauth;
mod outages;
mod pages;
mod records;
mod shape;
mod support;

use testkit::Suite;

pub fn register(suite: &mut Suite) {
    directory::register(suite);
    doors::register(suite);
    flows::register(suite);
    login::register(suite);
    matrix::register(suite);
    oauth::register(suite);
    outages::register(suite);
    pages::register(suite);
    records::register(suite);
    shape::register(suite);
}
